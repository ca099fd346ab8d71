package cli

import (
	"errors"
	"io"
	"os"

	"purser/internal/app"
	"purser/internal/demo"
)

type seedCommand struct {
	Demo seedDemo `cmd:"" help:"Fill an empty database with demo data, the same each time."`
}

type seedDemo struct {
	Size string `help:"small: every situation, by hand. medium: 20,000 users, 200,000 licenses. large: ten times that." enum:"small,medium,large" default:"small"`
}

// Run seeds the demo.
func (c *seedDemo) Run(s *session) (err error) {
	v, err := s.open(false)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, v.DB.Close()) }()
	return s.seed(v, demo.Size(c.Size))
}

// seed fills the database, and says how far it is each time another tenth is there.
func (s *session) seed(v *app.App, size demo.Size) error {
	tenth := 0
	r, err := v.Demo.Seed(s.ctx, size, func(done, total int) {
		if t := done * 10 / max(total, 1); t > tenth && size != demo.Small {
			tenth = t
			s.progress("%d %% of %d rows", t*10, total)
		}
	})
	if err != nil {
		return err
	}
	s.progress("Demo: %d tenants, %d users, %d purchases, %d licenses.", r.Tenants, r.Users, r.Purchases, r.Licenses)
	return nil
}

type importCommand struct {
	Catalog importCatalog `cmd:"" help:"Products, as tab-separated values (see internal/catalog/catalog.tsv)."`
	Tenant  importTenant  `cmd:"" help:"A tenant with its users, purchases, licenses and policies, as JSON Lines (see docs/import.md)."`
}

type importCatalog struct {
	File string `arg:"" help:"The file, or - for standard input."`
}

// Run imports the products.
func (c *importCatalog) Run(s *session) error {
	return s.importFile(c.File, func(v *app.App, r io.Reader) error {
		res, err := v.Catalog.Import(s.ctx, r)
		if err != nil {
			return err
		}
		return s.print("%v", res)
	})
}

// progressLines is after how many lines an import says how far it is.
const progressLines = 10_000

type importTenant struct {
	File string `arg:"" help:"The file, or - for standard input."`
}

// Run imports the tenant.
func (c *importTenant) Run(s *session) error {
	return s.importFile(c.File, func(v *app.App, r io.Reader) error {
		res, err := v.Directory.Import(s.ctx, r, func(lines int) {
			if lines%progressLines == 0 {
				s.progress("%d lines …", lines)
			}
		})
		if err != nil {
			return err
		}
		return s.print("%v", res)
	})
}

func (s *session) importFile(file string, load func(*app.App, io.Reader) error) (err error) {
	in := io.Reader(os.Stdin)
	if file != "-" {
		f, err := os.Open(file)
		if err != nil {
			return err
		}
		defer func() { _ = f.Close() }() // only read
		in = f
	}
	v, err := s.open(false)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, v.DB.Close()) }()
	return load(v, in)
}

type migrateCommand struct{}

// Run migrates the database.
func (*migrateCommand) Run(s *session) error {
	v, err := s.open(true)
	if err != nil {
		return err
	}
	return v.DB.Close()
}
