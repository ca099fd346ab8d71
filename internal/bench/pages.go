package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"path/filepath"
	"strings"
	"time"
)

// printPages measures each workload on a database with the medium demo.
func printPages(ctx context.Context, o options, d *database) ([]string, error) {
	if d == nil {
		return []string{
			"CPU time a request\tdatabase\tPurser\thand-written\tratio\t(lowest–highest)\tallocations\thand-written\tstatements\thand-written",
		}, nil
	}
	token, err := d.seedMedium(ctx)
	if err != nil {
		return nil, err
	}
	id, err := d.newestPurchase(ctx, token)
	if err != nil {
		return nil, err
	}
	var lines []string
	for _, w := range workloads(id) {
		line, err := measure(ctx, o, d, w, token)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", w.name, err)
		}
		lines = append(lines, line)
	}
	return lines, nil
}

// newestPurchase returns the id of the newest self-service purchase.
func (d *database) newestPurchase(ctx context.Context, token string) (id string, err error) {
	s, err := start(ctx, ours, d, "")
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, s.stop()) }()
	return s.purchase(ctx, token, "{ selfServiceSubscriptions(first: 1) { nodes { id } } }")
}

// side is one of the two servers with its requests.
type side struct {
	*server
	request func(ctx context.Context, base, token string) (*http.Request, error)
	spent   []usage // a request, by round
}

// measure runs both servers in turn.
func measure(ctx context.Context, o options, d *database, w workload, token string) (line string, err error) {
	profile := ""
	if o.profile != "" {
		profile = filepath.Join(o.profile, strings.ReplaceAll(w.name+" "+d.kind+".pprof", " ", "-"))
	}
	a, b := &side{request: w.ours}, &side{request: w.theirs}
	if a.server, err = start(ctx, ours, d, profile); err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, a.stop()) }()
	if b.server, err = start(ctx, theirs, d, ""); err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, b.stop()) }()
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 1}}
	defer client.CloseIdleConnections()
	if err := sameAnswers(ctx, client, a, b, token); err != nil {
		return "", err
	}
	for round := range o.rounds + 1 {
		for _, s := range []*side{a, b} {
			u, err := s.round(ctx, client, token, w.perRound)
			if err != nil {
				return "", err
			}
			if round > 0 { // the first one warms up
				s.spent = append(s.spent, u)
			}
		}
	}
	return row(w.name, d.kind, a.spent, b.spent), nil
}

func sameAnswers(ctx context.Context, client *http.Client, a, b *side, token string) error {
	var answers [2][]byte
	for i, s := range []*side{a, b} {
		r, err := s.request(ctx, s.url, token)
		if err != nil {
			return err
		}
		if answers[i], err = do(client, r); err != nil {
			return err
		}
	}
	return difference(answers[0], answers[1])
}

// difference says where two answers differ; nil where they do not.
func difference(a, b []byte) error {
	if bytes.Equal(a, b) {
		return nil
	}
	at := 0
	for at < min(len(a), len(b)) && a[at] == b[at] {
		at++
	}
	from := max(0, at-40)
	return fmt.Errorf("the answers differ from byte %d on: %.80q and %.80q", at, a[from:], b[from:])
}

// round sends n requests and returns what one of them cost.
func (s *side) round(ctx context.Context, client *http.Client, token string, n int) (usage, error) {
	before, err := s.usage(ctx)
	if err != nil {
		return usage{}, err
	}
	for range n {
		r, err := s.request(ctx, s.url, token)
		if err != nil {
			return usage{}, err
		}
		if err := drain(client, r); err != nil {
			return usage{}, err
		}
	}
	after, err := s.usage(ctx)
	return usage{
		CPU:         (after.CPU - before.CPU) / time.Duration(n),
		Allocations: (after.Allocations - before.Allocations) / uint64(n),
		Statements:  (after.Statements - before.Statements) / int64(n),
	}, err
}

// row is a line of the table. The ratio is the median of the rounds' ratios, since neighbours in
// time had the same machine.
func row(name, kind string, a, b []usage) string {
	var ratios, cpuA, cpuB []float64
	for i := range a {
		ratios = append(ratios, float64(a[i].CPU)/float64(b[i].CPU))
		cpuA, cpuB = append(cpuA, micros(a[i].CPU)), append(cpuB, micros(b[i].CPU))
	}
	ratio, last := median(ratios), len(a)-1
	return fmt.Sprintf("%s\t%s\t%.0f µs\t%.0f µs\t%.2f\t(%.2f–%.2f)\t%d\t%d\t%d\t%d", name, kind, median(cpuA), median(cpuB),
		ratio, ratios[0], ratios[last], a[last].Allocations, b[last].Allocations, a[last].Statements, b[last].Statements)
}

func micros(d time.Duration) float64 { return float64(d.Nanoseconds()) / 1000 }
