// Package money holds exact amounts of money as integers.
package money

import (
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/text/currency"
)

// Amount is in ten-thousandths of a currency's unit: 8.40 is 84000.
type Amount int64

const (
	unit   = 10000
	places = 4
)

// Max is the highest price of one seat that is taken: a million.
const Max Amount = 1_000_000 * unit

// Parse reads a plain decimal such as "8.40": at most four decimals, not negative, at most Max.
func Parse(s string) (Amount, error) {
	whole, frac, _ := strings.Cut(s, ".")
	if !digits(whole) || len(whole) > 7 || len(frac) > places || frac != "" && !digits(frac) || strings.HasSuffix(s, ".") {
		return 0, fmt.Errorf("%q is not a decimal amount such as 8.40, from 0 to 1000000 with at most four decimals", s)
	}
	n, err := strconv.ParseInt(whole+frac+strings.Repeat("0", places-len(frac)), 10, 64)
	if err != nil || Amount(n) > Max {
		return 0, fmt.Errorf("%q is more than %d", s, Max/unit)
	}
	return Amount(n), nil
}

// Over returns the amount split into n parts, rounded to the nearest ten-thousandth.
func (a Amount) Over(n int) Amount { return (a + Amount(n)/2) / Amount(n) }

// Times returns the amount for n seats.
func (a Amount) Times(n int) Amount { return a * Amount(n) }

// Format writes the amount with at least as many decimals as the currency has.
func (a Amount) Format(code string) string {
	if a < 0 {
		return "-" + (-a).Format(code)
	}
	least := decimals(code)
	b := strconv.AppendInt(make([]byte, 0, 24), int64(a/unit), 10)
	part := int64(a % unit)
	if part == 0 && least == 0 {
		return string(b)
	}
	b = append(b, '.')
	for n, digit := 0, int64(unit/10); digit > 0 && (part > 0 || n < least); n, digit = n+1, digit/10 {
		b = append(b, "0123456789"[part/digit])
		part %= digit
	}
	return string(b)
}

// ValidCurrency tells whether code is an ISO 4217 currency in use.
func ValidCurrency(code string) bool {
	u, err := currency.ParseISO(code)
	return err == nil && u.String() == code
}

func decimals(code string) int {
	u, err := currency.ParseISO(code)
	if err != nil {
		return 2
	}
	scale, _ := currency.Standard.Rounding(u)
	return min(scale, places)
}

func digits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != ""
}
