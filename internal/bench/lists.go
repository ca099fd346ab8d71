package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"
)

// lists are the pages that people look at all day, and the searches that read most.
func lists(purchaseID string) []workload {
	const row = `id quantity status expiresAt product { id name } purchaser { id displayName } licenses(first: 5) { nodes { id user { id displayName } } }`
	const group = `purchaser { id displayName } quantity licenses(first: 5) { nodes { id user { id displayName } } }`
	return []workload{
		{name: "purchases by purchaser", query: `{ purchases(first: 50, orderBy: {field: PURCHASER_NAME, direction: ASC}) { totalCount nodes { ` + row + ` } } }`},
		{name: "purchases of two statuses", query: `{ purchases(first: 50, filter: {status: [ACTIVE, EXPIRED]}) { totalCount nodes { ` + row + ` } } }`},
		{name: "orphaned purchases", query: `{ purchases(first: 50, filter: {orphaned: true}) { totalCount nodes { ` + row + ` } } }`},
		{name: "purchases, search without a hit", query: `{ purchases(first: 50, filter: {search: "zzzz"}) { totalCount nodes { id } } }`},
		{name: "a purchase of 20,000, 100 licenses", query: `query ($id: ID!) { purchase(id: $id) { licenses(first: 100) { totalCount nodes { id user { displayName } } } } }`, variables: map[string]any{"id": purchaseID}},
		{name: "the same, search without a hit", query: `query ($id: ID!) { purchase(id: $id) { licenses(first: 100, search: "zzzz") { totalCount nodes { id } } } }`, variables: map[string]any{"id": purchaseID}},
		{name: "licenses page", query: `{ productLicenses(first: 50) { totalCount nodes { product { id name } quantity assignedQuantity availableQuantity } } }`},
		{name: "licenses by purchaser", query: `{ licensesByPurchaser(first: 50) { totalCount nodes { ` + group + ` } } }`},
		{name: "licenses by purchaser, search", query: `{ licensesByPurchaser(first: 50, search: "lidia") { totalCount nodes { ` + group + ` } } }`},
		{name: "users with licenses", query: `{ users(first: 50) { totalCount nodes { id displayName licenses(first: 5) { totalCount nodes { id product { name } } } } } }`},
		{name: "users, search without a hit", query: `{ users(first: 50, filter: {search: "zzzz"}) { totalCount nodes { id } } }`},
		{name: "audit events", query: `{ auditEvents(first: 50) { totalCount nodes { action actor { displayName } } } }`},
	}
}

// asked is how often each list is asked for; PostgreSQL plans a statement anew the first few times.
const asked = 15

// printLists measures the lists on a database with the demo. What another server spends on
// them shows in the time that answers take.
func printLists(ctx context.Context, o options, d *database) (lines []string, err error) {
	if d == nil {
		return []string{"a page of 50\tdatabase\tCPU time\ttime to answer\tstatements"}, nil
	}
	token, err := d.seed(ctx, o.size)
	if err != nil {
		return nil, err
	}
	s := &side{request: workload.ours}
	if s.server, err = start(ctx, ours, d, ""); err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, s.stop()) }()
	ids, err := s.ids(ctx, token, `{ purchases(first: 1, orderBy: {field: ASSIGNED_QUANTITY, direction: DESC}) { nodes { id } } }`)
	if err != nil {
		return nil, err
	}
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 1}}
	defer client.CloseIdleConnections()
	for _, w := range lists(ids[0]) {
		w.perRound = 1
		line, err := s.askOften(ctx, client, w, token)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", w.name, err)
		}
		lines = append(lines, fmt.Sprintf("%s\t%s\t%s", w.name, d.kind, line))
	}
	return lines, nil
}

// askOften returns the medians of what a request costs and how long its answer takes.
func (s *side) askOften(ctx context.Context, client *http.Client, w workload, token string) (string, error) {
	var cpu, took, statements []float64
	for range asked {
		r, err := w.ours(ctx, s.url, token)
		if err != nil {
			return "", err
		}
		began := time.Now()
		if _, err := do(client, r); err != nil {
			return "", err
		}
		took = append(took, micros(time.Since(began))/1000)
		u, err := s.round(ctx, client, token, w, nil)
		if err != nil {
			return "", err
		}
		cpu, statements = append(cpu, micros(u.CPU)/1000), append(statements, float64(u.Statements))
	}
	return fmt.Sprintf("%.1f ms\t%.1f ms\t%.0f", median(cpu), median(took), median(statements)), nil
}
