// Package genqlient is a typed Go client of the API, made by genqlient, and its test against a running server.
package genqlient

//go:generate go tool genqlient
