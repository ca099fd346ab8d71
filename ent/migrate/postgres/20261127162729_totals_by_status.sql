-- +goose Up
-- create index "purchase_ending" to table: "purchases"; from here on nobody changes these until their totals are there
CREATE INDEX "purchase_ending" ON "purchases" ("tenant_id", "expires_at") WHERE (((status)::text = 'ACTIVE'::text) AND (NOT recurring_billing));
DELETE FROM "product_totals";
-- drop index "producttotal_tenant_id_product_key_product_id_source" of table: "product_totals"
DROP INDEX "producttotal_tenant_id_product_key_product_id_source";
-- modify "product_totals" table
ALTER TABLE "product_totals" ADD CONSTRAINT "product_total_billing_term" CHECK ((billing_term)::text = ANY ((ARRAY['MONTHLY'::character varying, 'ANNUAL'::character varying, 'TRIENNIAL'::character varying])::text[])), ADD CONSTRAINT "product_total_status" CHECK ((status)::text = ANY ((ARRAY['ACTIVE'::character varying, 'EXPIRED'::character varying, 'DISABLED'::character varying, 'DELETED'::character varying])::text[])), ADD COLUMN "status" character varying NOT NULL COLLATE "C", ADD COLUMN "currency" character varying NOT NULL COLLATE "C", ADD COLUMN "billing_term" character varying NOT NULL COLLATE "C", ADD COLUMN "spend" bigint NOT NULL DEFAULT 0;
-- create index "product_total_key" to table: "product_totals"
CREATE INDEX "product_total_key" ON "product_totals" ("tenant_id", "product_key", "product_id", "source", "status", "currency", "billing_term");
DROP FUNCTION add_product_total;
-- adds to any of the rows of a key that nobody else holds, or to a new one: it never waits, so it cannot take part in a deadlock
-- +goose StatementBegin
CREATE FUNCTION add_product_total(tenant text, key text, product text, origin text, state text, money text, term text,
  n bigint, seats bigint, taken bigint, held bigint, cost bigint)
RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  UPDATE product_totals t SET purchases = t.purchases + n, quantity = t.quantity + seats, assigned = t.assigned + taken,
    reserved = t.reserved + held, spend = t.spend + cost
  WHERE t.id = (SELECT f.id FROM product_totals f
    WHERE f.tenant_id = tenant AND f.product_key = key AND f.product_id = product AND f.source = origin
      AND f.status = state AND f.currency = money AND f.billing_term = term
    LIMIT 1 FOR NO KEY UPDATE SKIP LOCKED);
  IF NOT FOUND THEN
    INSERT INTO product_totals (tenant_id, product_key, product_id, source, status, currency, billing_term, purchases, quantity, assigned, reserved, spend)
    VALUES (tenant, key, product, origin, state, money, term, n, seats, taken, held, cost);
  END IF;
END $$;
-- +goose StatementEnd
-- what a statement has changed of purchases, added up by key
-- +goose StatementBegin
CREATE OR REPLACE FUNCTION total_purchases() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'INSERT' THEN
    PERFORM add_product_total(tenant_id, product_key, product_id, source, status, currency, billing_term,
      COUNT(*), SUM(quantity)::bigint, SUM(assigned)::bigint, SUM(reserved)::bigint,
      SUM(CASE WHEN status = 'ACTIVE' AND recurring_billing AND kind = 'PAID' THEN unit_price * quantity ELSE 0 END)::bigint)
    FROM added GROUP BY tenant_id, product_key, product_id, source, status, currency, billing_term;
  ELSIF TG_OP = 'DELETE' THEN
    PERFORM add_product_total(tenant_id, product_key, product_id, source, status, currency, billing_term,
      -COUNT(*), -SUM(quantity)::bigint, -SUM(assigned)::bigint, -SUM(reserved)::bigint,
      -SUM(CASE WHEN status = 'ACTIVE' AND recurring_billing AND kind = 'PAID' THEN unit_price * quantity ELSE 0 END)::bigint)
    FROM removed GROUP BY tenant_id, product_key, product_id, source, status, currency, billing_term;
  ELSE
    PERFORM add_product_total(tenant_id, product_key, product_id, source, status, currency, billing_term, n, seats, taken, held, cost)
    FROM (SELECT tenant_id, product_key, product_id, source, status, currency, billing_term,
        SUM(n) AS n, SUM(n * quantity)::bigint AS seats, SUM(n * assigned)::bigint AS taken, SUM(n * reserved)::bigint AS held,
        SUM(CASE WHEN status = 'ACTIVE' AND recurring_billing AND kind = 'PAID' THEN n * unit_price * quantity ELSE 0 END)::bigint AS cost
      FROM (SELECT 1 AS n, * FROM added UNION ALL SELECT -1, * FROM removed) changed
      GROUP BY tenant_id, product_key, product_id, source, status, currency, billing_term) total
    WHERE (n, seats, taken, held, cost) <> (0, 0, 0, 0, 0);
  END IF;
  RETURN NULL;
END $$;
-- +goose StatementEnd
-- the purchases that there are
INSERT INTO "product_totals" ("tenant_id", "product_key", "product_id", "source", "status", "currency", "billing_term", "purchases", "quantity", "assigned", "reserved", "spend")
  SELECT "tenant_id", "product_key", "product_id", "source", "status", "currency", "billing_term", COUNT(*), SUM("quantity"), SUM("assigned"), SUM("reserved"),
    SUM(CASE WHEN "status" = 'ACTIVE' AND "recurring_billing" AND "kind" = 'PAID' THEN "unit_price" * "quantity" ELSE 0 END)
  FROM "purchases" GROUP BY "tenant_id", "product_key", "product_id", "source", "status", "currency", "billing_term";
