-- +goose Up
-- drop index "purchase_by_product" of table: "purchases"
DROP INDEX `purchase_by_product`;
-- create "product_totals" table
CREATE TABLE `product_totals` (`id` integer NOT NULL PRIMARY KEY AUTOINCREMENT, `product_key` text NOT NULL, `product_id` text NOT NULL, `source` text NOT NULL, `purchases` integer NOT NULL DEFAULT (0), `quantity` integer NOT NULL DEFAULT (0), `assigned` integer NOT NULL DEFAULT (0), `reserved` integer NOT NULL DEFAULT (0), `tenant_id` text NOT NULL, CONSTRAINT `product_totals_tenants_tenant` FOREIGN KEY (`tenant_id`) REFERENCES `tenants` (`id`) ON DELETE NO ACTION, CONSTRAINT `product_total_source` CHECK (source IN ('SELF_SERVICE', 'CENTRAL')));
-- create index "producttotal_tenant_id_product_key_product_id_source" to table: "product_totals"
CREATE INDEX `producttotal_tenant_id_product_key_product_id_source` ON `product_totals` (`tenant_id`, `product_key`, `product_id`, `source`);
-- each purchase that users can work on counts in the one row of its key
-- +goose StatementBegin
CREATE TRIGGER purchase_inserted AFTER INSERT ON `purchases` WHEN NEW.status IN ('ACTIVE', 'EXPIRED')
BEGIN
  INSERT INTO product_totals (tenant_id, product_key, product_id, source)
    SELECT NEW.tenant_id, NEW.product_key, NEW.product_id, NEW.source
    WHERE NOT EXISTS (SELECT 1 FROM product_totals
      WHERE tenant_id = NEW.tenant_id AND product_key = NEW.product_key AND product_id = NEW.product_id AND source = NEW.source);
  UPDATE product_totals SET purchases = purchases + 1, quantity = quantity + NEW.quantity, assigned = assigned + NEW.assigned, reserved = reserved + NEW.reserved
    WHERE tenant_id = NEW.tenant_id AND product_key = NEW.product_key AND product_id = NEW.product_id AND source = NEW.source;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER purchase_deleted AFTER DELETE ON `purchases` WHEN OLD.status IN ('ACTIVE', 'EXPIRED')
BEGIN
  UPDATE product_totals SET purchases = purchases - 1, quantity = quantity - OLD.quantity, assigned = assigned - OLD.assigned, reserved = reserved - OLD.reserved
    WHERE tenant_id = OLD.tenant_id AND product_key = OLD.product_key AND product_id = OLD.product_id AND source = OLD.source;
END;
-- +goose StatementEnd
-- its seats change where it has counted; this one is to be short, since SQLite plans it with each statement that assigns
-- +goose StatementBegin
CREATE TRIGGER purchase_seats_updated AFTER UPDATE OF quantity, assigned, reserved ON `purchases` WHEN OLD.status IN ('ACTIVE', 'EXPIRED')
BEGIN
  UPDATE product_totals SET quantity = quantity + NEW.quantity - OLD.quantity, assigned = assigned + NEW.assigned - OLD.assigned, reserved = reserved + NEW.reserved - OLD.reserved
    WHERE tenant_id = OLD.tenant_id AND product_key = OLD.product_key AND product_id = OLD.product_id AND source = OLD.source;
END;
-- +goose StatementEnd
-- it is taken, with the seats it has now, from where it has counted to where it counts
-- +goose StatementBegin
CREATE TRIGGER purchase_updated AFTER UPDATE OF tenant_id, product_key, product_id, source, status ON `purchases`
WHEN (OLD.status IN ('ACTIVE', 'EXPIRED')) <> (NEW.status IN ('ACTIVE', 'EXPIRED'))
  OR (OLD.tenant_id, OLD.product_key, OLD.product_id, OLD.source) <> (NEW.tenant_id, NEW.product_key, NEW.product_id, NEW.source)
BEGIN
  UPDATE product_totals SET purchases = purchases - 1, quantity = quantity - NEW.quantity, assigned = assigned - NEW.assigned, reserved = reserved - NEW.reserved
    WHERE tenant_id = OLD.tenant_id AND product_key = OLD.product_key AND product_id = OLD.product_id AND source = OLD.source AND OLD.status IN ('ACTIVE', 'EXPIRED');
  INSERT INTO product_totals (tenant_id, product_key, product_id, source)
    SELECT NEW.tenant_id, NEW.product_key, NEW.product_id, NEW.source
    WHERE NEW.status IN ('ACTIVE', 'EXPIRED') AND NOT EXISTS (SELECT 1 FROM product_totals
      WHERE tenant_id = NEW.tenant_id AND product_key = NEW.product_key AND product_id = NEW.product_id AND source = NEW.source);
  UPDATE product_totals SET purchases = purchases + 1, quantity = quantity + NEW.quantity, assigned = assigned + NEW.assigned, reserved = reserved + NEW.reserved
    WHERE tenant_id = NEW.tenant_id AND product_key = NEW.product_key AND product_id = NEW.product_id AND source = NEW.source AND NEW.status IN ('ACTIVE', 'EXPIRED');
END;
-- +goose StatementEnd
-- the purchases that there are
INSERT INTO `product_totals` (`tenant_id`, `product_key`, `product_id`, `source`, `purchases`, `quantity`, `assigned`, `reserved`)
  SELECT `tenant_id`, `product_key`, `product_id`, `source`, COUNT(*), SUM(`quantity`), SUM(`assigned`), SUM(`reserved`)
  FROM `purchases` WHERE `status` IN ('ACTIVE', 'EXPIRED') GROUP BY `tenant_id`, `product_key`, `product_id`, `source`;

-- +goose Down
-- reverse: the triggers
DROP TRIGGER `purchase_updated`;
DROP TRIGGER `purchase_seats_updated`;
DROP TRIGGER `purchase_deleted`;
DROP TRIGGER `purchase_inserted`;
-- reverse: create index "producttotal_tenant_id_product_key_product_id_source" to table: "product_totals"
DROP INDEX `producttotal_tenant_id_product_key_product_id_source`;
-- reverse: create "product_totals" table
DROP TABLE `product_totals`;
-- reverse: drop index "purchase_by_product" of table: "purchases"
CREATE INDEX `purchase_by_product` ON `purchases` (`tenant_id`, `product_key`, `product_id`, `status`, `source`, `quantity`, `assigned`, `reserved`);
