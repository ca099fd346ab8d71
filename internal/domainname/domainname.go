// Package domainname tells domain names from other text.
package domainname

import "regexp"

// Max is how many characters a domain name may have.
const Max = 253

var form = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$`)

// Valid tells whether s is a domain name in lower case.
func Valid(s string) bool { return len(s) <= Max && form.MatchString(s) }
