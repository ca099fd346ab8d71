-- +goose Up
-- create index "purchase_tenant_id_purchaser_key_purchaser_id" to table: "purchases"
CREATE INDEX "purchase_tenant_id_purchaser_key_purchaser_id" ON "purchases" ("tenant_id", "purchaser_key", "purchaser_id");

-- +goose Down
-- reverse: create index "purchase_tenant_id_purchaser_key_purchaser_id" to table: "purchases"
DROP INDEX "purchase_tenant_id_purchaser_key_purchaser_id";
