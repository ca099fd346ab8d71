-- +goose Up
-- nobody holds two licenses of a purchase. An index that says so is written on another page for each license that a move of
-- many users touches; what triggers ask for is read alone
-- drop index "license_user_id_purchase_id" of table: "licenses"
DROP INDEX `license_user_id_purchase_id`;
-- + keeps the planner from walking all licenses of the purchase
-- +goose StatementBegin
CREATE TRIGGER license_given AFTER INSERT ON `licenses`
WHEN EXISTS (SELECT 1 FROM licenses l WHERE l.user_id = NEW.user_id AND l.id <> NEW.id AND +l.purchase_id = NEW.purchase_id)
BEGIN
  SELECT RAISE(ABORT, 'UNIQUE constraint failed: licenses.user_id, licenses.purchase_id');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER license_moved AFTER UPDATE OF user_id, purchase_id ON `licenses`
WHEN EXISTS (SELECT 1 FROM licenses l WHERE l.user_id = NEW.user_id AND l.id <> NEW.id AND +l.purchase_id = NEW.purchase_id)
BEGIN
  SELECT RAISE(ABORT, 'UNIQUE constraint failed: licenses.user_id, licenses.purchase_id');
END;
-- +goose StatementEnd

-- +goose Down
-- reverse: the triggers
DROP TRIGGER `license_moved`;
DROP TRIGGER `license_given`;
-- reverse: drop index "license_user_id_purchase_id" of table: "licenses"
CREATE UNIQUE INDEX `license_user_id_purchase_id` ON `licenses` (`user_id`, `purchase_id`);
