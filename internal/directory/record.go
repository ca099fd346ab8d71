package directory

import (
	"bytes"
	"encoding/json"
	"errors"
	"maps"
	"math"
	"slices"
	"strings"
	"unicode/utf8"

	"purser/internal/instant"
	"purser/internal/lines"
	"purser/internal/money"
)

// record is one line of an import file. Its getters take fields out of it and note what is
// wrong with them; what is left out, or null, they return as nil.
type record struct {
	file   *lines.File
	line   int
	fields map[string]json.RawMessage
	failed bool
	noted  []string // the fields that something is wrong with
}

// parse reads the line that the file is at.
func parse(file *lines.File) (*record, bool) {
	r := &record{file: file, line: file.Number()}
	if err := json.Unmarshal(file.Bytes(), &r.fields); err != nil || r.fields == nil {
		if _, ok := errors.AsType[*json.UnmarshalTypeError](err); ok || err == nil {
			r.wrong("", "is not a JSON object")
		} else {
			r.wrong("", "is not JSON: %v", err)
		}
		return nil, false
	}
	return r, true
}

func (r *record) wrong(field, format string, args ...any) {
	r.failed, r.noted = true, append(r.noted, field)
	r.file.Wrong(r.line, field, format, args...)
}

// end notes the fields that nobody asked for, and tells whether everything was right.
func (r *record) end() bool {
	for _, name := range slices.Sorted(maps.Keys(r.fields)) {
		r.wrong(clip(name), "there is no such field")
	}
	return !r.failed
}

// take takes a field out; ok tells whether it has a value.
func (r *record) take(name string) (raw json.RawMessage, given, ok bool) {
	raw, given = r.fields[name]
	delete(r.fields, name)
	return raw, given, given && !bytes.Equal(raw, []byte("null"))
}

// decode reads a field as JSON of type T, which what names for people.
func decode[T any](r *record, name, what string) *T {
	raw, _, ok := r.take(name)
	if !ok {
		return nil
	}
	var v T
	if err := json.Unmarshal(raw, &v); err != nil {
		r.wrong(name, "is not %s", what)
		return nil
	}
	return &v
}

// text reads a text of 1 to limit characters.
func (r *record) text(name string, limit int, checks ...check) *string {
	s := decode[string](r, name, "a text")
	if s == nil {
		return nil
	}
	*s = strings.TrimSpace(*s)
	for _, message := range wrongWith(*s, limit, checks...) {
		r.wrong(name, "%s", message)
	}
	return s
}

// clearable is a text that may be taken away: by null, or by an empty text.
type clearable struct {
	value *string
	given bool
}

func (r *record) clearable(name string, limit int, checks ...check) clearable {
	raw, given := r.fields[name]
	if given && (bytes.Equal(raw, []byte(`""`)) || bytes.Equal(raw, []byte("null"))) {
		delete(r.fields, name)
		return clearable{given: true}
	}
	return clearable{value: r.text(name, limit, checks...), given: given}
}

// enum reads one of the values of an enum.
func enum[E ~string](r *record, name string, all []E) *string {
	s := decode[string](r, name, "a text")
	if s == nil {
		return nil
	}
	if !slices.Contains(all, E(*s)) {
		r.wrong(name, "%q is not one of %v", clip(*s), all)
	}
	return s
}

func (r *record) boolean(name string) *bool { return decode[bool](r, name, "true or false") }

// integer reads a whole number.
func (r *record) integer(name string, least, most int) *int {
	n := decode[float64](r, name, "a number")
	if n == nil {
		return nil
	}
	if *n != math.Trunc(*n) || *n < float64(least) || *n > float64(most) {
		r.wrong(name, "is not a whole number from %d to %d", least, most)
		return nil
	}
	i := int(*n)
	return &i
}

func (r *record) instant(name string) *instant.Milli {
	s := decode[string](r, name, "a text")
	if s == nil {
		return nil
	}
	at, err := instant.Parse(*s)
	if err != nil {
		r.wrong(name, "%v", err)
	}
	return &at
}

func (r *record) amount(name string) *money.Amount {
	s := decode[string](r, name, `a decimal in quotes, such as "8.40"`)
	if s == nil {
		return nil
	}
	a, err := money.Parse(clip(*s))
	if err != nil {
		r.wrong(name, "%v", err)
	}
	return &a
}

// need notes a field that must be there.
func need[T any](r *record, name string, v *T) {
	if v == nil && !slices.Contains(r.noted, name) {
		r.wrong(name, "is missing")
	}
}

func clip(s string) string {
	if utf8.RuneCountInString(s) > 60 {
		return string([]rune(s)[:60]) + "…"
	}
	return s
}
