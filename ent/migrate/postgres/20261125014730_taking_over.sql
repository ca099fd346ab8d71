-- +goose Up
-- modify "move_users" table
ALTER TABLE "move_users" DROP CONSTRAINT "move_user_result", ADD CONSTRAINT "move_user_at" CHECK (((at IS NULL) AND ((result)::text = 'PENDING'::text)) OR ((at IS NOT NULL) AND ((result)::text <> 'PENDING'::text))), ADD CONSTRAINT "move_user_outcome" CHECK ((result)::text = ANY ((ARRAY['PENDING'::character varying, 'MOVED'::character varying, 'ALREADY_LICENSED'::character varying, 'GONE'::character varying])::text[])), ALTER COLUMN "at" DROP NOT NULL;
-- modify "moves" table
ALTER TABLE "moves" ADD COLUMN "subset" boolean NOT NULL DEFAULT false;
-- create index "move_target_id" to table: "moves"
CREATE INDEX "move_target_id" ON "moves" ("target_id") WHERE (finished_at IS NULL);
-- modify "notifications" table
ALTER TABLE "notifications" DROP CONSTRAINT "notification_kind", ADD CONSTRAINT "notification_about" CHECK ((kind)::text = ANY ((ARRAY['SUBSCRIPTION_CANCELED'::character varying, 'OWNERSHIP_TAKEN'::character varying, 'CANCELLATION_REQUESTED'::character varying])::text[])), ADD COLUMN "html" text NOT NULL DEFAULT '' COLLATE "C", ADD COLUMN "due_at" bigint NOT NULL DEFAULT 0;
-- create index "notification_due_at" to table: "notifications"
CREATE INDEX "notification_due_at" ON "notifications" ("due_at") WHERE ((status)::text = 'QUEUED'::text);
-- modify "purchases" table
ALTER TABLE "purchases" ADD COLUMN "ownership_taken_at" bigint NULL;
-- create index "user_tenant_id_id" to table: "users"
CREATE INDEX "user_tenant_id_id" ON "users" ("tenant_id", "id") WHERE removed;

-- +goose Down
-- reverse: create index "user_tenant_id_id" to table: "users"
DROP INDEX "user_tenant_id_id";
-- reverse: modify "purchases" table
ALTER TABLE "purchases" DROP COLUMN "ownership_taken_at";
-- reverse: create index "notification_due_at" to table: "notifications"
DROP INDEX "notification_due_at";
-- reverse: modify "notifications" table
ALTER TABLE "notifications" DROP COLUMN "due_at", DROP COLUMN "html", DROP CONSTRAINT "notification_about", ADD CONSTRAINT "notification_kind" CHECK ((kind)::text = 'SUBSCRIPTION_CANCELED'::text);
-- reverse: create index "move_target_id" to table: "moves"
DROP INDEX "move_target_id";
-- reverse: modify "moves" table
ALTER TABLE "moves" DROP COLUMN "subset";
-- reverse: modify "move_users" table
ALTER TABLE "move_users" ALTER COLUMN "at" SET NOT NULL, DROP CONSTRAINT "move_user_outcome", DROP CONSTRAINT "move_user_at", ADD CONSTRAINT "move_user_result" CHECK ((result)::text = ANY (ARRAY[('MOVED'::character varying)::text, ('ALREADY_LICENSED'::character varying)::text, ('GONE'::character varying)::text]));
