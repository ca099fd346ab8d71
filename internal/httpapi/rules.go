package httpapi

import (
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/validator/core"
	"github.com/vektah/gqlparser/v2/validator/rules"
)

// ruleSet is what documents are validated by.
func ruleSet() *rules.Rules {
	r := rules.NewDefaultRules()
	r.AddRule("RepresentableNumbers", representableNumbers)
	r.AddRule("ObjectsForInputs", objectsForInputs)
	r.AddRule("KeyedMutations", keyedMutations)
	r.AddRule("OneStream", oneStream)
	return r
}

// representableNumbers refuses numbers that no Go number holds. Scalars of our own and ids take any
// literal, and reading such a one would panic.
func representableNumbers(observers *core.Events, addError core.AddErrFunc) {
	observers.OnValue(func(_ *core.Walker, v *ast.Value) {
		if v.Kind != ast.IntValue && v.Kind != ast.FloatValue {
			return
		}
		if _, err := v.Value(nil); err != nil {
			addError(core.Message("The number is out of range."), core.At(v.Position))
		}
	})
}

// objectsForInputs refuses an object where none is expected. The rule that comes with the parser looks at its fields alone, so that {} would
// be taken for anything; @skip and @include panic then.
func objectsForInputs(observers *core.Events, addError core.AddErrFunc) {
	observers.OnValue(func(_ *core.Walker, v *ast.Value) {
		if v.Kind == ast.ObjectValue && v.Definition != nil && v.Definition.Kind != ast.InputObject {
			addError(core.Message("An object is no %s.", v.Definition.Name), core.At(v.Position))
		}
	})
}

// oneStream refuses a subscription that could turn out to be of no field, or of one field under two names: the rule that
// comes with the parser looks at the fields' names alone.
func oneStream(observers *core.Events, addError core.AddErrFunc) {
	observers.OnOperation(func(_ *core.Walker, op *ast.OperationDefinition) {
		if op.Operation != ast.Subscription {
			return
		}
		alias := ""
		atRoot(op.SelectionSet, map[string]bool{}, func(s ast.Selection, directives ast.DirectiveList) {
			if directives.ForName("skip") != nil || directives.ForName("include") != nil {
				addError(core.Message("A subscription's field can be neither skipped nor included."), core.At(s.GetPosition()))
			}
			f, ok := s.(*ast.Field)
			if ok && alias != "" && f.Alias != alias {
				addError(core.Message("A subscription has one field, under one name."), core.At(f.Position))
			}
			if ok {
				alias = f.Alias
			}
		})
	})
}

// rulesWithoutSuggestions are the validation rules without "Did you mean": who has no credential
// shall not have the schema spelled out. SetDisableSuggestion replaces two of them by itself.
func rulesWithoutSuggestions() *rules.Rules {
	r := ruleSet()
	r.ReplaceRule(rules.KnownArgumentNamesRule.Name, rules.KnownArgumentNamesRuleWithoutSuggestions.RuleFunc)
	r.ReplaceRule(rules.KnownTypeNamesRule.Name, rules.KnownTypeNamesRuleWithoutSuggestions.RuleFunc)
	r.ReplaceRule(rules.ValuesOfCorrectTypeRule.Name, rules.ValuesOfCorrectTypeRuleWithoutSuggestions.RuleFunc)
	return r
}
