package cli

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"

	"purser/internal/app"
	"purser/internal/httpapi"
	"purser/internal/lean"
	"purser/web/graphiql"
)

// edgeOptions say what callers keep within, and what is shown to whom.
type edgeOptions struct {
	CostLimit   int     `help:"What one operation may cost, in objects that may be loaded for its answer (docs/limits.md); 0: anything." default:"10000"`
	RateLimit   float64 `help:"Requests a second of one credential, or of one address without a good one; 0: any number. A tenant has five times as many." default:"50"`
	RateBurst   int     `help:"Requests that may come at once." default:"200"`
	MaxInFlight int     `help:"Requests that are executed at the same time; 0: any number." default:"256"`
	MaxStreams  int     `help:"Subscriptions and downloads under way; 0: any number." default:"10000"`
	MaxSockets  int     `help:"WebSockets of one credential; 0: any number." default:"1000"`
	Graphiql    string  `help:"Serve GraphiQL at /: on, off, or auto, which is on where only this machine can connect and with --demo." enum:"auto,on,off" default:"auto"`
	MetricsAddr string  `help:"Serve /metrics here, and not beside the API." placeholder:"HOST:PORT"`
}

// Validate is asked by kong.
func (o *edgeOptions) Validate() error {
	for _, n := range []float64{float64(o.CostLimit), o.RateLimit, float64(o.RateBurst), float64(o.MaxInFlight), float64(o.MaxStreams), float64(o.MaxSockets)} {
		if !(n >= 0) { // NaN is no limit either
			return errors.New("a limit is 0 or more")
		}
	}
	return nil
}

func (o *edgeOptions) limits() httpapi.Limits {
	return httpapi.Limits{
		Cost: o.CostLimit, Rate: o.RateLimit, Burst: o.RateBurst,
		InFlight: o.MaxInFlight, Streams: o.MaxStreams, Sockets: o.MaxSockets,
	}
}

// page returns GraphiQL for a server at the address; nil where it is not served.
func (o *edgeOptions) page(at net.Addr, demo bool) (http.Handler, error) {
	tcp, ok := at.(*net.TCPAddr)
	if o.Graphiql == "on" || o.Graphiql == "auto" && (demo || ok && tcp.IP.IsLoopback()) {
		return graphiql.Handler()
	}
	return nil, nil //nolint:nilnil // it is not served
}

// gauges are what the metrics tell of the work that waits, and of who writes the answers.
func gauges(v *app.App, plans *lean.Plans) []httpapi.Gauge {
	list := []httpapi.Gauge{
		{Name: "purser_mails_queued", Help: "Mails that are not sent yet.", Read: v.MailsQueued},
		{Name: "purser_moves_unfinished", Help: "Moves that are queued or running.", Read: v.TakeOver.Unfinished},
	}
	if plans == nil {
		return list
	}
	return append(list,
		httpapi.Gauge{Name: "purser_subtrees_written", Help: "Parts of answers that generated code has written (--lean).", Read: func(context.Context) (int, error) {
			written, _ := plans.Counts()
			return int(written), nil
		}},
		httpapi.Gauge{Name: "purser_subtrees_left", Help: "Parts of answers that it has left to gqlgen.", Read: func(context.Context) (int, error) {
			_, left := plans.Counts()
			return int(left), nil
		}})
}

// serveMetrics serves the metrics at an address of their own, if there is one, until stop is called.
func (o *edgeOptions) serveMetrics(s *session, metrics http.Handler) (stop func() error, err error) {
	if o.MetricsAddr == "" {
		return func() error { return nil }, nil
	}
	l, err := (&net.ListenConfig{}).Listen(s.ctx, "tcp", o.MetricsAddr)
	if err != nil {
		return nil, fmt.Errorf("metrics: %w", err)
	}
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", metrics)
	srv := &http.Server{Handler: mux, ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 10 * time.Second, WriteTimeout: 30 * time.Second}
	failed := make(chan error, 1)
	go func() { failed <- srv.Serve(l) }()
	s.log.LogAttrs(s.ctx, slog.LevelInfo, "metrics are served", slog.String("at", "http://"+l.Addr().String()+"/metrics"))
	return func() error {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(s.ctx), time.Second)
		defer cancel()
		err := srv.Shutdown(ctx)
		if e := <-failed; !errors.Is(e, http.ErrServerClosed) {
			err = errors.Join(err, e)
		}
		return err
	}, nil
}
