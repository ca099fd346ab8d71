-- +goose Up
-- modify "notifications" table
ALTER TABLE "notifications" DROP CONSTRAINT "notification_about", ADD CONSTRAINT "notification_subject" CHECK ((kind)::text = ANY ((ARRAY['SUBSCRIPTION_CANCELED'::character varying, 'OWNERSHIP_TAKEN'::character varying, 'CANCELLATION_REQUESTED'::character varying, 'SELF_SERVICE_PURCHASED'::character varying, 'LICENSE_REQUESTED'::character varying, 'LICENSE_REQUEST_DECIDED'::character varying, 'EXPIRY_NOTICE'::character varying])::text[]));
-- modify "purchases" table
ALTER TABLE "purchases" ADD COLUMN "due_at" bigint NOT NULL DEFAULT 0, ADD COLUMN "noticed" bigint NOT NULL DEFAULT 0;
-- create index "purchase_due_at" to table: "purchases"
CREATE INDEX "purchase_due_at" ON "purchases" ("due_at") WHERE ((status)::text <> 'DELETED'::text);
-- create "idempotency_keys" table
CREATE TABLE "idempotency_keys" ("id" character varying NOT NULL COLLATE "C", "input_hash" bytea NOT NULL, "answer" text NOT NULL COLLATE "C", "expires_at" bigint NOT NULL, "tenant_id" character varying NOT NULL COLLATE "C", PRIMARY KEY ("id"), CONSTRAINT "idempotency_keys_tenants_tenant" FOREIGN KEY ("tenant_id") REFERENCES "tenants" ("id") ON UPDATE NO ACTION ON DELETE NO ACTION);
-- create index "idempotencykey_expires_at" to table: "idempotency_keys"
CREATE INDEX "idempotencykey_expires_at" ON "idempotency_keys" ("expires_at");
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
-- reverse: create index "idempotencykey_expires_at" to table: "idempotency_keys"
DROP INDEX "idempotencykey_expires_at";
-- reverse: create "idempotency_keys" table
DROP TABLE "idempotency_keys";
-- reverse: create index "purchase_due_at" to table: "purchases"
DROP INDEX "purchase_due_at";
-- reverse: modify "purchases" table
ALTER TABLE "purchases" DROP COLUMN "noticed", DROP COLUMN "due_at";
-- reverse: modify "notifications" table
ALTER TABLE "notifications" DROP CONSTRAINT "notification_subject", ADD CONSTRAINT "notification_about" CHECK ((kind)::text = ANY (ARRAY[('SUBSCRIPTION_CANCELED'::character varying)::text, ('OWNERSHIP_TAKEN'::character varying)::text, ('CANCELLATION_REQUESTED'::character varying)::text]));
