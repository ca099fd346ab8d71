package httpapi

import (
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/validator/core"
)

// keyedMutations refuses @idempotent anywhere but at a field of a mutation, and where uses of one field
// do not carry the same: a key that is not heeded would be worse than none.
func keyedMutations(observers *core.Events, addError core.AddErrFunc) {
	observers.OnField(func(w *core.Walker, f *ast.Field) {
		d := f.Directives.ForName("idempotent")
		if d != nil && w.CurrentOperation != nil && (f.ObjectDefinition != w.Schema.Mutation || f.Name == "__typename") {
			addError(core.Message("@idempotent belongs at a field of a mutation."), core.At(d.Position))
		}
	})
	observers.OnOperation(func(_ *core.Walker, op *ast.OperationDefinition) {
		if op.Operation != ast.Mutation {
			return
		}
		keys := map[string]string{}
		atRoot(op.SelectionSet, map[string]bool{}, func(s ast.Selection, directives ast.DirectiveList) {
			f, ok := s.(*ast.Field)
			if !ok {
				return
			}
			key := ""
			if d := directives.ForName("idempotent"); d != nil && d.Arguments.ForName("key") != nil {
				key = d.Arguments.ForName("key").Value.String()
			}
			if other, ok := keys[f.Alias]; ok && other != key {
				addError(core.Message("All uses of %q must carry the same @idempotent.", f.Alias), core.At(f.Position))
			}
			keys[f.Alias] = key
		})
	})
}

// atRoot calls do for each field of an operation, and for each use of a fragment on the way to one.
func atRoot(set ast.SelectionSet, seen map[string]bool, do func(ast.Selection, ast.DirectiveList)) {
	for _, s := range set {
		switch s := s.(type) {
		case *ast.Field:
			do(s, s.Directives)
		case *ast.InlineFragment:
			do(s, s.Directives)
			atRoot(s.SelectionSet, seen, do)
		case *ast.FragmentSpread:
			do(s, s.Directives)
			if s.Definition != nil && !seen[s.Name] {
				seen[s.Name] = true
				atRoot(s.Definition.SelectionSet, seen, do)
			}
		}
	}
}
