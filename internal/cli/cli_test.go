package cli_test

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"purser/internal/cli"
	"purser/internal/store/storetest"
)

// result is what a command left.
type result struct {
	code        int
	stdout, log string
}

// run runs a command in this process. Environment variables are set as name=value.
func run(t *testing.T, env []string, args ...string) result {
	t.Helper()
	for _, e := range env {
		name, value, _ := strings.Cut(e, "=")
		t.Setenv(name, value)
	}
	var stdout, stderr bytes.Buffer
	p := cli.Program{Args: args, Stdout: &stdout, Stderr: &stderr, Now: time.Now}
	return result{p.Run(t.Context()), stdout.String(), stderr.String()}
}

// ok fails the test unless the command succeeded, and returns its output without the last line's end.
func (r result) ok(t *testing.T) string {
	t.Helper()
	if r.code != 0 {
		t.Fatalf("exit code %d: %s", r.code, r.log)
	}
	return strings.TrimSuffix(r.stdout, "\n")
}

// write writes a file for a test.
func write(t *testing.T, lines ...string) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(name, []byte(strings.Join(lines, "\n")+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

const tenantLine = `{"type":"tenant","domain":"wingtip.example","name":"Wingtip","country":"NL"}`

var secret = regexp.MustCompile(`^psr_[0-9A-Za-z]{36}\n$`)

// TestCommands goes through every command once, as somebody who sets a server up would.
func TestCommands(t *testing.T) {
	for _, kind := range storetest.Kinds(t) {
		t.Run(kind, func(t *testing.T) {
			db := "--database=" + storetest.URL(t, kind)
			catalog := write(t,
				"product_id\tformer_product_ids\tname\tfamily\tkind\ttrial_without_payment_method\ttrial_days\tlist_price_usd\texcluded_countries",
				"CFQ7TTC0TEST\t\tTest Product\tTests\tPRODUCT\tno\t30\t12.50\t")
			tenant := write(t, tenantLine,
				`{"type":"user","userPrincipalName":"ann@wingtip.example","displayName":"Ann","roles":["GLOBAL_ADMIN"]}`,
				`{"type":"purchase","ref":"1","productId":"CFQ7TTC0TEST","purchaser":"ann@wingtip.example","quantity":2,"purchasedAt":"2026-01-05T09:00:00Z"}`)
			for _, c := range []struct {
				args   []string
				stdout string // a regular expression for all of it
			}{
				{[]string{"version"}, `^purser \S+.*\n$`},
				{[]string{"--help"}, `(?s)^Usage: purser <command>.*token create.*$`},
				{[]string{"migrate", db}, `^$`},
				{[]string{"import", "catalog", catalog, db}, `^.+\n$`},
				{[]string{"import", "tenant", tenant, db}, `wingtip\.example`},
				{[]string{"import", "tenant", tenant, db}, `wingtip\.example`}, // once more changes nothing
				{[]string{"token", "create", "--tenant", "wingtip.example", "--user", "ann@wingtip.example", db}, secret.String()},
				{[]string{"token", "create", "--tenant", "WINGTIP.example", "--role", "GLOBAL_READER", "--role", "BILLING_ADMIN", "--ttl", "8760h", db}, secret.String()},
			} {
				r := run(t, nil, c.args...)
				if out := r.ok(t) + "\n"; r.stdout != "" && !regexp.MustCompile(c.stdout).MatchString(out) || r.stdout == "" && c.stdout != "^$" {
					t.Errorf("%v printed %q, want %s", c.args, r.stdout, c.stdout)
				}
			}
		})
	}
}

func TestSeed(t *testing.T) {
	db := "--database=" + storetest.URL(t, "sqlite")
	if out := run(t, nil, "seed", "demo", db).ok(t); out != "" {
		t.Errorf("printed %q on standard output", out)
	}
	if r := run(t, nil, "seed", "demo", db); r.code != 1 || !strings.Contains(r.log, "has tenants already") {
		t.Errorf("a second time: exit code %d, %s", r.code, r.log)
	}
}

// TestErrors: a wrong command line is exit code 2, what goes wrong afterwards 1; standard output stays empty.
func TestErrors(t *testing.T) {
	db := "--database=" + storetest.URL(t, "sqlite")
	tenant := write(t, tenantLine, `{"type":"user","userPrincipalName":"ann@wingtip.example","displayName":"Ann"}`)
	run(t, nil, "import", "tenant", tenant, db).ok(t)
	for _, c := range []struct {
		name string
		args []string
		code int
		log  string
	}{
		{"unknown command", []string{"sell"}, 2, "unexpected argument sell"},
		{"unknown flag", []string{"migrate", "--force"}, 2, "unknown flag --force"},
		{"no subcommand", []string{"token"}, 2, `expected one of "create"`},
		{"unknown size", []string{"seed", "demo", "--size", "huge", db}, 2, "--size must be one of"},
		{"unknown level", []string{"migrate", "--log-level", "loud", db}, 2, "--log-level must be one of"},
		{"no tenant named", []string{"token", "create", db}, 2, "missing flags: --tenant"},
		{"unknown role", []string{"token", "create", "--tenant", "wingtip.example", "--role", "KING", db}, 2, "--role must be one of"},
		{"no such tenant", []string{"token", "create", "--tenant", "nobody.example", "--role", "GLOBAL_READER", db}, 1, `There is no tenant "nobody.example".`},
		{"no such user", []string{"token", "create", "--tenant", "wingtip.example", "--user", "bob@wingtip.example", db}, 1, `There is no user "bob@wingtip.example"`},
		{"a service token without a role", []string{"token", "create", "--tenant", "wingtip.example", db}, 1, "A service token needs a role."},
		{"a user's token with a role", []string{"token", "create", "--tenant", "wingtip.example", "--user", "ann@wingtip.example", "--role", "GLOBAL_ADMIN", db}, 1, "A user's token has the user's roles"},
		{"too long a life", []string{"token", "create", "--tenant", "wingtip.example", "--role", "GLOBAL_READER", "--ttl", "9000h", db}, 1, "at most a year"},
		{"no life", []string{"token", "create", "--tenant", "wingtip.example", "--role", "GLOBAL_READER", "--ttl", "tomorrow", db}, 2, "--ttl"},
		{"no file", []string{"import", "tenant", "/does/not/exist", db}, 1, "no such file"},
		{"no database file", []string{"migrate", "--database-file", "/does/not/exist"}, 2, "--database-file"},
		{"no folder", []string{"migrate", "--database", "/does/not/exist/purser.db"}, 1, "open the database"},
		{"no server", []string{"migrate", "--database", "postgres://purser@127.0.0.1:1/purser?connect_timeout=1"}, 1, "open the database"},
		{"address in use by name", []string{"serve", "--addr", "nowhere.invalid:1", db}, 1, "listen tcp"},
		{"a negative limit", []string{"serve", "--addr", "127.0.0.1:0", "--rate-limit=-1", db}, 2, "a limit is 0 or more"},
		{"metrics at no address", []string{"serve", "--addr", "127.0.0.1:0", "--metrics-addr", "nowhere.invalid:1", db}, 1, "metrics: listen tcp"},
		{"OIDC by plain http", []string{"serve", "--addr", "127.0.0.1:0", "--oidc-issuer", "http://login.example", "--oidc-audience", "purser", db}, 1, "is not reached by https"},
		{"OIDC without an audience", []string{"serve", "--addr", "127.0.0.1:0", "--oidc-issuer", "https://login.example", db}, 1, "without an OIDC audience"},
		{"OIDC without an issuer", []string{"serve", "--addr", "127.0.0.1:0", "--oidc-audience", "purser", db}, 1, "give --oidc-issuer"},
		{"origin", []string{"serve", "--addr", "127.0.0.1:0", "--cors-origins", "https://a.example/", db}, 1, "is not of the form"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := run(t, nil, c.args...)
			if r.code != c.code || !strings.Contains(r.log, c.log) || r.stdout != "" && !strings.HasPrefix(r.stdout, "Usage:") {
				t.Errorf("exit code %d, want %d; standard output %q; standard error %q, want %q", r.code, c.code, r.stdout, r.log, c.log)
			}
		})
	}
}

// TestImportErrors: everything that is wrong with a file is listed by line, and nothing of it is taken.
func TestImportErrors(t *testing.T) {
	db := "--database=" + storetest.URL(t, "sqlite")
	tenant := write(t, tenantLine,
		`{"type":"user","userPrincipalName":"ann@wingtip.example"}`,
		`{"type":"purchase","ref":"1","productId":"NOSUCH","quantity":0}`,
		`not JSON`)
	r := run(t, nil, "import", "tenant", tenant, db)
	for _, want := range []string{"line 2: displayName: is missing", `line 3: productId: there is no product "NOSUCH"`, "line 3: quantity: is not a whole number from 1", "line 4: is not JSON"} {
		if r.code != 1 || !strings.Contains(r.log, want) {
			t.Errorf("exit code %d, want 1; %q lacks %q", r.code, r.log, want)
		}
	}
	if r := run(t, nil, "token", "create", "--tenant", "wingtip.example", "--role", "GLOBAL_READER", db); r.code != 1 {
		t.Error("the tenant of a file that was refused is there")
	}
	catalog := write(t, "product_id\tname", "X\tY")
	if r := run(t, nil, "import", "catalog", catalog, db); r.code != 1 || !strings.Contains(r.log, "line 1: ") {
		t.Errorf("catalog: exit code %d, %s", r.code, r.log)
	}
}

// TestDatabaseSetting: the database is a flag, a variable, or in a file that one of them names.
func TestDatabaseSetting(t *testing.T) {
	url := storetest.URL(t, "sqlite")
	run(t, nil, "import", "tenant", write(t, tenantLine), "--database", url).ok(t)
	create := []string{"token", "create", "--tenant", "wingtip.example", "--role", "GLOBAL_READER"}
	elsewhere := "--database=" + filepath.Join(t.TempDir(), "other.db")
	for _, c := range []struct {
		name string
		env  []string
		args []string
	}{
		{"variable", []string{"PURSER_DATABASE=" + url}, create},
		{"file", nil, append(create, elsewhere, "--database-file="+write(t, url))},
		{"variable with a file", []string{"PURSER_DATABASE_FILE=" + write(t, url)}, create},
		{"flag before variable", []string{"PURSER_DATABASE=/does/not/exist"}, append(create, "--database="+url)},
	} {
		t.Run(c.name, func(t *testing.T) {
			if out := run(t, c.env, c.args...).ok(t) + "\n"; !secret.MatchString(out) {
				t.Errorf("printed %q", out)
			}
		})
	}
}

// TestServeDemo: the link that a demo prints signs in as its admin, and a second start leaves the data alone.
func TestServeDemo(t *testing.T) {
	for _, kind := range storetest.Kinds(t) {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			env := []string{"PURSER_DATABASE=" + storetest.URL(t, kind), "PURSER_LOG_LEVEL=warn"}
			for range 2 {
				p := start(t, env, "--demo", "--migrate")
				_, token, ok := strings.Cut(p.said[len(p.said)-1], p.url+"/#token=")
				if !ok {
					t.Fatalf("it said %q", p.said)
				}
				var who struct {
					Viewer struct {
						User struct{ UserPrincipalName string }
					}
				}
				if err := ask(t.Context(), p.url, token, "{ viewer { user { userPrincipalName } } }", nil, &who); err != nil {
					t.Fatal(err)
				}
				if who.Viewer.User.UserPrincipalName != "admin@contoso.example" {
					t.Errorf("the link signs in as %q", who.Viewer.User.UserPrincipalName)
				}
				other := "x"
				if strings.HasSuffix(token, other) {
					other = "y"
				}
				if err := ask(t.Context(), p.url, token[:len(token)-1]+other, "{ viewer { user { id } } }", nil, &who); err == nil {
					t.Error("any other token signs in too")
				}
				p.terminate(t)
				if strings.Contains(p.log.String(), "level=INFO") {
					t.Errorf("at level warn it logged %s", p.log.String())
				}
			}
		})
	}
}

// TestPostgresIsMigratedOnDemand: replicas of another version may be at work.
func TestPostgresIsMigratedOnDemand(t *testing.T) {
	for _, kind := range storetest.Kinds(t) {
		if kind != "postgres" {
			continue
		}
		url := storetest.URL(t, kind)
		revert(t, url)
		for _, args := range [][]string{{"serve", "--addr=127.0.0.1:0"}, {"token", "create", "--tenant=a.example", "--role=GLOBAL_READER"}} {
			if r := run(t, nil, append(args, "--database", url)...); r.code != 1 || !strings.Contains(r.log, "run purser migrate") {
				t.Errorf("%v: exit code %d, %s", args, r.code, r.log)
			}
		}
		run(t, nil, "migrate", "--database", url).ok(t)
		start(t, nil, "--database", url).terminate(t)
	}
}

// TestServeEndsWithItsContext in this process: what was begun is cleaned up.
func TestServeEndsWithItsContext(t *testing.T) {
	var stderr bytes.Buffer
	ctx, stop := context.WithCancel(t.Context())
	said, code := make(lines, 10), make(chan int)
	p := cli.Program{Args: []string{"serve", "--addr", "127.0.0.1:0", "--database", storetest.URL(t, "sqlite")}, Stdout: said, Stderr: &stderr, Now: time.Now}
	go func() { code <- p.Run(ctx) }()
	m := address.FindStringSubmatch(<-said)
	if m == nil {
		t.Fatal("it did not say where it is")
	}
	healthy(t, m[1])
	stop()
	if c := <-code; c != 0 {
		t.Errorf("exit code %d: %s", c, stderr.String())
	}
}

// lines are what is written, by line.
type lines chan string

// Write implements io.Writer.
func (l lines) Write(b []byte) (int, error) {
	l <- string(b)
	return len(b), nil
}
