// Package handwritten is what the API is measured against: a handler for a few of its operations as
// somebody would write it for nothing else, with net/http, database/sql, encoding/json and the
// fewest statements. It lets the same callers in and gives the same answers, byte for byte.
package handwritten

import (
	"bytes"
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver "pgx"
	_ "github.com/mattn/go-sqlite3"    // the driver "sqlite3"

	"purser/internal/id"
)

// Handler answers
//
//	GET  /purchases?first=n           the newest self-service purchases, with their first licenses
//	GET  /purchases/{id}              one
//	POST /purchases/{id}/licenses     gives a user a license of a central purchase
//	GET  /products?first=n&by=scan    the licenses page, from the licenses or, by=counters, from the purchases' counters
//	GET  /purchasers?first=n          who bought, with what and for whom
type Handler struct {
	// Statements counts the SQL statements.
	Statements atomic.Int64

	db     *sql.DB // reads
	writer *sql.DB // the same on PostgreSQL
	mux    *http.ServeMux
	ids    *id.Source
	now    func() time.Time

	caller, list, seats, byID      *sql.Stmt
	byScan, byCounters             *sql.Stmt
	groups, groupBought, groupSeat *sql.Stmt
	take, give, record             *sql.Stmt
}

// New returns a handler on a database of Purser's; readers is how many connections it may have.
func New(ctx context.Context, database string, readers int, now func() time.Time) (*Handler, error) {
	h := &Handler{mux: http.NewServeMux(), ids: id.NewSource(now), now: now}
	driver, err := h.open(database, readers)
	if err != nil {
		return nil, err
	}
	boughtSQL, heldSQL := perGroupSQL(driver)
	for _, p := range []struct {
		to    **sql.Stmt
		db    *sql.DB
		query string
	}{
		{&h.caller, h.db, callerSQL},
		{&h.list, h.db, listSQL},
		{&h.seats, h.db, seatsSQL},
		{&h.byID, h.db, byIDSQL},
		{&h.byScan, h.db, scanSQL},
		{&h.byCounters, h.db, countersSQL},
		{&h.groups, h.db, groupsSQL},
		{&h.groupBought, h.db, boughtSQL},
		{&h.groupSeat, h.db, heldSQL},
		{&h.take, h.writer, takeSQL},
		{&h.give, h.writer, giveSQL},
		{&h.record, h.writer, recordSQL},
	} {
		if driver == "sqlite3" {
			p.query = numbered.ReplaceAllString(p.query, "+?$1")
		}
		if *p.to, err = p.db.PrepareContext(ctx, p.query); err != nil { //nolint:sqlclosecheck // they live as long as the database
			return nil, errors.Join(err, h.Close())
		}
	}
	h.mux.HandleFunc("GET /purchases", h.page(func(ctx context.Context, tenant string, first int) (any, error) {
		page, err := h.purchases(ctx, tenant, first)
		return map[string]any{"selfServiceSubscriptions": page}, err
	}))
	h.mux.HandleFunc("GET /purchases/{id}", h.purchase)
	h.mux.HandleFunc("POST /purchases/{id}/licenses", h.assign)
	h.mux.HandleFunc("GET /products", h.products)
	h.mux.HandleFunc("GET /purchasers", h.page(func(ctx context.Context, tenant string, first int) (any, error) {
		groups, err := h.purchasers(ctx, tenant, first)
		return map[string]any{"licensesByPurchaser": nodes[*group]{groups}}, err
	}))
	return h, nil
}

// numbered finds PostgreSQL's parameters, which SQLite writes as ?1. With a plus before it none has a statement planned
// anew each time: see store.steady.
var numbered = regexp.MustCompile(`\$(\d)`)

func (h *Handler) open(database string, readers int) (driver string, err error) {
	driver, dsn := "pgx", database
	if !strings.HasPrefix(database, "postgres") {
		driver, dsn = "sqlite3", "file:"+(&url.URL{Path: database}).EscapedPath()+"?_busy_timeout=5000&_foreign_keys=on&_cache_size=-8192"
		// go-sqlite3 would have a commit survive no power loss
		if h.writer, err = sql.Open(driver, dsn+"&_txlock=immediate&_synchronous=FULL"); err != nil {
			return "", err
		}
		h.writer.SetMaxOpenConns(1)
		dsn += "&_query_only=on"
	}
	if h.db, err = sql.Open(driver, dsn); err != nil {
		return "", err
	}
	h.db.SetMaxOpenConns(readers)
	h.db.SetMaxIdleConns(readers)
	if h.writer == nil {
		h.writer = h.db
	}
	return driver, nil
}

// Close closes the database.
func (h *Handler) Close() error {
	if h.writer != h.db {
		return errors.Join(h.writer.Close(), h.db.Close())
	}
	return h.db.Close()
}

// ServeHTTP implements http.Handler.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) { h.mux.ServeHTTP(w, r) }

// callerSQL finds who asks: an active user of the tenant, or a service.
const callerSQL = `SELECT t.tenant_id, CASE WHEN u.id IS NULL THEN t.roles ELSE u.roles END, u.id, COALESCE(u.display_name, t.name)
	FROM api_tokens t LEFT JOIN users u ON u.id = t.user_id
	WHERE t.hash = $1 AND t.expires_at > $2 AND t.revoked_at IS NULL AND (u.id IS NULL OR (u.account_enabled AND NOT u.removed))`

var errUnauthorized = errors.New("unauthorized")

// who asks.
type who struct {
	tenant string
	user   *string
	name   string
}

// whoAsks returns the caller, who must be an admin.
func (h *Handler) whoAsks(r *http.Request) (c who, err error) {
	secret, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	if !ok {
		return c, errUnauthorized
	}
	h.Statements.Add(1)
	hash := sha256.Sum256([]byte(secret))
	var roles int
	err = h.caller.QueryRowContext(r.Context(), hash[:], h.now().UnixMilli()).Scan(&c.tenant, &roles, &c.user, &c.name)
	if errors.Is(err, sql.ErrNoRows) || err == nil && roles == 0 {
		return c, errUnauthorized
	}
	return c, err
}

// page serves the first entries of a list.
func (h *Handler) page(load func(ctx context.Context, tenant string, first int) (any, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		first, err := strconv.Atoi(r.URL.Query().Get("first"))
		if err != nil || first < 1 || first > 100 {
			http.Error(w, "first is from 1 to 100", http.StatusBadRequest)
			return
		}
		c, err := h.whoAsks(r)
		if err != nil {
			fail(w, err)
			return
		}
		list, err := load(r.Context(), c.tenant, first)
		if err != nil {
			fail(w, err)
			return
		}
		answer(w, list)
	}
}

func answer(w http.ResponseWriter, data any) {
	var body bytes.Buffer
	e := json.NewEncoder(&body)
	e.SetEscapeHTML(false)
	if err := e.Encode(map[string]any{"data": data}); err != nil {
		fail(w, err)
		return
	}
	b := bytes.TrimSuffix(body.Bytes(), []byte("\n"))
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.Header().Set("Content-Length", strconv.Itoa(len(b)))
	_, _ = w.Write(b) // else the client is gone
}

func fail(w http.ResponseWriter, err error) {
	status := http.StatusInternalServerError
	switch {
	case errors.Is(err, errUnauthorized):
		status = http.StatusUnauthorized
	case errors.Is(err, errRefused):
		status = http.StatusConflict
	}
	http.Error(w, err.Error(), status)
}
