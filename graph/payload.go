package graph

import (
	"context"

	"purser/graph/model"
	"purser/internal/shape"
	"purser/internal/viewer"

	"github.com/99designs/gqlgen/graphql"
)

// load reads one thing that the viewer in the context may see; the zero value where there is none, or where
// nothing was asked of it.
func load[T model.Node](ctx context.Context, r *Resolver, id string, sh *shape.Shape, typ string) (T, error) {
	return loadOf[T](ctx, r, id, map[string]*shape.Shape{typ: sh})
}

// loadOf is load of what was asked for by type.
func loadOf[T model.Node](ctx context.Context, r *Resolver, id string, of map[string]*shape.Shape) (T, error) {
	node, err := r.Reading.Node(ctx, id, of)
	n, _ := node.(T)
	return n, err
}

// askedOfPayload is what is asked of the payload of the mutation that is being resolved.
func askedOfPayload(ctx context.Context, v viewer.Viewer) *shape.Shape {
	payload := graphql.GetFieldContext(ctx).Field.Definition.Type.Name()
	return asked(ctx, v.Roles).Of[payload]
}

// listed returns those of the nodes that are named, in that order; never nil.
func listed[T model.Node](nodes map[string]model.Node, ids []string) []T {
	list := make([]T, 0, len(ids))
	for _, i := range ids {
		if n, ok := nodes[i].(T); ok {
			list = append(list, n)
		}
	}
	return list
}
