package httpapi

import (
	"cmp"
	"context"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"github.com/vektah/gqlparser/v2/ast"
)

const (
	outcomeGood = "OK"

	scrapeTimeout = 5 * time.Second
	scrapesAtOnce = 2
)

// Gauge is a number that is asked for whenever the metrics are.
type Gauge struct {
	Name, Help string
	Read       func(ctx context.Context) (int, error)
}

// metrics count what the server does. Their labels have few values: no tenant, no user, no name that a
// client chooses.
type metrics struct {
	registry   *prometheus.Registry
	operations *prometheus.CounterVec   // kind, outcome
	durations  *prometheus.HistogramVec // kind
	costs      prometheus.Histogram
	statements prometheus.Counter
	refusals   *prometheus.CounterVec // limit
	panics     prometheus.Counter

	good map[string]prometheus.Counter  // the operations of a kind that went well: as a rule that is where one counts
	took map[string]prometheus.Observer // of kinds that have durations: a subscription lasts as long as its client likes
}

func newMetrics() *metrics {
	m := &metrics{
		registry: prometheus.NewRegistry(),
		operations: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "purser_operations_total", Help: "Operations by kind (none: refused before it was known) and outcome: OK, or the code of the first error.",
		}, []string{"kind", "outcome"}),
		durations: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "purser_operation_duration_seconds", Help: "How long queries and mutations took, their answer written.",
			Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10},
		}, []string{"kind"}),
		costs: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "purser_operation_cost", Help: "What operations cost, those included that cost too much.",
			Buckets: []float64{1, 3, 10, 30, 100, 300, 1000, 3000, 10000, 100000},
		}),
		statements: prometheus.NewCounter(prometheus.CounterOpts{Name: "purser_statements_total", Help: "SQL statements of requests."}),
		refusals: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "purser_refusals_total", Help: "What was refused, by the limit that it ran into.",
		}, []string{"limit"}),
		panics: prometheus.NewCounter(prometheus.CounterOpts{Name: "purser_panics_total", Help: "Bugs that were caught."}),
		good:   map[string]prometheus.Counter{}, took: map[string]prometheus.Observer{},
	}
	for _, limit := range []string{"credential rate", "tenant rate", "address rate", "complexity", "sockets"} {
		m.refusals.WithLabelValues(limit) // from 0 on, so that the first one shows as a rise
	}
	for _, kind := range []ast.Operation{ast.Query, ast.Mutation, ast.Subscription} {
		m.good[string(kind)] = m.operations.WithLabelValues(string(kind), outcomeGood)
	}
	for _, kind := range []ast.Operation{ast.Query, ast.Mutation} {
		m.took[string(kind)] = m.durations.WithLabelValues(string(kind))
	}
	m.registry.MustRegister(m.operations, m.durations, m.costs, m.statements, m.refusals, m.panics,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

// refused returns what counts a refusal by the limit.
func (m *metrics) refused(limit string) func() { return m.refusals.WithLabelValues(limit).Inc }

// watch shows how many there are of something now.
func (m *metrics) watch(name, help string, n *atomic.Int64) {
	m.registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: name, Help: help}, func() float64 { return float64(n.Load()) }))
}

// finished counts a request, or an operation on a socket, at its end.
func (m *metrics) finished(e *entry, took time.Duration) {
	m.statements.Add(float64(e.statements.Load()))
	if !e.graphql {
		return
	}
	m.operation(e).Inc()
	if e.cost > 0 {
		m.costs.Observe(float64(e.cost))
	}
	if d := m.took[e.kind]; d != nil {
		d.Observe(took.Seconds())
	}
}

// operation is what an operation counts for.
func (m *metrics) operation(e *entry) prometheus.Counter {
	if c := m.good[e.kind]; c != nil && len(e.codes) == 0 {
		return c
	}
	kind, outcome := cmp.Or(e.kind, "none"), outcomeGood
	if len(e.codes) > 0 {
		outcome = e.codes[0]
	}
	return m.operations.WithLabelValues(kind, outcome)
}

// handler serves the metrics to those who scrape.
func (m *metrics) handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{
		ErrorHandling: promhttp.ContinueOnError, MaxRequestsInFlight: scrapesAtOnce, Timeout: 2 * scrapeTimeout,
	})
}

// asked is the gauges that are asked for at each scrape. One that cannot be read is left out.
type asked []Gauge

func (a asked) desc(g Gauge) *prometheus.Desc { return prometheus.NewDesc(g.Name, g.Help, nil, nil) }

// Describe implements prometheus.Collector.
func (a asked) Describe(ch chan<- *prometheus.Desc) {
	for _, g := range a {
		ch <- a.desc(g)
	}
}

// Collect implements prometheus.Collector.
func (a asked) Collect(ch chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), scrapeTimeout) // the library passes none
	defer cancel()
	for _, g := range a {
		n, err := g.Read(ctx)
		if err != nil {
			ch <- prometheus.NewInvalidMetric(a.desc(g), err)
			continue
		}
		ch <- prometheus.MustNewConstMetric(a.desc(g), prometheus.GaugeValue, float64(n))
	}
}
