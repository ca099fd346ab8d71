package page_test

import (
	"slices"
	"strings"
	"testing"

	"purser/internal/fault"
	"purser/internal/page"
)

func TestResolve(t *testing.T) {
	cursor := page.Position{Value: "key\x00with nul", ID: "pur_1"}.Cursor("list")
	tests := []struct {
		name string
		args page.Args
		ok   bool
	}{
		{"nothing", page.Args{}, true},
		{"first", page.Args{First: new(1)}, true},
		{"last", page.Args{Last: new(100)}, true},
		{"both cursors", page.Args{After: &cursor, Before: &cursor}, true},
		{"first and last", page.Args{First: new(1), Last: new(1)}, false},
		{"zero", page.Args{First: new(0)}, false},
		{"negative", page.Args{Last: new(-1)}, false},
		{"too many", page.Args{First: new(101)}, false},
		{"empty cursor", page.Args{After: new("")}, false},
		{"changed cursor", page.Args{After: new(cursor[:len(cursor)-2] + "AA")}, false},
		{"foreign cursor", page.Args{Before: new(page.Position{Value: "a", ID: "pur_1"}.Cursor("another list"))}, false},
		{"garbage", page.Args{After: new("!!!")}, false},
	}
	for _, tt := range tests {
		p, err := tt.args.Resolve("list")
		if (err == nil) != tt.ok || err != nil && fault.CodeOf(err) != fault.Invalid {
			t.Errorf("%s: %v", tt.name, err)
		}
		if tt.args.After != nil && tt.ok && (p.After.ID != "pur_1" || p.After.Value != "key\x00with nul") {
			t.Errorf("%s: the position came back as %q", tt.name, p.After)
		}
	}
}

func TestCut(t *testing.T) {
	tests := []struct {
		name           string
		page           page.Page
		rows, want     []int
		previous, next bool
	}{
		{"all of it", page.Page{Limit: 3}, []int{1, 2, 3}, []int{1, 2, 3}, false, false},
		{"one more", page.Page{Limit: 2}, []int{1, 2, 3}, []int{1, 2}, false, true},
		{"after", page.Page{Limit: 2, After: &page.Position{}}, []int{4, 5}, []int{4, 5}, true, false},
		{"the last", page.Page{Limit: 2, Backward: true}, []int{9, 8, 7}, []int{8, 9}, true, false},
		{"before", page.Page{Limit: 2, Backward: true, Before: &page.Position{}}, []int{6, 5}, []int{5, 6}, false, true},
		{"none", page.Page{Limit: 2}, nil, nil, false, false},
	}
	for _, tt := range tests {
		got, previous, next := page.Cut(tt.page, slices.Clone(tt.rows))
		if !slices.Equal(got, tt.want) || previous != tt.previous || next != tt.next {
			t.Errorf("%s: %v, %v, %v", tt.name, got, previous, next)
		}
	}
}

func FuzzCursor(f *testing.F) {
	f.Add(page.Position{Value: "1", ID: "pur_1"}.Cursor("list"))
	f.Fuzz(func(t *testing.T, cursor string) {
		p, err := page.Args{After: &cursor}.Resolve("list")
		if err == nil && p.After.Cursor("list") != cursor {
			t.Errorf("%q was taken, but is not what we would have given out", cursor)
		}
	})
}

// FuzzPosition: every position finds its way back, and only to its own list.
func FuzzPosition(f *testing.F) {
	f.Add("1", "pur_1", "list", "another")
	f.Add("key\x00with nul", "", "", "\x00")
	f.Fuzz(func(t *testing.T, value, id, tag, other string) {
		if strings.Contains(id, "\x00") { // no id does
			return
		}
		want := page.Position{Value: value, ID: id}
		cursor := want.Cursor(tag)
		p, err := page.Args{After: &cursor}.Resolve(tag)
		if err != nil || *p.After != want {
			t.Errorf("%q came back as %q, %v", want, p.After, err)
		}
		if _, err := (page.Args{Before: &cursor}).Resolve(other); err == nil && other != tag {
			t.Errorf("a cursor of %q was taken for %q", tag, other)
		}
	})
}

// TestRead: one entry beyond the page is read where somebody wants to know whether there is one.
func TestRead(t *testing.T) {
	first := 5
	p, err := page.Args{First: &first}.Resolve("list")
	if err != nil || p.Read() != 6 {
		t.Errorf("%d, %v", p.Read(), err)
	}
	if p.More = false; p.Read() != 5 {
		t.Error(p.Read())
	}
}
