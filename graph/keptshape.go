package graph

import (
	"runtime"
	"slices"
	"sync"
	"weak"

	"github.com/vektah/gqlparser/v2/ast"

	"purser/internal/shape"
)

// keptShapes are the shapes of one document's root fields that are the same whoever asks, and whatever the variables
// are: those in which neither has a part. Nobody changes a shape that is made, so that requests share them.
type keptShapes struct {
	mu    sync.RWMutex
	shape map[ast.Selection]keptShape // by the first of the field's selections
}

// keptShape is the shape of a root field with just these selections: uses of one field can be merged.
type keptShape struct {
	selections ast.SelectionSet
	use        *shape.Field
}

// shapesByDocument holds the shapes of documents: weak.Pointer[ast.QueryDocument] to *keptShapes. They go with their document.
var shapesByDocument sync.Map

func shapesOf(doc *ast.QueryDocument) *keptShapes {
	at := weak.Make(doc)
	if k, ok := shapesByDocument.Load(at); ok {
		return k.(*keptShapes) //nolint:errcheck,forcetypeassert // nothing else is stored
	}
	k, loaded := shapesByDocument.LoadOrStore(at, &keptShapes{shape: map[ast.Selection]keptShape{}})
	if !loaded {
		runtime.AddCleanup(doc, func(at weak.Pointer[ast.QueryDocument]) { shapesByDocument.Delete(at) }, at)
	}
	return k.(*keptShapes) //nolint:errcheck,forcetypeassert // nothing else is stored
}

func (k *keptShapes) find(selections ast.SelectionSet) *shape.Field {
	if len(selections) == 0 {
		return nil
	}
	k.mu.RLock()
	defer k.mu.RUnlock()
	s := k.shape[selections[0]]
	if !slices.Equal(s.selections, selections) {
		return nil
	}
	return s.use
}

func (k *keptShapes) keep(selections ast.SelectionSet, use *shape.Field) {
	if len(selections) == 0 {
		return
	}
	use.Keep()
	k.mu.Lock()
	defer k.mu.Unlock()
	k.shape[selections[0]] = keptShape{selections, use}
}

// constant tells whether no variable has a part in what the selections ask for. Each fragment is looked at once.
func constant(set ast.SelectionSet, seen map[string]bool) bool {
	return !slices.ContainsFunc(set, func(s ast.Selection) bool {
		switch s := s.(type) {
		case *ast.Field:
			return varies(s.Arguments) || vary(s.Directives) || !constant(s.SelectionSet, seen)
		case *ast.InlineFragment:
			return vary(s.Directives) || !constant(s.SelectionSet, seen)
		case *ast.FragmentSpread:
			if vary(s.Directives) {
				return true
			}
			known := seen[s.Name]
			seen[s.Name] = true
			return !known && !constant(s.Definition.SelectionSet, seen)
		}
		return true
	})
}

func vary(directives ast.DirectiveList) bool {
	return slices.ContainsFunc(directives, func(d *ast.Directive) bool { return varies(d.Arguments) })
}

func varies(arguments ast.ArgumentList) bool {
	return slices.ContainsFunc(arguments, func(a *ast.Argument) bool { return holdsVariable(a.Value) })
}

func holdsVariable(v *ast.Value) bool {
	return v.Kind == ast.Variable || slices.ContainsFunc(v.Children, func(c *ast.ChildValue) bool { return holdsVariable(c.Value) })
}
