//go:build tools

// Package main pins the tools that go generate runs.
package main

import _ "entgo.io/ent/cmd/ent"
