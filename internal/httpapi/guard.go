package httpapi

import (
	"context"
	"strings"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
	"github.com/vektah/gqlparser/v2/parser"

	"purser/internal/fault"
	"purser/internal/viewer"
)

// What a document may hold, each fragment counted once. Validation takes time that grows with the
// square of some of these, so they are checked before it.
const (
	maxDepth      = 15 // a leaf is one level
	maxFields     = 400
	maxFragments  = 400 // places that use one
	maxAliases    = 100
	maxDirectives = 50
)

// guard refuses a document before it is validated: one that is too much work, and one by which
// somebody without a credential asks for more than __typename.
type guard struct {
	schema        *ast.Schema
	cache         *documents
	introspection map[string]introspected
}

// ExtensionName implements graphql.HandlerExtension.
func (guard) ExtensionName() string { return "Guard" }

// Validate implements graphql.HandlerExtension.
func (guard) Validate(graphql.ExecutableSchema) error { return nil }

// MutateOperationParameters implements graphql.OperationParameterMutator.
func (g guard) MutateOperationParameters(ctx context.Context, p *graphql.RawParams) *gqlerror.Error {
	stranger := viewer.CallerFrom(ctx) == nil
	if _, ok := g.cache.Get(ctx, p.Query); ok && !stranger {
		return nil // it passed before
	}
	doc, err := parser.ParseQueryWithTokenLimit(&ast.Source{Input: p.Query}, maxTokens)
	if err != nil {
		if tooLong(err) {
			return gqlerror.Wrap(fault.New(fault.TooComplex, "The document is too long or nested too deeply: at most %d tokens.", maxTokens))
		}
		return nil // the executor will say where
	}
	if f := g.measure(doc); f != nil {
		return gqlerror.Wrap(f)
	}
	if stranger && !harmless(doc) {
		return gqlerror.Wrap(fault.New(fault.Unauthenticated, "Show a credential: Authorization: Bearer …"))
	}
	return nil
}

// MutateOperationContext implements graphql.OperationContextMutator: callers may introspect.
func (guard) MutateOperationContext(ctx context.Context, oc *graphql.OperationContext) *gqlerror.Error {
	oc.DisableIntrospection = viewer.CallerFrom(ctx) == nil
	return nil
}

// tooLong tells whether the parser gave up for one of its limits.
func tooLong(err error) bool {
	return strings.Contains(err.Error(), "exceeded token limit") || strings.Contains(err.Error(), "exceeded maximum nesting depth")
}

// harmless tells whether no operation of the document selects anything but __typename.
func harmless(doc *ast.QueryDocument) bool {
	seen := map[string]bool{}
	var only func(set ast.SelectionSet) bool
	only = func(set ast.SelectionSet) bool {
		for _, sel := range set {
			switch sel := sel.(type) {
			case *ast.Field:
				if sel.Name != "__typename" || len(sel.SelectionSet) > 0 {
					return false
				}
			case *ast.InlineFragment:
				if !only(sel.SelectionSet) {
					return false
				}
			case *ast.FragmentSpread:
				f := doc.Fragments.ForName(sel.Name)
				if f == nil || seen[sel.Name] {
					continue
				}
				seen[sel.Name] = true
				if !only(f.SelectionSet) {
					return false
				}
			}
		}
		return true
	}
	for _, op := range doc.Operations {
		if !only(op.SelectionSet) {
			return false
		}
	}
	return true
}
