-- +goose Up
-- create index "purchase_ending" to table: "purchases"
CREATE INDEX `purchase_ending` ON `purchases` (`tenant_id`, `expires_at`) WHERE status = 'ACTIVE' AND NOT recurring_billing;
DROP TRIGGER `purchase_updated`;
DROP TRIGGER `purchase_seats_updated`;
DROP TRIGGER `purchase_deleted`;
DROP TRIGGER `purchase_inserted`;
-- make "product_totals" table anew
DROP TABLE `product_totals`;
CREATE TABLE `product_totals` (`id` integer NOT NULL PRIMARY KEY AUTOINCREMENT, `product_key` text NOT NULL, `product_id` text NOT NULL, `source` text NOT NULL, `status` text NOT NULL, `currency` text NOT NULL, `billing_term` text NOT NULL, `purchases` integer NOT NULL DEFAULT (0), `quantity` integer NOT NULL DEFAULT (0), `assigned` integer NOT NULL DEFAULT (0), `reserved` integer NOT NULL DEFAULT (0), `spend` integer NOT NULL DEFAULT (0), `tenant_id` text NOT NULL, CONSTRAINT `product_totals_tenants_tenant` FOREIGN KEY (`tenant_id`) REFERENCES `tenants` (`id`) ON DELETE NO ACTION, CONSTRAINT `product_total_billing_term` CHECK (billing_term IN ('MONTHLY', 'ANNUAL', 'TRIENNIAL')), CONSTRAINT `product_total_source` CHECK (source IN ('SELF_SERVICE', 'CENTRAL')), CONSTRAINT `product_total_status` CHECK (status IN ('ACTIVE', 'EXPIRED', 'DISABLED', 'DELETED')));
-- create index "product_total_key" to table: "product_totals"
CREATE INDEX `product_total_key` ON `product_totals` (`tenant_id`, `product_key`, `product_id`, `source`, `status`, `currency`, `billing_term`);
-- each purchase counts in the one row of its key
-- +goose StatementBegin
CREATE TRIGGER purchase_inserted AFTER INSERT ON `purchases`
BEGIN
  INSERT INTO product_totals (tenant_id, product_key, product_id, source, status, currency, billing_term)
    SELECT NEW.tenant_id, NEW.product_key, NEW.product_id, NEW.source, NEW.status, NEW.currency, NEW.billing_term
    WHERE NOT EXISTS (SELECT 1 FROM product_totals WHERE tenant_id = NEW.tenant_id AND product_key = NEW.product_key AND product_id = NEW.product_id AND source = NEW.source AND status = NEW.status AND currency = NEW.currency AND billing_term = NEW.billing_term);
  UPDATE product_totals SET purchases = purchases + 1, quantity = quantity + NEW.quantity, assigned = assigned + NEW.assigned, reserved = reserved + NEW.reserved,
      spend = spend + CASE WHEN NEW.status = 'ACTIVE' AND NEW.recurring_billing AND NEW.kind = 'PAID' THEN NEW.unit_price * NEW.quantity ELSE 0 END
    WHERE tenant_id = NEW.tenant_id AND product_key = NEW.product_key AND product_id = NEW.product_id AND source = NEW.source AND status = NEW.status AND currency = NEW.currency AND billing_term = NEW.billing_term;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER purchase_deleted AFTER DELETE ON `purchases`
BEGIN
  UPDATE product_totals SET purchases = purchases - 1, quantity = quantity - OLD.quantity, assigned = assigned - OLD.assigned, reserved = reserved - OLD.reserved,
      spend = spend - CASE WHEN OLD.status = 'ACTIVE' AND OLD.recurring_billing AND OLD.kind = 'PAID' THEN OLD.unit_price * OLD.quantity ELSE 0 END
    WHERE tenant_id = OLD.tenant_id AND product_key = OLD.product_key AND product_id = OLD.product_id AND source = OLD.source AND status = OLD.status AND currency = OLD.currency AND billing_term = OLD.billing_term;
END;
-- +goose StatementEnd
-- who holds its seats changes where it has counted; this one is to be short, since SQLite plans it with each statement that assigns
-- +goose StatementBegin
CREATE TRIGGER purchase_seats_updated AFTER UPDATE OF assigned, reserved ON `purchases`
BEGIN
  UPDATE product_totals SET assigned = assigned + NEW.assigned - OLD.assigned, reserved = reserved + NEW.reserved - OLD.reserved
    WHERE tenant_id = OLD.tenant_id AND product_key = OLD.product_key AND product_id = OLD.product_id AND source = OLD.source AND status = OLD.status AND currency = OLD.currency AND billing_term = OLD.billing_term;
END;
-- +goose StatementEnd
-- it is taken, with the seats that are held by now, from where it has counted to where it counts
-- +goose StatementBegin
CREATE TRIGGER purchase_updated AFTER UPDATE OF tenant_id, product_key, product_id, source, status, currency, billing_term, quantity, unit_price, kind, recurring_billing ON `purchases`
WHEN (OLD.tenant_id, OLD.product_key, OLD.product_id, OLD.source, OLD.status, OLD.currency, OLD.billing_term, OLD.quantity, OLD.unit_price, OLD.kind, OLD.recurring_billing)
  <> (NEW.tenant_id, NEW.product_key, NEW.product_id, NEW.source, NEW.status, NEW.currency, NEW.billing_term, NEW.quantity, NEW.unit_price, NEW.kind, NEW.recurring_billing)
BEGIN
  UPDATE product_totals SET purchases = purchases - 1, quantity = quantity - OLD.quantity, assigned = assigned - NEW.assigned, reserved = reserved - NEW.reserved,
      spend = spend - CASE WHEN OLD.status = 'ACTIVE' AND OLD.recurring_billing AND OLD.kind = 'PAID' THEN OLD.unit_price * OLD.quantity ELSE 0 END
    WHERE tenant_id = OLD.tenant_id AND product_key = OLD.product_key AND product_id = OLD.product_id AND source = OLD.source AND status = OLD.status AND currency = OLD.currency AND billing_term = OLD.billing_term;
  INSERT INTO product_totals (tenant_id, product_key, product_id, source, status, currency, billing_term)
    SELECT NEW.tenant_id, NEW.product_key, NEW.product_id, NEW.source, NEW.status, NEW.currency, NEW.billing_term
    WHERE NOT EXISTS (SELECT 1 FROM product_totals WHERE tenant_id = NEW.tenant_id AND product_key = NEW.product_key AND product_id = NEW.product_id AND source = NEW.source AND status = NEW.status AND currency = NEW.currency AND billing_term = NEW.billing_term);
  UPDATE product_totals SET purchases = purchases + 1, quantity = quantity + NEW.quantity, assigned = assigned + NEW.assigned, reserved = reserved + NEW.reserved,
      spend = spend + CASE WHEN NEW.status = 'ACTIVE' AND NEW.recurring_billing AND NEW.kind = 'PAID' THEN NEW.unit_price * NEW.quantity ELSE 0 END
    WHERE tenant_id = NEW.tenant_id AND product_key = NEW.product_key AND product_id = NEW.product_id AND source = NEW.source AND status = NEW.status AND currency = NEW.currency AND billing_term = NEW.billing_term;
END;
-- +goose StatementEnd
-- the purchases that there are
INSERT INTO `product_totals` (`tenant_id`, `product_key`, `product_id`, `source`, `status`, `currency`, `billing_term`, `purchases`, `quantity`, `assigned`, `reserved`, `spend`)
  SELECT `tenant_id`, `product_key`, `product_id`, `source`, `status`, `currency`, `billing_term`, COUNT(*), SUM(`quantity`), SUM(`assigned`), SUM(`reserved`),
    SUM(CASE WHEN `status` = 'ACTIVE' AND `recurring_billing` AND `kind` = 'PAID' THEN `unit_price` * `quantity` ELSE 0 END)
  FROM `purchases` GROUP BY `tenant_id`, `product_key`, `product_id`, `source`, `status`, `currency`, `billing_term`;
