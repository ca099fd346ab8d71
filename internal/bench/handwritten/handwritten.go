// Package handwritten is what the API is measured against: a handler for two of its queries as
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
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver "pgx"
	_ "github.com/mattn/go-sqlite3"    // the driver "sqlite3"
)

// Handler answers GET /purchases?first=n and GET /purchases/{id}.
type Handler struct {
	// Statements counts the SQL statements.
	Statements atomic.Int64

	db      *sql.DB
	mux     *http.ServeMux
	caller  *sql.Stmt
	list    *sql.Stmt
	seats   *sql.Stmt
	byID    *sql.Stmt
	nowMill func() int64
}

// New returns a handler on a database of Purser's; readers is how many connections it may have.
func New(ctx context.Context, database string, readers int, now func() time.Time) (*Handler, error) {
	driver, dsn := "sqlite3", "file:"+(&url.URL{Path: database}).EscapedPath()+"?_query_only=on&_busy_timeout=5000"
	if strings.HasPrefix(database, "postgres") {
		driver, dsn = "pgx", database
	}
	db, err := sql.Open(driver, dsn)
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(readers)
	db.SetMaxIdleConns(readers)
	h := &Handler{db: db, mux: http.NewServeMux(), nowMill: func() int64 { return now().UnixMilli() }}
	for _, p := range []struct {
		to    **sql.Stmt
		query string
	}{{&h.caller, callerSQL}, {&h.list, listSQL}, {&h.seats, seatsSQL}, {&h.byID, byIDSQL}} {
		if driver == "sqlite3" {
			p.query = numbered.ReplaceAllString(p.query, "?$1")
		}
		if *p.to, err = db.PrepareContext(ctx, p.query); err != nil { //nolint:sqlclosecheck // they live as long as the database
			return nil, errors.Join(err, db.Close())
		}
	}
	h.mux.HandleFunc("GET /purchases", h.purchases)
	h.mux.HandleFunc("GET /purchases/{id}", h.purchase)
	return h, nil
}

// Close closes the database.
func (h *Handler) Close() error { return h.db.Close() }

// ServeHTTP implements http.Handler.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) { h.mux.ServeHTTP(w, r) }

// callerSQL finds who asks: an active user of the tenant, or a service.
const callerSQL = `SELECT t.tenant_id, CASE WHEN u.id IS NULL THEN t.roles ELSE u.roles END
	FROM api_tokens t LEFT JOIN users u ON u.id = t.user_id
	WHERE t.hash = $1 AND t.expires_at > $2 AND (u.id IS NULL OR (u.account_enabled AND NOT u.removed))`

var errUnauthorized = errors.New("unauthorized")

// tenant returns the tenant of the caller, who must be an admin.
func (h *Handler) tenant(r *http.Request) (string, error) {
	secret, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	if !ok {
		return "", errUnauthorized
	}
	h.Statements.Add(1)
	hash := sha256.Sum256([]byte(secret))
	var tenant string
	var roles int
	err := h.caller.QueryRowContext(r.Context(), hash[:], h.nowMill()).Scan(&tenant, &roles)
	if errors.Is(err, sql.ErrNoRows) || err == nil && roles == 0 {
		return "", errUnauthorized
	}
	return tenant, err
}

func (h *Handler) purchases(w http.ResponseWriter, r *http.Request) {
	first, err := strconv.Atoi(r.URL.Query().Get("first"))
	if err != nil || first < 1 || first > 100 {
		http.Error(w, "first is from 1 to 100", http.StatusBadRequest)
		return
	}
	tenant, err := h.tenant(r)
	if err != nil {
		fail(w, err)
		return
	}
	page, err := h.page(r.Context(), tenant, first)
	if err != nil {
		fail(w, err)
		return
	}
	answer(w, map[string]any{"selfServiceSubscriptions": page})
}

func (h *Handler) purchase(w http.ResponseWriter, r *http.Request) {
	tenant, err := h.tenant(r)
	if err != nil {
		fail(w, err)
		return
	}
	p, err := h.one(r.Context(), tenant, r.PathValue("id"))
	if err != nil {
		fail(w, err)
		return
	}
	answer(w, map[string]any{"purchase": p})
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
	if errors.Is(err, errUnauthorized) {
		status = http.StatusUnauthorized
	}
	http.Error(w, err.Error(), status)
}
