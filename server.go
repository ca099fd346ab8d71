// Purser is a self-hosted GraphQL API server with which an organization governs what its people
// buy for themselves. The command line is in internal/cli, the API in schema.graphql.
package main

import (
	"context"
	_ "embed"
	"os"
	"os/signal"
	"syscall"
	"time"

	"purser/internal/cli"
)

//go:generate go run entgo.io/ent/cmd/ent generate --feature intercept,sql/upsert,sql/lock,sql/execquery,sql/versioned-migration ./ent/schema
//go:generate go run ./internal/tools/gqlgen

//go:embed schema.graphql
var sdl []byte

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := cli.Program{Args: os.Args[1:], Stdout: os.Stdout, Stderr: os.Stderr, Now: time.Now, SDL: sdl}.Run(ctx)
	stop()
	os.Exit(code)
}
