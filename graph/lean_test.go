package graph

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"log/slog"
	"maps"
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/executor"
	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
	"github.com/vektah/gqlparser/v2/validator/rules"

	"purser/graph/model"
	"purser/internal/lean"
)

var (
	leanDocuments = flag.Int("lean-documents", 3000, "how many random documents TestLean executes, with six sets of variables each")
	leanSeed      = flag.Uint64("lean-seed", 0, "where TestLean begins")
)

// perWorld is how many documents are executed on the same data.
const perWorld = 8

// TestLean executes random documents on random data by gqlgen alone, and with package lean: the data must be
// the same byte for byte, and so must the errors. In every other world some fields are gqlgen's
// to resolve, so that either writes above and below the other.
func TestLean(t *testing.T) {
	var total tally
	for seed := *leanSeed; total.documents < *leanDocuments; {
		p := newPair(rand.New(rand.NewPCG(seed, 1)), []int{0, 15, 5}[seed/2%3], seed%2 == 1)
		for n := range perWorld {
			r := rand.New(rand.NewPCG(seed, uint64(n)+2))
			roots := []*ast.Definition{parsedSchema.Query, parsedSchema.Query, parsedSchema.Mutation}
			p.compare(t, randomDocument(r, roots[r.IntN(len(roots))]))
		}
		total.add(p)
		if t.Failed() {
			t.Fatalf("again: go test ./graph -run TestLean -lean-seed %d -lean-documents 1", seed)
		}
		seed++
	}
	t.Logf("%+v", total)
	if total.documents < total.tried/2 || total.written < int64(total.executions) || total.left < int64(total.executions)/10 || total.failed < total.executions/10 || total.partial < total.executions/50 {
		t.Error("documents and data reach too little")
	}
}

// tally is what was executed.
type tally struct {
	tried, documents, executions int
	failed                       int   // executions with errors
	partial                      int   // with errors and data
	written, left                int64 // subtrees
}

func (a *tally) add(p *pair) {
	written, left := p.plans.Counts()
	a.tried, a.documents, a.executions, a.failed, a.partial = a.tried+p.tried, a.documents+p.documents, a.executions+p.executions, a.failed+p.failed, a.partial+p.partial
	a.written, a.left = a.written+written, a.left+left
}

// pair is the API on the same data twice.
type pair struct {
	tally

	world       *world
	plans       *lean.Plans
	alone, lean *executor.Executor
}

// newPair makes random data; some: with some fields that are gqlgen's to resolve.
func newPair(r *rand.Rand, nulls int, some bool) *pair {
	types := leanTypes
	if some {
		types = slowly(types, func(string, string) bool { return r.IntN(12) == 0 })
	}
	p := &pair{world: newWorld(r, nulls), plans: lean.NewPlans(types)}
	p.alone, p.lean = p.executor(nil), p.executor(p.plans)
	return p
}

// slowly returns the types with some fields that are gqlgen's to resolve.
func slowly(types lean.Types, slow func(typ, field string) bool) lean.Types {
	types = maps.Clone(types)
	for _, typ := range slices.Sorted(maps.Keys(types)) {
		t := *types[typ]
		t.Fields = maps.Clone(t.Fields)
		for _, name := range slices.Sorted(maps.Keys(t.Fields)) {
			if f := t.Fields[name]; slow(typ, name) {
				f.Kind = lean.Slow
				t.Fields[name] = f
			}
		}
		types[typ] = &t
	}
	return types
}

// executor executes on the world's data: they stand in for what the resolvers of root fields return.
func (p *pair) executor(plans *lean.Plans) *executor.Executor {
	e := executor.New(schema{NewExecutableSchema(Config{Resolvers: root{&Resolver{}, plans}}), nil})
	e.SetQueryCache(graphql.MapCache[*ast.QueryDocument]{})
	e.SetRecoverFunc(func(context.Context, any) error { return errors.New("a panic") })
	e.SetErrorPresenter(func(ctx context.Context, err error) *gqlerror.Error {
		g := Errors{Log: slog.New(slog.DiscardHandler)}.Present(ctx, err)
		g.Extensions["error"] = err.Error() // what the API does not tell
		return g
	})
	e.AroundFields(func(ctx context.Context, next graphql.Resolver) (any, error) {
		f := graphql.GetFieldContext(ctx)
		if v, ok := p.world.roots[strings.ToLower(f.Object+"."+f.Field.Name)]; ok {
			p.forbid(ctx, f.Field)
			return v, nil
		}
		return next(ctx)
	})
	return e
}

// forbid reports some of the fields below a root field, as its resolver does when they are out of role: what
// is wrong with them is not reported twice.
func (p *pair) forbid(ctx context.Context, f graphql.CollectedField) {
	for _, s := range f.Selections {
		if c, ok := s.(*ast.Field); ok && p.world.nulls > 10 && len(c.Alias)%4 == 2 {
			path := append(slices.Clip(graphql.GetPath(ctx)), ast.PathName(c.Alias))
			graphql.AddError(ctx, gqlerror.WrapPath(path, errForbidden))
		}
	}
}

// compare executes a document with all values of its variables, if it is valid.
func (p *pair) compare(t *testing.T, text string) {
	t.Helper()
	p.tried++
	if _, err := gqlparser.LoadQueryWithRules(parsedSchema, text, rules.NewDefaultRules()); err != nil {
		return
	}
	p.documents++
	for k := range 6 { // those that a plan is made for, and some of them with other arguments
		variables := map[string]any{"a": k&1 == 0, "b": k&2 == 0, "n": 1 + k/4}
		if k%4 > 1 {
			variables["c"], variables["s"] = k == 2, "t"
		}
		want, got := execute(t, p.alone, text, variables), execute(t, p.lean, text, variables)
		p.executions++
		if want.errors != "" {
			p.failed++
			if want.data != "null" {
				p.partial++
			}
		}
		if want != got {
			t.Errorf("%s\nwith %v\ngqlgen %s\n  lean %s\ngqlgen %s\n  lean %s", text, variables, want.data, got.data, want.errors, got.errors)
		}
	}
}

// said is an answer, its errors in order: gqlgen resolves the elements of lists side by side.
type said struct{ data, errors string }

func execute(t *testing.T, e *executor.Executor, text string, variables map[string]any) said {
	t.Helper()
	ctx := graphql.StartOperationTrace(t.Context())
	op, errs := e.CreateOperationContext(ctx, &graphql.RawParams{Query: text, Variables: variables})
	if errs != nil {
		t.Fatalf("%s\n%v", text, errs)
	}
	next, ctx := e.DispatchOperation(ctx, op)
	resp := next(ctx)
	lines := []string{}
	for _, err := range resp.Errors {
		b, jsonErr := json.Marshal(err)
		if jsonErr != nil {
			t.Fatal(jsonErr)
		}
		lines = append(lines, string(b))
	}
	slices.Sort(lines)
	return said{string(resp.Data), strings.Join(lines, "\n")}
}

// TestLeanPanics: where a writer panics, gqlgen answers, with the field at fault.
func TestLeanPanics(t *testing.T) {
	p := newPair(rand.New(rand.NewPCG(1, 1)), 0, false)
	connection := &model.AuditEventConnection{Nodes: []*model.AuditEvent{{ID: "evt_1"}, {ID: "evt_2", Subject: stranger{}}}}
	p.world.roots["query.auditevents"] = connection
	const text = "{ auditEvents { nodes { id subject { id } action } } }"
	p.compare(t, text)
	got := execute(t, p.lean, text, nil)
	if want := `"path":["auditEvents","nodes",1,"subject"],"extensions":{"code":"INTERNAL","error":"input: auditEvents.nodes[1].subject a panic"}}`; !strings.HasSuffix(got.errors, want) {
		t.Errorf("errors %s, want %s", got.errors, want)
	}
	if !strings.Contains(got.data, `{"id":"evt_2","subject":null,"action":""}`) {
		t.Errorf("data %s", got.data)
	}
	if written, left := p.plans.Counts(); written == 0 || left == 0 {
		t.Errorf("%d subtrees written, %d left to gqlgen", written, left)
	}
}

// stranger is a Node that no type of the API is.
type stranger struct{}

func (stranger) IsNode()       {}
func (stranger) GetID() string { return "" }

// TestLeanSubjects writes each of the types behind Node: a pointer, a struct, and a pointer that is nil.
func TestLeanSubjects(t *testing.T) {
	p := newPair(rand.New(rand.NewPCG(1, 1)), 0, false)
	connection := &model.AuditEventConnection{}
	for _, typ := range p.world.nodes {
		one := p.world.one(typ)
		for _, v := range []reflect.Value{one, one.Elem(), reflect.Zero(one.Type())} {
			if n, ok := reflect.TypeAssert[model.Node](v); ok {
				connection.Nodes = append(connection.Nodes, &model.AuditEvent{Subject: n})
			}
		}
	}
	p.world.roots["query.auditevents"] = connection
	var on strings.Builder
	for _, def := range parsedSchema.GetPossibleTypes(parsedSchema.Types["Node"]) {
		on.WriteString(" ... on " + def.Name + " {")
		for _, f := range def.Fields {
			if len(f.Arguments) == 0 && !parsedSchema.Types[f.Type.Name()].IsCompositeType() {
				on.WriteString(" " + def.Name + "_" + f.Name + ": " + f.Name)
			}
		}
		on.WriteString(" }")
	}
	p.compare(t, "{ auditEvents { nodes { subject { __typename"+on.String()+" } } } }")
	if written, left := p.plans.Counts(); p.documents != 1 || written == 0 || left != 0 || len(connection.Nodes) != 3*len(p.world.nodes) {
		t.Errorf("%d documents, %d subtrees written, %d left, %d events", p.documents, written, left, len(connection.Nodes))
	}
}

// TestLeanProgress writes events of a subscription, and numbers of every kind; what is no number in JSON, gqlgen answers.
func TestLeanProgress(t *testing.T) {
	for _, percent := range []float64{0, 100, 12.5, 100.0 / 3, -1, 1e20, 1e21, 123456789, 1e-5, math.SmallestNonzeroFloat64, math.MaxFloat64, math.NaN(), math.Inf(1), math.Inf(-1)} {
		p := newPair(rand.New(rand.NewPCG(1, 1)), 0, false)
		events := make(chan *model.MoveProgress, 100)
		for range cap(events) {
			events <- &model.MoveProgress{MoveID: "mov_1", Status: model.MoveStatusRunning, Percent: percent}
		}
		p.world.roots["subscription.moveprogress"] = (<-chan *model.MoveProgress)(events)
		p.compare(t, `subscription { moveProgress(moveId: "mov_1") { moveId status percent at } }`)
		written, left := p.plans.Counts()
		if finite := percent-percent == 0; p.documents != 1 || (written > 0) != finite || (left > 0) == finite {
			t.Errorf("%g: %d documents, %d subtrees written, %d left", percent, p.documents, written, left)
		}
	}
}
