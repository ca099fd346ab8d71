package apitest_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"purser/internal/apitest"
	"purser/internal/store"
	"purser/internal/store/storetest"
)

// TestConstraints goes past every rule in Go: what must never be, the database itself refuses.
func TestConstraints(t *testing.T) {
	one := "(SELECT MIN(id) FROM purchases WHERE assigned > 0)"
	statements := map[string]string{
		"more seats assigned than bought":   "UPDATE purchases SET assigned = quantity + 1 WHERE id = " + one,
		"more seats reserved than free":     "UPDATE purchases SET reserved = quantity - assigned + 1 WHERE id = " + one,
		"fewer seats than none":             "UPDATE purchases SET assigned = -1 WHERE id = " + one,
		"fewer bought than assigned":        "UPDATE purchases SET quantity = assigned - 1 WHERE id = " + one,
		"self-service without a purchaser":  "UPDATE purchases SET purchaser_id = NULL WHERE source = 'SELF_SERVICE'",
		"an unknown status":                 "UPDATE purchases SET status = 'GONE' WHERE id = " + one,
		"an unknown cause":                  "UPDATE purchases SET cancellation_cause = 'WHIM' WHERE id = " + one,
		"an unknown policy":                 "UPDATE tenants SET default_policy = 'PERHAPS'",
		"an unknown kind of user":           "UPDATE users SET kind = 'CAT'",
		"a purchase of nobody known":        "UPDATE purchases SET purchaser_id = 'usr_nobody' WHERE id = " + one,
		"a license of no purchase":          "UPDATE licenses SET purchase_id = 'pur_none' WHERE id = (SELECT MIN(id) FROM licenses)",
		"two licenses of one user":          "INSERT INTO licenses (id, tenant_id, purchase_id, user_id, assigned_at) SELECT 'lic_twice', tenant_id, purchase_id, user_id, 0 FROM licenses LIMIT 1",
		"two purchases of one ref":          "UPDATE purchases SET ref = 'same' WHERE tenant_id = (SELECT tenant_id FROM purchases WHERE id = " + one + ")",
		"two tenants of one domain":         "UPDATE tenants SET domain = 'same.example'",
		"two users of one sign-in name":     "UPDATE users SET upn_key = 'same'",
		"an open move that is finished":     "UPDATE moves SET finished_at = 1",
		"a move that counts more than all":  "UPDATE moves SET moved = total + 1",
		"a move to where it comes from":     "UPDATE moves SET target_id = source_id",
		"two open moves from one purchase":  "INSERT INTO moves (id, tenant_id, source_id, target_id, status, total, reserved, requested_by_name, requested_at, changed_at) SELECT 'mov_two', tenant_id, source_id, target_id, 'QUEUED', 0, 0, '', 0, 0 FROM moves",
		"a license moved twice by one":      "INSERT INTO move_users (tenant_id, move_id, license_id, user_id, result, at) SELECT m.tenant_id, m.id, l.id, l.user_id, 'MOVED', 0 FROM moves m, licenses l, (SELECT 1 UNION ALL SELECT 2) AS twice",
		"a notification of an unknown kind": "INSERT INTO notifications (id, tenant_id, kind, to_id, locale, subject, body, status, queued_at) SELECT 'ntf_odd', tenant_id, 'ODD', id, 'en', '', '', 'QUEUED', 0 FROM users LIMIT 1",
	}
	for _, kind := range storetest.Kinds(t) {
		t.Run(kind, func(t *testing.T) {
			s := apitest.Start(t, kind)
			startMove(t, s)
			undo := errors.New("undo")
			for name, statement := range statements {
				var refused error
				err := s.DB.InTx(t.Context(), func(ctx context.Context, tx *store.Tx) error {
					_, refused = tx.Exec(ctx, statement)
					return undo
				})
				if !errors.Is(err, undo) {
					t.Fatal(err)
				}
				if refused == nil || !strings.Contains(refused.Error(), "constraint") {
					t.Errorf("%s: %v", name, refused)
				}
			}
			legal := "UPDATE purchases SET assigned = quantity - reserved WHERE id = " + one
			err := s.DB.InTx(t.Context(), func(ctx context.Context, tx *store.Tx) error {
				_, err := tx.Exec(ctx, legal)
				return errors.Join(err, undo)
			})
			if faults := err.Error(); faults != "undo" {
				t.Errorf("what is allowed was refused: %s", faults)
			}
		})
	}
}
