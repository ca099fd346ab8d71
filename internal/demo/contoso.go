package demo

import (
	"slices"

	"purser/graph/model"
	"purser/internal/bulk"
	"purser/internal/viewer"
)

// The vendor's ids of the products in the demo.
const (
	powerApps     = "CFQ7TTC0LH2H"
	powerAutomate = "CFQ7TTC0LSGZ" // RPA
	powerBI       = "CFQ7TTC0H9MP"
	powerBIFormer = "CFQ7TTC0L3PB"
	powerBIPrem   = "CFQ7TTC0H6RP"
	planner       = "CFQ7TTC0HDB1"
	project       = "CFQ7TTC0HDB0"
	visio1        = "CFQ7TTC0HD33"
	visio2        = "CFQ7TTC0HD32"
	cloudPC       = "CFQ7TTC0J203" // Windows 365 Business
	m365F3        = "CFQ7TTC0LH05"
	teamsPremium  = "CFQ7TTC0RM8K"
	vivaGoals     = "CFQ7TTC0PW0V"
	clipchamp     = "CFQ7TTC0N8SS"
	copilot       = "CFQ7TTC0MM8R"
	saas          = "SaaS"
)

// contoso is the organization in which everything can be seen.
func (w *world) contoso() *organization {
	o := w.organization("Contoso", "contoso.example", model.CloudWorldwide, "US", "en", "USD")
	o.admins([5]string{"Adele Vance", "Bianca Pisani", "Lidia Holloway", "Isaiah Langer", "Raul Razo"})
	team := o.contosoPeople()
	o.contosoSelfService(team)
	o.contosoCentral(team)
	o.contosoEnded(team)

	o.policy(powerBIFormer, "admin", 210, model.SelfServicePolicyValueDisabled)
	o.policy(powerBIFormer, "admin", 190, model.SelfServicePolicyValueEnabled)
	o.policy(powerAutomate, "billing", 75, model.SelfServicePolicyValueDisabled)
	o.policy(visio1, "billing", 74, model.SelfServicePolicyValueTrialsOnly)
	o.policy(cloudPC, "billing", 74, model.SelfServicePolicyValueDisabled)
	o.policy(saas, "admin", 60, model.SelfServicePolicyValueDisabled)
	o.policy(copilot, "admin", 45, model.SelfServicePolicyValueDisabled)
	o.policy(teamsPremium, "billing", 12, model.SelfServicePolicyValueTrialsOnly)
	o.partner("fabrikam.example", "admin", 65, 300, viewer.BillingAdmin, viewer.GlobalReader)
	return o
}

// contosoPeople adds the members, and returns the sign-in names of those who nothing is special about.
func (o *organization) contosoPeople() []string {
	o.people("Avery Howard|Sales|avery", "Blake Martin|Finance|blake", "Casey Jensen|Marketing|casey", "Devon Torres|Operations|devon",
		"Grady Archie|Research|grady", "Henrietta Mueller|Research|henrietta")
	o.user("lena", "Lena Fischer", "Sales Europe").Locale = "de"
	o.user("sanne", "Sanne de Vries", "Sales Europe").Locale = "nl"
	o.user("wei", "Wei Zhang", "Sales Asia").Locale = "zh-CN"
	// a purchaser who has left, one who is blocked, and a guest
	o.user("joni", "Joni Sherman", "Marketing").Removed = true
	o.byName["joni"].AccountEnabled = false
	o.user("pradeep", "Pradeep Gupta", "Operations").AccountEnabled = false
	guest := o.user("mona.kane_adatum.example#EXT#", "Mona Kane", "Adatum (guest)")
	guest.Kind, *guest.Mail = string(model.UserKindGuest), "mona.kane@adatum.example"
	bulk.KeyUser(guest)
	return o.people(
		"Alex Wilber|Marketing", "Allan Deyoung|IT", "Amber Rodriguez|Sales", "Ben Walters|Sales", "Brian Johnson|Operations",
		"Cameron White|Sales", "Christie Cline|Sales", "Conf Bishop|Operations", "Cora Thomas|Finance", "Dakota Sanchez|Finance",
		"Debra Berger|Research", "Delia Dennis|Research", "Diego Siciliani|Sales", "Eka Siahaan|Marketing", "Emily Braun|Finance",
		"Enrico Cattaneo|Sales", "Gerhart Moller|Operations", "Hadar Caspit|Research", "Irvin Sayers|Marketing", "Jakob Roth|Operations",
		"Johanna Lorenz|Operations", "Jordan Miller|Sales", "Karin Blair|Research", "Kayla Lewis|Sales", "Lee Gu|Operations",
		"Lynne Robbins|Sales", "Megan Bowen|Marketing", "Miriam Graham|Marketing", "Morgan Brooks|Sales", "Nestor Wilke|Operations",
		"Noah Kim|Finance", "Omar Bennett|Finance", "Patti Fernandez|Operations", "Quinn Anderson|Sales", "Riley Johnson|Research",
		"Robin Kline|Sales", "Rory Nguyen|Sales", "Sydney Mattos|Finance", "Tamara Ivanova|Research", "Taylor Phillips|Sales",
		"Uma Nair|Research", "Victor Lindqvist|Operations", "Wanda Howell|Finance", "Yuki Tanaka|Research", "Zoe Clarke|Marketing")
}

// contosoSelfService adds what members bought for themselves and is running.
func (o *organization) contosoSelfService(team []string) {
	// the one to move: forty people, three of whom hold the central one too
	o.buy(offer{product: powerBI, by: "avery", seats: 45, ago: 220, users: slices.Concat([]string{"avery"}, team[:38], []string{"blake"})})
	o.buy(offer{product: planner, by: "avery", term: model.BillingTermAnnual, seats: 8, ago: 130, users: append([]string{"avery"}, team[3:8]...)})
	o.buy(offer{product: clipchamp, by: "avery", seats: 1, ago: 20, users: []string{"avery"}})
	// the same product, bought by others too
	o.buy(offer{product: powerBI, by: "casey", seats: 6, ago: 95, users: []string{"casey", team[0], team[13], "devon"}})
	o.buy(offer{product: powerBI, by: "lena", seats: 5, ago: 61, price: "13.10", currency: "EUR", users: []string{"lena", "sanne", "mona.kane_adatum.example#EXT#"}})
	o.buy(offer{product: visio2, by: "blake", seats: 4, ago: 300, term: model.BillingTermAnnual, users: []string{"blake", team[8], team[9]}})
	o.buy(offer{product: project, by: "sanne", seats: 3, ago: 33, price: "28.10", currency: "EUR", users: []string{"sanne"}})
	o.buy(offer{product: copilot, by: "wei", seats: 4, ago: 52, price: "216.00", currency: "CNY", users: []string{"wei", team[24], team[43]}})
	o.buy(offer{product: powerApps, by: "devon", seats: 12, ago: 14, users: append([]string{"devon"}, team[16:25]...)})
	o.buy(offer{product: m365F3, by: "grady", seats: 30, ago: 420, term: model.BillingTermTriennial, users: append([]string{"grady", "henrietta"}, team[20:40]...)})
	o.buy(offer{product: powerBIPrem, by: "henrietta", seats: 2, ago: 8, ends: true, users: []string{"henrietta"}})
	// trials
	o.buy(offer{product: vivaGoals, by: "casey", kind: model.PurchaseKindTrialWithoutPaymentMethod, seats: 25, ago: 11, ends: true, users: []string{"casey", team[26], team[27]}})
	o.buy(offer{product: cloudPC, by: "devon", kind: model.PurchaseKindTrialWithPaymentMethod, seats: 3, ago: 6, users: []string{"devon"}})
	// orphaned: who bought them has left, or is blocked
	o.buy(offer{product: visio2, by: "joni", seats: 5, ago: 260, users: []string{team[26], team[27], team[0]}})
	o.buy(offer{product: planner, by: "pradeep", seats: 6, ago: 160, users: []string{"pradeep", team[28], team[29]}})
}

// contosoCentral adds what admins bought for everybody.
func (o *organization) contosoCentral(team []string) {
	// room for everybody of avery's
	o.buy(offer{product: powerBI, by: "billing", source: model.PurchaseSourceCentral, term: model.BillingTermAnnual, seats: 100, ago: 150, users: slices.Concat(team[:3], team[38:45], []string{"grady", "henrietta"})})
	// too small for them
	o.buy(offer{product: powerBI, by: "admin", source: model.PurchaseSourceCentral, seats: 10, ago: 80, users: []string{"admin", "billing", "license", "useradmin", "reader", "wei", team[10], team[11]}})
	o.buy(offer{product: copilot, by: "billing", source: model.PurchaseSourceCentral, term: model.BillingTermAnnual, seats: 30, ago: 110, users: append([]string{"avery", "admin"}, team[5:25]...)})
	o.buy(offer{product: m365F3, by: "billing", source: model.PurchaseSourceCentral, term: model.BillingTermTriennial, seats: 40, ago: 500, users: team[:20]})
	o.buy(offer{product: visio1, by: "admin", source: model.PurchaseSourceCentral, seats: 15, ago: 40, users: []string{"mona.kane_adatum.example#EXT#", team[30], team[31]}})
	o.buy(offer{product: planner, source: model.PurchaseSourceCentral, seats: 20, ago: 70, users: team[12:16]})
}

// contosoEnded adds what is over, or will be.
func (o *organization) contosoEnded(team []string) {
	o.buy(offer{product: project, by: "blake", status: model.SubscriptionStatusExpired, seats: 5, ago: 10, users: []string{"blake", team[8], team[14], team[30]}})
	o.buy(offer{product: powerAutomate, by: "devon", status: model.SubscriptionStatusDisabled, seats: 3, ago: 47, users: []string{"devon", team[4]}})
	p := o.buy(offer{product: teamsPremium, by: "henrietta", status: model.SubscriptionStatusDisabled, seats: 4, ago: 5, users: []string{"henrietta", team[10]}})
	o.cancel(p, "henrietta", 18, model.CancellationReasonTooExpensive, model.CancellationCausePurchaser, "We did not use the recap.")
	p = o.buy(offer{product: visio2, by: "casey", status: model.SubscriptionStatusDeleted, seats: 3, ago: 38})
	o.cancel(p, "billing", 58, model.CancellationReasonCentralized, model.CancellationCauseAdminTakeOverCancel, "")
	p = o.buy(offer{product: cloudPC, by: "lena", status: model.SubscriptionStatusDeleted, seats: 2, ago: 70, price: "29.00", currency: "EUR"})
	o.cancel(p, "admin", 72, model.CancellationReasonPolicy, model.CancellationCauseAdminTakeOverCancel, "Windows 365 is provided by IT.")
	p = o.buy(offer{product: project, by: "billing", source: model.PurchaseSourceCentral, status: model.SubscriptionStatusDisabled, seats: 5, ago: 25})
	o.cancel(p, "billing", 30, model.CancellationReasonNoLongerNeeded, model.CancellationCauseAdminCentral, "")
}
