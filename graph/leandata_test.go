package graph

import (
	"maps"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"

	"purser/graph/model"
)

// world is random data for every root field: a few values of each type, which refer to each other in
// circles, so that no document is too deep for it. Nulls are where they may be and where they may not.
type world struct {
	r     *rand.Rand
	nulls int // one of so many is null; 0: none
	pool  map[reflect.Type][]reflect.Value
	nodes []reflect.Type // behind Node
	roots map[string]any // Query.purchase, …
}

func newWorld(r *rand.Rand, nulls int) *world {
	w := &world{r: r, nulls: nulls, pool: map[reflect.Type][]reflect.Value{}, nodes: nodeTypes(), roots: map[string]any{}}
	types := rootTypes()
	for _, name := range slices.Sorted(maps.Keys(types)) {
		w.roots[name] = w.value(types[name]).Interface()
	}
	return w
}

// rootTypes returns what the resolvers of root fields return.
func rootTypes() map[string]reflect.Type {
	types := map[string]reflect.Type{}
	for root, t := range map[string]reflect.Type{"Query": reflect.TypeFor[QueryResolver](), "Mutation": reflect.TypeFor[MutationResolver]()} {
		for m := range t.Methods() {
			types[strings.ToLower(root+"."+m.Name)] = m.Type.Out(0)
		}
	}
	return types
}

// nodeTypes returns the types behind Node.
func nodeTypes() []reflect.Type {
	seen, nodes := map[reflect.Type]bool{}, []reflect.Type{}
	var visit func(t reflect.Type)
	visit = func(t reflect.Type) {
		switch {
		case seen[t]:
		case t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice:
			visit(t.Elem())
		case t.Kind() == reflect.Struct:
			seen[t] = true
			if reflect.PointerTo(t).Implements(nodeType) {
				nodes = append(nodes, t)
			}
			for f := range t.Fields() {
				visit(f.Type)
			}
		}
	}
	roots := rootTypes()
	for _, name := range slices.Sorted(maps.Keys(roots)) {
		visit(roots[name])
	}
	return nodes
}

func (w *world) null() bool { return w.nulls > 0 && w.r.IntN(w.nulls) == 0 }

var nodeType = reflect.TypeFor[model.Node]()

func (w *world) value(t reflect.Type) reflect.Value {
	v := reflect.New(t).Elem()
	switch t.Kind() {
	case reflect.Pointer:
		if t.Elem().Kind() == reflect.Struct {
			if !w.null() {
				v.Set(w.one(t.Elem()))
			}
		} else if w.r.IntN(3) > 0 {
			v.Set(reflect.New(t.Elem()))
			v.Elem().Set(w.value(t.Elem()))
		}
	case reflect.Interface:
		w.node(v)
	case reflect.Slice:
		if !w.null() {
			v.Set(w.list(t))
		}
	case reflect.Struct:
		for i := range t.NumField() {
			v.Field(i).Set(w.value(t.Field(i).Type))
		}
	case reflect.String:
		v.SetString(w.text(t))
	case reflect.Bool:
		v.SetBool(w.r.IntN(2) == 0)
	case reflect.Int, reflect.Int64:
		v.SetInt(w.number())
	case reflect.Float64:
		v.SetFloat(w.r.NormFloat64() * []float64{0, 1, 1e-7, 1e9, 1e300}[w.r.IntN(5)])
	default:
		panic("no values of type " + t.String())
	}
	return v
}

// one returns a pointer to one of the few structs of a type.
func (w *world) one(t reflect.Type) reflect.Value {
	pool, ok := w.pool[t]
	if !ok {
		size := 3
		if t == reflect.TypeFor[model.AuditEvent]() { // their subjects are of many types
			size = 10
		}
		for range size {
			pool = append(pool, reflect.New(t))
		}
		w.pool[t] = pool
		for _, p := range pool {
			p.Elem().Set(w.value(t))
		}
	}
	return pool[w.r.IntN(len(pool))]
}

// node sets one of the types behind Node: a pointer as a rule, or a struct, or a pointer that is nil.
func (w *world) node(v reflect.Value) {
	if w.null() {
		return
	}
	t := w.nodes[w.r.IntN(len(w.nodes))]
	switch {
	case w.null():
		v.Set(reflect.Zero(reflect.PointerTo(t)))
	case w.null():
		v.Set(w.one(t).Elem())
	default:
		v.Set(w.one(t))
	}
}

// list returns some elements. What was loaded for fields with arguments has a part for each of those that
// documents name, most of the time.
func (w *world) list(t reflect.Type) reflect.Value {
	if t.Elem().Kind() != reflect.Struct {
		v := reflect.MakeSlice(t, 0, 3)
		for range w.r.IntN(4) {
			v = reflect.Append(v, w.value(t.Elem()))
		}
		return v
	}
	v := reflect.MakeSlice(t, 0, 4)
	for _, first := range []*int{nil, new(1), new(2)} {
		part := reflect.New(t.Elem()).Elem()
		part.FieldByName("Value").Set(w.value(part.FieldByName("Value").Type()))
		if f := part.FieldByName("Args").FieldByName("First"); f.IsValid() {
			f.Set(reflect.ValueOf(first))
		} else if first != nil {
			break
		}
		v = reflect.Append(v, part)
	}
	return v
}

var texts = []string{"", "name", "<a & b>", "\"quoted\"\n\\", "é☃\u2028\u2029", "\x00\x01\x1f\x7f", "tab\t, return\r", "\xff broken \xc3"}

// text returns a string. Those of enums are often none of their values: how they are written does not depend on it.
func (w *world) text(t reflect.Type) string {
	if t != reflect.TypeFor[string]() && w.r.IntN(2) == 0 {
		return "SOME_VALUE"
	}
	return texts[w.r.IntN(len(texts))]
}

func (w *world) number() int64 {
	return []int64{0, 1, -1, w.r.Int64N(1000), w.r.Int64N(2e12), -w.r.Int64N(1e13)}[w.r.IntN(6)]
}
