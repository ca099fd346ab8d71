-- +goose Up
-- create "tenants" table
CREATE TABLE "tenants" ("id" character varying NOT NULL COLLATE "C", "name" character varying NOT NULL COLLATE "C", "name_key" character varying NOT NULL COLLATE "C", "search_key" character varying NOT NULL COLLATE "C", "domain" character varying NOT NULL COLLATE "C", "external_id" character varying NULL COLLATE "C", "cloud" character varying NOT NULL COLLATE "C", "segment" character varying NOT NULL COLLATE "C", "country" character varying NOT NULL COLLATE "C", "locale" character varying NOT NULL COLLATE "C", "default_policy" character varying NOT NULL DEFAULT 'ENABLED' COLLATE "C", PRIMARY KEY ("id"), CONSTRAINT "tenant_cloud" CHECK ((cloud)::text = ANY ((ARRAY['WORLDWIDE'::character varying, 'GERMANY'::character varying, 'CHINA_21VIANET'::character varying])::text[])), CONSTRAINT "tenant_default_policy" CHECK ((default_policy)::text = ANY ((ARRAY['ENABLED'::character varying, 'TRIALS_ONLY'::character varying, 'DISABLED'::character varying])::text[])), CONSTRAINT "tenant_segment" CHECK ((segment)::text = ANY ((ARRAY['COMMERCIAL'::character varying, 'NONPROFIT'::character varying, 'GOVERNMENT'::character varying, 'EDUCATION'::character varying])::text[])));
-- create index "tenant_domain" to table: "tenants"
CREATE UNIQUE INDEX "tenant_domain" ON "tenants" ("domain");
-- create index "tenant_external_id" to table: "tenants"
CREATE UNIQUE INDEX "tenant_external_id" ON "tenants" ("external_id");
-- create index "tenant_name_key_id" to table: "tenants"
CREATE INDEX "tenant_name_key_id" ON "tenants" ("name_key", "id");
-- create "users" table
CREATE TABLE "users" ("id" character varying NOT NULL COLLATE "C", "display_name" character varying NOT NULL COLLATE "C", "name_key" character varying NOT NULL COLLATE "C", "search_key" character varying NOT NULL COLLATE "C", "user_principal_name" character varying NOT NULL COLLATE "C", "upn_key" character varying NOT NULL COLLATE "C", "mail" character varying NULL COLLATE "C", "department" character varying NULL COLLATE "C", "locale" character varying NOT NULL COLLATE "C", "kind" character varying NOT NULL COLLATE "C", "account_enabled" boolean NOT NULL, "removed" boolean NOT NULL DEFAULT false, "roles" smallint NOT NULL, "tenant_id" character varying NOT NULL COLLATE "C", PRIMARY KEY ("id"), CONSTRAINT "users_tenants_tenant" FOREIGN KEY ("tenant_id") REFERENCES "tenants" ("id") ON UPDATE NO ACTION ON DELETE NO ACTION, CONSTRAINT "user_kind" CHECK ((kind)::text = ANY ((ARRAY['MEMBER'::character varying, 'GUEST'::character varying])::text[])));
-- create index "user_tenant_id_name_key_id" to table: "users"
CREATE INDEX "user_tenant_id_name_key_id" ON "users" ("tenant_id", "name_key", "id");
-- create index "user_tenant_id_upn_key" to table: "users"
CREATE UNIQUE INDEX "user_tenant_id_upn_key" ON "users" ("tenant_id", "upn_key");
-- create "api_tokens" table
CREATE TABLE "api_tokens" ("id" character varying NOT NULL COLLATE "C", "name" character varying NOT NULL COLLATE "C", "roles" smallint NOT NULL, "hash" bytea NOT NULL, "prefix" character varying NOT NULL COLLATE "C", "created_at" bigint NOT NULL, "expires_at" bigint NOT NULL, "tenant_id" character varying NOT NULL COLLATE "C", "user_id" character varying NULL COLLATE "C", PRIMARY KEY ("id"), CONSTRAINT "api_tokens_tenants_tenant" FOREIGN KEY ("tenant_id") REFERENCES "tenants" ("id") ON UPDATE NO ACTION ON DELETE NO ACTION, CONSTRAINT "api_tokens_users_user" FOREIGN KEY ("user_id") REFERENCES "users" ("id") ON UPDATE NO ACTION ON DELETE SET NULL);
-- create index "apitoken_hash" to table: "api_tokens"
CREATE UNIQUE INDEX "apitoken_hash" ON "api_tokens" ("hash");
-- create "audit_events" table
CREATE TABLE "audit_events" ("id" character varying NOT NULL COLLATE "C", "at" bigint NOT NULL, "actor_name" character varying NOT NULL COLLATE "C", "action" character varying NOT NULL COLLATE "C", "subject_id" character varying NOT NULL COLLATE "C", "changes" text NOT NULL COLLATE "C", "request_id" character varying NULL COLLATE "C", "tenant_id" character varying NOT NULL COLLATE "C", "actor_id" character varying NULL COLLATE "C", PRIMARY KEY ("id"), CONSTRAINT "audit_events_tenants_tenant" FOREIGN KEY ("tenant_id") REFERENCES "tenants" ("id") ON UPDATE NO ACTION ON DELETE NO ACTION, CONSTRAINT "audit_events_users_actor" FOREIGN KEY ("actor_id") REFERENCES "users" ("id") ON UPDATE NO ACTION ON DELETE SET NULL);
-- create index "auditevent_tenant_id_action_id" to table: "audit_events"
CREATE INDEX "auditevent_tenant_id_action_id" ON "audit_events" ("tenant_id", "action", "id");
-- create index "auditevent_tenant_id_actor_id_id" to table: "audit_events"
CREATE INDEX "auditevent_tenant_id_actor_id_id" ON "audit_events" ("tenant_id", "actor_id", "id");
-- create index "auditevent_tenant_id_id" to table: "audit_events"
CREATE INDEX "auditevent_tenant_id_id" ON "audit_events" ("tenant_id", "id");
-- create index "auditevent_tenant_id_subject_id_id" to table: "audit_events"
CREATE INDEX "auditevent_tenant_id_subject_id_id" ON "audit_events" ("tenant_id", "subject_id", "id");
-- create "exports" table
CREATE TABLE "exports" ("id" character varying NOT NULL COLLATE "C", "secret_hash" bytea NOT NULL, "file_name" character varying NOT NULL COLLATE "C", "purchase_ids" text NOT NULL DEFAULT '' COLLATE "C", "product_id" character varying NULL COLLATE "C", "source" character varying NULL COLLATE "C", "expires_at" bigint NOT NULL, "tenant_id" character varying NOT NULL COLLATE "C", PRIMARY KEY ("id"), CONSTRAINT "exports_tenants_tenant" FOREIGN KEY ("tenant_id") REFERENCES "tenants" ("id") ON UPDATE NO ACTION ON DELETE NO ACTION);
-- create index "export_tenant_id_expires_at" to table: "exports"
CREATE INDEX "export_tenant_id_expires_at" ON "exports" ("tenant_id", "expires_at");
-- create "products" table
CREATE TABLE "products" ("id" character varying NOT NULL COLLATE "C", "vendor_product_id" character varying NOT NULL COLLATE "C", "former_ids" character varying NOT NULL DEFAULT '' COLLATE "C", "name" character varying NOT NULL COLLATE "C", "name_key" character varying NOT NULL COLLATE "C", "search_key" character varying NOT NULL COLLATE "C", "family" character varying NOT NULL COLLATE "C", "family_key" character varying NOT NULL COLLATE "C", "kind" character varying NOT NULL COLLATE "C", "self_service_eligible" boolean NOT NULL, "trial_without_payment_method" boolean NOT NULL, "trial_days" bigint NOT NULL, "list_price" bigint NULL, "excluded_countries" character varying NOT NULL DEFAULT '' COLLATE "C", PRIMARY KEY ("id"), CONSTRAINT "product_kind" CHECK ((kind)::text = ANY ((ARRAY['PRODUCT'::character varying, 'OFFER_TYPE'::character varying])::text[])), CONSTRAINT "product_list_price" CHECK (list_price >= 0), CONSTRAINT "product_trial_days" CHECK (trial_days >= 0));
-- create index "product_family_key_id" to table: "products"
CREATE INDEX "product_family_key_id" ON "products" ("family_key", "id");
-- create index "product_name_key_id" to table: "products"
CREATE INDEX "product_name_key_id" ON "products" ("name_key", "id");
-- create index "product_vendor_product_id" to table: "products"
CREATE UNIQUE INDEX "product_vendor_product_id" ON "products" ("vendor_product_id");
-- create "purchases" table
CREATE TABLE "purchases" ("id" character varying NOT NULL COLLATE "C", "ref" character varying NULL COLLATE "C", "source" character varying NOT NULL COLLATE "C", "kind" character varying NOT NULL COLLATE "C", "status" character varying NOT NULL COLLATE "C", "quantity" bigint NOT NULL, "assigned" bigint NOT NULL DEFAULT 0, "reserved" bigint NOT NULL DEFAULT 0, "unit_price" bigint NOT NULL, "currency" character varying NOT NULL COLLATE "C", "billing_term" character varying NOT NULL COLLATE "C", "recurring_billing" boolean NOT NULL, "purchased_at" bigint NOT NULL, "expires_at" bigint NOT NULL, "active_move_id" character varying NULL COLLATE "C", "releasing" boolean NOT NULL DEFAULT false, "canceled_at" bigint NULL, "cancellation_reason" character varying NULL COLLATE "C", "cancellation_feedback" character varying NULL COLLATE "C", "cancellation_cause" character varying NULL COLLATE "C", "product_key" character varying NOT NULL COLLATE "C", "purchaser_key" character varying NOT NULL DEFAULT '' COLLATE "C", "search_key" character varying NOT NULL COLLATE "C", "tenant_id" character varying NOT NULL COLLATE "C", "product_id" character varying NOT NULL COLLATE "C", "purchaser_id" character varying NULL COLLATE "C", "canceled_by" character varying NULL COLLATE "C", PRIMARY KEY ("id"), CONSTRAINT "purchases_products_product" FOREIGN KEY ("product_id") REFERENCES "products" ("id") ON UPDATE NO ACTION ON DELETE NO ACTION, CONSTRAINT "purchases_tenants_tenant" FOREIGN KEY ("tenant_id") REFERENCES "tenants" ("id") ON UPDATE NO ACTION ON DELETE NO ACTION, CONSTRAINT "purchases_users_canceler" FOREIGN KEY ("canceled_by") REFERENCES "users" ("id") ON UPDATE NO ACTION ON DELETE SET NULL, CONSTRAINT "purchases_users_purchaser" FOREIGN KEY ("purchaser_id") REFERENCES "users" ("id") ON UPDATE NO ACTION ON DELETE SET NULL, CONSTRAINT "purchase_billing_term" CHECK ((billing_term)::text = ANY ((ARRAY['MONTHLY'::character varying, 'ANNUAL'::character varying, 'TRIENNIAL'::character varying])::text[])), CONSTRAINT "purchase_cause" CHECK ((cancellation_cause)::text = ANY ((ARRAY['PURCHASER'::character varying, 'ADMIN_TAKE_OVER_CANCEL'::character varying, 'ADMIN_TAKE_OVER_MOVE'::character varying, 'ADMIN_CENTRAL'::character varying])::text[])), CONSTRAINT "purchase_kind" CHECK ((kind)::text = ANY ((ARRAY['PAID'::character varying, 'TRIAL_WITH_PAYMENT_METHOD'::character varying, 'TRIAL_WITHOUT_PAYMENT_METHOD'::character varying])::text[])), CONSTRAINT "purchase_price" CHECK (unit_price >= 0), CONSTRAINT "purchase_purchaser" CHECK (((source)::text = 'CENTRAL'::text) OR (purchaser_id IS NOT NULL)), CONSTRAINT "purchase_reason" CHECK ((cancellation_reason)::text = ANY ((ARRAY['NO_LONGER_NEEDED'::character varying, 'TOO_EXPENSIVE'::character varying, 'MISSING_FEATURES'::character varying, 'QUALITY_PROBLEMS'::character varying, 'SWITCHED_PRODUCT'::character varying, 'CENTRALIZED'::character varying, 'BOUGHT_BY_MISTAKE'::character varying, 'POLICY'::character varying, 'OTHER'::character varying])::text[])), CONSTRAINT "purchase_seats" CHECK ((quantity >= 1) AND (assigned >= 0) AND (reserved >= 0) AND ((assigned + reserved) <= quantity)), CONSTRAINT "purchase_source" CHECK ((source)::text = ANY ((ARRAY['SELF_SERVICE'::character varying, 'CENTRAL'::character varying])::text[])), CONSTRAINT "purchase_status" CHECK ((status)::text = ANY ((ARRAY['ACTIVE'::character varying, 'EXPIRED'::character varying, 'DISABLED'::character varying, 'DELETED'::character varying])::text[])));
-- create index "purchase_by_product" to table: "purchases"
CREATE INDEX "purchase_by_product" ON "purchases" ("tenant_id", "product_key", "product_id", "status", "source", "quantity", "assigned", "reserved");
-- create index "purchase_by_purchaser" to table: "purchases"
CREATE INDEX "purchase_by_purchaser" ON "purchases" ("tenant_id", "source", "purchaser_key", "purchaser_id", "status", "product_id", "quantity", "assigned", "reserved");
-- create index "purchase_releasing" to table: "purchases"
CREATE INDEX "purchase_releasing" ON "purchases" ("releasing") WHERE releasing;
-- create index "purchase_tenant_id_assigned_id" to table: "purchases"
CREATE INDEX "purchase_tenant_id_assigned_id" ON "purchases" ("tenant_id", "assigned", "id");
-- create index "purchase_tenant_id_expires_at_id" to table: "purchases"
CREATE INDEX "purchase_tenant_id_expires_at_id" ON "purchases" ("tenant_id", "expires_at", "id");
-- create index "purchase_tenant_id_product_id_purchased_at_id" to table: "purchases"
CREATE INDEX "purchase_tenant_id_product_id_purchased_at_id" ON "purchases" ("tenant_id", "product_id", "purchased_at", "id");
-- create index "purchase_tenant_id_product_key_id" to table: "purchases"
CREATE INDEX "purchase_tenant_id_product_key_id" ON "purchases" ("tenant_id", "product_key", "id");
-- create index "purchase_tenant_id_purchased_at_id" to table: "purchases"
CREATE INDEX "purchase_tenant_id_purchased_at_id" ON "purchases" ("tenant_id", "purchased_at", "id");
-- create index "purchase_tenant_id_purchaser_id_purchased_at_id" to table: "purchases"
CREATE INDEX "purchase_tenant_id_purchaser_id_purchased_at_id" ON "purchases" ("tenant_id", "purchaser_id", "purchased_at", "id");
-- create index "purchase_tenant_id_purchaser_key_id" to table: "purchases"
CREATE INDEX "purchase_tenant_id_purchaser_key_id" ON "purchases" ("tenant_id", "purchaser_key", "id");
-- create index "purchase_tenant_id_quantity_id" to table: "purchases"
CREATE INDEX "purchase_tenant_id_quantity_id" ON "purchases" ("tenant_id", "quantity", "id");
-- create index "purchase_tenant_id_ref" to table: "purchases"
CREATE UNIQUE INDEX "purchase_tenant_id_ref" ON "purchases" ("tenant_id", "ref");
-- create index "purchase_tenant_id_source_purchased_at_id" to table: "purchases"
CREATE INDEX "purchase_tenant_id_source_purchased_at_id" ON "purchases" ("tenant_id", "source", "purchased_at", "id");
-- create index "purchase_tenant_id_status_purchased_at_id" to table: "purchases"
CREATE INDEX "purchase_tenant_id_status_purchased_at_id" ON "purchases" ("tenant_id", "status", "purchased_at", "id");
-- create "licenses" table
CREATE TABLE "licenses" ("id" character varying NOT NULL COLLATE "C", "assigned_at" bigint NOT NULL, "tenant_id" character varying NOT NULL COLLATE "C", "purchase_id" character varying NOT NULL COLLATE "C", "user_id" character varying NOT NULL COLLATE "C", "assigned_by" character varying NULL COLLATE "C", PRIMARY KEY ("id"), CONSTRAINT "licenses_purchases_purchase" FOREIGN KEY ("purchase_id") REFERENCES "purchases" ("id") ON UPDATE NO ACTION ON DELETE NO ACTION, CONSTRAINT "licenses_tenants_tenant" FOREIGN KEY ("tenant_id") REFERENCES "tenants" ("id") ON UPDATE NO ACTION ON DELETE NO ACTION, CONSTRAINT "licenses_users_assigner" FOREIGN KEY ("assigned_by") REFERENCES "users" ("id") ON UPDATE NO ACTION ON DELETE SET NULL, CONSTRAINT "licenses_users_user" FOREIGN KEY ("user_id") REFERENCES "users" ("id") ON UPDATE NO ACTION ON DELETE NO ACTION);
-- create index "license_purchase_id_id" to table: "licenses"
CREATE INDEX "license_purchase_id_id" ON "licenses" ("purchase_id", "id");
-- create index "license_purchase_id_user_id" to table: "licenses"
CREATE UNIQUE INDEX "license_purchase_id_user_id" ON "licenses" ("purchase_id", "user_id");
-- create index "license_user_id_id" to table: "licenses"
CREATE INDEX "license_user_id_id" ON "licenses" ("user_id", "id");
-- create "moves" table
CREATE TABLE "moves" ("id" character varying NOT NULL COLLATE "C", "status" character varying NOT NULL COLLATE "C", "total" bigint NOT NULL, "moved" bigint NOT NULL DEFAULT 0, "already_licensed" bigint NOT NULL DEFAULT 0, "gone" bigint NOT NULL DEFAULT 0, "reserved" bigint NOT NULL, "sequence" bigint NOT NULL DEFAULT 0, "requested_by_name" character varying NOT NULL COLLATE "C", "request_id" character varying NOT NULL DEFAULT '' COLLATE "C", "requested_at" bigint NOT NULL, "started_at" bigint NULL, "changed_at" bigint NOT NULL, "finished_at" bigint NULL, "failure" character varying NULL COLLATE "C", "failure_message" character varying NULL COLLATE "C", "lease_owner" character varying NOT NULL DEFAULT '' COLLATE "C", "lease_until" bigint NOT NULL DEFAULT 0, "fence" bigint NOT NULL DEFAULT 0, "tenant_id" character varying NOT NULL COLLATE "C", "source_id" character varying NOT NULL COLLATE "C", "target_id" character varying NOT NULL COLLATE "C", "requested_by" character varying NULL COLLATE "C", PRIMARY KEY ("id"), CONSTRAINT "moves_purchases_source" FOREIGN KEY ("source_id") REFERENCES "purchases" ("id") ON UPDATE NO ACTION ON DELETE NO ACTION, CONSTRAINT "moves_purchases_target" FOREIGN KEY ("target_id") REFERENCES "purchases" ("id") ON UPDATE NO ACTION ON DELETE NO ACTION, CONSTRAINT "moves_tenants_tenant" FOREIGN KEY ("tenant_id") REFERENCES "tenants" ("id") ON UPDATE NO ACTION ON DELETE NO ACTION, CONSTRAINT "moves_users_requester" FOREIGN KEY ("requested_by") REFERENCES "users" ("id") ON UPDATE NO ACTION ON DELETE SET NULL, CONSTRAINT "move_counts" CHECK ((moved >= 0) AND (already_licensed >= 0) AND (gone >= 0) AND (reserved >= 0) AND (((moved + already_licensed) + gone) <= total)), CONSTRAINT "move_ends" CHECK ((source_id)::text <> (target_id)::text), CONSTRAINT "move_open" CHECK (((finished_at IS NULL) AND ((status)::text = ANY ((ARRAY['QUEUED'::character varying, 'RUNNING'::character varying])::text[]))) OR ((finished_at IS NOT NULL) AND ((status)::text <> ALL ((ARRAY['QUEUED'::character varying, 'RUNNING'::character varying])::text[])))), CONSTRAINT "move_status" CHECK ((status)::text = ANY ((ARRAY['QUEUED'::character varying, 'RUNNING'::character varying, 'SUCCEEDED'::character varying, 'FAILED'::character varying, 'CANCELED'::character varying])::text[])));
-- create index "move_lease_until" to table: "moves"
CREATE INDEX "move_lease_until" ON "moves" ("lease_until") WHERE (finished_at IS NULL);
-- create index "move_source_id" to table: "moves"
CREATE UNIQUE INDEX "move_source_id" ON "moves" ("source_id") WHERE (finished_at IS NULL);
-- create index "move_source_id_id" to table: "moves"
CREATE INDEX "move_source_id_id" ON "moves" ("source_id", "id");
-- create index "move_target_id_id" to table: "moves"
CREATE INDEX "move_target_id_id" ON "moves" ("target_id", "id");
-- create index "move_tenant_id_id" to table: "moves"
CREATE INDEX "move_tenant_id_id" ON "moves" ("tenant_id", "id");
-- create index "move_tenant_id_status_id" to table: "moves"
CREATE INDEX "move_tenant_id_status_id" ON "moves" ("tenant_id", "status", "id");
-- create "move_users" table
CREATE TABLE "move_users" ("result" character varying NOT NULL COLLATE "C", "at" bigint NOT NULL, "tenant_id" character varying NOT NULL COLLATE "C", "move_id" character varying NOT NULL COLLATE "C", "user_id" character varying NOT NULL COLLATE "C", PRIMARY KEY ("move_id", "user_id"), CONSTRAINT "move_users_moves_move" FOREIGN KEY ("move_id") REFERENCES "moves" ("id") ON UPDATE NO ACTION ON DELETE NO ACTION, CONSTRAINT "move_users_tenants_tenant" FOREIGN KEY ("tenant_id") REFERENCES "tenants" ("id") ON UPDATE NO ACTION ON DELETE NO ACTION, CONSTRAINT "move_users_users_user" FOREIGN KEY ("user_id") REFERENCES "users" ("id") ON UPDATE NO ACTION ON DELETE NO ACTION, CONSTRAINT "move_user_result" CHECK ((result)::text = ANY ((ARRAY['MOVED'::character varying, 'ALREADY_LICENSED'::character varying, 'GONE'::character varying])::text[])));
-- create index "moveuser_move_id_result_user_id" to table: "move_users"
CREATE INDEX "moveuser_move_id_result_user_id" ON "move_users" ("move_id", "result", "user_id") WHERE ((result)::text <> 'MOVED'::text);
-- create "notifications" table
CREATE TABLE "notifications" ("id" character varying NOT NULL COLLATE "C", "kind" character varying NOT NULL COLLATE "C", "locale" character varying NOT NULL COLLATE "C", "subject" character varying NOT NULL COLLATE "C", "body" text NOT NULL COLLATE "C", "status" character varying NOT NULL COLLATE "C", "attempts" bigint NOT NULL DEFAULT 0, "queued_at" bigint NOT NULL, "sent_at" bigint NULL, "last_error" character varying NULL COLLATE "C", "tenant_id" character varying NOT NULL COLLATE "C", "to_id" character varying NOT NULL COLLATE "C", PRIMARY KEY ("id"), CONSTRAINT "notifications_tenants_tenant" FOREIGN KEY ("tenant_id") REFERENCES "tenants" ("id") ON UPDATE NO ACTION ON DELETE NO ACTION, CONSTRAINT "notifications_users_to" FOREIGN KEY ("to_id") REFERENCES "users" ("id") ON UPDATE NO ACTION ON DELETE NO ACTION, CONSTRAINT "notification_kind" CHECK ((kind)::text = 'SUBSCRIPTION_CANCELED'::text), CONSTRAINT "notification_status" CHECK ((status)::text = ANY ((ARRAY['QUEUED'::character varying, 'SENT'::character varying, 'FAILED'::character varying])::text[])));
-- create index "notification_tenant_id_id" to table: "notifications"
CREATE INDEX "notification_tenant_id_id" ON "notifications" ("tenant_id", "id");
-- create index "notification_tenant_id_kind_id" to table: "notifications"
CREATE INDEX "notification_tenant_id_kind_id" ON "notifications" ("tenant_id", "kind", "id");
-- create "notification_purchases" table
CREATE TABLE "notification_purchases" ("tenant_id" character varying NOT NULL COLLATE "C", "notification_id" character varying NOT NULL COLLATE "C", "purchase_id" character varying NOT NULL COLLATE "C", PRIMARY KEY ("notification_id", "purchase_id"), CONSTRAINT "notification_purchases_notifications_notification" FOREIGN KEY ("notification_id") REFERENCES "notifications" ("id") ON UPDATE NO ACTION ON DELETE NO ACTION, CONSTRAINT "notification_purchases_purchases_purchase" FOREIGN KEY ("purchase_id") REFERENCES "purchases" ("id") ON UPDATE NO ACTION ON DELETE NO ACTION, CONSTRAINT "notification_purchases_tenants_tenant" FOREIGN KEY ("tenant_id") REFERENCES "tenants" ("id") ON UPDATE NO ACTION ON DELETE NO ACTION);
-- create index "notificationpurchase_purchase_id_notification_id" to table: "notification_purchases"
CREATE INDEX "notificationpurchase_purchase_id_notification_id" ON "notification_purchases" ("purchase_id", "notification_id");
-- create "partner_accesses" table
CREATE TABLE "partner_accesses" ("id" character varying NOT NULL COLLATE "C", "partner_domain" character varying NOT NULL COLLATE "C", "roles" smallint NOT NULL, "expires_at" bigint NOT NULL, "granted_at" bigint NOT NULL, "tenant_id" character varying NOT NULL COLLATE "C", "granted_by" character varying NULL COLLATE "C", PRIMARY KEY ("id"), CONSTRAINT "partner_accesses_tenants_tenant" FOREIGN KEY ("tenant_id") REFERENCES "tenants" ("id") ON UPDATE NO ACTION ON DELETE NO ACTION, CONSTRAINT "partner_accesses_users_granter" FOREIGN KEY ("granted_by") REFERENCES "users" ("id") ON UPDATE NO ACTION ON DELETE SET NULL);
-- create index "partneraccess_partner_domain" to table: "partner_accesses"
CREATE INDEX "partneraccess_partner_domain" ON "partner_accesses" ("partner_domain");
-- create index "partneraccess_tenant_id_partner_domain" to table: "partner_accesses"
CREATE UNIQUE INDEX "partneraccess_tenant_id_partner_domain" ON "partner_accesses" ("tenant_id", "partner_domain");
-- create "self_service_policies" table
CREATE TABLE "self_service_policies" ("id" character varying NOT NULL COLLATE "C", "value" character varying NOT NULL COLLATE "C", "changed_at" bigint NOT NULL, "tenant_id" character varying NOT NULL COLLATE "C", "product_id" character varying NOT NULL COLLATE "C", "changed_by" character varying NULL COLLATE "C", PRIMARY KEY ("id"), CONSTRAINT "self_service_policies_products_product" FOREIGN KEY ("product_id") REFERENCES "products" ("id") ON UPDATE NO ACTION ON DELETE NO ACTION, CONSTRAINT "self_service_policies_tenants_tenant" FOREIGN KEY ("tenant_id") REFERENCES "tenants" ("id") ON UPDATE NO ACTION ON DELETE NO ACTION, CONSTRAINT "self_service_policies_users_changer" FOREIGN KEY ("changed_by") REFERENCES "users" ("id") ON UPDATE NO ACTION ON DELETE SET NULL, CONSTRAINT "policy_value" CHECK ((value)::text = ANY ((ARRAY['ENABLED'::character varying, 'TRIALS_ONLY'::character varying, 'DISABLED'::character varying])::text[])));
-- create index "selfservicepolicy_tenant_id_product_id" to table: "self_service_policies"
CREATE UNIQUE INDEX "selfservicepolicy_tenant_id_product_id" ON "self_service_policies" ("tenant_id", "product_id");

-- +goose Down
-- reverse: create index "selfservicepolicy_tenant_id_product_id" to table: "self_service_policies"
DROP INDEX "selfservicepolicy_tenant_id_product_id";
-- reverse: create "self_service_policies" table
DROP TABLE "self_service_policies";
-- reverse: create index "partneraccess_tenant_id_partner_domain" to table: "partner_accesses"
DROP INDEX "partneraccess_tenant_id_partner_domain";
-- reverse: create index "partneraccess_partner_domain" to table: "partner_accesses"
DROP INDEX "partneraccess_partner_domain";
-- reverse: create "partner_accesses" table
DROP TABLE "partner_accesses";
-- reverse: create index "notificationpurchase_purchase_id_notification_id" to table: "notification_purchases"
DROP INDEX "notificationpurchase_purchase_id_notification_id";
-- reverse: create "notification_purchases" table
DROP TABLE "notification_purchases";
-- reverse: create index "notification_tenant_id_kind_id" to table: "notifications"
DROP INDEX "notification_tenant_id_kind_id";
-- reverse: create index "notification_tenant_id_id" to table: "notifications"
DROP INDEX "notification_tenant_id_id";
-- reverse: create "notifications" table
DROP TABLE "notifications";
-- reverse: create index "moveuser_move_id_result_user_id" to table: "move_users"
DROP INDEX "moveuser_move_id_result_user_id";
-- reverse: create "move_users" table
DROP TABLE "move_users";
-- reverse: create index "move_tenant_id_status_id" to table: "moves"
DROP INDEX "move_tenant_id_status_id";
-- reverse: create index "move_tenant_id_id" to table: "moves"
DROP INDEX "move_tenant_id_id";
-- reverse: create index "move_target_id_id" to table: "moves"
DROP INDEX "move_target_id_id";
-- reverse: create index "move_source_id_id" to table: "moves"
DROP INDEX "move_source_id_id";
-- reverse: create index "move_source_id" to table: "moves"
DROP INDEX "move_source_id";
-- reverse: create index "move_lease_until" to table: "moves"
DROP INDEX "move_lease_until";
-- reverse: create "moves" table
DROP TABLE "moves";
-- reverse: create index "license_user_id_id" to table: "licenses"
DROP INDEX "license_user_id_id";
-- reverse: create index "license_purchase_id_user_id" to table: "licenses"
DROP INDEX "license_purchase_id_user_id";
-- reverse: create index "license_purchase_id_id" to table: "licenses"
DROP INDEX "license_purchase_id_id";
-- reverse: create "licenses" table
DROP TABLE "licenses";
-- reverse: create index "purchase_tenant_id_status_purchased_at_id" to table: "purchases"
DROP INDEX "purchase_tenant_id_status_purchased_at_id";
-- reverse: create index "purchase_tenant_id_source_purchased_at_id" to table: "purchases"
DROP INDEX "purchase_tenant_id_source_purchased_at_id";
-- reverse: create index "purchase_tenant_id_ref" to table: "purchases"
DROP INDEX "purchase_tenant_id_ref";
-- reverse: create index "purchase_tenant_id_quantity_id" to table: "purchases"
DROP INDEX "purchase_tenant_id_quantity_id";
-- reverse: create index "purchase_tenant_id_purchaser_key_id" to table: "purchases"
DROP INDEX "purchase_tenant_id_purchaser_key_id";
-- reverse: create index "purchase_tenant_id_purchaser_id_purchased_at_id" to table: "purchases"
DROP INDEX "purchase_tenant_id_purchaser_id_purchased_at_id";
-- reverse: create index "purchase_tenant_id_purchased_at_id" to table: "purchases"
DROP INDEX "purchase_tenant_id_purchased_at_id";
-- reverse: create index "purchase_tenant_id_product_key_id" to table: "purchases"
DROP INDEX "purchase_tenant_id_product_key_id";
-- reverse: create index "purchase_tenant_id_product_id_purchased_at_id" to table: "purchases"
DROP INDEX "purchase_tenant_id_product_id_purchased_at_id";
-- reverse: create index "purchase_tenant_id_expires_at_id" to table: "purchases"
DROP INDEX "purchase_tenant_id_expires_at_id";
-- reverse: create index "purchase_tenant_id_assigned_id" to table: "purchases"
DROP INDEX "purchase_tenant_id_assigned_id";
-- reverse: create index "purchase_releasing" to table: "purchases"
DROP INDEX "purchase_releasing";
-- reverse: create index "purchase_by_purchaser" to table: "purchases"
DROP INDEX "purchase_by_purchaser";
-- reverse: create index "purchase_by_product" to table: "purchases"
DROP INDEX "purchase_by_product";
-- reverse: create "purchases" table
DROP TABLE "purchases";
-- reverse: create index "product_vendor_product_id" to table: "products"
DROP INDEX "product_vendor_product_id";
-- reverse: create index "product_name_key_id" to table: "products"
DROP INDEX "product_name_key_id";
-- reverse: create index "product_family_key_id" to table: "products"
DROP INDEX "product_family_key_id";
-- reverse: create "products" table
DROP TABLE "products";
-- reverse: create index "export_tenant_id_expires_at" to table: "exports"
DROP INDEX "export_tenant_id_expires_at";
-- reverse: create "exports" table
DROP TABLE "exports";
-- reverse: create index "auditevent_tenant_id_subject_id_id" to table: "audit_events"
DROP INDEX "auditevent_tenant_id_subject_id_id";
-- reverse: create index "auditevent_tenant_id_id" to table: "audit_events"
DROP INDEX "auditevent_tenant_id_id";
-- reverse: create index "auditevent_tenant_id_actor_id_id" to table: "audit_events"
DROP INDEX "auditevent_tenant_id_actor_id_id";
-- reverse: create index "auditevent_tenant_id_action_id" to table: "audit_events"
DROP INDEX "auditevent_tenant_id_action_id";
-- reverse: create "audit_events" table
DROP TABLE "audit_events";
-- reverse: create index "apitoken_hash" to table: "api_tokens"
DROP INDEX "apitoken_hash";
-- reverse: create "api_tokens" table
DROP TABLE "api_tokens";
-- reverse: create index "user_tenant_id_upn_key" to table: "users"
DROP INDEX "user_tenant_id_upn_key";
-- reverse: create index "user_tenant_id_name_key_id" to table: "users"
DROP INDEX "user_tenant_id_name_key_id";
-- reverse: create "users" table
DROP TABLE "users";
-- reverse: create index "tenant_name_key_id" to table: "tenants"
DROP INDEX "tenant_name_key_id";
-- reverse: create index "tenant_external_id" to table: "tenants"
DROP INDEX "tenant_external_id";
-- reverse: create index "tenant_domain" to table: "tenants"
DROP INDEX "tenant_domain";
-- reverse: create "tenants" table
DROP TABLE "tenants";
