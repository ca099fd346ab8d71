package outbox

import (
	"fmt"
	"strings"

	"golang.org/x/text/currency"

	"purser/graph/model"
	"purser/internal/instant"
	"purser/internal/money"
)

// fact is a line about a subscription.
type fact struct{ Label, Value string }

type facts []fact

// facts pairs labels, by their names among the words, with values.
func (p *pen) facts(labelsAndValues ...string) facts {
	list := make(facts, 0, len(labelsAndValues)/2)
	for i := 0; i+1 < len(labelsAndValues); i += 2 {
		list = append(list, fact{p.say(labelsAndValues[i], nil), labelsAndValues[i+1]})
	}
	return list
}

// number writes a whole number.
func (t *tongue) number(n int) string { return t.printer.Sprintf("%d", n) }

// counted writes a number with its noun.
func (t *tongue) counted(n int, one, other string) string {
	if n == 1 {
		return t.number(n) + " " + one
	}
	return t.number(n) + " " + other
}

var (
	dutchMonths  = [...]string{"januari", "februari", "maart", "april", "mei", "juni", "juli", "augustus", "september", "oktober", "november", "december"}
	germanMonths = [...]string{"Januar", "Februar", "März", "April", "Mai", "Juni", "Juli", "August", "September", "Oktober", "November", "Dezember"}
)

// date writes the day of an instant, in UTC.
func (t *tongue) date(at instant.Milli) string {
	day := at.Time()
	y, m, d := day.Date()
	switch t.tag.String() {
	case "nl":
		return fmt.Sprintf("%d %s %d", d, dutchMonths[m-1], y)
	case "de":
		return fmt.Sprintf("%d. %s %d", d, germanMonths[m-1], y)
	case "zh-CN":
		return fmt.Sprintf("%d年%d月%d日", y, m, d)
	}
	return day.Format("January 2, 2006")
}

// price writes what is paid for a subscription and how often.
func (p *pen) price(a money.Amount, code string, term model.BillingTerm) string {
	if a == 0 {
		return p.say("free", nil)
	}
	return p.say(string(term), p.money(a, code))
}

// names lists the first of the names, and says how many others there are.
func (p *pen) names(all []string) string {
	named := all
	if len(all) > mostNamed {
		named = all[:mostNamed]
	}
	list := strings.Join(named, p.say("comma", nil))
	if others := len(all) - len(named); others > 0 {
		list += p.say("others", others)
	}
	return list
}

const noBreak = "\u00a0"

// money writes an amount with as many decimals as it needs, and at least those of its currency.
func (t *tongue) money(a money.Amount, code string) string {
	whole, fraction, _ := strings.Cut(a.Format(code), ".")
	point := "."
	if tag := t.tag.String(); tag == "nl" || tag == "de" {
		point = ","
	}
	var n int
	_, _ = fmt.Sscan(whole, &n) // it is a number
	amount := t.number(n)
	if fraction != "" {
		amount += point + fraction
	}
	sign := t.sign(code)
	switch {
	case t.tag.String() == "de":
		return amount + noBreak + sign
	case t.tag.String() == "nl", sign == code: // letters do not stick to digits
		return sign + noBreak + amount
	}
	return sign + amount
}

// sign returns the usual sign of a currency; the code itself where there is none.
func (t *tongue) sign(code string) string {
	unit, err := currency.ParseISO(code)
	if err != nil {
		return code
	}
	// the wide signs of East Asian typesetting stand out among ordinary digits
	return strings.NewReplacer("￥", "¥", "￦", "₩").Replace(t.printer.Sprint(currency.Symbol(unit)))
}
