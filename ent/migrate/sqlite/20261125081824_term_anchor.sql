-- +goose Up
-- disable the enforcement of foreign-keys constraints
PRAGMA foreign_keys = off;
-- create "new_purchases" table
CREATE TABLE `new_purchases` (`id` text NOT NULL, `ref` text NULL, `source` text NOT NULL, `kind` text NOT NULL, `status` text NOT NULL, `quantity` integer NOT NULL, `assigned` integer NOT NULL DEFAULT (0), `reserved` integer NOT NULL DEFAULT (0), `unit_price` integer NOT NULL, `currency` text NOT NULL, `billing_term` text NOT NULL, `recurring_billing` bool NOT NULL, `purchased_at` integer NOT NULL, `expires_at` integer NOT NULL, `term_anchor` integer NOT NULL DEFAULT (0), `active_move_id` text NULL, `tried_by` text NULL, `due_at` integer NOT NULL DEFAULT (0), `noticed` integer NOT NULL DEFAULT (0), `ownership_taken_at` integer NULL, `releasing` bool NOT NULL DEFAULT (false), `canceled_at` integer NULL, `cancellation_reason` text NULL, `cancellation_feedback` text NULL, `cancellation_cause` text NULL, `product_key` text NOT NULL, `purchaser_key` text NOT NULL DEFAULT (''), `search_key` text NOT NULL, `tenant_id` text NOT NULL, `product_id` text NOT NULL, `purchaser_id` text NULL, `canceled_by` text NULL, PRIMARY KEY (`id`), CONSTRAINT `purchases_tenants_tenant` FOREIGN KEY (`tenant_id`) REFERENCES `tenants` (`id`) ON DELETE NO ACTION, CONSTRAINT `purchases_products_product` FOREIGN KEY (`product_id`) REFERENCES `products` (`id`) ON DELETE NO ACTION, CONSTRAINT `purchases_users_purchaser` FOREIGN KEY (`purchaser_id`) REFERENCES `users` (`id`) ON DELETE SET NULL, CONSTRAINT `purchases_users_canceler` FOREIGN KEY (`canceled_by`) REFERENCES `users` (`id`) ON DELETE SET NULL, CONSTRAINT `purchase_billing_term` CHECK (billing_term IN ('MONTHLY', 'ANNUAL', 'TRIENNIAL')), CONSTRAINT `purchase_cause` CHECK (cancellation_cause IN ('PURCHASER', 'ADMIN_TAKE_OVER_CANCEL', 'ADMIN_TAKE_OVER_MOVE', 'ADMIN_CENTRAL')), CONSTRAINT `purchase_kind` CHECK (kind IN ('PAID', 'TRIAL_WITH_PAYMENT_METHOD', 'TRIAL_WITHOUT_PAYMENT_METHOD')), CONSTRAINT `purchase_price` CHECK (unit_price >= 0), CONSTRAINT `purchase_purchaser` CHECK (source = 'CENTRAL' OR purchaser_id IS NOT NULL), CONSTRAINT `purchase_reason` CHECK (cancellation_reason IN ('NO_LONGER_NEEDED', 'TOO_EXPENSIVE', 'MISSING_FEATURES', 'QUALITY_PROBLEMS', 'SWITCHED_PRODUCT', 'CENTRALIZED', 'BOUGHT_BY_MISTAKE', 'POLICY', 'OTHER')), CONSTRAINT `purchase_seats` CHECK (quantity >= 1 AND assigned >= 0 AND reserved >= 0 AND assigned + reserved <= quantity), CONSTRAINT `purchase_source` CHECK (source IN ('SELF_SERVICE', 'CENTRAL')), CONSTRAINT `purchase_status` CHECK (status IN ('ACTIVE', 'EXPIRED', 'DISABLED', 'DELETED')));
-- copy rows from old table "purchases" to new temporary table "new_purchases"
INSERT INTO `new_purchases` (`id`, `ref`, `source`, `kind`, `status`, `quantity`, `assigned`, `reserved`, `unit_price`, `currency`, `billing_term`, `recurring_billing`, `purchased_at`, `expires_at`, `active_move_id`, `tried_by`, `due_at`, `noticed`, `ownership_taken_at`, `releasing`, `canceled_at`, `cancellation_reason`, `cancellation_feedback`, `cancellation_cause`, `product_key`, `purchaser_key`, `search_key`, `tenant_id`, `product_id`, `purchaser_id`, `canceled_by`) SELECT `id`, `ref`, `source`, `kind`, `status`, `quantity`, `assigned`, `reserved`, `unit_price`, `currency`, `billing_term`, `recurring_billing`, `purchased_at`, `expires_at`, `active_move_id`, `tried_by`, `due_at`, `noticed`, `ownership_taken_at`, `releasing`, `canceled_at`, `cancellation_reason`, `cancellation_feedback`, `cancellation_cause`, `product_key`, `purchaser_key`, `search_key`, `tenant_id`, `product_id`, `purchaser_id`, `canceled_by` FROM `purchases`;
-- drop "purchases" table after copying rows
DROP TABLE `purchases`;
-- rename temporary table "new_purchases" to "purchases"
ALTER TABLE `new_purchases` RENAME TO `purchases`;
-- create index "purchase_tenant_id_ref" to table: "purchases"
CREATE UNIQUE INDEX `purchase_tenant_id_ref` ON `purchases` (`tenant_id`, `ref`);
-- create index "purchase_tenant_id_purchased_at_id" to table: "purchases"
CREATE INDEX `purchase_tenant_id_purchased_at_id` ON `purchases` (`tenant_id`, `purchased_at`, `id`);
-- create index "purchase_tenant_id_expires_at_id" to table: "purchases"
CREATE INDEX `purchase_tenant_id_expires_at_id` ON `purchases` (`tenant_id`, `expires_at`, `id`);
-- create index "purchase_tenant_id_product_key_id" to table: "purchases"
CREATE INDEX `purchase_tenant_id_product_key_id` ON `purchases` (`tenant_id`, `product_key`, `id`);
-- create index "purchase_tenant_id_purchaser_key_id" to table: "purchases"
CREATE INDEX `purchase_tenant_id_purchaser_key_id` ON `purchases` (`tenant_id`, `purchaser_key`, `id`);
-- create index "purchase_tenant_id_quantity_id" to table: "purchases"
CREATE INDEX `purchase_tenant_id_quantity_id` ON `purchases` (`tenant_id`, `quantity`, `id`);
-- create index "purchase_tenant_id_assigned_id" to table: "purchases"
CREATE INDEX `purchase_tenant_id_assigned_id` ON `purchases` (`tenant_id`, `assigned`, `id`);
-- create index "purchase_tenant_id_source_purchased_at_id" to table: "purchases"
CREATE INDEX `purchase_tenant_id_source_purchased_at_id` ON `purchases` (`tenant_id`, `source`, `purchased_at`, `id`);
-- create index "purchase_tenant_id_status_purchased_at_id" to table: "purchases"
CREATE INDEX `purchase_tenant_id_status_purchased_at_id` ON `purchases` (`tenant_id`, `status`, `purchased_at`, `id`);
-- create index "purchase_tenant_id_product_id_purchased_at_id" to table: "purchases"
CREATE INDEX `purchase_tenant_id_product_id_purchased_at_id` ON `purchases` (`tenant_id`, `product_id`, `purchased_at`, `id`);
-- create index "purchase_tenant_id_purchaser_id_purchased_at_id" to table: "purchases"
CREATE INDEX `purchase_tenant_id_purchaser_id_purchased_at_id` ON `purchases` (`tenant_id`, `purchaser_id`, `purchased_at`, `id`);
-- create index "purchase_by_purchaser" to table: "purchases"
CREATE INDEX `purchase_by_purchaser` ON `purchases` (`tenant_id`, `source`, `purchaser_key`, `purchaser_id`, `status`, `product_id`, `quantity`, `assigned`, `reserved`);
-- create index "purchase_by_product" to table: "purchases"
CREATE INDEX `purchase_by_product` ON `purchases` (`tenant_id`, `product_key`, `product_id`, `status`, `source`, `quantity`, `assigned`, `reserved`);
-- create index "purchase_due_at" to table: "purchases"
CREATE INDEX `purchase_due_at` ON `purchases` (`due_at`) WHERE status <> 'DELETED';
-- create index "purchase_tried_by_product_id" to table: "purchases"
CREATE INDEX `purchase_tried_by_product_id` ON `purchases` (`tried_by`, `product_id`) WHERE tried_by IS NOT NULL;
-- create index "purchase_releasing" to table: "purchases"
CREATE INDEX `purchase_releasing` ON `purchases` (`releasing`) WHERE releasing;
-- terms are counted from the purchase, or from the last time that they began anew: as the audit trail
-- tells, at a reactivation or at the end of a trial, at the time of the day at which they end since
UPDATE purchases SET term_anchor = COALESCE((
  SELECT CASE e.action WHEN 'purchase.reactivated' THEN e.at / 86400000 * 86400000
      ELSE CAST(strftime('%s', substr(e.changes, instr(e.changes, '"expiresAt","') + 13, 10)) AS integer) * 1000 END + purchases.expires_at % 86400000
  FROM audit_events e WHERE e.tenant_id = purchases.tenant_id AND e.subject_id = purchases.id
    AND e.action IN ('purchase.reactivated', 'purchase.converted') AND e.changes LIKE '%"expiresAt"%'
  ORDER BY e.id DESC LIMIT 1), purchased_at);
-- enable back the enforcement of foreign-keys constraints
PRAGMA foreign_keys = on;

-- +goose Down
-- reverse: create index "purchase_releasing" to table: "purchases"
DROP INDEX `purchase_releasing`;
-- reverse: create index "purchase_tried_by_product_id" to table: "purchases"
DROP INDEX `purchase_tried_by_product_id`;
-- reverse: create index "purchase_due_at" to table: "purchases"
DROP INDEX `purchase_due_at`;
-- reverse: create index "purchase_by_product" to table: "purchases"
DROP INDEX `purchase_by_product`;
-- reverse: create index "purchase_by_purchaser" to table: "purchases"
DROP INDEX `purchase_by_purchaser`;
-- reverse: create index "purchase_tenant_id_purchaser_id_purchased_at_id" to table: "purchases"
DROP INDEX `purchase_tenant_id_purchaser_id_purchased_at_id`;
-- reverse: create index "purchase_tenant_id_product_id_purchased_at_id" to table: "purchases"
DROP INDEX `purchase_tenant_id_product_id_purchased_at_id`;
-- reverse: create index "purchase_tenant_id_status_purchased_at_id" to table: "purchases"
DROP INDEX `purchase_tenant_id_status_purchased_at_id`;
-- reverse: create index "purchase_tenant_id_source_purchased_at_id" to table: "purchases"
DROP INDEX `purchase_tenant_id_source_purchased_at_id`;
-- reverse: create index "purchase_tenant_id_assigned_id" to table: "purchases"
DROP INDEX `purchase_tenant_id_assigned_id`;
-- reverse: create index "purchase_tenant_id_quantity_id" to table: "purchases"
DROP INDEX `purchase_tenant_id_quantity_id`;
-- reverse: create index "purchase_tenant_id_purchaser_key_id" to table: "purchases"
DROP INDEX `purchase_tenant_id_purchaser_key_id`;
-- reverse: create index "purchase_tenant_id_product_key_id" to table: "purchases"
DROP INDEX `purchase_tenant_id_product_key_id`;
-- reverse: create index "purchase_tenant_id_expires_at_id" to table: "purchases"
DROP INDEX `purchase_tenant_id_expires_at_id`;
-- reverse: create index "purchase_tenant_id_purchased_at_id" to table: "purchases"
DROP INDEX `purchase_tenant_id_purchased_at_id`;
-- reverse: create index "purchase_tenant_id_ref" to table: "purchases"
DROP INDEX `purchase_tenant_id_ref`;
-- reverse: create "new_purchases" table
DROP TABLE `new_purchases`;
