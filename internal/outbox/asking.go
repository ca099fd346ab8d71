package outbox

import (
	"slices"

	"purser/graph/model"
	"purser/internal/instant"
)

// mostNamed is how many people a mail names; of more it says how many others there are.
const mostNamed = 10

// LicenseRequested tells administrators that a user asks for licenses.
type LicenseRequested struct {
	Request string   // the request's id
	Product string   // the product's name
	By      string   // the user's name
	People  []string // the names of those who are to get a license, at least one
	Message string   // what the user says about it, in any number of lines; "" for nothing
	At      instant.Milli
}

func (LicenseRequested) kind() model.NotificationKind { return model.NotificationKindLicenseRequested }

func (c LicenseRequested) clean() Content {
	c.Product, c.By, c.People = oneLine(c.Product), oneLine(c.By), onOneLine(c.People)
	return c
}

func (c LicenseRequested) facts(p *pen) []facts {
	return []facts{p.facts("product", c.Product, "people", p.names(c.People), "reference", c.Request)}
}

func (c LicenseRequested) says() (who, what string) { return c.By, c.Message }

// LicenseRequestDecided tells who asked for licenses what was decided.
type LicenseRequestDecided struct {
	Request  string   // the request's id
	Product  string   // the product's name
	By       string   // the administrator's name
	Approved []string // the names of those who have a license now
	Rejected []string // the names of those who get none
	Open     int      // how many are still to be decided on
	Reply    string   // what the administrator says about it, in any number of lines; "" for nothing
	At       instant.Milli
}

func (LicenseRequestDecided) kind() model.NotificationKind {
	return model.NotificationKindLicenseRequestDecided
}

func (c LicenseRequestDecided) clean() Content {
	c.Product, c.By, c.Approved, c.Rejected = oneLine(c.Product), oneLine(c.By), onOneLine(c.Approved), onOneLine(c.Rejected)
	return c
}

func (c LicenseRequestDecided) facts(p *pen) []facts {
	said := []string{"product", c.Product}
	if len(c.Approved) > 0 {
		said = append(said, "approved", p.names(c.Approved))
	}
	if len(c.Rejected) > 0 {
		said = append(said, "rejected", p.names(c.Rejected))
	}
	return []facts{p.facts(append(said, "reference", c.Request)...)}
}

func (c LicenseRequestDecided) says() (who, what string) { return c.By, c.Reply }

func onOneLine(names []string) []string {
	names = slices.Clone(names)
	for i, n := range names {
		names[i] = oneLine(n)
	}
	return names
}
