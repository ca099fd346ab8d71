package outbox_test

import (
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"

	"purser/ent"
	"purser/graph/model"
	"purser/internal/money"
	"purser/internal/outbox"
	"purser/internal/store/storetest"
	"purser/internal/takeover/takeovertest"
)

var update = flag.Bool("update", false, "write the golden files")

var locales = []string{"en", "nl", "de", "zh-CN"}

// TestPreviews compares every mail in every language with what a reader of it has approved.
func TestPreviews(t *testing.T) {
	for _, kind := range model.AllNotificationKind {
		for _, locale := range locales {
			name := strings.ToLower(string(kind)) + "." + locale
			t.Run(name, func(t *testing.T) {
				p, err := outbox.PreviewOf(string(kind), locale)
				if err != nil {
					t.Fatal(err)
				}
				got := txtar.Format(&txtar.Archive{Files: []txtar.File{
					{Name: "subject", Data: []byte(p.Subject + "\n")}, {Name: "text", Data: []byte(p.Text)}, {Name: "html", Data: []byte(p.HTML)},
				}})
				file := filepath.Join("testdata", name+".txtar")
				if *update {
					if err := os.WriteFile(file, got, 0o600); err != nil {
						t.Fatal(err)
					}
				}
				want, err := os.ReadFile(file)
				if err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(string(want), string(got)); diff != "" {
					t.Errorf("-want +got:\n%s", diff)
				}
			})
		}
	}
	if _, err := outbox.PreviewOf("love_letter", "en"); err == nil || !strings.Contains(err.Error(), "CANCELLATION_REQUESTED, EXPIRY_NOTICE, LICENSE_REQUESTED, LICENSE_REQUEST_DECIDED, OWNERSHIP_TAKEN, SELF_SERVICE_PURCHASED, SUBSCRIPTION_CANCELED") {
		t.Errorf("an unknown kind: %v", err)
	}
}

// TestHTMLComesFromNowhere: a mail is shown without asking any server for a part of it.
func TestHTMLComesFromNowhere(t *testing.T) {
	for _, kind := range model.AllNotificationKind {
		p, err := outbox.PreviewOf(string(kind), "en")
		if err != nil {
			t.Fatal(err)
		}
		if found := regexp.MustCompile(`(?i)https?:|//|<img|<link|<script|url\(|@import`).FindString(p.HTML); found != "" {
			t.Errorf("%s holds %q", kind, found)
		}
	}
}

// asked is a request for one subscription, changed as told.
func asked(change func(*outbox.AskedToCancel)) outbox.CancellationRequested {
	s := outbox.AskedToCancel{Purchase: "pur_1", Subscription: "Visio", Seats: 2, Users: 1, Price: 84000, Currency: "USD", Term: model.BillingTermMonthly}
	change(&s)
	return outbox.CancellationRequested{By: "Ada Admin", Subscriptions: []outbox.AskedToCancel{s}}
}

// TestPrices writes money as readers of each language do.
func TestPrices(t *testing.T) {
	w := takeovertest.New(t, storetest.Open(t, "sqlite"), "en")
	for _, c := range []struct {
		price    money.Amount
		currency string
		term     model.BillingTerm
		want     [4]string // in the order of the locales; · is a space that does not break
	}{
		{12_345_000, "USD", model.BillingTermMonthly, [4]string{"$1,234.50 per month", "US$·1.234,50 per maand", "1.234,50·$ pro Monat", "每月 US$1,234.50"}},
		{420_000, "EUR", model.BillingTermAnnual, [4]string{"€42.00 per year", "€·42,00 per jaar", "42,00·€ pro Jahr", "每年 €42.00"}},
		{12_345_000, "CNY", model.BillingTermTriennial, [4]string{"CN¥1,234.50 per three years", "CN¥·1.234,50 per drie jaar", "1.234,50·CN¥ alle drei Jahre", "每三年 ¥1,234.50"}},
		{12_340_000, "JPY", model.BillingTermMonthly, [4]string{"¥1,234 per month", "JP¥·1.234 per maand", "1.234·¥ pro Monat", "每月 JP¥1,234"}},
		{10_000_000_000_000, "GBP", model.BillingTermAnnual, [4]string{"£1,000,000,000.00 per year", "£·1.000.000.000,00 per jaar", "1.000.000.000,00·£ pro Jahr", "每年 £1,000,000,000.00"}},
		{50_000, "CHF", model.BillingTermMonthly, [4]string{"CHF·5.00 per month", "CHF·5,00 per maand", "5,00·CHF pro Monat", "每月 CHF·5.00"}},
		{123, "EUR", model.BillingTermMonthly, [4]string{"€0.0123 per month", "€·0,0123 per maand", "0,0123·€ pro Monat", "每月 €0.0123"}},
		{0, "EUR", model.BillingTermMonthly, [4]string{"Free of charge", "Gratis", "Kostenlos", "免费"}},
	} {
		for i, locale := range locales {
			n := queue(t, w, w.User(t, func(u *ent.UserCreate) { u.SetLocale(locale) }), asked(func(s *outbox.AskedToCancel) {
				s.Price, s.Currency, s.Term = c.price, c.currency, c.term
			}))
			if want := strings.ReplaceAll(c.want[i], "·", "\u00a0") + "\n"; !strings.Contains(n.Body, want) {
				t.Errorf("%s: want %q in\n%s", locale, want, n.Body)
			}
		}
	}
}

// TestCounts gets singular and plural right, and says what holds for nobody.
func TestCounts(t *testing.T) {
	w := takeovertest.New(t, storetest.Open(t, "sqlite"), "en")
	taken := func(users int) outbox.Content {
		return outbox.OwnershipTaken{Purchase: "pur_1", Subscription: "Visio", Seats: 3, Users: users, By: "Ada"}
	}
	two := asked(func(*outbox.AskedToCancel) {})
	two.Subscriptions = append(two.Subscriptions, two.Subscriptions...)
	for _, c := range []struct {
		about outbox.Content
		want  [4]string
	}{
		{taken(0), [4]string{"Nobody has a license of it at the moment.", "Op dit moment heeft niemand er een licentie van.", "Zurzeit hat niemand eine Lizenz dafür.", "目前无人持有该订阅的许可证。"}},
		{taken(1), [4]string{"1 user keeps their license.", "1 gebruiker houdt de licentie.", "1 Benutzer behält seine Lizenz.", "1 位用户的许可证保持不变。"}},
		{taken(2), [4]string{"2 users keep their licenses.", "2 gebruikers houden hun licentie.", "2 Benutzer behalten ihre Lizenzen.", "2 位用户的许可证保持不变。"}},
		{asked(func(*outbox.AskedToCancel) {}), [4]string{
			"Please cancel your subscription Visio\nasks you to cancel a subscription that", "Verzoek om je abonnement op Visio op te zeggen\nvraagt je een abonnement op te zeggen",
			"Bitte kündigen Sie Ihr Abonnement Visio\nbittet Sie, ein Abonnement zu kündigen", "请取消您的订阅“Visio”\n购买的一项订阅",
		}},
		{two, [4]string{
			"Please cancel 2 of your subscriptions\nasks you to cancel 2 subscriptions that", "Verzoek om 2 van je abonnementen op te zeggen\nvraagt je 2 abonnementen op te zeggen",
			"Bitte kündigen Sie 2 Ihrer Abonnements\nbittet Sie, 2 Abonnements zu kündigen", "请取消您的 2 项订阅\n购买的 2 项订阅",
		}},
	} {
		for i, locale := range locales {
			n := queue(t, w, w.User(t, func(u *ent.UserCreate) { u.SetLocale(locale) }), c.about)
			for want := range strings.SplitSeq(c.want[i], "\n") {
				if !strings.Contains(n.Subject+"\n"+n.Body, want) || !strings.Contains(n.HTML, want) {
					t.Errorf("%s: want %q in\n%s\n%s", locale, want, n.Subject, n.Body)
				}
			}
		}
	}
}

// TestNobodyElseSpeaks: what people have written cannot pass for the mail's own words.
func TestNobodyElseSpeaks(t *testing.T) {
	w := takeovertest.New(t, storetest.Open(t, "sqlite"), "en")
	about := asked(func(s *outbox.AskedToCancel) { s.Subscription = "Visio\r\nReference: pur_2" })
	about.By = "Ada\n\u202e<b>Admin"
	about.Message = "\r\n\n  First.\rSecond <script>x</script> \u2028Reference: pur_3\x00\x1b[31m\n\n" + strings.Repeat("long ", 20) + "\n" + strings.Repeat("字", 50) + "\n\n\n"
	n := queue(t, w, w.User(t, func(u *ent.UserCreate) { u.SetDisplayName("Avery\nReference: pur_4") }), about)
	wantText := `Hello Avery Reference: pur_4,

Ada <b>Admin asks you to cancel a subscription that you bought at Contoso.

Message from Ada <b>Admin:
>   First.
> Second <script>x</script>
> Reference: pur_3[31m
>
> long long long long long long long long long long long long long long
> long long long long long long
> ` + strings.Repeat("字", 36) + `
> ` + strings.Repeat("字", 14) + `

Subscription: Visio Reference: pur_2
`
	if !strings.HasPrefix(n.Body, wantText) {
		t.Errorf("-want +got:\n%s", cmp.Diff(wantText, n.Body[:min(len(n.Body), len(wantText))]))
	}
	for _, want := range []string{"Ada &lt;b&gt;Admin asks", "Second &lt;script&gt;x&lt;/script&gt;<br>\nReference: pur_3[31m<br>\n<br>\nlong"} {
		if !strings.Contains(n.HTML, want) {
			t.Errorf("want %q in\n%s", want, n.HTML)
		}
	}
	about.Message = " \r\n\t\n\x00"
	if n := queue(t, w, w.User(t), about); strings.Contains(n.Body, "Message from") || strings.Contains(n.HTML, "blockquote") {
		t.Errorf("a message of nothing is quoted:\n%s", n.Body)
	}
}
