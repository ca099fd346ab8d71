package main

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"
)

// backends are PostgreSQL's processes for a database's connections: what a server has the database do is
// part of what a request costs. On SQLite that is done in the server's own process.
type backends struct{ db *sql.DB }

// backends returns those of the database; they must run on this machine, in sight.
func (d *database) backends(ctx context.Context) (*backends, error) {
	if d.kind == "SQLite" {
		return &backends{}, nil
	}
	db, err := sql.Open("pgx", d.url)
	if err != nil {
		return nil, err
	}
	b := &backends{db: db}
	db.SetMaxOpenConns(1)
	_, err = b.spent(ctx)
	return b, err
}

func (b *backends) close() error {
	if b.db == nil {
		return nil
	}
	return b.db.Close()
}

// spent returns the CPU time that they have used up since they began, but for the one that is asked.
func (b *backends) spent(ctx context.Context) (sum time.Duration, err error) {
	if b == nil || b.db == nil {
		return 0, nil
	}
	rows, err := b.db.QueryContext(ctx, `SELECT pid FROM pg_stat_activity
		WHERE datname = current_database() AND backend_type = 'client backend' AND pid <> pg_backend_pid()`)
	if err != nil {
		return 0, err
	}
	defer func() { _ = rows.Close() }() // its error shows in Err
	for rows.Next() {
		var pid int
		if err := rows.Scan(&pid); err != nil {
			return 0, err
		}
		t, err := cpuOf(pid)
		if err != nil {
			return 0, err
		}
		sum += t
	}
	return sum, rows.Err()
}

// cpuOf returns the CPU time of a process, to the nanosecond; 0 for one that has ended.
func cpuOf(pid int) (time.Duration, error) {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/schedstat", pid))
	if os.IsNotExist(err) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	first, _, _ := strings.Cut(string(b), " ")
	ns, err := strconv.ParseInt(first, 10, 64)
	return time.Duration(ns), err
}
