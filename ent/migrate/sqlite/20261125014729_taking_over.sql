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
CREATE TABLE `new_notifications` (`id` text NOT NULL, `kind` text NOT NULL, `locale` text NOT NULL, `subject` text NOT NULL, `body` text NOT NULL, `html` text NOT NULL DEFAULT (''), `status` text NOT NULL, `attempts` integer NOT NULL DEFAULT (0), `due_at` integer NOT NULL DEFAULT (0), `queued_at` integer NOT NULL, `sent_at` integer NULL, `last_error` text NULL, `tenant_id` text NOT NULL, `to_id` text NOT NULL, PRIMARY KEY (`id`), CONSTRAINT `notifications_tenants_tenant` FOREIGN KEY (`tenant_id`) REFERENCES `tenants` (`id`) ON DELETE NO ACTION, CONSTRAINT `notifications_users_to` FOREIGN KEY (`to_id`) REFERENCES `users` (`id`) ON DELETE NO ACTION, CONSTRAINT `notification_about` CHECK (kind IN ('SUBSCRIPTION_CANCELED', 'OWNERSHIP_TAKEN', 'CANCELLATION_REQUESTED')), CONSTRAINT `notification_status` CHECK (status IN ('QUEUED', 'SENT', 'FAILED')));
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
-- add column "ownership_taken_at" to table: "purchases"
ALTER TABLE `purchases` ADD COLUMN `ownership_taken_at` integer NULL;
-- create index "user_tenant_id_id" to table: "users"
CREATE INDEX `user_tenant_id_id` ON `users` (`tenant_id`, `id`) WHERE removed;
-- enable back the enforcement of foreign-keys constraints
PRAGMA foreign_keys = on;

-- +goose Down
-- reverse: create index "user_tenant_id_id" to table: "users"
DROP INDEX `user_tenant_id_id`;
-- reverse: add column "ownership_taken_at" to table: "purchases"
ALTER TABLE `purchases` DROP COLUMN `ownership_taken_at`;
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
