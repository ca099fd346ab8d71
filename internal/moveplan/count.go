package moveplan

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"purser/graph/model"
	"purser/internal/sql"
	"purser/internal/store"
)

// Counts say of a source's licenses what a move has to know of their holders.
type Counts struct {
	// Gone is how many of the holders have left the tenant.
	Gone int
	// AlreadyLicensed is how many of the others hold a purchase too, by that purchase.
	AlreadyLicensed map[string]int
}

// Count counts the holders of each source, with a constant number of statements: against the one
// target, or where that is nil against every purchase that users can be moved to.
func Count(ctx context.Context, r *store.Reader, sources []string, target *End) (map[string]Counts, error) {
	counts := make(map[string]Counts, len(sources))
	for _, s := range sources {
		counts[s] = Counts{AlreadyLicensed: map[string]int{}}
	}
	if err := countGone(ctx, r, counts, sources); err != nil {
		return nil, fmt.Errorf("count who has left: %w", err)
	}
	if target != nil && target.Assigned == 0 {
		return counts, nil
	}
	all, left := countLicensed(r, sources, target), countLicensedGone(r, sources, target)
	if err := addLicensed(ctx, r, counts, all, 1); err != nil {
		return nil, fmt.Errorf("count who is licensed already: %w", err)
	}
	if !slices.ContainsFunc(slices.Collect(maps.Values(counts)), func(c Counts) bool { return c.Gone > 0 }) {
		return counts, nil
	}
	if err := addLicensed(ctx, r, counts, left, -1); err != nil {
		return nil, fmt.Errorf("count who of them has left: %w", err)
	}
	return counts, nil
}

// countGone starts at those who have left, who are few and have an index of their own.
func countGone(ctx context.Context, r *store.Reader, counts map[string]Counts, sources []string) error {
	q, u := r.From("users", "u")
	l := r.Join(q, "licenses", "l", "user_id", u.C("id"))
	q.Where(sql.And(sql.IsTrue(u.C("removed")), sql.In(l.C("purchase_id"), values(sources)...))).
		Select(l.C("purchase_id"), sql.Count("*")).GroupBy(l.C("purchase_id"))
	return r.Query(ctx, q, func(rows *store.Rows) error {
		var source string
		var n int
		if err := rows.Scan(&source, &n); err != nil {
			return err
		}
		c := counts[source]
		c.Gone = n
		counts[source] = c
		return nil
	})
}

// countLicensed counts who holds a source and another purchase, whether they have left or not. It asks licenses alone, on
// PostgreSQL one index of theirs: to look each user and each purchase up takes several times as long.
func countLicensed(r *store.Reader, sources []string, target *End) *sql.Selector {
	q, l := r.FromKeys("licenses", "l", "purchase_id", sources)
	t := r.Join(q, "licenses", "t", "user_id", l.C("user_id"))
	return licensed(r, q, l, t, target)
}

// countLicensedGone counts who of them has left; they are few.
func countLicensedGone(r *store.Reader, sources []string, target *End) *sql.Selector {
	q, u := r.From("users", "u")
	l := r.Join(q, "licenses", "l", "user_id", u.C("id"))
	t := r.Join(q, "licenses", "t", "user_id", u.C("id"))
	q.Where(sql.And(sql.IsTrue(u.C("removed")), sql.In(l.C("purchase_id"), values(sources)...)))
	return licensed(r, q, l, t, target)
}

// licensed narrows licenses t to the target, or to all that there can be, and counts by both purchases.
func licensed(r *store.Reader, q *sql.Selector, l, t *sql.SelectTable, target *End) *sql.Selector {
	if target != nil {
		q.Where(sql.EQ(t.C("purchase_id"), target.ID))
	} else {
		p, of := r.From("purchases", "p")
		p.Select(of.C("id")).Where(sql.And(Eligible(of), sql.GT(of.C("assigned"), 0)))
		q.Where(sql.P(func(b *sql.Builder) { // looked up in what the statement has put together once, not each by the index
			b.WriteString("(").Ident(t.C("purchase_id")).WriteString(" IN ").Wrap(func(b *sql.Builder) { b.Join(p) }).WriteString(") IS TRUE")
		}))
	}
	return q.Select(l.C("purchase_id"), t.C("purchase_id"), sql.Count("*")).GroupBy(l.C("purchase_id"), t.C("purchase_id"))
}

// addLicensed adds what the statement counts, times the sign.
func addLicensed(ctx context.Context, r *store.Reader, counts map[string]Counts, q *sql.Selector, sign int) error {
	return r.Query(ctx, q, func(rows *store.Rows) error {
		var source, target string
		var n int
		if err := rows.Scan(&source, &target, &n); err != nil {
			return err
		}
		counts[source].AlreadyLicensed[target] += sign * n
		return nil
	})
}

// Eligible narrows purchases to those that users can be moved to.
func Eligible(p *sql.SelectTable) *sql.Predicate {
	return sql.And(sql.EQ(p.C("source"), string(model.PurchaseSourceCentral)), sql.EQ(p.C("status"), string(model.SubscriptionStatusActive)))
}

func values(list []string) []any {
	args := make([]any, len(list))
	for i, s := range list {
		args[i] = s
	}
	return args
}
