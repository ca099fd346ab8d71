package cli_test

import (
	"encoding/base64"
	"encoding/hex"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"purser/ent/migrate"
	"purser/internal/store"
)

// search looks for the secrets everywhere.
func (k *keeper) search(t *testing.T, log string) {
	t.Helper()
	places := map[string]string{"the log": log, "answers": k.said.String(), "mails": "", "the database": k.stored(t)}
	for _, m := range k.smtp.Messages() {
		places["mails"] += strings.ReplaceAll(m.Raw, "=\r\n", "")
	}
	// what must be there, or nothing was looked at
	for place, sure := range map[string][]string{
		"the log":      {"level=DEBUG msg=statement", "a mail was not sent", "credential refused", "socket refused", "keys cannot be had", "there is no user"},
		"answers":      {"purser_panics_total 0", "IDEMPOTENCY_MISMATCH", "UNAUTHENTICATED", "UNAVAILABLE", "api_token.created", "bob@wingtip.example", "SENT", "connection_ack", "4403", "\"displayName\":\"Ann\""},
		"mails":        {"bob@wingtip.example"},
		"the database": {"bob@wingtip.example", "api_token.created", "wingtip.example"},
	} {
		for _, s := range sure {
			if !strings.Contains(places[place], s) {
				t.Errorf("there is no %q in %s: %.3000q", s, place, places[place])
			}
		}
	}
	for what, secret := range k.secrets {
		for _, form := range forms(secret) {
			for place, text := range places {
				if at := strings.Index(text, form); at >= 0 {
					t.Errorf("%s is in %s: …%q…", what, place, text[max(0, at-200):min(len(text), at+100)])
				}
			}
		}
	}
}

// forms are how a secret may be written, the middle of it in base 64 at each alignment.
func forms(secret string) []string {
	list := []string{secret, url.QueryEscape(secret), hex.EncodeToString([]byte(secret))}
	for before := range 3 {
		s := base64.StdEncoding.EncodeToString([]byte(strings.Repeat("x", before) + secret))
		list = append(list, s[4:len(s)-4], base64.URLEncoding.EncodeToString([]byte(strings.Repeat("x", before) + secret))[4:len(s)-4])
	}
	return list
}

// stored returns all that is in the database: every row of every table; of SQLite also the files, where what was
// overwritten may be left.
func (k *keeper) stored(t *testing.T) string {
	t.Helper()
	var all strings.Builder
	if k.kind == "sqlite" {
		files, err := filepath.Glob(k.database + "*")
		if err != nil || len(files) == 0 {
			t.Fatalf("%s: %v, %v", k.database, files, err)
		}
		for _, name := range files {
			b, err := os.ReadFile(filepath.Clean(name))
			if err != nil {
				t.Fatal(err)
			}
			all.Write(b)
		}
		return all.String()
	}
	db, err := store.Open(t.Context(), store.Options{URL: k.database})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	}()
	for _, table := range migrate.Tables {
		all.WriteString(rowsOf(t, db, table.Name))
	}
	return all.String()
}

// rowsOf returns a table's rows as PostgreSQL writes them.
func rowsOf(t *testing.T, db *store.DB, table string) string {
	t.Helper()
	rows, err := db.QueryUnwalled(t.Context(), "SELECT r::text FROM "+table+" r")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = rows.Close() }() // it was read
	var all strings.Builder
	for rows.Next() {
		var row string
		if err := rows.Scan(&row); err != nil {
			t.Fatal(err)
		}
		all.WriteString(row + "\n")
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return all.String()
}
