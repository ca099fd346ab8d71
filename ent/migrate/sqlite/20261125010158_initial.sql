-- +goose Up
-- create "api_tokens" table
CREATE TABLE `api_tokens` (`id` text NOT NULL, `name` text NOT NULL, `roles` integer NOT NULL, `hash` blob NOT NULL, `prefix` text NOT NULL, `created_at` integer NOT NULL, `expires_at` integer NOT NULL, `tenant_id` text NOT NULL, `user_id` text NULL, PRIMARY KEY (`id`), CONSTRAINT `api_tokens_tenants_tenant` FOREIGN KEY (`tenant_id`) REFERENCES `tenants` (`id`) ON DELETE NO ACTION, CONSTRAINT `api_tokens_users_user` FOREIGN KEY (`user_id`) REFERENCES `users` (`id`) ON DELETE SET NULL);
-- create index "apitoken_hash" to table: "api_tokens"
CREATE UNIQUE INDEX `apitoken_hash` ON `api_tokens` (`hash`);
-- create "audit_events" table
CREATE TABLE `audit_events` (`id` text NOT NULL, `at` integer NOT NULL, `actor_name` text NOT NULL, `action` text NOT NULL, `subject_id` text NOT NULL, `changes` text NOT NULL, `request_id` text NULL, `tenant_id` text NOT NULL, `actor_id` text NULL, PRIMARY KEY (`id`), CONSTRAINT `audit_events_tenants_tenant` FOREIGN KEY (`tenant_id`) REFERENCES `tenants` (`id`) ON DELETE NO ACTION, CONSTRAINT `audit_events_users_actor` FOREIGN KEY (`actor_id`) REFERENCES `users` (`id`) ON DELETE SET NULL);
-- create index "auditevent_tenant_id_id" to table: "audit_events"
CREATE INDEX `auditevent_tenant_id_id` ON `audit_events` (`tenant_id`, `id`);
-- create index "auditevent_tenant_id_subject_id_id" to table: "audit_events"
CREATE INDEX `auditevent_tenant_id_subject_id_id` ON `audit_events` (`tenant_id`, `subject_id`, `id`);
-- create index "auditevent_tenant_id_actor_id_id" to table: "audit_events"
CREATE INDEX `auditevent_tenant_id_actor_id_id` ON `audit_events` (`tenant_id`, `actor_id`, `id`);
-- create index "auditevent_tenant_id_action_id" to table: "audit_events"
CREATE INDEX `auditevent_tenant_id_action_id` ON `audit_events` (`tenant_id`, `action`, `id`);
-- create "exports" table
CREATE TABLE `exports` (`id` text NOT NULL, `secret_hash` blob NOT NULL, `file_name` text NOT NULL, `purchase_ids` text NOT NULL DEFAULT (''), `product_id` text NULL, `source` text NULL, `expires_at` integer NOT NULL, `tenant_id` text NOT NULL, PRIMARY KEY (`id`), CONSTRAINT `exports_tenants_tenant` FOREIGN KEY (`tenant_id`) REFERENCES `tenants` (`id`) ON DELETE NO ACTION);
-- create index "export_tenant_id_expires_at" to table: "exports"
CREATE INDEX `export_tenant_id_expires_at` ON `exports` (`tenant_id`, `expires_at`);
-- create "licenses" table
CREATE TABLE `licenses` (`id` text NOT NULL, `assigned_at` integer NOT NULL, `tenant_id` text NOT NULL, `purchase_id` text NOT NULL, `user_id` text NOT NULL, `assigned_by` text NULL, PRIMARY KEY (`id`), CONSTRAINT `licenses_tenants_tenant` FOREIGN KEY (`tenant_id`) REFERENCES `tenants` (`id`) ON DELETE NO ACTION, CONSTRAINT `licenses_purchases_purchase` FOREIGN KEY (`purchase_id`) REFERENCES `purchases` (`id`) ON DELETE NO ACTION, CONSTRAINT `licenses_users_user` FOREIGN KEY (`user_id`) REFERENCES `users` (`id`) ON DELETE NO ACTION, CONSTRAINT `licenses_users_assigner` FOREIGN KEY (`assigned_by`) REFERENCES `users` (`id`) ON DELETE SET NULL);
-- create index "license_purchase_id_user_id" to table: "licenses"
CREATE UNIQUE INDEX `license_purchase_id_user_id` ON `licenses` (`purchase_id`, `user_id`);
-- create index "license_purchase_id_id" to table: "licenses"
CREATE INDEX `license_purchase_id_id` ON `licenses` (`purchase_id`, `id`);
-- create index "license_user_id_id" to table: "licenses"
CREATE INDEX `license_user_id_id` ON `licenses` (`user_id`, `id`);
-- create "moves" table
CREATE TABLE `moves` (`id` text NOT NULL, `status` text NOT NULL, `total` integer NOT NULL, `moved` integer NOT NULL DEFAULT (0), `already_licensed` integer NOT NULL DEFAULT (0), `gone` integer NOT NULL DEFAULT (0), `reserved` integer NOT NULL, `sequence` integer NOT NULL DEFAULT (0), `requested_by_name` text NOT NULL, `request_id` text NOT NULL DEFAULT (''), `requested_at` integer NOT NULL, `started_at` integer NULL, `changed_at` integer NOT NULL, `finished_at` integer NULL, `failure` text NULL, `failure_message` text NULL, `lease_owner` text NOT NULL DEFAULT (''), `lease_until` integer NOT NULL DEFAULT (0), `fence` integer NOT NULL DEFAULT (0), `tenant_id` text NOT NULL, `source_id` text NOT NULL, `target_id` text NOT NULL, `requested_by` text NULL, PRIMARY KEY (`id`), CONSTRAINT `moves_tenants_tenant` FOREIGN KEY (`tenant_id`) REFERENCES `tenants` (`id`) ON DELETE NO ACTION, CONSTRAINT `moves_purchases_source` FOREIGN KEY (`source_id`) REFERENCES `purchases` (`id`) ON DELETE NO ACTION, CONSTRAINT `moves_purchases_target` FOREIGN KEY (`target_id`) REFERENCES `purchases` (`id`) ON DELETE NO ACTION, CONSTRAINT `moves_users_requester` FOREIGN KEY (`requested_by`) REFERENCES `users` (`id`) ON DELETE SET NULL, CONSTRAINT `move_counts` CHECK (moved >= 0 AND already_licensed >= 0 AND gone >= 0 AND reserved >= 0 AND moved + already_licensed + gone <= total), CONSTRAINT `move_ends` CHECK (source_id <> target_id), CONSTRAINT `move_open` CHECK (finished_at IS NULL AND status IN ('QUEUED', 'RUNNING') OR finished_at IS NOT NULL AND status NOT IN ('QUEUED', 'RUNNING')), CONSTRAINT `move_status` CHECK (status IN ('QUEUED', 'RUNNING', 'SUCCEEDED', 'FAILED', 'CANCELED')));
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
-- create index "move_lease_until" to table: "moves"
CREATE INDEX `move_lease_until` ON `moves` (`lease_until`) WHERE finished_at IS NULL;
-- create "move_users" table
CREATE TABLE `move_users` (`result` text NOT NULL, `at` integer NOT NULL, `tenant_id` text NOT NULL, `move_id` text NOT NULL, `user_id` text NOT NULL, PRIMARY KEY (`move_id`, `user_id`), CONSTRAINT `move_users_tenants_tenant` FOREIGN KEY (`tenant_id`) REFERENCES `tenants` (`id`) ON DELETE NO ACTION, CONSTRAINT `move_users_moves_move` FOREIGN KEY (`move_id`) REFERENCES `moves` (`id`) ON DELETE NO ACTION, CONSTRAINT `move_users_users_user` FOREIGN KEY (`user_id`) REFERENCES `users` (`id`) ON DELETE NO ACTION, CONSTRAINT `move_user_result` CHECK (result IN ('MOVED', 'ALREADY_LICENSED', 'GONE')));
-- create index "moveuser_move_id_result_user_id" to table: "move_users"
CREATE INDEX `moveuser_move_id_result_user_id` ON `move_users` (`move_id`, `result`, `user_id`) WHERE result <> 'MOVED';
-- create "notifications" table
CREATE TABLE `notifications` (`id` text NOT NULL, `kind` text NOT NULL, `locale` text NOT NULL, `subject` text NOT NULL, `body` text NOT NULL, `status` text NOT NULL, `attempts` integer NOT NULL DEFAULT (0), `queued_at` integer NOT NULL, `sent_at` integer NULL, `last_error` text NULL, `tenant_id` text NOT NULL, `to_id` text NOT NULL, PRIMARY KEY (`id`), CONSTRAINT `notifications_tenants_tenant` FOREIGN KEY (`tenant_id`) REFERENCES `tenants` (`id`) ON DELETE NO ACTION, CONSTRAINT `notifications_users_to` FOREIGN KEY (`to_id`) REFERENCES `users` (`id`) ON DELETE NO ACTION, CONSTRAINT `notification_kind` CHECK (kind IN ('SUBSCRIPTION_CANCELED')), CONSTRAINT `notification_status` CHECK (status IN ('QUEUED', 'SENT', 'FAILED')));
-- create index "notification_tenant_id_id" to table: "notifications"
CREATE INDEX `notification_tenant_id_id` ON `notifications` (`tenant_id`, `id`);
-- create index "notification_tenant_id_kind_id" to table: "notifications"
CREATE INDEX `notification_tenant_id_kind_id` ON `notifications` (`tenant_id`, `kind`, `id`);
-- create "notification_purchases" table
CREATE TABLE `notification_purchases` (`tenant_id` text NOT NULL, `notification_id` text NOT NULL, `purchase_id` text NOT NULL, PRIMARY KEY (`notification_id`, `purchase_id`), CONSTRAINT `notification_purchases_tenants_tenant` FOREIGN KEY (`tenant_id`) REFERENCES `tenants` (`id`) ON DELETE NO ACTION, CONSTRAINT `notification_purchases_notifications_notification` FOREIGN KEY (`notification_id`) REFERENCES `notifications` (`id`) ON DELETE NO ACTION, CONSTRAINT `notification_purchases_purchases_purchase` FOREIGN KEY (`purchase_id`) REFERENCES `purchases` (`id`) ON DELETE NO ACTION);
-- create index "notificationpurchase_purchase_id_notification_id" to table: "notification_purchases"
CREATE INDEX `notificationpurchase_purchase_id_notification_id` ON `notification_purchases` (`purchase_id`, `notification_id`);
-- create "partner_accesses" table
CREATE TABLE `partner_accesses` (`id` text NOT NULL, `partner_domain` text NOT NULL, `roles` integer NOT NULL, `expires_at` integer NOT NULL, `granted_at` integer NOT NULL, `tenant_id` text NOT NULL, `granted_by` text NULL, PRIMARY KEY (`id`), CONSTRAINT `partner_accesses_tenants_tenant` FOREIGN KEY (`tenant_id`) REFERENCES `tenants` (`id`) ON DELETE NO ACTION, CONSTRAINT `partner_accesses_users_granter` FOREIGN KEY (`granted_by`) REFERENCES `users` (`id`) ON DELETE SET NULL);
-- create index "partneraccess_tenant_id_partner_domain" to table: "partner_accesses"
CREATE UNIQUE INDEX `partneraccess_tenant_id_partner_domain` ON `partner_accesses` (`tenant_id`, `partner_domain`);
-- create index "partneraccess_partner_domain" to table: "partner_accesses"
CREATE INDEX `partneraccess_partner_domain` ON `partner_accesses` (`partner_domain`);
-- create "products" table
CREATE TABLE `products` (`id` text NOT NULL, `vendor_product_id` text NOT NULL, `former_ids` text NOT NULL DEFAULT (''), `name` text NOT NULL, `name_key` text NOT NULL, `search_key` text NOT NULL, `family` text NOT NULL, `family_key` text NOT NULL, `kind` text NOT NULL, `self_service_eligible` bool NOT NULL, `trial_without_payment_method` bool NOT NULL, `trial_days` integer NOT NULL, `list_price` integer NULL, `excluded_countries` text NOT NULL DEFAULT (''), PRIMARY KEY (`id`), CONSTRAINT `product_kind` CHECK (kind IN ('PRODUCT', 'OFFER_TYPE')), CONSTRAINT `product_list_price` CHECK (list_price >= 0), CONSTRAINT `product_trial_days` CHECK (trial_days >= 0));
-- create index "product_vendor_product_id" to table: "products"
CREATE UNIQUE INDEX `product_vendor_product_id` ON `products` (`vendor_product_id`);
-- create index "product_name_key_id" to table: "products"
CREATE INDEX `product_name_key_id` ON `products` (`name_key`, `id`);
-- create index "product_family_key_id" to table: "products"
CREATE INDEX `product_family_key_id` ON `products` (`family_key`, `id`);
-- create "purchases" table
CREATE TABLE `purchases` (`id` text NOT NULL, `ref` text NULL, `source` text NOT NULL, `kind` text NOT NULL, `status` text NOT NULL, `quantity` integer NOT NULL, `assigned` integer NOT NULL DEFAULT (0), `reserved` integer NOT NULL DEFAULT (0), `unit_price` integer NOT NULL, `currency` text NOT NULL, `billing_term` text NOT NULL, `recurring_billing` bool NOT NULL, `purchased_at` integer NOT NULL, `expires_at` integer NOT NULL, `active_move_id` text NULL, `releasing` bool NOT NULL DEFAULT (false), `canceled_at` integer NULL, `cancellation_reason` text NULL, `cancellation_feedback` text NULL, `cancellation_cause` text NULL, `product_key` text NOT NULL, `purchaser_key` text NOT NULL DEFAULT (''), `search_key` text NOT NULL, `tenant_id` text NOT NULL, `product_id` text NOT NULL, `purchaser_id` text NULL, `canceled_by` text NULL, PRIMARY KEY (`id`), CONSTRAINT `purchases_tenants_tenant` FOREIGN KEY (`tenant_id`) REFERENCES `tenants` (`id`) ON DELETE NO ACTION, CONSTRAINT `purchases_products_product` FOREIGN KEY (`product_id`) REFERENCES `products` (`id`) ON DELETE NO ACTION, CONSTRAINT `purchases_users_purchaser` FOREIGN KEY (`purchaser_id`) REFERENCES `users` (`id`) ON DELETE SET NULL, CONSTRAINT `purchases_users_canceler` FOREIGN KEY (`canceled_by`) REFERENCES `users` (`id`) ON DELETE SET NULL, CONSTRAINT `purchase_billing_term` CHECK (billing_term IN ('MONTHLY', 'ANNUAL', 'TRIENNIAL')), CONSTRAINT `purchase_cause` CHECK (cancellation_cause IN ('PURCHASER', 'ADMIN_TAKE_OVER_CANCEL', 'ADMIN_TAKE_OVER_MOVE', 'ADMIN_CENTRAL')), CONSTRAINT `purchase_kind` CHECK (kind IN ('PAID', 'TRIAL_WITH_PAYMENT_METHOD', 'TRIAL_WITHOUT_PAYMENT_METHOD')), CONSTRAINT `purchase_price` CHECK (unit_price >= 0), CONSTRAINT `purchase_purchaser` CHECK (source = 'CENTRAL' OR purchaser_id IS NOT NULL), CONSTRAINT `purchase_reason` CHECK (cancellation_reason IN ('NO_LONGER_NEEDED', 'TOO_EXPENSIVE', 'MISSING_FEATURES', 'QUALITY_PROBLEMS', 'SWITCHED_PRODUCT', 'CENTRALIZED', 'BOUGHT_BY_MISTAKE', 'POLICY', 'OTHER')), CONSTRAINT `purchase_seats` CHECK (quantity >= 1 AND assigned >= 0 AND reserved >= 0 AND assigned + reserved <= quantity), CONSTRAINT `purchase_source` CHECK (source IN ('SELF_SERVICE', 'CENTRAL')), CONSTRAINT `purchase_status` CHECK (status IN ('ACTIVE', 'EXPIRED', 'DISABLED', 'DELETED')));
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
-- create index "purchase_releasing" to table: "purchases"
CREATE INDEX `purchase_releasing` ON `purchases` (`releasing`) WHERE releasing;
-- create "self_service_policies" table
CREATE TABLE `self_service_policies` (`id` text NOT NULL, `value` text NOT NULL, `changed_at` integer NOT NULL, `tenant_id` text NOT NULL, `product_id` text NOT NULL, `changed_by` text NULL, PRIMARY KEY (`id`), CONSTRAINT `self_service_policies_tenants_tenant` FOREIGN KEY (`tenant_id`) REFERENCES `tenants` (`id`) ON DELETE NO ACTION, CONSTRAINT `self_service_policies_products_product` FOREIGN KEY (`product_id`) REFERENCES `products` (`id`) ON DELETE NO ACTION, CONSTRAINT `self_service_policies_users_changer` FOREIGN KEY (`changed_by`) REFERENCES `users` (`id`) ON DELETE SET NULL, CONSTRAINT `policy_value` CHECK (value IN ('ENABLED', 'TRIALS_ONLY', 'DISABLED')));
-- create index "selfservicepolicy_tenant_id_product_id" to table: "self_service_policies"
CREATE UNIQUE INDEX `selfservicepolicy_tenant_id_product_id` ON `self_service_policies` (`tenant_id`, `product_id`);
-- create "tenants" table
CREATE TABLE `tenants` (`id` text NOT NULL, `name` text NOT NULL, `name_key` text NOT NULL, `search_key` text NOT NULL, `domain` text NOT NULL, `external_id` text NULL, `cloud` text NOT NULL, `segment` text NOT NULL, `country` text NOT NULL, `locale` text NOT NULL, `default_policy` text NOT NULL DEFAULT ('ENABLED'), PRIMARY KEY (`id`), CONSTRAINT `tenant_cloud` CHECK (cloud IN ('WORLDWIDE', 'GERMANY', 'CHINA_21VIANET')), CONSTRAINT `tenant_default_policy` CHECK (default_policy IN ('ENABLED', 'TRIALS_ONLY', 'DISABLED')), CONSTRAINT `tenant_segment` CHECK (segment IN ('COMMERCIAL', 'NONPROFIT', 'GOVERNMENT', 'EDUCATION')));
-- create index "tenant_domain" to table: "tenants"
CREATE UNIQUE INDEX `tenant_domain` ON `tenants` (`domain`);
-- create index "tenant_external_id" to table: "tenants"
CREATE UNIQUE INDEX `tenant_external_id` ON `tenants` (`external_id`);
-- create index "tenant_name_key_id" to table: "tenants"
CREATE INDEX `tenant_name_key_id` ON `tenants` (`name_key`, `id`);
-- create "users" table
CREATE TABLE `users` (`id` text NOT NULL, `display_name` text NOT NULL, `name_key` text NOT NULL, `search_key` text NOT NULL, `user_principal_name` text NOT NULL, `upn_key` text NOT NULL, `mail` text NULL, `department` text NULL, `locale` text NOT NULL, `kind` text NOT NULL, `account_enabled` bool NOT NULL, `removed` bool NOT NULL DEFAULT (false), `roles` integer NOT NULL, `tenant_id` text NOT NULL, PRIMARY KEY (`id`), CONSTRAINT `users_tenants_tenant` FOREIGN KEY (`tenant_id`) REFERENCES `tenants` (`id`) ON DELETE NO ACTION, CONSTRAINT `user_kind` CHECK (kind IN ('MEMBER', 'GUEST')));
-- create index "user_tenant_id_upn_key" to table: "users"
CREATE UNIQUE INDEX `user_tenant_id_upn_key` ON `users` (`tenant_id`, `upn_key`);
-- create index "user_tenant_id_name_key_id" to table: "users"
CREATE INDEX `user_tenant_id_name_key_id` ON `users` (`tenant_id`, `name_key`, `id`);

-- +goose Down
-- reverse: create index "user_tenant_id_name_key_id" to table: "users"
DROP INDEX `user_tenant_id_name_key_id`;
-- reverse: create index "user_tenant_id_upn_key" to table: "users"
DROP INDEX `user_tenant_id_upn_key`;
-- reverse: create "users" table
DROP TABLE `users`;
-- reverse: create index "tenant_name_key_id" to table: "tenants"
DROP INDEX `tenant_name_key_id`;
-- reverse: create index "tenant_external_id" to table: "tenants"
DROP INDEX `tenant_external_id`;
-- reverse: create index "tenant_domain" to table: "tenants"
DROP INDEX `tenant_domain`;
-- reverse: create "tenants" table
DROP TABLE `tenants`;
-- reverse: create index "selfservicepolicy_tenant_id_product_id" to table: "self_service_policies"
DROP INDEX `selfservicepolicy_tenant_id_product_id`;
-- reverse: create "self_service_policies" table
DROP TABLE `self_service_policies`;
-- reverse: create index "purchase_releasing" to table: "purchases"
DROP INDEX `purchase_releasing`;
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
-- reverse: create "purchases" table
DROP TABLE `purchases`;
-- reverse: create index "product_family_key_id" to table: "products"
DROP INDEX `product_family_key_id`;
-- reverse: create index "product_name_key_id" to table: "products"
DROP INDEX `product_name_key_id`;
-- reverse: create index "product_vendor_product_id" to table: "products"
DROP INDEX `product_vendor_product_id`;
-- reverse: create "products" table
DROP TABLE `products`;
-- reverse: create index "partneraccess_partner_domain" to table: "partner_accesses"
DROP INDEX `partneraccess_partner_domain`;
-- reverse: create index "partneraccess_tenant_id_partner_domain" to table: "partner_accesses"
DROP INDEX `partneraccess_tenant_id_partner_domain`;
-- reverse: create "partner_accesses" table
DROP TABLE `partner_accesses`;
-- reverse: create index "notificationpurchase_purchase_id_notification_id" to table: "notification_purchases"
DROP INDEX `notificationpurchase_purchase_id_notification_id`;
-- reverse: create "notification_purchases" table
DROP TABLE `notification_purchases`;
-- reverse: create index "notification_tenant_id_kind_id" to table: "notifications"
DROP INDEX `notification_tenant_id_kind_id`;
-- reverse: create index "notification_tenant_id_id" to table: "notifications"
DROP INDEX `notification_tenant_id_id`;
-- reverse: create "notifications" table
DROP TABLE `notifications`;
-- reverse: create index "moveuser_move_id_result_user_id" to table: "move_users"
DROP INDEX `moveuser_move_id_result_user_id`;
-- reverse: create "move_users" table
DROP TABLE `move_users`;
-- reverse: create index "move_lease_until" to table: "moves"
DROP INDEX `move_lease_until`;
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
-- reverse: create "moves" table
DROP TABLE `moves`;
-- reverse: create index "license_user_id_id" to table: "licenses"
DROP INDEX `license_user_id_id`;
-- reverse: create index "license_purchase_id_id" to table: "licenses"
DROP INDEX `license_purchase_id_id`;
-- reverse: create index "license_purchase_id_user_id" to table: "licenses"
DROP INDEX `license_purchase_id_user_id`;
-- reverse: create "licenses" table
DROP TABLE `licenses`;
-- reverse: create index "export_tenant_id_expires_at" to table: "exports"
DROP INDEX `export_tenant_id_expires_at`;
-- reverse: create "exports" table
DROP TABLE `exports`;
-- reverse: create index "auditevent_tenant_id_action_id" to table: "audit_events"
DROP INDEX `auditevent_tenant_id_action_id`;
-- reverse: create index "auditevent_tenant_id_actor_id_id" to table: "audit_events"
DROP INDEX `auditevent_tenant_id_actor_id_id`;
-- reverse: create index "auditevent_tenant_id_subject_id_id" to table: "audit_events"
DROP INDEX `auditevent_tenant_id_subject_id_id`;
-- reverse: create index "auditevent_tenant_id_id" to table: "audit_events"
DROP INDEX `auditevent_tenant_id_id`;
-- reverse: create "audit_events" table
DROP TABLE `audit_events`;
-- reverse: create index "apitoken_hash" to table: "api_tokens"
DROP INDEX `apitoken_hash`;
-- reverse: create "api_tokens" table
DROP TABLE `api_tokens`;
