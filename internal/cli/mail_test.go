package cli_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/mail"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"purser/ent"
	"purser/ent/notification"
	"purser/internal/cli"
	"purser/internal/outbox/outboxtest"
	"purser/internal/store"
	"purser/internal/store/storetest"
	"purser/internal/viewer"
)

// importPurchases imports a tenant with n self-service purchases, each by somebody else, and returns
// a token of its admin.
func importPurchases(t *testing.T, database string, n int) (token string) {
	t.Helper()
	lines := []string{tenantLine, `{"type":"user","userPrincipalName":"admin@wingtip.example","displayName":"Admin","roles":["GLOBAL_ADMIN"]}`}
	for i := range n {
		lines = append(lines,
			fmt.Sprintf(`{"type":"user","userPrincipalName":"u%[1]d@wingtip.example","displayName":"User %[1]d","mail":"u%[1]d@wingtip.example"}`, i),
			fmt.Sprintf(`{"type":"purchase","ref":"%[1]d","productId":"CFQ7TTC0H9MP","purchaser":"u%[1]d@wingtip.example","quantity":1,"purchasedAt":"2026-01-05T09:00:00Z","expiresAt":"2100-01-05T09:00:00Z"}`, i))
	}
	run(t, nil, "migrate", "--database", database).ok(t)
	run(t, nil, "import", "tenant", write(t, lines...), "--database", database).ok(t)
	return run(t, nil, "token", "create", "--database", database, "--tenant", "wingtip.example", "--user", "admin@wingtip.example").ok(t)
}

// cancelAll takes all purchases over by cancelling them, and so queues a mail to each purchaser.
func cancelAll(t *testing.T, base, token string) {
	t.Helper()
	for after, more := any(nil), true; more; {
		var list struct {
			Purchases struct {
				Nodes    []struct{ ID string }
				PageInfo struct {
					HasNextPage bool
					EndCursor   string
				}
			}
		}
		if err := ask(t.Context(), base, token, `query ($after: Cursor) { purchases(first: 100, after: $after) { nodes { id } pageInfo { hasNextPage endCursor } } }`,
			map[string]any{"after": after}, &list); err != nil {
			t.Fatal(err)
		}
		for _, p := range list.Purchases.Nodes {
			var done struct {
				CancelSubscription struct{ UserErrors []json.RawMessage }
			}
			err := ask(t.Context(), base, token, `mutation ($id: ID!) { cancelSubscription(input: {purchaseId: $id, reason: POLICY}) { userErrors { message } } }`,
				map[string]any{"id": p.ID}, &done)
			if err != nil || len(done.CancelSubscription.UserErrors) > 0 {
				t.Fatalf("it was not cancelled: %v %s", err, done.CancelSubscription.UserErrors)
			}
		}
		after, more = list.Purchases.PageInfo.EndCursor, list.Purchases.PageInfo.HasNextPage
	}
}

// inDatabase opens the database beside the server, for what nobody can ask the server for.
func inDatabase(t *testing.T, url string, f func(ctx context.Context, c *ent.Client)) {
	t.Helper()
	db, err := store.Open(t.Context(), store.Options{URL: url})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	}()
	c := db.Client()
	f(viewer.NewContext(t.Context(), viewer.System(c.Tenant.Query().OnlyIDX(t.Context()))), c)
}

// statuses counts the mails in a database by where they stand.
func statuses(t *testing.T, database string) map[string]int {
	t.Helper()
	counts := map[string]int{}
	inDatabase(t, database, func(ctx context.Context, c *ent.Client) {
		for _, n := range c.Notification.Query().AllX(ctx) {
			counts[n.Status]++
		}
	})
	return counts
}

// sentOrTimeout waits until every mail is sent.
func sentOrTimeout(t *testing.T, base, token string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	for waiting := true; waiting; {
		var list struct {
			Notifications struct{ Nodes []struct{ Status string } }
		}
		if err := ask(ctx, base, token, `{ notifications(first: 100) { nodes { status } } }`, nil, &list); err != nil {
			t.Fatal(err)
		}
		waiting = len(list.Notifications.Nodes) == 0
		for _, n := range list.Notifications.Nodes {
			waiting = waiting || n.Status != "SENT"
		}
	}
}

// TestMailGoesWhereItIsTold starts servers that send to different places.
func TestMailGoesWhereItIsTold(t *testing.T) {
	smtp := outboxtest.Serve(t, outboxtest.Options{})
	// it offers no way to log in, which is a failure
	login := "smtp://purser:" + canary + "@" + smtp.Addr
	for _, kind := range storetest.Kinds(t) {
		t.Run(kind, func(t *testing.T) {
			database, dir := storetest.URL(t, kind), filepath.Join(t.TempDir(), "mail")
			token := importPurchases(t, database, 1)
			begin := func(env ...string) *process {
				// it is asked without a pause whether all is sent
				return start(t, append(env, "PURSER_DATABASE="+database, "PURSER_RATE_LIMIT=0"))
			}
			if kind == "postgres" { // nowhere
				p := begin()
				cancelAll(t, p.url, token)
				p.terminate(t)
				if log := p.log.String(); strings.Count(log, "no mail is sent") != 1 || !strings.Contains(log, "level=WARN") {
					t.Errorf("it does not say, once, that no mail is sent: %s", log)
				}
				if got := statuses(t, database); got["QUEUED"] != 1 {
					t.Errorf("mails: %v", got)
				}
				p = begin("PURSER_MAIL_DIR=" + dir)
				sentOrTimeout(t, p.url, token)
				p.terminate(t)
			} else {
				p := begin()
				cancelAll(t, p.url, token)
				sentOrTimeout(t, p.url, token)
				p.terminate(t)
				dir = filepath.Join(filepath.Dir(database), "purser-mail")
				if log := p.log.String(); !strings.Contains(log, "to="+dir) {
					t.Errorf("it does not say where mail goes: %s", log)
				}
			}
			files, err := filepath.Glob(filepath.Join(dir, "ntf_*.eml"))
			if err != nil || len(files) != 1 {
				t.Fatalf("%v in %s", files, dir)
			}
			b, err := os.ReadFile(files[0])
			if err != nil {
				t.Fatal(err)
			}
			m, err := mail.ReadMessage(bytes.NewReader(b))
			if err != nil || m.Header.Get("To") != `"User 0" <u0@wingtip.example>` {
				t.Errorf("the mail is %s", b)
			}
			again := func() {
				inDatabase(t, database, func(ctx context.Context, c *ent.Client) {
					c.Notification.Update().SetStatus("QUEUED").SetDueAt(0).ClearSentAt().ExecX(ctx)
				})
			}
			again()
			before := len(smtp.Messages())
			p := begin("PURSER_SMTP_URL_FILE="+write(t, "smtp://"+smtp.Addr), "PURSER_MAIL_FROM=Purser <purser@wingtip.example>")
			sentOrTimeout(t, p.url, token)
			p.terminate(t)
			if log := p.log.String(); !strings.Contains(log, "to="+smtp.Addr) || len(smtp.Messages()) != before+1 {
				t.Errorf("%d messages, log %s", len(smtp.Messages()), log)
			}
			again()
			p = begin("PURSER_SMTP_URL="+login, "PURSER_MAIL_FROM=purser@wingtip.example", "PURSER_LOG_LEVEL=debug")
			failedOnce(t, database)
			p.terminate(t)
			if log := p.log.String(); !strings.Contains(log, "a mail was not sent") || strings.Contains(log, canary) {
				t.Errorf("the log holds the password, or no failure: %s", log)
			}
		})
	}
}

// failedOnce waits until the mail in the database has an error.
func failedOnce(t *testing.T, database string) {
	t.Helper()
	inDatabase(t, database, func(ctx context.Context, c *ent.Client) {
		ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
		defer cancel()
		for {
			n, err := c.Notification.Query().Where(notification.LastErrorNotNil()).Only(ctx)
			if ent.IsNotFound(err) {
				continue
			}
			if err != nil {
				t.Fatal(err)
			}
			if strings.Contains(*n.LastError, canary) {
				t.Errorf("administrators are shown the password: %s", *n.LastError)
			}
			return
		}
	})
}

// canary is a password that must not be seen anywhere.
const canary = "kanariepiet"

// TestMailSettings: a server that could not send mail as it is told does not start, and what it says
// holds no password.
func TestMailSettings(t *testing.T) {
	db := "--database=" + storetest.URL(t, "sqlite")
	url := "smtp://purser:" + canary + "@mail.example"
	for _, c := range []struct {
		name string
		env  []string
		args []string
		code int
		log  string
	}{
		{"no sender", []string{"PURSER_SMTP_URL=" + url}, nil, 1, "PURSER_MAIL_FROM"},
		{"bad sender", []string{"PURSER_SMTP_URL=" + url}, []string{"--mail-from", "me"}, 1, `"me" is not a mail address`},
		{"bad sender of files", nil, []string{"--mail-from", "me"}, 1, `"me" is not a mail address`},
		{"bad URL", []string{"PURSER_SMTP_URL=" + url + ":" + canary}, []string{"--mail-from", "a@b.example"}, 1, "not of the form smtp://"},
		{"two places", []string{"PURSER_SMTP_URL=" + url}, []string{"--mail-from", "a@b.example", "--mail-dir", "mail"}, 1, "--smtp-url or --mail-dir"},
		{"no file", nil, []string{"--smtp-url-file", "/does/not/exist"}, 2, "--smtp-url-file"},
		{"another flag", []string{"PURSER_SMTP_URL=" + url}, []string{"--smpt-url", "x"}, 2, "unknown flag --smpt-url"},
		{"help", []string{"PURSER_SMTP_URL=" + url}, []string{"--help"}, 0, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := run(t, c.env, append([]string{"serve", "--addr", "127.0.0.1:0", db}, c.args...)...)
			if r.code != c.code || !strings.Contains(r.log, c.log) {
				t.Errorf("exit code %d, want %d: %s", r.code, c.code, r.log)
			}
			if strings.Contains(r.log+r.stdout, canary) {
				t.Errorf("it says the password: %s%s", r.stdout, r.log)
			}
		})
	}
}

// TestMailPreview prints mails without a database.
func TestMailPreview(t *testing.T) {
	for _, c := range []struct {
		args  []string
		code  int
		begin string
	}{
		{[]string{"ownership_taken"}, 0, "Contoso has taken over your subscription Visio Plan 2\n\nHello Avery Howard,\n"},
		{[]string{"Ownership_Taken", "--locale", "nl-BE"}, 0, "Contoso heeft je abonnement op Visio Plan 2 overgenomen\n\nHallo Avery Howard,\n"},
		{[]string{"CANCELLATION_REQUESTED", "--locale", "xx"}, 0, "Please cancel 2 of your subscriptions\n\n"},
		{[]string{"subscription_canceled", "--locale", "zh-CN", "--html"}, 0, "<!DOCTYPE html>\n<html lang=\"zh-CN\">"},
		{[]string{"birthday"}, 1, "purser: there is no kind of mail \"birthday\", but CANCELLATION_REQUESTED, EXPIRY_NOTICE, "},
	} {
		var stdout, stderr bytes.Buffer
		args := append([]string{"mail", "preview", "--database", "/does/not/exist"}, c.args...)
		code := cli.Program{Args: args, Stdout: &stdout, Stderr: &stderr, Now: time.Now}.Run(t.Context())
		if code != c.code || !strings.HasPrefix(stdout.String()+stderr.String(), c.begin) {
			t.Errorf("%v: exit code %d, %s%s", c.args, code, stdout.String(), stderr.String())
		}
	}
}
