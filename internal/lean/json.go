package lean

import (
	"errors"
	"math"
	"strconv"
)

// AppendString appends a string as gqlgen writes it: only what JSON wants is escaped.
func AppendString(b []byte, s string) []byte {
	b = append(b, '"')
	start := 0
	for i := range len(s) {
		if c := s[i]; c < ' ' || c == '"' || c == '\\' {
			b = escape(append(b, s[start:i]...), c)
			start = i + 1
		}
	}
	return append(append(b, s[start:]...), '"')
}

func escape(b []byte, c byte) []byte {
	const hex = "0123456789ABCDEF"
	switch c {
	case '"', '\\':
		return append(b, '\\', c)
	case '\t':
		return append(b, `\t`...)
	case '\r':
		return append(b, `\r`...)
	case '\n':
		return append(b, `\n`...)
	default:
		return append(b, '\\', 'u', '0', '0', hex[c>>4], hex[c&0xf])
	}
}

// AppendEnum appends an enum value as the types that gqlgen generates write themselves.
func AppendEnum(b []byte, s string) []byte {
	for i := range len(s) {
		if c := s[i]; (c < 'A' || c > 'Z') && c != '_' && (c < '0' || c > '9') {
			return strconv.AppendQuote(b, s)
		}
	}
	return append(append(append(b, '"'), s...), '"')
}

// AppendFloat appends a number as gqlgen writes it. Of what is no number in JSON gqlgen knows what to say.
func AppendFloat(b []byte, f float64) []byte {
	if math.IsInf(f, 0) || math.IsNaN(f) {
		panic(errNotFinite) //nolint:forbidigo // leaves the subtree to gqlgen
	}
	return strconv.AppendFloat(b, f, 'g', -1, 64)
}

var errNotFinite = errors.New("a number is not finite")
