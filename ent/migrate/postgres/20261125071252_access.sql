-- +goose Up
-- modify "partner_accesses" table
ALTER TABLE "partner_accesses" ADD COLUMN "revoked_at" bigint NULL;
-- create "access_changes" table
CREATE TABLE "access_changes" ("id" character varying NOT NULL COLLATE "C", "count" bigint NOT NULL, "tenant_id" character varying NOT NULL COLLATE "C", PRIMARY KEY ("id"), CONSTRAINT "access_changes_tenants_tenant" FOREIGN KEY ("tenant_id") REFERENCES "tenants" ("id") ON UPDATE NO ACTION ON DELETE NO ACTION);
-- modify "api_tokens" table
ALTER TABLE "api_tokens" ADD COLUMN "last_used_at" bigint NULL, ADD COLUMN "revoked_at" bigint NULL, ADD COLUMN "created_by" character varying NULL COLLATE "C", ADD CONSTRAINT "api_tokens_users_creator" FOREIGN KEY ("created_by") REFERENCES "users" ("id") ON UPDATE NO ACTION ON DELETE SET NULL;
-- create index "apitoken_tenant_id_id" to table: "api_tokens"
CREATE INDEX "apitoken_tenant_id_id" ON "api_tokens" ("tenant_id", "id") WHERE (revoked_at IS NULL);

-- +goose Down
-- reverse: create index "apitoken_tenant_id_id" to table: "api_tokens"
DROP INDEX "apitoken_tenant_id_id";
-- reverse: modify "api_tokens" table
ALTER TABLE "api_tokens" DROP CONSTRAINT "api_tokens_users_creator", DROP COLUMN "created_by", DROP COLUMN "revoked_at", DROP COLUMN "last_used_at";
-- reverse: create "access_changes" table
DROP TABLE "access_changes";
-- reverse: modify "partner_accesses" table
ALTER TABLE "partner_accesses" DROP COLUMN "revoked_at";
