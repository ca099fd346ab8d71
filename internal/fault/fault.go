// Package fault is the vocabulary of refusals and failures. A fault is made where a rule is
// broken and translated once, at the edge.
package fault

import (
	"errors"
	"fmt"
	"maps"
)

// Code says what went wrong; it is the API's ErrorCode.
type Code string

// The codes. schema.graphql describes each.
const (
	Unauthenticated  Code = "UNAUTHENTICATED"
	Forbidden        Code = "FORBIDDEN"
	NotFound         Code = "NOT_FOUND"
	Invalid          Code = "INVALID"
	TenantRequired   Code = "TENANT_REQUIRED"
	Conflict         Code = "CONFLICT"
	NotEnoughSeats   Code = "NOT_ENOUGH_SEATS"
	BlockedByPolicy  Code = "BLOCKED_BY_POLICY"
	BelowAssigned    Code = "QUANTITY_BELOW_ASSIGNED"
	AlreadyLicensed  Code = "ALREADY_LICENSED"
	KeyMismatch      Code = "IDEMPOTENCY_MISMATCH"
	NotEligible      Code = "NOT_ELIGIBLE"
	NotLicensed      Code = "NOT_LICENSED"
	TakeOverRequired Code = "TAKE_OVER_REQUIRED"
	NotSelfService   Code = "NOT_SELF_SERVICE"
	SameSubscription Code = "SAME_SUBSCRIPTION"
	MoveInProgress   Code = "MOVE_IN_PROGRESS"
	WrongStatus      Code = "WRONG_STATUS"
	TooComplex       Code = "COMPLEXITY_LIMIT_EXCEEDED"
	RateLimited      Code = "RATE_LIMITED"
	GraphQLInvalid   Code = "GRAPHQL_INVALID"
	Unavailable      Code = "UNAVAILABLE"
	Internal         Code = "INTERNAL"
)

// Error is one fault.
type Error struct {
	Code    Code
	Message string   // for the caller: says what to do, never holds a cause
	Field   []string // path into the input; empty where no field is to blame
	Cause   error    // for the log

	// Details are for programs: what else the error's extensions say.
	Details map[string]any
}

// New returns a fault; the message is for the caller.
func New(code Code, format string, args ...any) *Error {
	return &Error{Code: code, Message: fmt.Sprintf(format, args...)}
}

// At returns the fault with the path into the input that is to blame.
func (e *Error) At(path ...string) *Error {
	c := *e
	c.Field = path
	return &c
}

// Because returns the fault with the cause that the log shall show.
func (e *Error) Because(err error) *Error {
	c := *e
	c.Cause = err
	return &c
}

// With returns the fault with one more detail.
func (e *Error) With(name string, value any) *Error {
	c := *e
	c.Details = maps.Clone(e.Details)
	if c.Details == nil {
		c.Details = map[string]any{}
	}
	c.Details[name] = value
	return &c
}

func (e *Error) Error() string {
	if e.Cause != nil {
		return string(e.Code) + ": " + e.Message + ": " + e.Cause.Error()
	}
	return string(e.Code) + ": " + e.Message
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Cause }

// CodeOf returns the code of the first fault in err's tree, Internal for any other error, and "" for nil.
func CodeOf(err error) Code {
	if err == nil {
		return ""
	}
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Code
	}
	return Internal
}

// All returns every fault in err's tree, and false when something else is in it too.
func All(err error) ([]*Error, bool) {
	switch e := err.(type) { //nolint:errorlint // walks the tree itself
	case nil:
		return nil, true
	case *Error:
		return []*Error{e}, true
	case interface{ Unwrap() []error }:
		var list []*Error
		for _, x := range e.Unwrap() {
			l, ok := All(x)
			if !ok {
				return nil, false
			}
			list = append(list, l...)
		}
		return list, true
	case interface{ Unwrap() error }:
		if inner := e.Unwrap(); inner != nil {
			return All(inner)
		}
	}
	return nil, false
}
