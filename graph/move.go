package graph

import (
	"context"
	"strconv"

	"purser/graph/model"
	"purser/internal/id"
	"purser/internal/page"
	"purser/internal/shape"
	"purser/internal/takeover"
)

func (q query) Move(ctx context.Context, id string) (*model.Move, error) {
	return byID[*model.Move](ctx, q.Resolver, id)
}

func (q query) Moves(ctx context.Context, tenantID *string, first *int, after *string, last *int, before *string, status []model.MoveStatus, purchaseID *string) (*model.MoveConnection, error) {
	ctx, v, err := in(ctx, tenantID)
	if err != nil {
		return nil, err
	}
	return q.Reading.Moves(ctx, asked(ctx, v.Roles), page.Args{First: first, After: after, Last: last, Before: before}, status, purchaseID)
}

// MoveUsers enters the source's tenant. A refusal may come with the move that is under way.
func (m mutation) MoveUsers(ctx context.Context, input model.MoveUsersInput) (*model.MoveUsersPayload, error) {
	payload := &model.MoveUsersPayload{UserErrors: []*model.UserError{}}
	ctx, v, ok, err := m.at(ctx, input.FromPurchaseID)
	if err != nil {
		return nil, err
	}
	if !ok {
		payload.UserErrors, err = userErrors(errNotFound.At("fromPurchaseId"))
		return payload, err
	}
	answer, err := m.TakeOver.MoveUsers(ctx, takeover.Request{
		From: id.Known(input.FromPurchaseID), To: id.Known(input.ToPurchaseID), Users: knownIDs(input.UserIds), DryRun: input.DryRun,
	})
	if err != nil {
		if payload.UserErrors, err = userErrors(err); err != nil {
			return nil, err
		}
	}
	if answer.MoveID != "" {
		if payload.Move, err = load[*model.Move](ctx, m.Resolver, answer.MoveID, askedOfPayload(ctx, v).Sub("move", "Move"), "Move"); err != nil {
			return nil, err
		}
	}
	if of := askedOfPayload(ctx, v).Sub("plan", "MoveTarget"); of != nil && answer.Plan != nil {
		target, err := load[*model.Purchase](ctx, m.Resolver, input.ToPurchaseID, of.Sub("purchase", "Purchase"), "Purchase")
		if err != nil {
			return nil, err
		}
		payload.Plan = answer.Plan.Target(target)
	}
	return payload, nil
}

// knownIDs returns the ids, nil for nil, with those that cannot be ids made unknown.
func knownIDs(ids []string) []string {
	if ids == nil {
		return nil
	}
	known := make([]string, len(ids))
	for i, s := range ids {
		if known[i] = id.Known(s); known[i] != s {
			known[i] += strconv.Itoa(i) // one that is not another
		}
	}
	return known
}

// CancelMove enters the move's tenant.
func (m mutation) CancelMove(ctx context.Context, input model.CancelMoveInput) (*model.CancelMovePayload, error) {
	ctx, v, ok, err := m.at(ctx, input.MoveID)
	if err != nil {
		return nil, err
	}
	payload := &model.CancelMovePayload{UserErrors: []*model.UserError{}}
	if !ok {
		payload.UserErrors, err = userErrors(errNotFound.At("moveId"))
		return payload, err
	}
	if err := m.TakeOver.CancelMove(ctx, id.Known(input.MoveID)); err != nil {
		payload.UserErrors, err = userErrors(err)
		return payload, err
	}
	payload.Move, err = load[*model.Move](ctx, m.Resolver, input.MoveID, askedOfPayload(ctx, v).Sub("move", "Move"), "Move")
	return payload, err
}

// MoveProgress sends each event on, with the move itself where it was asked for.
func (s subscription) MoveProgress(ctx context.Context, moveID string) (<-chan *model.MoveProgress, error) {
	ctx, v, ok, err := s.at(ctx, moveID)
	if err != nil {
		return nil, err
	}
	if !ok {
		return nil, errNotFound
	}
	of := askedOf(ctx, v.Roles, "MoveProgress").Sub("move", "Move")
	if of != nil { // what is wrong with what is asked of it is told now: later there is nothing to tell it with
		if _, err := load[*model.Move](ctx, s.Resolver, moveID, of, "Move"); err != nil {
			return nil, err
		}
	}
	events, err := s.TakeOver.Follow(ctx, id.Known(moveID))
	if err != nil || of == nil {
		return events, err
	}
	return s.withMove(ctx, events, of), nil
}

func (s subscription) withMove(ctx context.Context, events <-chan *model.MoveProgress, of *shape.Shape) <-chan *model.MoveProgress {
	out := make(chan *model.MoveProgress)
	go func() {
		defer close(out)
		for e := range events {
			move, err := load[*model.Move](ctx, s.Resolver, e.MoveID, of, "Move")
			if err != nil {
				return // the stream ends; the client comes back and gets the present state
			}
			e.Move = move
			select {
			case out <- e:
			case <-ctx.Done():
				return
			}
		}
	}()
	return out
}
