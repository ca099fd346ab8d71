package graph

import (
	"maps"

	"github.com/vektah/gqlparser/v2/ast"
)

// offered is the schema as clients may use and see it: without @defer, which the parser adds to every schema. No
// transport sends an answer in pieces.
func offered() *ast.Schema {
	s := *parsedSchema
	s.Directives = maps.Clone(s.Directives)
	delete(s.Directives, "defer")
	return &s
}
