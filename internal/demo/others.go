package demo

import (
	"purser/graph/model"
)

// tulip is a Dutch organization in the German cloud, which pays in euros.
func (w *world) tulip() *organization {
	o := w.organization("Tulip Logistiek", "tulip.example", model.CloudGermany, "NL", "nl", "EUR")
	o.admins([5]string{"Marieke Bakker", "Joost van Dijk", "Femke Visser", "Daan Smit", "Willemijn de Boer"})
	team := o.people("Bram Jansen|Verkoop", "Sofie Mulder|Planning", "Thijs de Groot|Planning", "Noor Bos|Inkoop", "Ruben Peters|Magazijn",
		"Lotte Hendriks|Verkoop", "Jeroen Vos|Magazijn", "Eva Dekker|Financiën", "Sem Brouwer|ICT", "Anouk Schouten|Verkoop")
	o.user("heidi", "Heidi Krüger", "Vertrieb").Locale = "de"

	o.buy(offer{product: project, by: team[1], seats: 4, ago: 140, price: "28.10", users: team[1:4]})
	o.buy(offer{product: powerBI, by: team[0], seats: 6, ago: 48, price: "13.10", users: []string{team[0], team[5], team[9], "heidi"}})
	o.buy(offer{product: visio1, by: "heidi", kind: model.PurchaseKindTrialWithoutPaymentMethod, seats: 5, ago: 9, ends: true, users: []string{"heidi"}})
	o.buy(offer{product: powerApps, by: team[4], status: model.SubscriptionStatusExpired, seats: 3, ago: 16, price: "18.70", users: []string{team[4], team[6]}})
	o.buy(offer{product: powerBI, by: "billing", source: model.PurchaseSourceCentral, term: model.BillingTermAnnual, seats: 25, ago: 200, price: "157.20", users: []string{team[0], team[7]}})
	o.buy(offer{product: m365F3, by: "admin", source: model.PurchaseSourceCentral, term: model.BillingTermAnnual, seats: 20, ago: 310, price: "90.00", users: team})

	o.policy(cloudPC, "admin", 90, model.SelfServicePolicyValueDisabled)
	o.policy(visio1, "billing", 33, model.SelfServicePolicyValueTrialsOnly)
	return o
}

// lotus is a Chinese organization in the cloud of 21Vianet, which pays in yuan.
func (w *world) lotus() *organization {
	o := w.organization("莲花科技", "lotus.example", model.CloudChina21vianet, "CN", "zh-CN", "CNY")
	o.admins([5]string{"王芳", "李娜", "张伟", "刘洋", "陈静"})
	team := o.people("杨磊|销售部|yang.lei", "赵敏|市场部|zhao.min", "黄海|研发部|huang.hai", "周婷|财务部|zhou.ting", "吴强|研发部|wu.qiang",
		"徐丽|销售部|xu.li", "孙悦|研发部|sun.yue", "马超|运维部|ma.chao", "朱琳|人事部|zhu.lin")

	o.buy(offer{product: powerBI, by: team[0], seats: 5, ago: 77, price: "98.00", users: []string{team[0], team[5], team[1]}})
	o.buy(offer{product: visio2, by: team[2], seats: 3, ago: 24, price: "106.00", users: []string{team[2], team[4]}})
	o.buy(offer{product: vivaGoals, by: team[1], kind: model.PurchaseKindTrialWithoutPaymentMethod, seats: 10, ago: 13, ends: true, users: []string{team[1]}})
	o.buy(offer{product: powerBI, by: "billing", source: model.PurchaseSourceCentral, term: model.BillingTermAnnual, seats: 15, ago: 120, price: "1176.00", users: []string{team[3], team[7]}})
	p := o.buy(offer{product: planner, by: team[6], status: model.SubscriptionStatusDeleted, seats: 2, ago: 20, price: "70.00"})
	o.cancel(p, "admin", 35, model.CancellationReasonCentralized, model.CancellationCauseAdminTakeOverCancel, "")

	o.policy(copilot, "admin", 51, model.SelfServicePolicyValueDisabled)
	return o
}

// fabrikam is the partner who looks after contoso.
func (w *world) fabrikam() *organization {
	o := w.organization("Fabrikam Partners", "fabrikam.example", model.CloudWorldwide, "GB", "en", "USD")
	o.admins([5]string{"Fiona Hargreaves", "Oliver Bright", "Priya Desai", "George Whitlock", "Hannah Osei"})
	team := o.people("Imogen Clarke|Customer Success", "Tom Ashdown|Customer Success", "Mei Lin Chan|Delivery")
	o.buy(offer{product: project, by: team[0], seats: 3, ago: 58, users: team})
	o.buy(offer{product: copilot, by: "billing", source: model.PurchaseSourceCentral, seats: 10, ago: 92, users: []string{"admin", team[1]}})
	return o
}
