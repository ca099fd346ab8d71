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
		rootFields(op.SelectionSet, map[string]bool{}, func(f *ast.Field) {
			key := ""
			if d := f.Directives.ForName("idempotent"); d != nil && d.Arguments.ForName("key") != nil {
				key = d.Arguments.ForName("key").Value.String()
			}
			if other, ok := keys[f.Alias]; ok && other != key {
				addError(core.Message("All uses of %q must carry the same @idempotent.", f.Alias), core.At(f.Position))
			}
			keys[f.Alias] = key
		})
	})
}

// rootFields calls do for each field of an operation, those of its fragments included.
func rootFields(set ast.SelectionSet, seen map[string]bool, do func(*ast.Field)) {
	for _, s := range set {
		switch s := s.(type) {
		case *ast.Field:
			do(s)
		case *ast.InlineFragment:
			rootFields(s.SelectionSet, seen, do)
		case *ast.FragmentSpread:
			if s.Definition != nil && !seen[s.Name] {
				seen[s.Name] = true
				rootFields(s.Definition.SelectionSet, seen, do)
			}
		}
	}
}
