package outbox_test

import (
	"strings"
	"testing"

	"purser/ent"
	"purser/graph/model"
	"purser/internal/instant"
	"purser/internal/outbox"
	"purser/internal/store/storetest"
	"purser/internal/takeover/takeovertest"
)

// said is what a mail has to say in each language, in the order of the locales: line by line.
type said struct {
	about outbox.Content
	want  [4]string
}

// checkSaid queues each mail in every language, and looks for its words in the text and the HTML.
func checkSaid(t *testing.T, cases []said) {
	t.Helper()
	w := takeovertest.New(t, storetest.Open(t, "sqlite"), "en")
	for _, c := range cases {
		for i, locale := range locales {
			n := queue(t, w, w.User(t, func(u *ent.UserCreate) { u.SetLocale(locale) }), c.about)
			for want := range strings.SplitSeq(c.want[i], "\n") {
				if !strings.Contains(n.Subject+"\n"+n.Body, want) || !strings.Contains(n.HTML, strings.TrimPrefix(want, "> ")) {
					t.Errorf("%s: want %q in\n%s\n%s", locale, want, n.Subject, n.Body)
				}
			}
		}
	}
}

// TestPurchased says what was bought, and what becomes of a trial.
func TestPurchased(t *testing.T) {
	bought := func(kind model.PurchaseKind) outbox.Content {
		return outbox.SelfServicePurchased{
			Purchase: "pur_1", Subscription: "Visio", Seats: 2, Price: 84000, Currency: "EUR", Term: model.BillingTermMonthly, Kind: kind, By: "Lena",
		}
	}
	checkSaid(t, []said{
		{bought(model.PurchaseKindPaid), [4]string{
			"Lena bought Visio\nbought a subscription at Contoso\n€8.40 per month\npays for it", "Lena heeft Visio gekocht\nzelf een abonnement gekocht bij Contoso\nper maand\nbetaalt ervoor",
			"Lena hat Visio gekauft\nselbst ein Abonnement gekauft\npro Monat\nzahlt dafür", "Lena 购买了“Visio”\n购买了一项订阅\n每月 €8.40\n由 Lena 付费",
		}},
		{bought(model.PurchaseKindTrialWithPaymentMethod), [4]string{
			"started a trial of Visio\nstarted a free trial at\nFree of charge\nbecomes a paid subscription by itself if the policy of Contoso", "een proefperiode van Visio begonnen\nGratis\nals het beleid van Contoso",
			"eine Testversion von Visio gestartet\nKostenlos\nwenn die Richtlinie von Contoso", "开始试用“Visio”\n免费试用\n如果 Contoso 的策略",
		}},
		{bought(model.PurchaseKindTrialWithoutPaymentMethod), [4]string{
			"Free of charge\ndoes not become a paid subscription", "Gratis\nniet vanzelf", "Kostenlos\nnicht von selbst", "免费\n不会自动转为付费订阅",
		}},
	})
}

// TestExpiryNotice says when a subscription ends, and what then.
func TestExpiryNotice(t *testing.T) {
	ending := func(days, users int, trial bool) outbox.Content {
		return outbox.ExpiryNotice{Purchase: "pur_1", Subscription: "Visio", Seats: 3, Users: users, ExpiresAt: instant.Milli(0), Days: days, Trial: trial}
	}
	checkSaid(t, []said{
		{ending(30, 2, false), [4]string{
			"Visio ends in 30 days\nsubscription Visio at Contoso ends on January 1, 1970\n2 users can work\nlocked out until it is reactivated", "Het abonnement op Visio eindigt over 30 dagen\n2 gebruikers kunnen",
			"Das Abonnement Visio endet in 30 Tagen\n2 Benutzer können", "“Visio”的订阅将在 30 天后到期\n2 位用户",
		}},
		{ending(1, 1, true), [4]string{
			"The trial of Visio ends in 1 day\ntrial of Visio at Contoso ends\n1 user can work\nThen the licenses end.", "De proefperiode van Visio eindigt over 1 dag\n1 gebruiker kan\nvervallen de licenties",
			"Die Testversion von Visio endet in 1 Tag\n1 Benutzer kann\nenden die Lizenzen", "“Visio”的试用将在 1 天后到期\n许可证将失效",
		}},
		{ending(7, 0, false), [4]string{"Nobody has a license", "niemand", "niemand", "无人"}},
	})
}

// TestLicenseRequested names those whom licenses are asked for, up to ten.
func TestLicenseRequested(t *testing.T) {
	people := strings.Fields("A B C D E F G H I J K L")
	asking := func(n int) outbox.Content {
		return outbox.LicenseRequested{Request: "req_1", Product: "Visio", By: "Lena", People: people[:n], Message: "Please!\nReference: req_2"}
	}
	checkSaid(t, []said{
		{asking(1), [4]string{
			"Lena asks for 1 license of Visio\nMessage from Lena:\n> Please!\n> Reference: req_2", "Lena vraagt 1 licentie van Visio aan\n> Please!",
			"Lena beantragt 1 Lizenz für Visio\n> Please!", "Lena 申请 1 个“Visio”许可证\n> Please!",
		}},
		{asking(10), [4]string{"10 licenses\nH, I, J", "10 licenties\nH, I, J", "10 Lizenzen\nH, I, J", "10 个\nH、I、J"}},
		{asking(11), [4]string{"H, I, J and 1 more", "H, I, J en nog 1", "H, I, J und 1 weitere", "H、I、J，以及另外 1 人"}},
	})
}

// TestLicenseRequestDecided says who got a license and who is still waiting.
func TestLicenseRequestDecided(t *testing.T) {
	decided := func(approved, rejected []string, open int) outbox.Content {
		return outbox.LicenseRequestDecided{Request: "req_1", Product: "Visio", By: "Ada", Approved: approved, Rejected: rejected, Open: open, Reply: "So be it."}
	}
	checkSaid(t, []said{
		{decided([]string{"A"}, []string{"B", "C"}, 0), [4]string{
			"for Visio is decided\n> So be it.\n1 person has a license now.\nC", "is beslist\n> So be it.\n1 persoon heeft nu een licentie.",
			"wurde entschieden\n> So be it.\n1 Person hat jetzt eine Lizenz.", "申请已有结果\n> So be it.\n1 人现已拥有许可证。",
		}},
		{decided([]string{"A", "B"}, nil, 1), [4]string{
			"is partly decided\n2 people have a license now. 1 person is still", "is deels beslist\nOver 1 persoon", "wurde teilweise entschieden\nÜber 1 Person ist", "已有部分结果\n另有 1 人",
		}},
		{decided(nil, []string{"B"}, 2), [4]string{
			"Nobody was given a license. 2 people are still", "Niemand heeft een licentie gekregen. Over 2 personen", "Niemand hat eine Lizenz erhalten. Über 2 Personen", "没有人获得许可证。另有 2 人",
		}},
	})
	w := takeovertest.New(t, storetest.Open(t, "sqlite"), "en")
	n := queue(t, w, w.User(t), decided(nil, []string{"Bo\nApproved: Eve"}, 0))
	if !strings.Contains(n.Body, "Rejected: Bo Approved: Eve\n") || strings.Contains(n.Body, "\nApproved:") {
		t.Errorf("a name speaks for itself:\n%s", n.Body)
	}
}
