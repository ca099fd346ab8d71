-- +goose Up
-- create index "user_admins" to table: "users"
CREATE INDEX `user_admins` ON `users` (`tenant_id`, `id`) WHERE roles <> 0;

-- +goose Down
-- reverse: create index "user_admins" to table: "users"
DROP INDEX `user_admins`;
