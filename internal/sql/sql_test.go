package sql_test

import (
	"regexp"
	"slices"
	"strconv"
	"testing"

	"purser/internal/sql"
)

// all is a statement with one of everything.
func all(postgres bool) *sql.Selector {
	p, u := sql.Table("purchases", "p"), sql.Table("users", "u")
	inner := sql.From(postgres, sql.Table("licenses", "l")).Select("MAX(l.id)").Where(sql.EQ("l.kind", "inner"))
	s := sql.From(postgres, p).Distinct().Select(p.C("id")).AppendSelectAs(sql.Sum(p.C("quantity")), "sum").
		AppendSelectExpr(sql.Raw("1"), inner).AppendSelectExprAs(sql.Exists(inner), "some")
	s.Join(u, sql.And(sql.ColumnsEQ(u.C("id"), p.C("user_id")), sql.EQ(u.C("kind"), "joined"))).
		LeftJoin(sql.Table("tenants", "t"), sql.IsTrue("t.ok"))
	return s.Where(sql.Or(sql.LT("a", 1), sql.And(sql.GT("b", 2), sql.NEQ("c", 3)))).
		Where(sql.In("d", 4, 5)).Where(sql.In("e", inner)).Where(sql.In("f")).Where(sql.Not(sql.Or(sql.IsNull("g"), sql.NotNull("h")))).
		Where(sql.EQ("i", inner)).Where(sql.EQ("j", sql.Raw("k.key"))).Where(sql.EQ("k", true)).Where(sql.EQ("l", false)).Where(sql.NotExists(inner)).
		Where(sql.CompositeLT([]string{"m", "n"}, 6, "7")).Where(sql.CompositeGT([]string{"o"}, 8)).Where(sql.Contains("q", `1_0%\`)).
		Where(sql.And(sql.GTE("r", 9))).
		GroupBy("s", "t").Having(sql.GT(sql.Sum("w"), 10)).OrderBy(sql.Asc("u"), sql.Desc("v")).Limit(10).Offset(20)
}

const onSQLite = `SELECT DISTINCT p.id, SUM(p.quantity) AS sum, 1, (SELECT MAX(l.id) FROM licenses AS l WHERE l.kind = +?), ` +
	`EXISTS (SELECT MAX(l.id) FROM licenses AS l WHERE l.kind = +?) AS some FROM purchases AS p ` +
	`JOIN users AS u ON u.id = p.user_id AND u.kind = +? LEFT JOIN tenants AS t ON t.ok ` +
	`WHERE (a < ? OR (b > ? AND c <> ?)) AND d IN (+?, ?) AND e IN (SELECT MAX(l.id) FROM licenses AS l WHERE l.kind = +?) AND FALSE ` +
	`AND NOT (g IS NULL OR h IS NOT NULL) AND i = (SELECT MAX(l.id) FROM licenses AS l WHERE l.kind = +?) AND j = k.key AND k AND NOT l ` +
	`AND NOT EXISTS (SELECT MAX(l.id) FROM licenses AS l WHERE l.kind = +?) AND (m, n) < (?, ?) AND (o) > (?) AND q LIKE ? ESCAPE '\' AND r >= +? ` +
	`GROUP BY s, t HAVING SUM(w) > ? ORDER BY u ASC, v DESC LIMIT 10 OFFSET 20`

func TestSelector(t *testing.T) {
	query, args := all(false).Query()
	if query != onSQLite {
		t.Errorf("got  %s\nwant %s", query, onSQLite)
	}
	want := []any{"inner", "inner", "joined", 1, 2, 3, 4, 5, "inner", "inner", "inner", 6, "7", 8, `%1\_0\%\\%`, 9, 10}
	if !slices.Equal(args, want) {
		t.Errorf("arguments %v, want %v", args, want)
	}
	again, _ := all(false).Query()
	if again != query {
		t.Errorf("another time it is %s", again)
	}
}

// TestParameters compares what PostgreSQL gets: parameters are numbered in the order of their arguments.
func TestParameters(t *testing.T) {
	query, args := all(true).Query()
	n := 0
	want := regexp.MustCompile(`\+?\?`).ReplaceAllStringFunc(onSQLite, func(string) string {
		n++
		return "$" + strconv.Itoa(n)
	})
	if query != want || len(args) != n {
		t.Errorf("got  %s\nwant %s", query, want)
	}
}

func TestBehind(t *testing.T) {
	p := sql.Table("purchases", "p")
	s := sql.From(false, p).Select(p.C("id")).Where(sql.IsNull("a")).Where(sql.IsNull("b"))
	got, _ := s.Behind(sql.Raw("keys AS k")).Only(sql.NotNull("c")).Where(sql.NotNull("d")).Query()
	want := `SELECT p.id FROM keys AS k CROSS JOIN purchases AS p WHERE c IS NOT NULL AND d IS NOT NULL`
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestOver(t *testing.T) {
	p := sql.Table("purchases", "p")
	s, o := sql.Over(sql.From(false, p).Select(p.C("id")).Limit(1), "o")
	got, _ := s.Select(sql.Count("*"), sql.Max(o.C("id"))).Query()
	want := `SELECT COUNT(*), MAX(o.id) FROM (SELECT p.id FROM purchases AS p LIMIT 1) AS o`
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}
