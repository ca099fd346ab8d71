// Package schema declares the tables: fields, edges, indexes and the constraints that the
// database itself keeps. It holds no rules of the domain.
package schema

import (
	"fmt"
	"strings"

	"entgo.io/ent/dialect/entsql"
)

// ordered makes PostgreSQL compare a text column by bytes, as SQLite does: every key and every
// ordered text has the same order on both.
var ordered = entsql.Annotation{Collation: "C"}

// oneOf is the CHECK of an enum column.
func oneOf(column string, values ...string) string {
	return fmt.Sprintf("%s IN ('%s')", column, strings.Join(values, "', '"))
}
