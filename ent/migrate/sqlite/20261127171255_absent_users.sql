-- +goose Up
-- what ends soon is counted without its rows; drop index "purchase_ending" of table: "purchases"
DROP INDEX `purchase_ending`;
-- create index "purchase_ending_soon" to table: "purchases"
CREATE INDEX `purchase_ending_soon` ON `purchases` (`tenant_id`, `expires_at`, `status`, `recurring_billing`) WHERE status = 'ACTIVE' AND NOT recurring_billing;
-- create index "user_absent" to table: "users"
CREATE INDEX `user_absent` ON `users` (`tenant_id`, `name_key`, `id`) WHERE removed OR NOT account_enabled;

-- +goose Down
-- reverse: create index "user_absent" to table: "users"
DROP INDEX `user_absent`;
-- reverse: create index "purchase_ending_soon" to table: "purchases"
DROP INDEX `purchase_ending_soon`;
-- reverse: drop index "purchase_ending" of table: "purchases"
CREATE INDEX `purchase_ending` ON `purchases` (`tenant_id`, `expires_at`) WHERE status = 'ACTIVE' AND NOT recurring_billing;
