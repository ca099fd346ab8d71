// Command newmigration writes a migration for what changed in ent/schema, for both databases:
//
//	go run ./internal/tools/newmigration NAME
//
// PURSER_TEST_POSTGRES names a PostgreSQL server on which it may create a database.
package main

import (
	"context"
	"fmt"
	"os"

	"purser/internal/store/schemadiff"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: newmigration NAME")
		os.Exit(2)
	}
	if err := schemadiff.Write(context.Background(), os.Args[1], os.Getenv("PURSER_TEST_POSTGRES"), "ent/migrate"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
