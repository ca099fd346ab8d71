package store_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"testing"

	"purser/internal/store"
	"purser/internal/store/storetest"
	"purser/internal/viewer"
)

// lookUp looks a text up.
type lookUp struct {
	key, query string
	found      []string
}

func (l *lookUp) Key() string                { return l.key }
func (l *lookUp) Statement() (string, []any) { return l.query, []any{"along"} }

func (l *lookUp) Row(rows *store.Rows) error {
	var s string
	err := rows.Scan(&s)
	l.found = append(l.found, s)
	return err
}

// with returns a context in which it goes along.
func (l *lookUp) with(t *testing.T) (context.Context, *store.Along) {
	t.Helper()
	return store.WithAlong(viewer.NewContext(t.Context(), viewer.System("ten_1")), l)
}

// TestAlong sends a look-up along with the first statements: once, ahead of them, and in their round trip.
func TestAlong(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		l := &lookUp{query: "SELECT CAST(? AS TEXT)"}
		ctx, a := l.with(t)
		ctx, n := store.CountStatements(ctx)
		if a.Arrived() != nil {
			t.Error("arrived before anything was read")
		}
		first, err := together(ctx, t, db, "'a'", "'b'")
		second, err2 := together(ctx, t, db, "'c'")
		if all := slices.Concat(first, second); errors.Join(err, err2) != nil || !slices.Equal(all, []string{"a", "b", "c"}) {
			t.Errorf("%v, %v, %v", all, err, err2)
		}
		if found := a.Arrived(); found != l || !slices.Equal(l.found, []string{"along"}) || n.Load() != 4 {
			t.Errorf("arrived: %v, %v, with %d statements", found, l.found, n.Load())
		}
		for name, query := range map[string]string{"it fails": "SELECT missing, ?", "it cannot be taken": "SELECT NULL WHERE CAST(? AS TEXT) <> ''"} {
			ctx, a := (&lookUp{query: query}).with(t)
			_, err := together(ctx, t, db, "'a'")
			if found := a.Arrived(); err == nil || found != nil {
				t.Errorf("%s: %v, arrived: %v", name, err, found)
			}
		}
		ctx, a = (&lookUp{query: "SELECT CAST(? AS TEXT)"}).with(t)
		_, err = together(ctx, t, db, "missing")
		if found := a.Arrived(); err == nil || found != nil {
			t.Errorf("with what fails: %v, arrived: %v", err, found)
		}
		l = &lookUp{query: "SELECT CAST(? AS TEXT)"}
		ctx, _ = l.with(t)
		r, err := db.Reader(ctx)
		if err != nil {
			t.Fatal(err)
		}
		if err := r.Query(ctx, one(r, "'a'"), func(*store.Rows) error { l.found = append(l.found, "a"); return nil }); err != nil || !slices.Equal(l.found, []string{"along", "a"}) {
			t.Errorf("%v, %v", l.found, err)
		}
		if !db.Postgres() {
			return
		}
		l = &lookUp{query: "SELECT NOW()::text || LEFT(?, 0)"}
		ctx, _ = l.with(t)
		if with, err := together(ctx, t, db, "NOW()::text"); err != nil || !slices.Equal(with, l.found) {
			t.Errorf("%v in one round trip with %v, %v", l.found, with, err)
		}
	})
}

// TestFoundBefore: what a key has found stands for others on SQLite until something is committed, in whichever process. Each finds what it would
// find by itself.
func TestFoundBefore(t *testing.T) {
	for _, kind := range storetest.Kinds(t) {
		t.Run(kind, func(t *testing.T) {
			url := storetest.URL(t, kind)
			db, other := storetest.Again(t, url, store.Options{}), storetest.Again(t, url, store.Options{})
			find := func(key, reads string) (l *lookUp, found store.LookUp) {
				t.Helper()
				l = &lookUp{key: key, query: "SELECT COUNT(*) || ? FROM tenants"}
				ctx, a := l.with(t)
				got, err := together(ctx, t, db, reads)
				found = a.Arrived()
				if err == nil && !slices.Equal(got, []string{"a"}) {
					t.Errorf("read %v", got)
				}
				return l, found
			}
			tenants := 0
			for name, change := range map[string]func() error{
				"this process":    func() error { return db.InTx(t.Context(), add("ten_here")) },
				"another process": func() error { return other.InTx(t.Context(), add("ten_there")) },
			} {
				want := []string{fmt.Sprintf("%dalong", tenants)}
				first, found := find("k", "'a'")
				if found != first || !slices.Equal(first.found, want) {
					t.Errorf("%s: found %v in %v", name, first.found, found)
				}
				again, found := find("k", "'a'")
				if before := found == first && again.found == nil; before == db.Postgres() || !before && !slices.Equal(again.found, want) {
					t.Errorf("%s: found before: %v, in %v", name, before, again.found)
				}
				if l, found := find("l", "'a'"); found != l || !slices.Equal(l.found, want) {
					t.Errorf("%s: another key found %v in %v", name, l.found, found)
				}
				if l, found := find("m", "missing"); found != nil {
					t.Errorf("%s: arrived with what failed: %v in %v", name, l.found, found)
				}
				if l, found := find("m", "'a'"); found != l || !slices.Equal(l.found, want) {
					t.Errorf("%s: after what failed: %v in %v", name, l.found, found)
				}
				if err := change(); err != nil {
					t.Fatal(err)
				}
				tenants++
			}
			if l, found := find("k", "'a'"); found != l || !slices.Equal(l.found, []string{"2along"}) {
				t.Errorf("in the end: found %v in %v", l.found, found)
			}
		})
	}
}

// TestFoundOften: a connection keeps only so much, and looks up again what it has forgotten.
func TestFoundOften(t *testing.T) {
	db := storetest.Open(t, "sqlite")
	for i := range 1501 {
		l := &lookUp{key: strconv.Itoa(i % 1500), query: "SELECT ?"}
		ctx, a := l.with(t)
		if _, err := together(ctx, t, db, "'a'"); err != nil {
			t.Fatal(err)
		}
		if found := a.Arrived(); found != l {
			t.Fatalf("%d: %v", i, found)
		}
	}
}
