-- +goose Up
-- modify "move_users" table
ALTER TABLE "move_users" DROP CONSTRAINT "move_user_result", ADD CONSTRAINT "move_user_at" CHECK (((at IS NULL) AND ((result)::text = 'PENDING'::text)) OR ((at IS NOT NULL) AND ((result)::text <> 'PENDING'::text))), ADD CONSTRAINT "move_user_outcome" CHECK ((result)::text = ANY ((ARRAY['PENDING'::character varying, 'MOVED'::character varying, 'ALREADY_LICENSED'::character varying, 'GONE'::character varying])::text[])), ALTER COLUMN "at" DROP NOT NULL;
-- modify "moves" table
ALTER TABLE "moves" ADD COLUMN "subset" boolean NOT NULL DEFAULT false;
-- create index "move_target_id" to table: "moves"
CREATE INDEX "move_target_id" ON "moves" ("target_id") WHERE (finished_at IS NULL);
-- modify "notifications" table
ALTER TABLE "notifications" DROP CONSTRAINT "notification_kind", ADD CONSTRAINT "notification_subject" CHECK ((kind)::text = ANY ((ARRAY['SUBSCRIPTION_CANCELED'::character varying, 'OWNERSHIP_TAKEN'::character varying, 'CANCELLATION_REQUESTED'::character varying, 'SELF_SERVICE_PURCHASED'::character varying, 'LICENSE_REQUESTED'::character varying, 'LICENSE_REQUEST_DECIDED'::character varying, 'EXPIRY_NOTICE'::character varying])::text[])), ADD COLUMN "html" text NOT NULL DEFAULT '' COLLATE "C", ADD COLUMN "due_at" bigint NOT NULL DEFAULT 0;
-- create index "notification_due_at" to table: "notifications"
CREATE INDEX "notification_due_at" ON "notifications" ("due_at") WHERE ((status)::text = 'QUEUED'::text);
-- modify "purchases" table
ALTER TABLE "purchases" ADD COLUMN "tried_by" character varying NULL COLLATE "C", ADD COLUMN "due_at" bigint NOT NULL DEFAULT 0, ADD COLUMN "noticed" bigint NOT NULL DEFAULT 0, ADD COLUMN "ownership_taken_at" bigint NULL;
-- create index "purchase_due_at" to table: "purchases"
CREATE INDEX "purchase_due_at" ON "purchases" ("due_at") WHERE ((status)::text <> 'DELETED'::text);
-- create index "purchase_tried_by_product_id" to table: "purchases"
CREATE INDEX "purchase_tried_by_product_id" ON "purchases" ("tried_by", "product_id") WHERE (tried_by IS NOT NULL);
-- create "idempotency_keys" table
CREATE TABLE "idempotency_keys" ("id" character varying NOT NULL COLLATE "C", "input_hash" bytea NOT NULL, "answer" text NOT NULL COLLATE "C", "expires_at" bigint NOT NULL, "tenant_id" character varying NOT NULL COLLATE "C", PRIMARY KEY ("id"), CONSTRAINT "idempotency_keys_tenants_tenant" FOREIGN KEY ("tenant_id") REFERENCES "tenants" ("id") ON UPDATE NO ACTION ON DELETE NO ACTION);
-- create index "idempotencykey_expires_at" to table: "idempotency_keys"
CREATE INDEX "idempotencykey_expires_at" ON "idempotency_keys" ("expires_at");
-- create index "user_admins" to table: "users"
CREATE INDEX "user_admins" ON "users" ("tenant_id", "id") WHERE (roles <> 0);
-- create index "user_tenant_id_id" to table: "users"
CREATE INDEX "user_tenant_id_id" ON "users" ("tenant_id", "id") WHERE removed;
-- create "license_requests" table
CREATE TABLE "license_requests" ("id" character varying NOT NULL COLLATE "C", "requested_at" bigint NOT NULL, "message" text NULL COLLATE "C", "status" character varying NOT NULL COLLATE "C", "decided_at" bigint NULL, "reply" text NULL COLLATE "C", "tenant_id" character varying NOT NULL COLLATE "C", "product_id" character varying NOT NULL COLLATE "C", "requested_by" character varying NOT NULL COLLATE "C", "decided_by" character varying NULL COLLATE "C", PRIMARY KEY ("id"), CONSTRAINT "license_requests_products_product" FOREIGN KEY ("product_id") REFERENCES "products" ("id") ON UPDATE NO ACTION ON DELETE NO ACTION, CONSTRAINT "license_requests_tenants_tenant" FOREIGN KEY ("tenant_id") REFERENCES "tenants" ("id") ON UPDATE NO ACTION ON DELETE NO ACTION, CONSTRAINT "license_requests_users_decider" FOREIGN KEY ("decided_by") REFERENCES "users" ("id") ON UPDATE NO ACTION ON DELETE SET NULL, CONSTRAINT "license_requests_users_requester" FOREIGN KEY ("requested_by") REFERENCES "users" ("id") ON UPDATE NO ACTION ON DELETE NO ACTION, CONSTRAINT "license_request_decided" CHECK (((status)::text <> 'COMPLETED'::text) OR (decided_at IS NOT NULL)), CONSTRAINT "license_request_status" CHECK ((status)::text = ANY ((ARRAY['PENDING'::character varying, 'COMPLETED'::character varying])::text[])));
-- create index "licenserequest_tenant_id_id" to table: "license_requests"
CREATE INDEX "licenserequest_tenant_id_id" ON "license_requests" ("tenant_id", "id");
-- create index "licenserequest_tenant_id_requested_by_id" to table: "license_requests"
CREATE INDEX "licenserequest_tenant_id_requested_by_id" ON "license_requests" ("tenant_id", "requested_by", "id");
-- create index "licenserequest_tenant_id_status_id" to table: "license_requests"
CREATE INDEX "licenserequest_tenant_id_status_id" ON "license_requests" ("tenant_id", "status", "id");
-- create "license_request_users" table
CREATE TABLE "license_request_users" ("decision" character varying NOT NULL COLLATE "C", "tenant_id" character varying NOT NULL COLLATE "C", "request_id" character varying NOT NULL COLLATE "C", "user_id" character varying NOT NULL COLLATE "C", PRIMARY KEY ("request_id", "user_id"), CONSTRAINT "license_request_users_license_requests_request" FOREIGN KEY ("request_id") REFERENCES "license_requests" ("id") ON UPDATE NO ACTION ON DELETE NO ACTION, CONSTRAINT "license_request_users_tenants_tenant" FOREIGN KEY ("tenant_id") REFERENCES "tenants" ("id") ON UPDATE NO ACTION ON DELETE NO ACTION, CONSTRAINT "license_request_users_users_user" FOREIGN KEY ("user_id") REFERENCES "users" ("id") ON UPDATE NO ACTION ON DELETE NO ACTION, CONSTRAINT "license_request_decision" CHECK ((decision)::text = ANY ((ARRAY['PENDING'::character varying, 'APPROVED'::character varying, 'REJECTED'::character varying])::text[])));
-- who began the trials that there are
UPDATE purchases SET tried_by = purchaser_id WHERE kind <> 'PAID';

-- +goose Down
-- reverse: create "license_request_users" table
DROP TABLE "license_request_users";
-- reverse: create index "licenserequest_tenant_id_status_id" to table: "license_requests"
DROP INDEX "licenserequest_tenant_id_status_id";
-- reverse: create index "licenserequest_tenant_id_requested_by_id" to table: "license_requests"
DROP INDEX "licenserequest_tenant_id_requested_by_id";
-- reverse: create index "licenserequest_tenant_id_id" to table: "license_requests"
DROP INDEX "licenserequest_tenant_id_id";
-- reverse: create "license_requests" table
DROP TABLE "license_requests";
-- reverse: create index "user_tenant_id_id" to table: "users"
DROP INDEX "user_tenant_id_id";
-- reverse: create index "user_admins" to table: "users"
DROP INDEX "user_admins";
-- reverse: create index "idempotencykey_expires_at" to table: "idempotency_keys"
DROP INDEX "idempotencykey_expires_at";
-- reverse: create "idempotency_keys" table
DROP TABLE "idempotency_keys";
-- reverse: create index "purchase_tried_by_product_id" to table: "purchases"
DROP INDEX "purchase_tried_by_product_id";
-- reverse: create index "purchase_due_at" to table: "purchases"
DROP INDEX "purchase_due_at";
-- reverse: modify "purchases" table
ALTER TABLE "purchases" DROP COLUMN "ownership_taken_at", DROP COLUMN "noticed", DROP COLUMN "due_at", DROP COLUMN "tried_by";
-- reverse: create index "notification_due_at" to table: "notifications"
DROP INDEX "notification_due_at";
-- reverse: modify "notifications" table
ALTER TABLE "notifications" DROP COLUMN "due_at", DROP COLUMN "html", DROP CONSTRAINT "notification_subject", ADD CONSTRAINT "notification_kind" CHECK ((kind)::text = 'SUBSCRIPTION_CANCELED'::text);
-- reverse: create index "move_target_id" to table: "moves"
DROP INDEX "move_target_id";
-- reverse: modify "moves" table
ALTER TABLE "moves" DROP COLUMN "subset";
-- reverse: modify "move_users" table
ALTER TABLE "move_users" ALTER COLUMN "at" SET NOT NULL, DROP CONSTRAINT "move_user_outcome", DROP CONSTRAINT "move_user_at", ADD CONSTRAINT "move_user_result" CHECK ((result)::text = ANY (ARRAY[('MOVED'::character varying)::text, ('ALREADY_LICENSED'::character varying)::text, ('GONE'::character varying)::text]));
