package graph

import (
	"purser/graph/model"
	"purser/internal/fault"
)

// userErrors takes what a mutation's service has refused. What the caller could have avoided by
// sending something else becomes data; anything else stays an error.
func userErrors(err error) ([]*model.UserError, error) {
	faults, ok := fault.All(err)
	if !ok {
		return nil, err
	}
	list := make([]*model.UserError, 0, len(faults))
	for _, f := range faults {
		if !avoidable(f.Code) {
			return nil, err
		}
		list = append(list, &model.UserError{Code: model.ErrorCode(f.Code), Message: f.Message, Field: f.Field})
	}
	return list, nil
}

// avoidable tells whether another input could have had another answer.
func avoidable(code fault.Code) bool {
	switch code {
	case fault.Unauthenticated, fault.Forbidden, fault.Unavailable, fault.Internal, fault.GraphQLInvalid, fault.TooComplex, fault.RateLimited, fault.KeyMismatch:
		return false
	case fault.NotFound, fault.Invalid, fault.TenantRequired, fault.Conflict, fault.NotEnoughSeats, fault.NotEligible, fault.NotLicensed, fault.AlreadyLicensed, fault.BlockedByPolicy, fault.BelowAssigned, fault.TakeOverRequired,
		fault.NotSelfService, fault.SameSubscription, fault.MoveInProgress, fault.WrongStatus:
	}
	return true
}
