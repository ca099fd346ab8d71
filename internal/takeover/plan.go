package takeover

import (
	"context"
	"fmt"

	"purser/internal/fault"
	"purser/internal/moveplan"
	"purser/internal/store"
)

// plan reads what a move would do and whether it may be done; nil where an end does not exist,
// then err says so. It counts outside of any transaction: for a hundred thousand users that takes
// longer than others should have to wait.
func (s *Service) plan(ctx context.Context, r Request) (*moveplan.Plan, ends, error) {
	e, err := s.readEnds(ctx, r.From, r.To)
	if err != nil {
		return nil, e, err
	}
	if e.source == nil || e.target == nil {
		return nil, e, moveplan.Check(e.source, e.target)
	}
	reader, err := s.db.Reader(ctx)
	if err != nil {
		return nil, e, err
	}
	if r.Users != nil {
		p, err := planNamed(ctx, reader, e, r.Users)
		return p, e, err
	}
	counts, err := moveplan.Count(ctx, reader, []string{e.source.ID}, e.target)
	if err != nil {
		return nil, e, fmt.Errorf("count the seats that are needed: %w", err)
	}
	p := moveplan.Everyone(e.source, e.target, counts[e.source.ID])
	return &p, e, nil
}

func planNamed(ctx context.Context, r *store.Reader, e ends, users []string) (*moveplan.Plan, error) {
	p := &moveplan.Plan{Available: e.target.Free(), Refusal: moveplan.Check(e.source, e.target)}
	wrong := moveplan.CheckNamed(users)
	if wrong == nil {
		wrong = moveplan.CountNamed(ctx, r, p, e.source, e.target, users)
	}
	if _, ok := fault.All(wrong); !ok {
		return nil, fmt.Errorf("count the seats that are needed: %w", wrong)
	}
	if p.Refusal == nil {
		p.Refusal = wrong
	}
	if p.Refusal == nil {
		p.Refusal = moveplan.CheckSeats(e.target, p.Needed)
	}
	return p, nil
}
