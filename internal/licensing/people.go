package licensing

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"purser/ent"
	"purser/ent/user"
	"purser/graph/model"
	"purser/internal/fault"
	"purser/internal/id"
	"purser/internal/store"
)

// people are users as a request names them. Malformed ids are "", which nobody has.
type people struct {
	field string // the input they came in
	ids   []string
	nth   []int // the place of each in the input
}

// named returns the users that an input names, with fault.Invalid unless they are 1 to most.
func named(field string, userIDs []string, most int) (people, error) {
	p := people{field: field, ids: make([]string, len(userIDs)), nth: make([]int, len(userIDs))}
	for i, u := range userIDs {
		p.ids[i], p.nth[i] = id.Known(u), i
	}
	switch {
	case len(userIDs) == 0:
		return p, fault.New(fault.Invalid, "Name at least one user.").At(field)
	case len(userIDs) > most:
		return p, fault.New(fault.Invalid, "At most %d users can be named; these are %d.", most, len(userIDs)).At(field)
	}
	return p, nil
}

// repeated tells of each whether somebody named before is the same.
func (p people) repeated() []bool {
	is, seen := make([]bool, len(p.ids)), make(map[string]bool, len(p.ids))
	for i, u := range p.ids {
		is[i] = u != "" && seen[u]
		seen[u] = true
	}
	return is
}

// but returns those of the people who are not among the others.
func (p people) but(others map[string]bool) people {
	rest := people{field: p.field}
	for i, u := range p.ids {
		if !others[u] {
			rest.ids, rest.nth = append(rest.ids, u), append(rest.nth, p.nth[i])
		}
	}
	return rest
}

// check collects what is wrong with each: a repetition, or what wrong says; u is nil for somebody
// whom the tenant does not have.
func (p people) check(ctx context.Context, tx *store.Tx, wrong func(u *ent.User) *fault.Error) (known map[string]*ent.User, problems []error, err error) {
	list, err := tx.User.Query().Where(user.IDIn(p.ids...)).All(ctx)
	if err != nil {
		return nil, nil, fmt.Errorf("read the users: %w", err)
	}
	known = make(map[string]*ent.User, len(list))
	for _, u := range list {
		known[u.ID] = u
	}
	again := p.repeated()
	for i, id := range p.ids {
		f := fault.New(fault.Invalid, "This user is named twice.")
		if !again[i] {
			f = wrong(known[id])
		}
		if f != nil {
			problems = append(problems, f.At(p.field, strconv.Itoa(p.nth[i])))
		}
	}
	return known, problems, nil
}

// refuse joins a refusal of everybody with what is wrong with each.
func (p people) refuse(f *fault.Error, problems []error) error {
	if f != nil {
		problems = append(problems, f.At(p.field))
	}
	return errors.Join(problems...)
}

// eligible tells why a user cannot hold a license (R14): whoever has left or is blocked cannot hold any, a
// guest none of a self-service purchase. The statement that gives licenses says the same.
func eligible(u *ent.User, source model.PurchaseSource) *fault.Error {
	switch {
	case u == nil:
		return fault.New(fault.NotFound, "There is no such user.")
	case u.Removed:
		return fault.New(fault.NotEligible, "%s has left.", u.DisplayName)
	case !u.AccountEnabled:
		return fault.New(fault.NotEligible, "%s is blocked.", u.DisplayName)
	case u.Kind == string(model.UserKindGuest) && source != model.PurchaseSourceCentral:
		return fault.New(fault.NotEligible, "%s is a guest, and can hold licenses of central subscriptions only.", u.DisplayName)
	}
	return nil
}
