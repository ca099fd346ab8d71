// Package leangen is a plugin of gqlgen that generates the writers of package lean: one for each object
// and abstract type, with neither reflection nor a look at what cannot occur.
//
// [Generate] runs gqlgen with it. The writers go into lean.go beside gqlgen's own code, and into that go the
// statements that ask them first. Where gqlgen's code no longer looks as it must for that, generating
// fails.
package leangen

import (
	_ "embed"
	"path/filepath"

	"github.com/99designs/gqlgen/api"
	"github.com/99designs/gqlgen/codegen"
	"github.com/99designs/gqlgen/codegen/config"
	"github.com/99designs/gqlgen/codegen/templates"
)

//go:embed lean.gotpl
var writers string

// Generate does what gqlgen's own command does, and then the rest.
func Generate(cfg *config.Config) error {
	p := &plugin{}
	if err := api.Generate(cfg, api.AddPlugin(p)); err != nil {
		return err
	}
	return hook(cfg.Exec.Filename, p.hooks)
}

// plugin is the part that runs within gqlgen.
type plugin struct {
	hooks []string // the names of the object types that have writers
}

// Name implements gqlgen's plugin.Plugin.
func (*plugin) Name() string { return "lean" }

// GenerateCode implements gqlgen's plugin.CodeGenerator.
func (p *plugin) GenerateCode(data *codegen.Data) error {
	s := newSchema(data)
	for name := range s.objects {
		p.hooks = append(p.hooks, name)
	}
	return templates.Render(templates.Options{
		PackageName: data.Config.Exec.Package,
		Filename:    filepath.Join(data.Config.Exec.Dir(), "lean.go"),
		Template:    writers,
		Data:        s,

		GeneratedHeader: true,
		Packages:        data.Config.Packages,
		PruneOptions:    data.Config.GetPruneOptions(),
	})
}
