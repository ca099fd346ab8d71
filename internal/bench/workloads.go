package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"regexp"
)

const (
	pageQuery = `{ selfServiceSubscriptions(first: 50) { totalCount nodes { id quantity status expiresAt
	price { amount currency } product { id name } purchaser { id displayName userPrincipalName }
	licenses(first: 5) { nodes { id assignedAt user { id displayName userPrincipalName } } } } } }`

	oneQuery = `query One($id: ID!) { purchase(id: $id) { id quantity status expiresAt
	price { amount currency } product { id name } purchaser { id displayName userPrincipalName } } }`

	productsQuery = `{ productLicenses(first: 50) { nodes { product { id name } quantity assignedQuantity availableQuantity } } }`

	purchasersQuery = `{ licensesByPurchaser(first: 50) { nodes { purchaser { id displayName } quantity assignedQuantity
	purchases(first: 5) { nodes { id product { id name } } } licenses(first: 5) { nodes { id user { id displayName } } } } } }`

	assignQuery = `mutation Assign($purchase: ID!, $user: ID!) { assignLicenses(input: {purchaseId: $purchase, userIds: [$user]}) {
	purchase { id quantity assignedQuantity availableQuantity } licenses { id user { id displayName userPrincipalName } } userErrors { code } } }`

	unassignQuery = `mutation Unassign($purchase: ID!, $users: [ID!]!) { unassignLicenses(input: {purchaseId: $purchase, userIds: $users}) {
	userErrors { code } } }`
)

// workload is one question, as Purser is asked and as the hand-written handler is.
type workload struct {
	name      string
	query     string
	variables map[string]any
	path      string
	perRound  int // requests in one round

	users []string       // each request gives the next of them a license; nobody: it only reads
	made  *regexp.Regexp // the ids that the answer tells anew each time
}

// subjects are what the workloads are about.
type subjects struct {
	purchase string   // one of them
	central  string   // one with free seats
	users    []string // who get some
}

func workloads(s subjects) []workload {
	return []workload{
		{name: "page of 50, nested", query: pageQuery, path: "/purchases?first=50", perRound: 150},
		{name: "one by id", query: oneQuery, variables: map[string]any{"id": s.purchase}, path: "/purchases/" + s.purchase, perRound: 1000},
		{name: "licenses page, beside a scan", query: productsQuery, path: "/products?first=50&by=scan", perRound: 60},
		{name: "licenses page, beside counters", query: productsQuery, path: "/products?first=50&by=counters", perRound: 200},
		{name: "by purchaser", query: purchasersQuery, path: "/purchasers?first=50", perRound: 60},
		{
			name: "assign one", query: assignQuery, variables: map[string]any{"purchase": s.central}, path: "/purchases/" + s.central + "/licenses",
			perRound: len(s.users), users: s.users, made: regexp.MustCompile(`lic_\w+`),
		},
	}
}

// nth is what the nth request of a round asks.
func (w workload) nth(n int) workload {
	if w.users != nil {
		w.variables = map[string]any{"purchase": w.variables["purchase"], "user": w.users[n]}
	}
	return w
}

// ours is the request to Purser at the address.
func (w workload) ours(ctx context.Context, base, token string) (*http.Request, error) {
	return request(ctx, http.MethodPost, base+"/graphql", token, map[string]any{"query": w.query, "variables": w.variables})
}

// theirs is the request to the hand-written handler.
func (w workload) theirs(ctx context.Context, base, token string) (*http.Request, error) {
	if w.users == nil {
		return request(ctx, http.MethodGet, base+w.path, token, nil)
	}
	return request(ctx, http.MethodPost, base+w.path, token, map[string]any{"userId": w.variables["user"]})
}

func request(ctx context.Context, method, url, token string, input any) (*http.Request, error) {
	body := io.Reader(http.NoBody)
	if input != nil {
		b, err := json.Marshal(input)
		if err != nil {
			return nil, err
		}
		body = bytes.NewReader(b)
	}
	r, err := http.NewRequestWithContext(ctx, method, url, body)
	if err != nil {
		return nil, err
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Authorization", "Bearer "+token)
	return r, nil
}

// undo takes the licenses of the first n requests back, at Purser, so that they can be given again.
func (w workload) undo(ctx context.Context, s *server, token string, n int) error {
	if w.users == nil {
		return nil
	}
	var done struct {
		UnassignLicenses struct{ UserErrors []any }
	}
	err := s.read(ctx, token, workload{query: unassignQuery, variables: map[string]any{"purchase": w.variables["purchase"], "users": w.users[:n]}}, &done)
	if err == nil && len(done.UnassignLicenses.UserErrors) > 0 {
		err = fmt.Errorf("the licenses were not taken back: %v", done.UnassignLicenses.UserErrors)
	}
	return err
}

// do sends a request and returns the data of its answer.
func do(client *http.Client, r *http.Request) (json.RawMessage, error) {
	res, err := client.Do(r)
	if err != nil {
		return nil, err
	}
	defer func() { _ = res.Body.Close() }() // it was read
	body, err := io.ReadAll(res.Body)
	if err != nil {
		return nil, err
	}
	var answer struct{ Data, Errors json.RawMessage }
	if err := json.Unmarshal(body, &answer); err != nil || res.StatusCode != http.StatusOK || answer.Errors != nil {
		return nil, fmt.Errorf("%s answered %s: %.200s", r.URL, res.Status, body)
	}
	return answer.Data, nil
}

// drain sends a request and reads its answer away.
func drain(client *http.Client, r *http.Request) error {
	res, err := client.Do(r)
	if err != nil {
		return err
	}
	defer func() { _ = res.Body.Close() }() // it was read
	if res.StatusCode != http.StatusOK {
		return fmt.Errorf("%s answered %s", r.URL, res.Status)
	}
	_, err = io.Copy(io.Discard, res.Body)
	return err
}

// read asks Purser something and decodes the data of its answer.
func (s *server) read(ctx context.Context, token string, w workload, into any) error {
	r, err := w.ours(ctx, s.url, token)
	if err != nil {
		return err
	}
	data, err := do(http.DefaultClient, r)
	if err != nil {
		return err
	}
	return json.Unmarshal(data, into)
}

// ids returns the ids that a query for one list finds.
func (s *server) ids(ctx context.Context, token, query string) (ids []string, err error) {
	var lists map[string]struct{ Nodes []struct{ ID string } }
	if err := s.read(ctx, token, workload{query: query}, &lists); err != nil {
		return nil, err
	}
	for _, list := range lists {
		for _, n := range list.Nodes {
			ids = append(ids, n.ID)
		}
	}
	if len(ids) == 0 {
		err = errors.New(query + " found nothing")
	}
	return ids, err
}

// subjects finds what the workloads are about.
func (s *server) subjects(ctx context.Context, token string) (subjects, error) {
	purchases, err := s.ids(ctx, token, "{ selfServiceSubscriptions(first: 1) { nodes { id } } }")
	if err != nil {
		return subjects{}, err
	}
	central, err := s.ids(ctx, token, `{ purchases(first: 1, orderBy: {field: QUANTITY, direction: DESC},
		filter: {source: [CENTRAL], status: [ACTIVE], hasAvailableSeats: true}) { nodes { id } } }`)
	if err != nil {
		return subjects{}, err
	}
	users, err := s.ids(ctx, token, "{ users(last: 100, filter: {accountEnabled: true, removed: false}) { nodes { id } } }")
	if err != nil {
		return subjects{}, err
	}
	return subjects{purchases[0], central[0], users}, nil
}
