package outbox

import (
	"context"
	"fmt"

	"entgo.io/ent/dialect/sql"

	"purser/ent/predicate"
	"purser/ent/user"
	"purser/internal/store"
	"purser/internal/viewer"
)

// mostAdmins is how many administrators are told of one thing.
const mostAdmins = 100

// Admins returns the ids of the users of the viewer's tenant who hold any of the roles and can sign
// in, at most 100 of them: those whose ids come first.
func Admins(ctx context.Context, tx *store.Tx, roles ...viewer.Role) ([]string, error) {
	ids, err := tx.User.Query().Where(user.AccountEnabled(true), user.Removed(false), holding(roles)).Order(user.ByID()).Limit(mostAdmins).IDs(ctx)
	if err != nil {
		return nil, fmt.Errorf("look for administrators: %w", err)
	}
	return ids, nil
}

// holding narrows to the users who hold any of the roles; that those are few who hold one at all is
// said in words that an index can be known by.
func holding(roles []viewer.Role) predicate.User {
	return func(s *sql.Selector) {
		s.Where(sql.P(func(b *sql.Builder) {
			column := s.C(user.FieldRoles)
			b.Ident(column).WriteString(" <> 0 AND (").Ident(column).WriteString(" & ").Arg(int(viewer.SetOf(roles...))).WriteString(") <> 0")
		}))
	}
}
