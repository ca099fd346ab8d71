package licensing_test

import (
	"bytes"
	"encoding/csv"
	"slices"
	"strings"
	"testing"

	"purser/internal/licensing"
)

// FuzzCSV: whatever people are called, a spreadsheet reads the cells that were written, and runs none of them.
func FuzzCSV(f *testing.F) {
	for _, cell := range []string{"", "Avery Howard", "=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝1+1", "＋1", "－1", "＠x", `"=1"`, "a,b", "a\r\nb", "'", "\xff", "\ufeff=1"} {
		f.Add(cell, "next")
	}
	f.Fuzz(func(t *testing.T, a, b string) {
		record := []string{licensing.Defuse(a), licensing.Defuse(b), "end"}
		for i, cell := range []string{a, b} {
			if strings.TrimPrefix(record[i], "'") != strings.TrimPrefix(cell, "'") {
				t.Errorf("%q became %q", cell, record[i])
			}
			if strings.ContainsAny(first(record[i]), "=+-@\t\r\n＝＋－＠") {
				t.Errorf("%q is a formula", record[i])
			}
		}
		var file bytes.Buffer
		w := csv.NewWriter(&file)
		w.UseCRLF = true
		if err := w.WriteAll([][]string{record, record}); err != nil {
			t.Fatal(err)
		}
		rows, err := csv.NewReader(&file).ReadAll()
		if err != nil || len(rows) != 2 {
			t.Fatalf("%q is read as %q, %v", record, rows, err)
		}
		for i := range record { // line breaks are as they come
			record[i] = strings.ReplaceAll(strings.ReplaceAll(record[i], "\r\n", "\n"), "\r", "")
			rows[0][i] = strings.ReplaceAll(rows[0][i], "\r", "")
		}
		if !slices.Equal(rows[0], record) {
			t.Errorf("%q is read as %q", record, rows[0])
		}
	})
}

func first(s string) string {
	for _, r := range s {
		return string(r)
	}
	return ""
}
