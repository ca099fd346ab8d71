-- +goose Up
-- disable the enforcement of foreign-keys constraints
PRAGMA foreign_keys = off;
-- create "new_api_tokens" table
CREATE TABLE `new_api_tokens` (`id` text NOT NULL, `name` text NOT NULL, `roles` integer NOT NULL, `hash` blob NOT NULL, `prefix` text NOT NULL, `created_at` integer NOT NULL, `expires_at` integer NOT NULL, `last_used_at` integer NULL, `revoked_at` integer NULL, `tenant_id` text NOT NULL, `user_id` text NULL, `created_by` text NULL, PRIMARY KEY (`id`), CONSTRAINT `api_tokens_tenants_tenant` FOREIGN KEY (`tenant_id`) REFERENCES `tenants` (`id`) ON DELETE NO ACTION, CONSTRAINT `api_tokens_users_user` FOREIGN KEY (`user_id`) REFERENCES `users` (`id`) ON DELETE SET NULL, CONSTRAINT `api_tokens_users_creator` FOREIGN KEY (`created_by`) REFERENCES `users` (`id`) ON DELETE SET NULL);
-- copy rows from old table "api_tokens" to new temporary table "new_api_tokens"
INSERT INTO `new_api_tokens` (`id`, `name`, `roles`, `hash`, `prefix`, `created_at`, `expires_at`, `tenant_id`, `user_id`) SELECT `id`, `name`, `roles`, `hash`, `prefix`, `created_at`, `expires_at`, `tenant_id`, `user_id` FROM `api_tokens`;
-- drop "api_tokens" table after copying rows
DROP TABLE `api_tokens`;
-- rename temporary table "new_api_tokens" to "api_tokens"
ALTER TABLE `new_api_tokens` RENAME TO `api_tokens`;
-- create index "apitoken_hash" to table: "api_tokens"
CREATE UNIQUE INDEX `apitoken_hash` ON `api_tokens` (`hash`);
-- create index "apitoken_tenant_id_id" to table: "api_tokens"
CREATE INDEX `apitoken_tenant_id_id` ON `api_tokens` (`tenant_id`, `id`) WHERE revoked_at IS NULL;
-- add column "revoked_at" to table: "partner_accesses"
ALTER TABLE `partner_accesses` ADD COLUMN `revoked_at` integer NULL;
-- create "access_changes" table
CREATE TABLE `access_changes` (`id` text NOT NULL, `count` integer NOT NULL, `tenant_id` text NOT NULL, PRIMARY KEY (`id`), CONSTRAINT `access_changes_tenants_tenant` FOREIGN KEY (`tenant_id`) REFERENCES `tenants` (`id`) ON DELETE NO ACTION);
-- enable back the enforcement of foreign-keys constraints
PRAGMA foreign_keys = on;

-- +goose Down
-- reverse: create "access_changes" table
DROP TABLE `access_changes`;
-- reverse: add column "revoked_at" to table: "partner_accesses"
ALTER TABLE `partner_accesses` DROP COLUMN `revoked_at`;
-- reverse: create index "apitoken_tenant_id_id" to table: "api_tokens"
DROP INDEX `apitoken_tenant_id_id`;
-- reverse: create index "apitoken_hash" to table: "api_tokens"
DROP INDEX `apitoken_hash`;
-- reverse: create "new_api_tokens" table
DROP TABLE `new_api_tokens`;
