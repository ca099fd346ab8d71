package catalog

import (
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"purser/ent"
	"purser/graph/model"
	"purser/internal/fold"
	"purser/internal/lines"
	"purser/internal/money"

	"golang.org/x/text/language"
)

// The columns of a catalogue file.
const (
	colID        = "product_id"
	colFormer    = "former_product_ids"
	colName      = "name"
	colFamily    = "family"
	colKind      = "kind"
	colTrial     = "trial_without_payment_method"
	colTrialDays = "trial_days"
	colPrice     = "list_price_usd"
	colCountries = "excluded_countries"
	colEligible  = "self_service_eligible" // may be left out
)

var required = []string{colID, colFormer, colName, colFamily, colKind, colTrial, colTrialDays, colPrice, colCountries}

// Limits of a product.
const (
	maxID        = 64
	maxName      = 200
	maxTrialDays = 3650
)

// row is one line of a catalogue file.
type row struct {
	line    int
	product ent.Product
	former  []string
}

// parser reads the lines below a header.
type parser struct {
	file    *lines.File
	columns []string
	cells   map[string]string
}

// parse reads a file; what is wrong with it is noted in the file.
func parse(file *lines.File) []row {
	if !file.Next() {
		file.Wrong(1, "", "the header is missing: %s", strings.Join(required, ", "))
		return nil
	}
	p := &parser{file: file, cells: map[string]string{}}
	if !p.header() {
		return nil
	}
	var rows []row
	for file.Next() {
		if r, ok := p.row(); ok {
			rows = append(rows, r)
		}
	}
	return rows
}

func split(line []byte) []string {
	cells := strings.Split(string(line), "\t")
	for i := range cells {
		cells[i] = strings.TrimSpace(cells[i])
	}
	return cells
}

func (p *parser) header() (ok bool) {
	p.columns, ok = split(p.file.Bytes()), true
	for i, c := range p.columns {
		switch {
		case c != colEligible && !slices.Contains(required, c):
			p.wrong(c, "there is no such column")
		case slices.Contains(p.columns[:i], c):
			p.wrong(c, "the column is there twice")
		default:
			continue
		}
		ok = false
	}
	for _, c := range required {
		if !slices.Contains(p.columns, c) {
			p.wrong(c, "the column is missing")
			ok = false
		}
	}
	return ok
}

func (p *parser) wrong(column, format string, args ...any) {
	p.file.Wrong(p.file.Number(), column, format, args...)
}

// row reads one line. Lines with something wrong count too, so that what others say of their ids is understood.
func (p *parser) row() (row, bool) {
	cells := split(p.file.Bytes())
	if len(cells) != len(p.columns) {
		p.wrong("", "has %d columns, the header has %d", len(cells), len(p.columns))
		return row{}, false
	}
	for i, c := range p.columns {
		p.cells[c] = cells[i]
	}
	r := row{line: p.file.Number()}
	r.product = ent.Product{
		VendorProductID:           p.id(),
		Name:                      p.text(colName),
		Family:                    p.text(colFamily),
		Kind:                      p.kind(),
		SelfServiceEligible:       p.cells[colEligible] == "" || p.yes(colEligible),
		TrialWithoutPaymentMethod: p.yes(colTrial),
		TrialDays:                 p.days(),
		ListPrice:                 p.price(),
		ExcludedCountries:         p.countries(),
	}
	r.former = p.formerIDs(r.product.VendorProductID)
	r.product.NameKey, r.product.FamilyKey = fold.Key(r.product.Name), fold.Key(r.product.Family)
	return r, r.product.VendorProductID != ""
}

func (p *parser) id() string {
	s := p.cells[colID]
	if !p.goodID(colID, s) {
		return ""
	}
	return s
}

// goodID tells whether s can be an id: ids are stored and listed parted by spaces and commas.
func (p *parser) goodID(column, s string) bool {
	bad := func(r rune) bool { return r <= ' ' || r == ',' || !unicode.IsPrint(r) }
	if s == "" || len(s) > maxID || strings.ContainsFunc(s, bad) {
		p.wrong(column, "%q is not an id of 1 to %d characters without spaces", s, maxID)
		return false
	}
	return true
}

func (p *parser) formerIDs(own string) []string {
	var list []string
	for _, s := range listed(p.cells[colFormer]) {
		switch {
		case !p.goodID(colFormer, s):
		case s == own:
			p.wrong(colFormer, "%s is the product's own id", s)
		case slices.Contains(list, s):
			p.wrong(colFormer, "%s is there twice", s)
		default:
			list = append(list, s)
		}
	}
	return list
}

// listed parts a cell at commas and spaces.
func listed(cell string) []string {
	return strings.FieldsFunc(cell, func(r rune) bool { return r == ',' || r == ' ' })
}

func (p *parser) text(column string) string {
	s := p.cells[column]
	if s == "" || utf8.RuneCountInString(s) > maxName || strings.ContainsFunc(s, unicode.IsControl) {
		p.wrong(column, "%q is not a text of 1 to %d characters", s, maxName)
	}
	return s
}

func (p *parser) kind() string {
	k := model.ProductKind(p.cells[colKind])
	if !k.IsValid() {
		p.wrong(colKind, "%q is not one of %v", k, model.AllProductKind)
	}
	return string(k)
}

func (p *parser) yes(column string) bool {
	s := p.cells[column]
	if s != "yes" && s != "no" {
		p.wrong(column, "%q is not yes or no", s)
	}
	return s == "yes"
}

func (p *parser) days() int {
	n, err := strconv.ParseUint(p.cells[colTrialDays], 10, 31)
	if err != nil || n > maxTrialDays {
		p.wrong(colTrialDays, "%q is not a number of days from 0 to %d", p.cells[colTrialDays], maxTrialDays)
		return 0
	}
	return int(n)
}

// price reads the list price; none means that the product is not sold.
func (p *parser) price() *money.Amount {
	s := p.cells[colPrice]
	if s == "" {
		return nil
	}
	a, err := money.Parse(s)
	if err != nil {
		p.wrong(colPrice, "%v", err)
	}
	return &a
}

func (p *parser) countries() string {
	codes := listed(p.cells[colCountries])
	for _, c := range codes {
		if r, err := language.ParseRegion(c); err != nil || !r.IsCountry() || r.String() != c {
			p.wrong(colCountries, "%q is not a two-letter country code", c)
		}
	}
	slices.Sort(codes)
	return strings.Join(slices.Compact(codes), " ")
}
