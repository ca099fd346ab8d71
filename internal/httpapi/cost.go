package httpapi

import (
	"context"
	"math"
	"strconv"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"purser/internal/fault"
)

const (
	// unsized is how many entries a list counts for that does not say how many it wants.
	unsized = 20
	// inputsPerObject is how many entries of an input's lists count as one object.
	inputsPerObject = 100
)

// pricing refuses an operation that costs too much before anything of it is done. What an operation
// costs is how many objects may be loaded for its answer: see docs/limits.md.
type pricing struct {
	schema *ast.Schema
	limit  int // 0: none
}

// ExtensionName implements graphql.HandlerExtension.
func (pricing) ExtensionName() string { return "Pricing" }

// Validate implements graphql.HandlerExtension.
func (pricing) Validate(graphql.ExecutableSchema) error { return nil }

// MutateOperationContext implements graphql.OperationContextMutator: the document is valid, and the variables have their values.
func (p pricing) MutateOperationContext(ctx context.Context, oc *graphql.OperationContext) *gqlerror.Error {
	requested := p.costOf(oc.Operation, oc.Variables)
	entryOf(ctx).cost = requested
	if p.limit > 0 && requested > p.limit {
		return gqlerror.Wrap(fault.New(fault.TooComplex, "The operation may load %d objects; %d are allowed. Ask for shorter pages, or for less in each entry.", requested, p.limit).
			With("requested", requested).With("limit", p.limit))
	}
	return nil
}

// report tells in an answer what the operation cost.
func (p pricing) report(ctx context.Context, resp *graphql.Response) {
	if p.limit == 0 {
		return
	}
	if resp.Extensions == nil {
		resp.Extensions = map[string]any{}
	}
	resp.Extensions["cost"] = charge{Limit: p.limit, Requested: entryOf(ctx).cost}
}

// charge is what an answer tells of the operation's cost.
type charge struct {
	Limit     int `json:"limit"`
	Requested int `json:"requested"`
}

// append writes the charge as encoding/json would.
func (c charge) append(b []byte) []byte {
	b = strconv.AppendInt(append(b, `{"limit":`...), int64(c.Limit), 10)
	b = strconv.AppendInt(append(b, `,"requested":`...), int64(c.Requested), 10)
	return append(b, '}')
}

// costOf returns what an operation costs.
func (p pricing) costOf(op *ast.OperationDefinition, variables map[string]any) int {
	b := bill{schema: p.schema, variables: variables, fragments: map[use]price{}, fields: map[*ast.Field]price{}, lists: map[string]int{}}
	return b.set(op.SelectionSet, rootOf(p.schema, op.Operation)).once
}

// price is what a selection costs: once, and for each entry of the page that it stands in.
type price struct {
	once, perEntry int
	entries        bool // the page's entries are loaded
}

func (a price) plus(b price) price {
	return price{plus(a.once, b.once), plus(a.perEntry, b.perEntry), a.entries || b.entries}
}

// or is the dearer of two.
func (a price) or(b price) price {
	return price{max(a.once, b.once), max(a.perEntry, b.perEntry), a.entries || b.entries}
}

// page is what a page of so many entries costs.
func (a price) page(size int) price {
	if a.entries {
		a.perEntry = plus(a.perEntry, 1)
	}
	return price{once: plus(1, plus(a.once, times(size, a.perEntry)))}
}

// plenty is where costs stop growing: what is more is no matter, and every client can read it.
const plenty = math.MaxInt32

func plus(a, b int) int { return min(a+b, plenty) }

func times(a, b int) int { return min(a*b, plenty) }
