package takeover

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"

	"pgregory.net/rapid"

	"purser/graph/model"
	"purser/internal/lines"
)

// load imports one line; want is in what the refusal says, "" where there is none.
func (m *machine) load(rt *rapid.T, want string, line map[string]any) {
	var file strings.Builder
	e := json.NewEncoder(&file)
	if err := errors.Join(e.Encode(map[string]any{"type": "tenant", "domain": m.w.Domain()}), e.Encode(line)); err != nil {
		rt.Fatal(err)
	}
	m.seen["import "+want]++
	_, err := m.directory.Import(rt.Context(), strings.NewReader(file.String()), nil)
	if _, refused := errors.AsType[*lines.Error](err); err != nil && !refused || refused != (want != "") || refused && !strings.Contains(err.Error(), want) {
		rt.Fatalf("importing %v: %v, want %q", line, err, want)
	}
}

// importUser has somebody leave, or come back.
func (m *machine) importUser(rt *rapid.T) {
	u := rapid.SampledFrom(m.users).Draw(rt, "user")
	m.gone[u] = !m.gone[u]
	m.load(rt, "", map[string]any{"type": "user", "userPrincipalName": u + "@contoso.example", "removed": m.gone[u]})
}

// squeeze has those come back for whom a move has reserved no seat, and takes the free ones away.
func (m *machine) squeeze(rt *rapid.T) {
	for _, moveID := range m.moves {
		t := m.ledger.moves[moveID]
		back := slices.DeleteFunc(m.left(t), func(u string) bool { return !m.gone[u] })
		to := m.ledger.purchases[t.to]
		if !t.open() || len(back) == 0 {
			continue
		}
		for _, u := range back {
			m.gone[u] = false
			m.load(rt, "", map[string]any{"type": "user", "userPrincipalName": u + "@contoso.example", "removed": false})
		}
		least := max(1, len(to.holders)+m.reserved(t.to))
		m.load(rt, m.change(t.to, least, to.status, m.w.Clock.Now()), map[string]any{"type": "purchase", "ref": ref(slices.Index(m.purchases, t.to)), "quantity": least})
		return
	}
	rt.Skip("nobody can come back")
}

func (m *machine) importPurchase(rt *rapid.T) {
	i := m.busy(rt)
	p := m.ledger.purchases[m.purchases[i]]
	quantity, status := p.quantity, p.status
	switch rapid.IntRange(0, 2).Draw(rt, "what") {
	case 0: // no seat is free any more
		quantity = max(1, len(p.holders)+m.reserved(m.purchases[i]))
	case 1:
		quantity = rapid.IntRange(1, 2*len(m.users)).Draw(rt, "seats")
	default:
		status = rapid.SampledFrom([]model.SubscriptionStatus{"ACTIVE", "ACTIVE", "ACTIVE", "EXPIRED", "EXPIRED", "DISABLED", "DELETED"}).Draw(rt, "status")
	}
	m.load(rt, m.change(m.purchases[i], quantity, status, m.w.Clock.Now()), map[string]any{"type": "purchase", "ref": ref(i), "quantity": quantity, "status": status})
}

func (m *machine) importLicense(rt *rapid.T) {
	i, u := m.busy(rt), rapid.SampledFrom(m.users).Draw(rt, "user")
	m.load(rt, m.give(m.purchases[i], u), map[string]any{"type": "license", "purchase": ref(i), "user": u + "@contoso.example"})
}
