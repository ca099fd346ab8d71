package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
)

const pageQuery = `{ selfServiceSubscriptions(first: 50) { totalCount nodes { id quantity status expiresAt
	price { amount currency } product { id name } purchaser { id displayName userPrincipalName }
	licenses(first: 5) { nodes { id assignedAt user { id displayName userPrincipalName } } } } } }`

const oneQuery = `query One($id: ID!) { purchase(id: $id) { id quantity status expiresAt
	price { amount currency } product { id name } purchaser { id displayName userPrincipalName } } }`

// workload is one question, as Purser is asked and as the hand-written handler is.
type workload struct {
	name      string
	query     string
	variables map[string]any
	path      string
	perRound  int // requests in one round
}

func workloads(purchaseID string) []workload {
	return []workload{
		{name: "page of 50, nested", query: pageQuery, path: "/purchases?first=50", perRound: 150},
		{name: "one by id", query: oneQuery, variables: map[string]any{"id": purchaseID}, path: "/purchases/" + purchaseID, perRound: 1000},
	}
}

// ours is the request to Purser at the address.
func (w workload) ours(ctx context.Context, base, token string) (*http.Request, error) {
	body, err := json.Marshal(map[string]any{"query": w.query, "variables": w.variables})
	if err != nil {
		return nil, err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, base+"/graphql", bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Authorization", "Bearer "+token)
	return r, nil
}

// theirs is the request to the hand-written handler.
func (w workload) theirs(ctx context.Context, base, token string) (*http.Request, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, base+w.path, http.NoBody)
	if err != nil {
		return nil, err
	}
	r.Header.Set("Authorization", "Bearer "+token)
	return r, nil
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

// purchase returns the id of the first purchase that a query finds.
func (s *server) purchase(ctx context.Context, token, query string) (string, error) {
	r, err := workload{query: query}.ours(ctx, s.url, token)
	if err != nil {
		return "", err
	}
	data, err := do(http.DefaultClient, r)
	if err != nil {
		return "", err
	}
	var lists map[string]struct{ Nodes []struct{ ID string } }
	if err := json.Unmarshal(data, &lists); err != nil {
		return "", err
	}
	for _, list := range lists {
		for _, n := range list.Nodes {
			return n.ID, nil
		}
	}
	return "", fmt.Errorf("%s found nothing", query)
}
