// Command gqlgen generates what gqlgen does, with the writers of package lean:
//
//	go run ./internal/tools/gqlgen
package main

import (
	"fmt"
	"os"

	"github.com/99designs/gqlgen/codegen/config"

	"purser/internal/lean/leangen"
)

func main() {
	cfg, err := config.LoadConfig("gqlgen.yml")
	if err == nil {
		err = leangen.Generate(cfg)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "gqlgen:", err)
		os.Exit(1)
	}
}
