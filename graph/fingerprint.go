package graph

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
)

// fingerprint is a hash of what a field's answer depends on: the field, its arguments, and what is
// selected below it. Where the values stand, in variables or in the document, makes no difference, nor does
// the alias of the field itself, nor what else the document asks for.
func fingerprint(op *graphql.OperationContext, f graphql.CollectedField) ([32]byte, error) {
	p := printer{variables: op.Variables, fragments: map[*ast.FragmentDefinition][32]byte{}}
	below := p.set(f.Selections)
	return p.hash([][]any{{f.Name, f.ArgumentMap(op.Variables), below}}), p.err
}

// printer hashes selections, each fragment once: written out, a document could be endless.
type printer struct {
	variables map[string]any
	fragments map[*ast.FragmentDefinition][32]byte
	err       error
}

func (p *printer) set(set ast.SelectionSet) [32]byte {
	var list [][]any
	for _, s := range set {
		switch s := s.(type) {
		case *ast.Field:
			list = append(list, []any{"field", s.Alias, s.Name, s.ArgumentMap(p.variables), p.directives(s.Directives), p.set(s.SelectionSet)})
		case *ast.InlineFragment:
			list = append(list, []any{"on", s.TypeCondition, p.directives(s.Directives), p.set(s.SelectionSet)})
		case *ast.FragmentSpread:
			list = append(list, []any{"on", s.Definition.TypeCondition, p.directives(s.Directives), p.fragment(s.Definition)})
		}
	}
	return p.hash(list)
}

func (p *printer) fragment(f *ast.FragmentDefinition) [32]byte {
	hash, ok := p.fragments[f]
	if !ok {
		hash = p.set(f.SelectionSet)
		p.fragments[f] = hash
	}
	return hash
}

// directives are those that leave something out.
func (p *printer) directives(list ast.DirectiveList) []any {
	out := []any{}
	for _, d := range list {
		out = append(out, d.Name, d.ArgumentMap(p.variables))
	}
	return out
}

func (p *printer) hash(list [][]any) [32]byte {
	b, err := json.Marshal(list)
	if err != nil {
		p.err = fmt.Errorf("hash a mutation's input: %w", err)
	}
	return sha256.Sum256(b)
}
