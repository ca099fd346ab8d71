package moveplan

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"purser/internal/fault"
	"purser/internal/sql"
	"purser/internal/store"
)

// named is one of the users whom a request names.
type named struct{ found, gone, onSource, onTarget, again bool }

// CheckNamed says whether a request names none, or too many.
func CheckNamed(users []string) error {
	if len(users) == 0 {
		return fault.New(fault.Invalid, "Name at least one user, or leave userIds out to move everyone.").At("userIds")
	}
	if len(users) > MostUsers {
		return fault.New(fault.Invalid, "At most %d users can be named; these are %d.", MostUsers, len(users)).At("userIds")
	}
	return nil
}

// CountNamed fills in the plan for users that the request names, and returns what is wrong with any of them:
// fault.NotFound, NotLicensed, and Invalid for who is named twice, each with its index.
func CountNamed(ctx context.Context, r *store.Reader, p *Plan, source, target *End, users []string) error {
	of, err := readNamed(ctx, r, source, target, users)
	if err != nil {
		return err
	}
	var wrong []error
	for i, id := range users {
		at := []string{"userIds", strconv.Itoa(i)}
		u := of[id]
		u.again = true
		u, of[id] = of[id], u
		switch {
		case u.again:
			wrong = append(wrong, fault.New(fault.Invalid, "This user is named twice.").At(at...))
		case !u.found:
			wrong = append(wrong, fault.New(fault.NotFound, "There is no such user.").At(at...))
		case !u.onSource:
			wrong = append(wrong, fault.New(fault.NotLicensed, "This user holds no license of the subscription to move from.").At(at...))
		case u.gone:
			p.Users++
		case u.onTarget:
			p.Users++
			p.AlreadyLicensed++
		default:
			p.Users++
			p.Needed++
		}
	}
	return errors.Join(wrong...)
}

func readNamed(ctx context.Context, r *store.Reader, source, target *End, users []string) (map[string]named, error) {
	of := make(map[string]named, len(users))
	q, u := r.FromKeys("users", "u", "id", users)
	q.Select(u.C("id"), u.C("removed"))
	err := r.Query(ctx, q, func(rows *store.Rows) error {
		var id string
		n := named{found: true}
		if err := rows.Scan(&id, &n.gone); err != nil {
			return err
		}
		of[id] = n
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read the users: %w", err)
	}
	q, l := r.FromKeys("licenses", "l", "user_id", users)
	q.Where(sql.In(l.C("purchase_id"), source.ID, target.ID)).Select(l.C("user_id"), l.C("purchase_id"))
	err = r.Query(ctx, q, func(rows *store.Rows) error {
		var id, purchase string
		if err := rows.Scan(&id, &purchase); err != nil {
			return err
		}
		n := of[id] // who is not found has no license either
		n.onSource = n.onSource || purchase == source.ID
		n.onTarget = n.onTarget || purchase == target.ID
		of[id] = n
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read the users' licenses: %w", err)
	}
	return of, nil
}
