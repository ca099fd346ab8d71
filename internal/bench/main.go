// Command bench measures what serving costs, as a ratio to a handler that was written by hand for
// the same answers (package handwritten), how fast a move is, as a ratio to one bare UPDATE, and what it
// costs that many follow a move:
//
//	go run ./internal/tools/withpostgres go run ./internal/bench
//
// Ours is the server as it is deployed. Either server is a process of its own, on a loopback port
// and the medium demo; they take turns, so that what else runs on the machine troubles both. CPU
// time counts, not the clock: of the server, and beside that with PostgreSQL's processes for it.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"runtime"
	"slices"
	"syscall"
	"text/tabwriter"
)

// options are the command line.
type options struct {
	rounds      int
	size        string
	only        string
	lists       bool
	moves       int
	subscribers int
	profile     string
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:])
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	if len(args) > 0 && args[0] == serveCommand {
		return serve(ctx, args[1:])
	}
	var o options
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	flags.IntVar(&o.rounds, "rounds", 7, "how often each server has its turn; 0 leaves the pages out")
	flags.StringVar(&o.size, "size", "medium", "the demo that the pages and lists are of: medium or large")
	flags.StringVar(&o.only, "only", "", "measure only the pages whose names contain this `text`")
	flags.BoolVar(&o.lists, "lists", true, "measure the other lists too")
	flags.IntVar(&o.moves, "moves", 3, "how many moves are made on each database; 0 leaves them out")
	flags.IntVar(&o.subscribers, "subscribers", 1000, "how many follow one move; 0 leaves them out")
	flags.StringVar(&o.profile, "profile", "", "write CPU profiles of Purser, one a workload and database, to this `folder`")
	if err := flags.Parse(args); err != nil {
		return err
	}
	fmt.Printf("%s, %s/%s, %d CPUs\n\n", runtime.Version(), runtime.GOOS, runtime.GOARCH, runtime.NumCPU())
	if o.rounds > 0 {
		if err := eachDatabase(ctx, o, printPages); err != nil {
			return err
		}
	}
	if o.lists {
		if err := eachDatabase(ctx, o, printLists); err != nil {
			return err
		}
	}
	if o.moves > 0 {
		if err := eachDatabase(ctx, o, printMoves); err != nil {
			return err
		}
	}
	if o.subscribers > 0 {
		return eachDatabase(ctx, o, printSubscribers)
	}
	return nil
}

// section measures something on one database, and returns the rows of its table; without a
// database it returns the head.
type section func(ctx context.Context, o options, d *database) ([]string, error)

// eachDatabase prints one table over SQLite and, where there is a server, PostgreSQL.
func eachDatabase(ctx context.Context, o options, measure section) error {
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	head, err := measure(ctx, o, nil)
	if err != nil {
		return err
	}
	lines := slices.Clone(head)
	for _, kind := range kinds() {
		d, err := newDatabase(ctx, kind)
		if err != nil {
			return err
		}
		rows, err := measure(ctx, o, d)
		if err := errors.Join(err, d.drop()); err != nil {
			return fmt.Errorf("%s: %w", kind, err)
		}
		lines = append(lines, rows...)
	}
	for _, l := range lines {
		fmt.Fprintln(w, l)
	}
	fmt.Fprintln(w)
	return w.Flush()
}

// median returns the middle one of the values, which it sorts.
func median(values []float64) float64 {
	slices.Sort(values)
	return values[len(values)/2]
}
