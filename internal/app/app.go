// Package app wires everything that works on one database.
package app

import (
	"context"
	"crypto/rand"
	"log/slog"
	"sync"
	"time"

	"github.com/99designs/gqlgen/graphql"

	"purser/graph"
	"purser/internal/access"
	"purser/internal/audit"
	"purser/internal/bootstrap"
	"purser/internal/catalog"
	"purser/internal/demo"
	"purser/internal/directory"
	"purser/internal/id"
	"purser/internal/idempotency"
	"purser/internal/lean"
	"purser/internal/licensing"
	"purser/internal/outbox"
	"purser/internal/policy"
	"purser/internal/purchasing"
	"purser/internal/reading"
	"purser/internal/store"
	"purser/internal/takeover"
)

// App is the services on one database.
type App struct {
	DB         *store.DB
	IDs        *id.Source
	Access     *access.Service
	Bootstrap  *bootstrap.Service
	Catalog    *catalog.Catalog
	Directory  *directory.Directory
	Demo       *demo.Demo
	Purchasing *purchasing.Service
	TakeOver   *takeover.Service
	Licensing  *licensing.Service
	Resolver   *graph.Resolver

	outbox *outbox.Outbox
	mail   *outbox.Sender // nil: no mail is sent
	now    func() time.Time
}

// New wires the services.
func New(db *store.DB, now func() time.Time, log *slog.Logger) *App {
	ids := id.NewSource(now)
	trail := audit.New(ids, now)
	mail := outbox.New(ids, now)
	credentials := access.New(db, trail, ids, now, rand.Reader)
	a := &App{
		DB: db, IDs: ids, outbox: mail, now: now,
		Access:     credentials,
		Catalog:    catalog.New(db, ids),
		Directory:  directory.New(db, ids, trail, credentials.Changes, now),
		Purchasing: purchasing.New(purchasing.Deps{DB: db, Trail: trail, Outbox: mail, IDs: ids, Now: now, Log: log}),
		TakeOver:   takeover.New(takeover.Deps{DB: db, Trail: trail, Outbox: mail, IDs: ids, Now: now, Log: log}),
		Licensing:  licensing.New(db, trail, mail, ids, now),
	}
	a.Bootstrap = bootstrap.New(bootstrap.Deps{DB: db, Directory: a.Directory, Access: a.Access, Now: now, Rand: rand.Reader})
	a.Demo = demo.New(db, a.Catalog, now)
	a.Resolver = &graph.Resolver{
		Reading: reading.New(db, now), Policy: policy.New(db, trail, now),
		Purchasing: a.Purchasing, TakeOver: a.TakeOver, Licensing: a.Licensing, Access: credentials,
	}
	return a
}

// Schema returns the API on these services. With plans, answers are written by package lean where it can.
func (a *App) Schema(plans *lean.Plans) graphql.ExecutableSchema {
	return graph.NewSchema(a.Resolver, idempotency.New(a.DB, a.now), plans)
}

// SendMail lets Work send the mail that is queued.
func (a *App) SendMail(d *outbox.Delivery, log *slog.Logger) {
	a.mail = outbox.NewSender(outbox.SenderDeps{DB: a.DB, Outbox: a.outbox, Delivery: d, Now: a.now, Log: log})
}

// MailsQueued counts the mails that are not sent yet.
func (a *App) MailsQueued(ctx context.Context) (int, error) { return outbox.Queued(ctx, a.DB) }

// Work runs the workers until ctx ends, and returns when each has finished the batch at hand.
func (a *App) Work(ctx context.Context, log *slog.Logger) {
	var workers sync.WaitGroup
	all := map[string]func(context.Context) error{
		"moves": a.TakeOver.Run, "progress": a.TakeOver.Listen, "releases": a.Purchasing.Run,
		"access":    func(ctx context.Context) error { return a.Access.Changes.Listen(ctx, log) },
		"token use": func(ctx context.Context) error { return a.Access.RecordUse(ctx, log) },
	}
	if a.mail != nil {
		all["mail"] = a.mail.Run
	}
	for name, run := range all {
		workers.Go(func() {
			if err := run(ctx); err != nil {
				log.LogAttrs(ctx, slog.LevelError, "worker ended", slog.String("worker", name), slog.Any("error", err))
			}
		})
	}
	workers.Wait()
}
