package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// printPages measures each workload on a database with the demo.
func printPages(ctx context.Context, o options, d *database) (lines []string, err error) {
	if d == nil {
		return []string{
			"CPU time a request\tdatabase\tPurser\thand-written\tratio\t(lowest–highest)\twith PostgreSQL's\tallocations\tstatements",
		}, nil
	}
	token, err := d.seed(ctx, o.size)
	if err != nil {
		return nil, err
	}
	backends, err := d.backends(ctx)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, backends.close()) }()
	about, err := d.subjects(ctx, token)
	if err != nil {
		return nil, err
	}
	for _, w := range workloads(about) {
		if !strings.Contains(w.name, o.only) {
			continue
		}
		p := pair{workload: w, token: token, backends: backends, client: &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 1}}}
		line, err := p.measure(ctx, o, d)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", w.name, err)
		}
		lines = append(lines, line)
	}
	return lines, nil
}

// subjects finds what the workloads are about.
func (d *database) subjects(ctx context.Context, token string) (found subjects, err error) {
	s, err := start(ctx, ours, d, "")
	if err != nil {
		return found, err
	}
	defer func() { err = errors.Join(err, s.stop()) }()
	return s.subjects(ctx, token)
}

// side is one of the two servers with its requests.
type side struct {
	*server
	request func(w workload, ctx context.Context, base, token string) (*http.Request, error)
	spent   []usage // a request, by round
}

// pair is a workload at both servers.
type pair struct {
	workload

	ours, theirs *side
	token        string
	client       *http.Client
	backends     *backends
}

// measure runs both servers in turn.
func (p *pair) measure(ctx context.Context, o options, d *database) (line string, err error) {
	profile := ""
	if o.profile != "" {
		profile = filepath.Join(o.profile, strings.ReplaceAll(p.name+" "+d.kind+".pprof", " ", "-"))
	}
	p.ours, p.theirs = &side{request: workload.ours}, &side{request: workload.theirs}
	if p.ours.server, err = start(ctx, ours, d, profile); err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, p.ours.stop()) }()
	if p.theirs.server, err = start(ctx, theirs, d, ""); err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, p.theirs.stop()) }()
	defer p.client.CloseIdleConnections()
	if err := p.sameAnswers(ctx); err != nil {
		return "", err
	}
	for round := range o.rounds + 1 {
		for _, s := range []*side{p.ours, p.theirs} {
			u, err := p.round(ctx, s)
			if err != nil {
				return "", err
			}
			if round > 0 { // the first one warms up
				s.spent = append(s.spent, u)
			}
		}
	}
	return p.row(d.kind), nil
}

func (p *pair) sameAnswers(ctx context.Context) error {
	var answers [2][]byte
	for i, s := range []*side{p.ours, p.theirs} {
		r, err := s.request(p.nth(0), ctx, s.url, p.token)
		if err != nil {
			return err
		}
		if answers[i], err = do(p.client, r); err != nil {
			return err
		}
		if p.made != nil {
			answers[i] = p.made.ReplaceAll(answers[i], nil)
		}
		if err := p.undo(ctx, p.ours.server, p.token, 1); err != nil {
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

// round sends the requests of a round and returns what one of them cost.
func (p *pair) round(ctx context.Context, s *side) (usage, error) {
	u, err := s.round(ctx, p.client, p.token, p.workload, p.backends)
	return u, errors.Join(err, p.undo(ctx, p.ours.server, p.token, p.perRound))
}

func (s *side) round(ctx context.Context, client *http.Client, token string, w workload, b *backends) (usage, error) {
	before, err := s.usage(ctx)
	if err != nil {
		return usage{}, err
	}
	database, err := b.spent(ctx)
	if err != nil {
		return usage{}, err
	}
	for i := range w.perRound {
		r, err := s.request(w.nth(i), ctx, s.url, token)
		if err != nil {
			return usage{}, err
		}
		if err := drain(client, r); err != nil {
			return usage{}, err
		}
	}
	after, err := s.usage(ctx)
	if err != nil {
		return usage{}, err
	}
	more, err := b.spent(ctx)
	requests := w.perRound
	return usage{
		CPU:         (after.CPU - before.CPU) / time.Duration(requests),
		Database:    (more - database) / time.Duration(requests),
		Allocations: (after.Allocations - before.Allocations) / uint64(requests),
		Statements:  (after.Statements - before.Statements + int64(requests)/2) / int64(requests), // the last line of the log may be late
	}, err
}

// row is a line of the table. A ratio is the median of the rounds' ratios, since neighbours in
// time had the same machine.
func (p *pair) row(kind string) string {
	a, b := p.ours.spent, p.theirs.spent
	var ratios, whole, cpuA, cpuB []float64
	for i := range a {
		ratios = append(ratios, float64(a[i].CPU)/float64(b[i].CPU))
		whole = append(whole, float64(a[i].CPU+a[i].Database)/float64(b[i].CPU+b[i].Database))
		cpuA, cpuB = append(cpuA, micros(a[i].CPU)), append(cpuB, micros(b[i].CPU))
	}
	slices.Sort(ratios)
	last, with := len(a)-1, ""
	if a[last].Database > 0 {
		with = fmt.Sprintf("%.2f", median(whole))
	}
	return fmt.Sprintf("%s\t%s\t%.0f µs\t%.0f µs\t%.2f\t(%.2f–%.2f)\t%s\t%d : %d\t%d : %d", p.name, kind, median(cpuA), median(cpuB),
		median(ratios), ratios[0], ratios[last], with, a[last].Allocations, b[last].Allocations, a[last].Statements, b[last].Statements)
}

func micros(d time.Duration) float64 { return float64(d.Nanoseconds()) / 1000 }
