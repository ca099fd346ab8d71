package outbox

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"purser/graph/model"
	"purser/internal/instant"
)

// Preview is what a mail looks like.
type Preview struct{ Subject, Text, HTML string }

// PreviewOf writes a mail of the kind with made-up contents, in the language that somebody of the
// locale gets. The kind may be written in any case; for one that does not exist the error lists all.
func PreviewOf(kind, locale string) (Preview, error) {
	about, ok := samples[model.NotificationKind(strings.ToUpper(kind))]
	if !ok {
		var kinds []string
		for k := range samples {
			kinds = append(kinds, string(k))
		}
		slices.Sort(kinds)
		return Preview{}, fmt.Errorf("there is no kind of mail %q, but %s", kind, strings.Join(kinds, ", "))
	}
	w, err := tongueOf(locale).write(letter{Recipient: "Avery Howard", Organization: "Contoso", About: about})
	if err != nil {
		return Preview{}, err
	}
	return Preview{Subject: w.subject, Text: w.text, HTML: w.html}, nil
}

var sampleDay = instant.From(time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC))

// samples holds a content of each kind.
var samples = map[model.NotificationKind]Content{
	model.NotificationKindSubscriptionCanceled: SubscriptionCanceled{
		Purchase: "pur_01kg9ys7g0e01vbayqzewcnvt8", Subscription: "Visio Plan 2", Seats: 1500, Users: 1234, At: sampleDay,
		By: "Ada Admin", Reason: model.CancellationReasonCentralized, MovedTo: "Microsoft 365 E5",
	},
	model.NotificationKindOwnershipTaken: OwnershipTaken{
		Purchase: "pur_01kg9ys7g0e01vbayqzewcnvt8", Subscription: "Visio Plan 2", Seats: 1500, Users: 1234, At: sampleDay, By: "Ada Admin",
	},
	model.NotificationKindCancellationRequested: CancellationRequested{
		By: "Ada Admin", Message: "We now have Power BI for everybody.\n\nYour colleagues have their new licenses already. Thank you for getting us started with it!",
		Subscriptions: []AskedToCancel{
			{
				Purchase: "pur_01kg9ys7g0e01vbayqzewcnvt8", Subscription: "Power BI Pro", Seats: 125, Users: 98,
				Price: 12_345_000, Currency: "USD", Term: model.BillingTermMonthly, ExpiresAt: sampleDay,
			},
			{
				Purchase: "pur_01kg9ys7g1f8pyvmca2d6q8wzk", Subscription: "Power BI Premium Per User", Seats: 1, Users: 1,
				Price: 420_000, Currency: "EUR", Term: model.BillingTermAnnual, ExpiresAt: sampleDay.Add(90 * 24 * time.Hour),
			},
		},
	},
	model.NotificationKindSelfServicePurchased: SelfServicePurchased{
		Purchase: "pur_01kg9ys7g0e01vbayqzewcnvt8", Subscription: "Power BI Pro", Seats: 25, Price: 3_500_000, Currency: "USD",
		Term: model.BillingTermMonthly, Kind: model.PurchaseKindPaid, By: "Lena Fischer", At: sampleDay,
	},
	model.NotificationKindLicenseRequested: LicenseRequested{
		Request: "req_01kg9ys7g0e01vbayqzewcnvt8", Product: "Visio Plan 2", By: "Lena Fischer", At: sampleDay, People: samplePeople,
		Message: "We draw the plans of the new plant from March on.\n\nThank you!",
	},
	model.NotificationKindLicenseRequestDecided: LicenseRequestDecided{
		Request: "req_01kg9ys7g0e01vbayqzewcnvt8", Product: "Visio Plan 2", By: "Ada Admin", At: sampleDay,
		Approved: samplePeople, Rejected: []string{"Max Wagner"}, Open: 2, Reply: "Max has one from another department already.",
	},
	model.NotificationKindExpiryNotice: ExpiryNotice{
		Purchase: "pur_01kg9ys7g0e01vbayqzewcnvt8", Subscription: "Power BI Pro", Seats: 125, Users: 98, ExpiresAt: sampleDay, Days: 7,
	},
}

// samplePeople are two more than are named.
var samplePeople = []string{
	"Avery Howard", "Lena Fischer", "Mona Kane", "Sanne de Vries", "Jun Li", "Pia Huber", "Noor Jansen", "Omar Said", "Tess Bakker",
	"Ulrich Maier", "Vera Novak", "Wei Zhang",
}
