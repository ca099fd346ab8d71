-- +goose Up
-- disable the enforcement of foreign-keys constraints
PRAGMA foreign_keys = off;
-- create "new_move_users" table
CREATE TABLE `new_move_users` (`id` integer NOT NULL PRIMARY KEY AUTOINCREMENT, `license_id` text NOT NULL, `result` text NOT NULL, `at` integer NULL, `tenant_id` text NOT NULL, `move_id` text NOT NULL, `user_id` text NOT NULL, CONSTRAINT `move_users_tenants_tenant` FOREIGN KEY (`tenant_id`) REFERENCES `tenants` (`id`) ON DELETE NO ACTION, CONSTRAINT `move_users_moves_move` FOREIGN KEY (`move_id`) REFERENCES `moves` (`id`) ON DELETE NO ACTION, CONSTRAINT `move_users_users_user` FOREIGN KEY (`user_id`) REFERENCES `users` (`id`) ON DELETE NO ACTION, CONSTRAINT `move_user_at` CHECK (at IS NULL AND result = 'PENDING' OR at IS NOT NULL AND result <> 'PENDING'), CONSTRAINT `move_user_result` CHECK (result = 'PENDING' OR result = 'MOVED' OR result = 'ALREADY_LICENSED' OR result = 'GONE'));
-- copy rows from old table "move_users" to new temporary table "new_move_users"
INSERT INTO `new_move_users` (`id`, `license_id`, `result`, `at`, `tenant_id`, `move_id`, `user_id`) SELECT `id`, `license_id`, `result`, `at`, `tenant_id`, `move_id`, `user_id` FROM `move_users`;
-- drop "move_users" table after copying rows
DROP TABLE `move_users`;
-- rename temporary table "new_move_users" to "move_users"
ALTER TABLE `new_move_users` RENAME TO `move_users`;
-- create index "moveuser_move_id_license_id" to table: "move_users"
CREATE UNIQUE INDEX `moveuser_move_id_license_id` ON `move_users` (`move_id`, `license_id`);
-- create index "moveuser_move_id_result_license_id" to table: "move_users"
CREATE INDEX `moveuser_move_id_result_license_id` ON `move_users` (`move_id`, `result`, `license_id`) WHERE result <> 'MOVED';
-- enable back the enforcement of foreign-keys constraints
PRAGMA foreign_keys = on;

-- +goose Down
-- reverse: create index "moveuser_move_id_result_license_id" to table: "move_users"
DROP INDEX `moveuser_move_id_result_license_id`;
-- reverse: create index "moveuser_move_id_license_id" to table: "move_users"
DROP INDEX `moveuser_move_id_license_id`;
-- reverse: create "new_move_users" table
DROP TABLE `new_move_users`;
