package takeovertest

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"purser/internal/fault"
	"purser/internal/store/storetest"
)

// everyMessage does the operations over a line to PostgreSQL that is cut at each message that matters, in each direction. What goes
// in one round trip is so broken off in its middle.
func everyMessage(t *testing.T, operations []Operation) {
	t.Helper()
	if len(storetest.Kinds(t)) < 2 {
		return
	}
	t.Run("a cut line", func(t *testing.T) {
		for _, o := range operations {
			t.Run(o.Name, func(t *testing.T) {
				t.Parallel()
				db, line := storetest.OpenLine(t)
				c := cutter{breaker{operation: o, db: db}, line}
				n := c.rehearse(t, func(do func()) int { return line.During(storetest.Cut{}, do).Sent })
				sent, replied := c.everywhere(t, false), c.everywhere(t, true)
				if sent < 2 || replied < 2 {
					t.Errorf("cut at %d messages, and at %d replies", sent, replied)
				}
				t.Logf("%d messages, cut at %d and at %d replies", n, sent, replied)
			})
		}
	})
}

// cutter breaks one operation by cutting its line.
type cutter struct {
	breaker
	line *storetest.Line
}

// everywhere cuts the line at the first message, at the second, and so on, up to the end of the operation, and tells how often.
func (c *cutter) everywhere(t *testing.T, reply bool) (cuts int) {
	t.Helper()
	var w *World
	var steps Steps
	for {
		if w == nil {
			w, steps = c.ready(t)
		}
		what := fmt.Sprintf("message %d", cuts+1)
		if reply {
			what = fmt.Sprintf("reply %d", cuts+1)
		}
		done, cut := c.strike(t, w, steps, storetest.Cut{At: cuts + 1, Reply: reply}, what)
		if done {
			c.goOn(t, w, steps, true, what)
			w = nil
		}
		if !cut || t.Failed() {
			return cuts
		}
		cuts++
	}
}

// strike does the operation while its line is cut, and tells whether it was done, and the line cut.
func (c *cutter) strike(t *testing.T, w *World, steps Steps, cut storetest.Cut, what string) (done, struck bool) {
	t.Helper()
	var err error
	heard := c.line.During(cut, func() { err = steps.Do() })
	c.settle(t)
	now := w.Dump(t)
	done = now == c.after
	switch {
	case !done && now != c.before:
		t.Errorf("%s: the world is neither as before nor as after it (-after +now):\n%.4000s", what, cmp.Diff(c.after, now))
	case done && err != nil && !heard.Commit:
		t.Errorf("%s: it is done, though nothing was told to commit: %v", what, err)
	case !done && (err == nil || !heard.Cut):
		t.Errorf("%s: it is not done: %v", what, err)
	case err != nil && fault.CodeOf(err) != fault.Unavailable:
		t.Errorf("%s: %v, want UNAVAILABLE", what, err)
	}
	w.Check(t)
	return done, heard.Cut
}
