// Package graph is the API: a resolver decodes, makes one call and returns. The rules are in the
// subjects, the reading is in package reading.
package graph

import (
	"context"

	"purser/internal/access"
	"purser/internal/licensing"
	"purser/internal/policy"
	"purser/internal/purchasing"
	"purser/internal/reading"
	"purser/internal/takeover"
)

// Resolver holds the services that the resolvers call.
type Resolver struct {
	Reading    *reading.Service
	Policy     *policy.Service
	Purchasing *purchasing.Service
	TakeOver   *takeover.Service
	Licensing  *licensing.Service
	Access     *access.Service
}

type (
	query        struct{ *Resolver }
	mutation     struct{ *Resolver }
	subscription struct{ *Resolver }
)

// Query implements ResolverRoot.
func (r *Resolver) Query() QueryResolver { return query{r} }

// Mutation implements ResolverRoot.
func (r *Resolver) Mutation() MutationResolver { return mutation{r} }

// Subscription implements ResolverRoot.
func (r *Resolver) Subscription() SubscriptionResolver { return subscription{r} }

var _ ResolverRoot = (*Resolver)(nil)

type baseURLKey struct{}

// WithBaseURL returns a context in which links start with the URL, which has no slash at its end.
func WithBaseURL(ctx context.Context, url string) context.Context {
	return context.WithValue(ctx, baseURLKey{}, url)
}

func baseURL(ctx context.Context) string {
	s, _ := ctx.Value(baseURLKey{}).(string)
	return s
}
