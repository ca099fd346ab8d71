// Package migrate holds the tables, and the versioned migrations that make them.
package migrate

import "embed"

// Migrations holds the versioned migrations, in a folder for each dialect.
//
//go:embed sqlite/*.sql postgres/*.sql
var Migrations embed.FS
