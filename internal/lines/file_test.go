package lines_test

import (
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"
	"unicode/utf8"

	"purser/internal/lines"

	"github.com/google/go-cmp/cmp"
)

func TestFile(t *testing.T) {
	long := strings.Repeat("x", lines.MaxBytes)
	for _, c := range []struct {
		name, text string
		want       []string
		wrong      string
	}{
		{"empty", "", nil, ""},
		{"no end", "a\nb", []string{"1 a", "2 b"}, ""},
		{"blank lines, CRLF and a byte order mark", "\ufeffa\r\n\r\n \t\nb\r\n", []string{"1 a", "4 b"}, ""},
		{"not UTF-8", "a\n\xff\nb\n", []string{"1 a", "3 b"}, "line 2: is not UTF-8"},
		{"as long as it may be", long + "\r\nb", []string{"1 " + long, "2 b"}, ""},
		{"too long", "a\n" + long + "y\nb", []string{"1 a", "3 b"}, "line 2: is longer than 1048576 bytes"},
		{"far too long", strings.Repeat(long, 3), nil, "line 1: is longer than 1048576 bytes"},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := lines.Open(iotest.HalfReader(strings.NewReader(c.text)))
			var got []string
			for f.Next() {
				got = append(got, string(rune('0'+f.Number()))+" "+string(f.Bytes()))
			}
			if d := cmp.Diff(c.want, got); d != "" {
				t.Error(d)
			}
			wrong := ""
			if err := f.Err(); err != nil {
				wrong = err.Error()
			}
			if wrong != c.wrong {
				t.Errorf("got %q, want %q", wrong, c.wrong)
			}
		})
	}
}

func TestReadError(t *testing.T) {
	broken := errors.New("broken")
	f := lines.Open(io.MultiReader(strings.NewReader("a\nb"), iotest.ErrReader(broken)))
	n := 0
	for f.Next() {
		n++
	}
	if err := f.Err(); n != 1 || !errors.Is(err, broken) {
		t.Errorf("%d lines and %v, want one line and the reader's error", n, err)
	}
}

func TestProblemsAreListedByLine(t *testing.T) {
	f := lines.Open(strings.NewReader(""))
	for line := 40; line > 0; line-- {
		f.Wrong(line, "field", "first")
		f.Wrong(line, "field", "second")
	}
	var e *lines.Error
	if !errors.As(f.Err(), &e) {
		t.Fatalf("got %v, want a *lines.Error", f.Err())
	}
	if len(e.Problems) != lines.Listed || e.More != 60 {
		t.Errorf("%d are listed and %d counted, want 20 and 60", len(e.Problems), e.More)
	}
	text := e.Error()
	if !strings.HasPrefix(text, "line 1: field: first\nline 1: field: second\nline 2: field: first\n") || !strings.HasSuffix(text, "\nline 10: field: second\nand 60 more") {
		t.Errorf("got %s", text)
	}
}

// FuzzFile: lines come whole and in order, however they arrive, and nothing is passed over without a word.
func FuzzFile(f *testing.F) {
	for _, text := range []string{"", "a\nb", "\ufeffa\r\n\r\n \t\nb\r\n", "a\n\xff\nb\n", "\r\n\ufeff", "\r\r\n", "\x00\n", "\u2028a"} {
		f.Add(text, true)
		f.Add(text, false)
	}
	f.Fuzz(func(t *testing.T, text string, slowly bool) {
		var r io.Reader = strings.NewReader(text)
		if slowly {
			r = iotest.OneByteReader(r)
		}
		file, all := lines.Open(r), strings.Split(text, "\n")
		last := 0
		for file.Next() {
			n, line := file.Number(), string(file.Bytes())
			want := strings.TrimSuffix(all[n-1], "\r")
			if n == 1 {
				want = strings.TrimPrefix(want, "\ufeff")
			}
			if line != want || n <= last || !utf8.ValidString(line) || len(line) > lines.MaxBytes {
				t.Errorf("line %d after %d of %q is %q", n, last, text, line)
			}
			last = n
		}
		var e *lines.Error
		if err := file.Err(); err != nil && !errors.As(err, &e) || (err == nil) != utf8.ValidString(text) {
			t.Errorf("%q: %v", text, err)
		}
	})
}
