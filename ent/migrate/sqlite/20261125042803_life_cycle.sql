-- +goose Up
-- disable the enforcement of foreign-keys constraints
PRAGMA foreign_keys = off;
-- create "new_moves" table
CREATE TABLE `new_moves` (`id` text NOT NULL, `status` text NOT NULL, `subset` bool NOT NULL DEFAULT (false), `total` integer NOT NULL, `moved` integer NOT NULL DEFAULT (0), `already_licensed` integer NOT NULL DEFAULT (0), `gone` integer NOT NULL DEFAULT (0), `reserved` integer NOT NULL, `sequence` integer NOT NULL DEFAULT (0), `requested_by_name` text NOT NULL, `request_id` text NOT NULL DEFAULT (''), `requested_at` integer NOT NULL, `started_at` integer NULL, `changed_at` integer NOT NULL, `finished_at` integer NULL, `failure` text NULL, `failure_message` text NULL, `lease_owner` text NOT NULL DEFAULT (''), `lease_until` integer NOT NULL DEFAULT (0), `fence` integer NOT NULL DEFAULT (0), `tenant_id` text NOT NULL, `source_id` text NOT NULL, `target_id` text NOT NULL, `requested_by` text NULL, PRIMARY KEY (`id`), CONSTRAINT `moves_tenants_tenant` FOREIGN KEY (`tenant_id`) REFERENCES `tenants` (`id`) ON DELETE NO ACTION, CONSTRAINT `moves_purchases_source` FOREIGN KEY (`source_id`) REFERENCES `purchases` (`id`) ON DELETE NO ACTION, CONSTRAINT `moves_purchases_target` FOREIGN KEY (`target_id`) REFERENCES `purchases` (`id`) ON DELETE NO ACTION, CONSTRAINT `moves_users_requester` FOREIGN KEY (`requested_by`) REFERENCES `users` (`id`) ON DELETE SET NULL, CONSTRAINT `move_counts` CHECK (moved >= 0 AND already_licensed >= 0 AND gone >= 0 AND reserved >= 0 AND moved + already_licensed + gone <= total), CONSTRAINT `move_ends` CHECK (source_id <> target_id), CONSTRAINT `move_open` CHECK (finished_at IS NULL AND status IN ('QUEUED', 'RUNNING') OR finished_at IS NOT NULL AND status NOT IN ('QUEUED', 'RUNNING')), CONSTRAINT `move_status` CHECK (status IN ('QUEUED', 'RUNNING', 'SUCCEEDED', 'FAILED', 'CANCELED')));
-- copy rows from old table "moves" to new temporary table "new_moves"
INSERT INTO `new_moves` (`id`, `status`, `total`, `moved`, `already_licensed`, `gone`, `reserved`, `sequence`, `requested_by_name`, `request_id`, `requested_at`, `started_at`, `changed_at`, `finished_at`, `failure`, `failure_message`, `lease_owner`, `lease_until`, `fence`, `tenant_id`, `source_id`, `target_id`, `requested_by`) SELECT `id`, `status`, `total`, `moved`, `already_licensed`, `gone`, `reserved`, `sequence`, `requested_by_name`, `request_id`, `requested_at`, `started_at`, `changed_at`, `finished_at`, `failure`, `failure_message`, `lease_owner`, `lease_until`, `fence`, `tenant_id`, `source_id`, `target_id`, `requested_by` FROM `moves`;
-- drop "moves" table after copying rows
DROP TABLE `moves`;
-- rename temporary table "new_moves" to "moves"
ALTER TABLE `new_moves` RENAME TO `moves`;
-- create index "move_tenant_id_id" to table: "moves"
CREATE INDEX `move_tenant_id_id` ON `moves` (`tenant_id`, `id`);
-- create index "move_tenant_id_status_id" to table: "moves"
CREATE INDEX `move_tenant_id_status_id` ON `moves` (`tenant_id`, `status`, `id`);
-- create index "move_source_id_id" to table: "moves"
CREATE INDEX `move_source_id_id` ON `moves` (`source_id`, `id`);
-- create index "move_target_id_id" to table: "moves"
CREATE INDEX `move_target_id_id` ON `moves` (`target_id`, `id`);
-- create index "move_source_id" to table: "moves"
CREATE UNIQUE INDEX `move_source_id` ON `moves` (`source_id`) WHERE finished_at IS NULL;
-- create index "move_target_id" to table: "moves"
CREATE INDEX `move_target_id` ON `moves` (`target_id`) WHERE finished_at IS NULL;
-- create index "move_lease_until" to table: "moves"
CREATE INDEX `move_lease_until` ON `moves` (`lease_until`) WHERE finished_at IS NULL;
-- create "new_move_users" table
CREATE TABLE `new_move_users` (`result` text NOT NULL, `at` integer NULL, `tenant_id` text NOT NULL, `move_id` text NOT NULL, `user_id` text NOT NULL, PRIMARY KEY (`move_id`, `user_id`), CONSTRAINT `move_users_tenants_tenant` FOREIGN KEY (`tenant_id`) REFERENCES `tenants` (`id`) ON DELETE NO ACTION, CONSTRAINT `move_users_moves_move` FOREIGN KEY (`move_id`) REFERENCES `moves` (`id`) ON DELETE NO ACTION, CONSTRAINT `move_users_users_user` FOREIGN KEY (`user_id`) REFERENCES `users` (`id`) ON DELETE NO ACTION, CONSTRAINT `move_user_at` CHECK (at IS NULL AND result = 'PENDING' OR at IS NOT NULL AND result <> 'PENDING'), CONSTRAINT `move_user_outcome` CHECK (result IN ('PENDING', 'MOVED', 'ALREADY_LICENSED', 'GONE')));
-- copy rows from old table "move_users" to new temporary table "new_move_users"
INSERT INTO `new_move_users` (`result`, `at`, `tenant_id`, `move_id`, `user_id`) SELECT `result`, `at`, `tenant_id`, `move_id`, `user_id` FROM `move_users`;
-- drop "move_users" table after copying rows
DROP TABLE `move_users`;
-- rename temporary table "new_move_users" to "move_users"
ALTER TABLE `new_move_users` RENAME TO `move_users`;
-- create index "moveuser_move_id_result_user_id" to table: "move_users"
CREATE INDEX `moveuser_move_id_result_user_id` ON `move_users` (`move_id`, `result`, `user_id`) WHERE result <> 'MOVED';
-- create "new_notifications" table
CREATE TABLE `new_notifications` (`id` text NOT NULL, `kind` text NOT NULL, `locale` text NOT NULL, `subject` text NOT NULL, `body` text NOT NULL, `html` text NOT NULL DEFAULT (''), `status` text NOT NULL, `attempts` integer NOT NULL DEFAULT (0), `due_at` integer NOT NULL DEFAULT (0), `queued_at` integer NOT NULL, `sent_at` integer NULL, `last_error` text NULL, `tenant_id` text NOT NULL, `to_id` text NOT NULL, PRIMARY KEY (`id`), CONSTRAINT `notifications_tenants_tenant` FOREIGN KEY (`tenant_id`) REFERENCES `tenants` (`id`) ON DELETE NO ACTION, CONSTRAINT `notifications_users_to` FOREIGN KEY (`to_id`) REFERENCES `users` (`id`) ON DELETE NO ACTION, CONSTRAINT `notification_status` CHECK (status IN ('QUEUED', 'SENT', 'FAILED')), CONSTRAINT `notification_subject` CHECK (kind IN ('SUBSCRIPTION_CANCELED', 'OWNERSHIP_TAKEN', 'CANCELLATION_REQUESTED', 'SELF_SERVICE_PURCHASED', 'LICENSE_REQUESTED', 'LICENSE_REQUEST_DECIDED', 'EXPIRY_NOTICE')));
-- copy rows from old table "notifications" to new temporary table "new_notifications"
INSERT INTO `new_notifications` (`id`, `kind`, `locale`, `subject`, `body`, `status`, `attempts`, `queued_at`, `sent_at`, `last_error`, `tenant_id`, `to_id`) SELECT `id`, `kind`, `locale`, `subject`, `body`, `status`, `attempts`, `queued_at`, `sent_at`, `last_error`, `tenant_id`, `to_id` FROM `notifications`;
-- drop "notifications" table after copying rows
DROP TABLE `notifications`;
-- rename temporary table "new_notifications" to "notifications"
ALTER TABLE `new_notifications` RENAME TO `notifications`;
-- create index "notification_tenant_id_id" to table: "notifications"
CREATE INDEX `notification_tenant_id_id` ON `notifications` (`tenant_id`, `id`);
-- create index "notification_tenant_id_kind_id" to table: "notifications"
CREATE INDEX `notification_tenant_id_kind_id` ON `notifications` (`tenant_id`, `kind`, `id`);
-- create index "notification_due_at" to table: "notifications"
CREATE INDEX `notification_due_at` ON `notifications` (`due_at`) WHERE status = 'QUEUED';
-- create "new_purchases" table
CREATE TABLE `new_purchases` (`id` text NOT NULL, `ref` text NULL, `source` text NOT NULL, `kind` text NOT NULL, `status` text NOT NULL, `quantity` integer NOT NULL, `assigned` integer NOT NULL DEFAULT (0), `reserved` integer NOT NULL DEFAULT (0), `unit_price` integer NOT NULL, `currency` text NOT NULL, `billing_term` text NOT NULL, `recurring_billing` bool NOT NULL, `purchased_at` integer NOT NULL, `expires_at` integer NOT NULL, `active_move_id` text NULL, `tried_by` text NULL, `due_at` integer NOT NULL DEFAULT (0), `noticed` integer NOT NULL DEFAULT (0), `ownership_taken_at` integer NULL, `releasing` bool NOT NULL DEFAULT (false), `canceled_at` integer NULL, `cancellation_reason` text NULL, `cancellation_feedback` text NULL, `cancellation_cause` text NULL, `product_key` text NOT NULL, `purchaser_key` text NOT NULL DEFAULT (''), `search_key` text NOT NULL, `tenant_id` text NOT NULL, `product_id` text NOT NULL, `purchaser_id` text NULL, `canceled_by` text NULL, PRIMARY KEY (`id`), CONSTRAINT `purchases_tenants_tenant` FOREIGN KEY (`tenant_id`) REFERENCES `tenants` (`id`) ON DELETE NO ACTION, CONSTRAINT `purchases_products_product` FOREIGN KEY (`product_id`) REFERENCES `products` (`id`) ON DELETE NO ACTION, CONSTRAINT `purchases_users_purchaser` FOREIGN KEY (`purchaser_id`) REFERENCES `users` (`id`) ON DELETE SET NULL, CONSTRAINT `purchases_users_canceler` FOREIGN KEY (`canceled_by`) REFERENCES `users` (`id`) ON DELETE SET NULL, CONSTRAINT `purchase_billing_term` CHECK (billing_term IN ('MONTHLY', 'ANNUAL', 'TRIENNIAL')), CONSTRAINT `purchase_cause` CHECK (cancellation_cause IN ('PURCHASER', 'ADMIN_TAKE_OVER_CANCEL', 'ADMIN_TAKE_OVER_MOVE', 'ADMIN_CENTRAL')), CONSTRAINT `purchase_kind` CHECK (kind IN ('PAID', 'TRIAL_WITH_PAYMENT_METHOD', 'TRIAL_WITHOUT_PAYMENT_METHOD')), CONSTRAINT `purchase_price` CHECK (unit_price >= 0), CONSTRAINT `purchase_purchaser` CHECK (source = 'CENTRAL' OR purchaser_id IS NOT NULL), CONSTRAINT `purchase_reason` CHECK (cancellation_reason IN ('NO_LONGER_NEEDED', 'TOO_EXPENSIVE', 'MISSING_FEATURES', 'QUALITY_PROBLEMS', 'SWITCHED_PRODUCT', 'CENTRALIZED', 'BOUGHT_BY_MISTAKE', 'POLICY', 'OTHER')), CONSTRAINT `purchase_seats` CHECK (quantity >= 1 AND assigned >= 0 AND reserved >= 0 AND assigned + reserved <= quantity), CONSTRAINT `purchase_source` CHECK (source IN ('SELF_SERVICE', 'CENTRAL')), CONSTRAINT `purchase_status` CHECK (status IN ('ACTIVE', 'EXPIRED', 'DISABLED', 'DELETED')));
-- copy rows from old table "purchases" to new temporary table "new_purchases"
INSERT INTO `new_purchases` (`id`, `ref`, `source`, `kind`, `status`, `quantity`, `assigned`, `reserved`, `unit_price`, `currency`, `billing_term`, `recurring_billing`, `purchased_at`, `expires_at`, `active_move_id`, `releasing`, `canceled_at`, `cancellation_reason`, `cancellation_feedback`, `cancellation_cause`, `product_key`, `purchaser_key`, `search_key`, `tenant_id`, `product_id`, `purchaser_id`, `canceled_by`) SELECT `id`, `ref`, `source`, `kind`, `status`, `quantity`, `assigned`, `reserved`, `unit_price`, `currency`, `billing_term`, `recurring_billing`, `purchased_at`, `expires_at`, `active_move_id`, `releasing`, `canceled_at`, `cancellation_reason`, `cancellation_feedback`, `cancellation_cause`, `product_key`, `purchaser_key`, `search_key`, `tenant_id`, `product_id`, `purchaser_id`, `canceled_by` FROM `purchases`;
-- drop "purchases" table after copying rows
DROP TABLE `purchases`;
-- rename temporary table "new_purchases" to "purchases"
ALTER TABLE `new_purchases` RENAME TO `purchases`;
-- create index "purchase_tenant_id_ref" to table: "purchases"
CREATE UNIQUE INDEX `purchase_tenant_id_ref` ON `purchases` (`tenant_id`, `ref`);
-- create index "purchase_tenant_id_purchased_at_id" to table: "purchases"
CREATE INDEX `purchase_tenant_id_purchased_at_id` ON `purchases` (`tenant_id`, `purchased_at`, `id`);
-- create index "purchase_tenant_id_expires_at_id" to table: "purchases"
CREATE INDEX `purchase_tenant_id_expires_at_id` ON `purchases` (`tenant_id`, `expires_at`, `id`);
-- create index "purchase_tenant_id_product_key_id" to table: "purchases"
CREATE INDEX `purchase_tenant_id_product_key_id` ON `purchases` (`tenant_id`, `product_key`, `id`);
-- create index "purchase_tenant_id_purchaser_key_id" to table: "purchases"
CREATE INDEX `purchase_tenant_id_purchaser_key_id` ON `purchases` (`tenant_id`, `purchaser_key`, `id`);
-- create index "purchase_tenant_id_quantity_id" to table: "purchases"
CREATE INDEX `purchase_tenant_id_quantity_id` ON `purchases` (`tenant_id`, `quantity`, `id`);
-- create index "purchase_tenant_id_assigned_id" to table: "purchases"
CREATE INDEX `purchase_tenant_id_assigned_id` ON `purchases` (`tenant_id`, `assigned`, `id`);
-- create index "purchase_tenant_id_source_purchased_at_id" to table: "purchases"
CREATE INDEX `purchase_tenant_id_source_purchased_at_id` ON `purchases` (`tenant_id`, `source`, `purchased_at`, `id`);
-- create index "purchase_tenant_id_status_purchased_at_id" to table: "purchases"
CREATE INDEX `purchase_tenant_id_status_purchased_at_id` ON `purchases` (`tenant_id`, `status`, `purchased_at`, `id`);
-- create index "purchase_tenant_id_product_id_purchased_at_id" to table: "purchases"
CREATE INDEX `purchase_tenant_id_product_id_purchased_at_id` ON `purchases` (`tenant_id`, `product_id`, `purchased_at`, `id`);
-- create index "purchase_tenant_id_purchaser_id_purchased_at_id" to table: "purchases"
CREATE INDEX `purchase_tenant_id_purchaser_id_purchased_at_id` ON `purchases` (`tenant_id`, `purchaser_id`, `purchased_at`, `id`);
-- create index "purchase_by_purchaser" to table: "purchases"
CREATE INDEX `purchase_by_purchaser` ON `purchases` (`tenant_id`, `source`, `purchaser_key`, `purchaser_id`, `status`, `product_id`, `quantity`, `assigned`, `reserved`);
-- create index "purchase_by_product" to table: "purchases"
CREATE INDEX `purchase_by_product` ON `purchases` (`tenant_id`, `product_key`, `product_id`, `status`, `source`, `quantity`, `assigned`, `reserved`);
-- create index "purchase_due_at" to table: "purchases"
CREATE INDEX `purchase_due_at` ON `purchases` (`due_at`) WHERE status <> 'DELETED';
-- create index "purchase_tried_by_product_id" to table: "purchases"
CREATE INDEX `purchase_tried_by_product_id` ON `purchases` (`tried_by`, `product_id`) WHERE tried_by IS NOT NULL;
-- create index "purchase_releasing" to table: "purchases"
CREATE INDEX `purchase_releasing` ON `purchases` (`releasing`) WHERE releasing;
-- create index "user_admins" to table: "users"
CREATE INDEX `user_admins` ON `users` (`tenant_id`, `id`) WHERE roles <> 0;
-- create index "user_tenant_id_id" to table: "users"
CREATE INDEX `user_tenant_id_id` ON `users` (`tenant_id`, `id`) WHERE removed;
-- create "idempotency_keys" table
CREATE TABLE `idempotency_keys` (`id` text NOT NULL, `input_hash` blob NOT NULL, `answer` text NOT NULL, `expires_at` integer NOT NULL, `tenant_id` text NOT NULL, PRIMARY KEY (`id`), CONSTRAINT `idempotency_keys_tenants_tenant` FOREIGN KEY (`tenant_id`) REFERENCES `tenants` (`id`) ON DELETE NO ACTION);
-- create index "idempotencykey_expires_at" to table: "idempotency_keys"
CREATE INDEX `idempotencykey_expires_at` ON `idempotency_keys` (`expires_at`);
-- create "license_requests" table
CREATE TABLE `license_requests` (`id` text NOT NULL, `requested_at` integer NOT NULL, `message` text NULL, `status` text NOT NULL, `decided_at` integer NULL, `reply` text NULL, `tenant_id` text NOT NULL, `product_id` text NOT NULL, `requested_by` text NOT NULL, `decided_by` text NULL, PRIMARY KEY (`id`), CONSTRAINT `license_requests_tenants_tenant` FOREIGN KEY (`tenant_id`) REFERENCES `tenants` (`id`) ON DELETE NO ACTION, CONSTRAINT `license_requests_products_product` FOREIGN KEY (`product_id`) REFERENCES `products` (`id`) ON DELETE NO ACTION, CONSTRAINT `license_requests_users_requester` FOREIGN KEY (`requested_by`) REFERENCES `users` (`id`) ON DELETE NO ACTION, CONSTRAINT `license_requests_users_decider` FOREIGN KEY (`decided_by`) REFERENCES `users` (`id`) ON DELETE SET NULL, CONSTRAINT `license_request_decided` CHECK (status <> 'COMPLETED' OR decided_at IS NOT NULL), CONSTRAINT `license_request_status` CHECK (status IN ('PENDING', 'COMPLETED')));
-- create index "licenserequest_tenant_id_id" to table: "license_requests"
CREATE INDEX `licenserequest_tenant_id_id` ON `license_requests` (`tenant_id`, `id`);
-- create index "licenserequest_tenant_id_status_id" to table: "license_requests"
CREATE INDEX `licenserequest_tenant_id_status_id` ON `license_requests` (`tenant_id`, `status`, `id`);
-- create index "licenserequest_tenant_id_requested_by_id" to table: "license_requests"
CREATE INDEX `licenserequest_tenant_id_requested_by_id` ON `license_requests` (`tenant_id`, `requested_by`, `id`);
-- create "license_request_users" table
CREATE TABLE `license_request_users` (`decision` text NOT NULL, `tenant_id` text NOT NULL, `request_id` text NOT NULL, `user_id` text NOT NULL, PRIMARY KEY (`request_id`, `user_id`), CONSTRAINT `license_request_users_tenants_tenant` FOREIGN KEY (`tenant_id`) REFERENCES `tenants` (`id`) ON DELETE NO ACTION, CONSTRAINT `license_request_users_license_requests_request` FOREIGN KEY (`request_id`) REFERENCES `license_requests` (`id`) ON DELETE NO ACTION, CONSTRAINT `license_request_users_users_user` FOREIGN KEY (`user_id`) REFERENCES `users` (`id`) ON DELETE NO ACTION, CONSTRAINT `license_request_decision` CHECK (decision IN ('PENDING', 'APPROVED', 'REJECTED')));
-- who began the trials that there are
UPDATE purchases SET tried_by = purchaser_id WHERE kind <> 'PAID';
-- enable back the enforcement of foreign-keys constraints
PRAGMA foreign_keys = on;

-- +goose Down
-- reverse: create "license_request_users" table
DROP TABLE `license_request_users`;
-- reverse: create index "licenserequest_tenant_id_requested_by_id" to table: "license_requests"
DROP INDEX `licenserequest_tenant_id_requested_by_id`;
-- reverse: create index "licenserequest_tenant_id_status_id" to table: "license_requests"
DROP INDEX `licenserequest_tenant_id_status_id`;
-- reverse: create index "licenserequest_tenant_id_id" to table: "license_requests"
DROP INDEX `licenserequest_tenant_id_id`;
-- reverse: create "license_requests" table
DROP TABLE `license_requests`;
-- reverse: create index "idempotencykey_expires_at" to table: "idempotency_keys"
DROP INDEX `idempotencykey_expires_at`;
-- reverse: create "idempotency_keys" table
DROP TABLE `idempotency_keys`;
-- reverse: create index "user_tenant_id_id" to table: "users"
DROP INDEX `user_tenant_id_id`;
-- reverse: create index "user_admins" to table: "users"
DROP INDEX `user_admins`;
-- reverse: create index "purchase_releasing" to table: "purchases"
DROP INDEX `purchase_releasing`;
-- reverse: create index "purchase_tried_by_product_id" to table: "purchases"
DROP INDEX `purchase_tried_by_product_id`;
-- reverse: create index "purchase_due_at" to table: "purchases"
DROP INDEX `purchase_due_at`;
-- reverse: create index "purchase_by_product" to table: "purchases"
DROP INDEX `purchase_by_product`;
-- reverse: create index "purchase_by_purchaser" to table: "purchases"
DROP INDEX `purchase_by_purchaser`;
-- reverse: create index "purchase_tenant_id_purchaser_id_purchased_at_id" to table: "purchases"
DROP INDEX `purchase_tenant_id_purchaser_id_purchased_at_id`;
-- reverse: create index "purchase_tenant_id_product_id_purchased_at_id" to table: "purchases"
DROP INDEX `purchase_tenant_id_product_id_purchased_at_id`;
-- reverse: create index "purchase_tenant_id_status_purchased_at_id" to table: "purchases"
DROP INDEX `purchase_tenant_id_status_purchased_at_id`;
-- reverse: create index "purchase_tenant_id_source_purchased_at_id" to table: "purchases"
DROP INDEX `purchase_tenant_id_source_purchased_at_id`;
-- reverse: create index "purchase_tenant_id_assigned_id" to table: "purchases"
DROP INDEX `purchase_tenant_id_assigned_id`;
-- reverse: create index "purchase_tenant_id_quantity_id" to table: "purchases"
DROP INDEX `purchase_tenant_id_quantity_id`;
-- reverse: create index "purchase_tenant_id_purchaser_key_id" to table: "purchases"
DROP INDEX `purchase_tenant_id_purchaser_key_id`;
-- reverse: create index "purchase_tenant_id_product_key_id" to table: "purchases"
DROP INDEX `purchase_tenant_id_product_key_id`;
-- reverse: create index "purchase_tenant_id_expires_at_id" to table: "purchases"
DROP INDEX `purchase_tenant_id_expires_at_id`;
-- reverse: create index "purchase_tenant_id_purchased_at_id" to table: "purchases"
DROP INDEX `purchase_tenant_id_purchased_at_id`;
-- reverse: create index "purchase_tenant_id_ref" to table: "purchases"
DROP INDEX `purchase_tenant_id_ref`;
-- reverse: create "new_purchases" table
DROP TABLE `new_purchases`;
-- reverse: create index "notification_due_at" to table: "notifications"
DROP INDEX `notification_due_at`;
-- reverse: create index "notification_tenant_id_kind_id" to table: "notifications"
DROP INDEX `notification_tenant_id_kind_id`;
-- reverse: create index "notification_tenant_id_id" to table: "notifications"
DROP INDEX `notification_tenant_id_id`;
-- reverse: create "new_notifications" table
DROP TABLE `new_notifications`;
-- reverse: create index "moveuser_move_id_result_user_id" to table: "move_users"
DROP INDEX `moveuser_move_id_result_user_id`;
-- reverse: create "new_move_users" table
DROP TABLE `new_move_users`;
-- reverse: create index "move_lease_until" to table: "moves"
DROP INDEX `move_lease_until`;
-- reverse: create index "move_target_id" to table: "moves"
DROP INDEX `move_target_id`;
-- reverse: create index "move_source_id" to table: "moves"
DROP INDEX `move_source_id`;
-- reverse: create index "move_target_id_id" to table: "moves"
DROP INDEX `move_target_id_id`;
-- reverse: create index "move_source_id_id" to table: "moves"
DROP INDEX `move_source_id_id`;
-- reverse: create index "move_tenant_id_status_id" to table: "moves"
DROP INDEX `move_tenant_id_status_id`;
-- reverse: create index "move_tenant_id_id" to table: "moves"
DROP INDEX `move_tenant_id_id`;
-- reverse: create "new_moves" table
DROP TABLE `new_moves`;
