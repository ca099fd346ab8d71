package graph

import (
	"os"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2/ast"

	"purser/graph/model"
)

// TestArguments checks what no compiler tells: that every nested field with arguments is read into the
// shape, and served by a getter that finds what was loaded for them. Without either its arguments
// would be ignored.
func TestArguments(t *testing.T) {
	generated, err := os.ReadFile("generated.go")
	if err != nil {
		t.Fatal(err)
	}
	wanted := map[string]bool{}
	for _, typ := range parsedSchema.Types {
		if typ.Kind != ast.Object || typ.BuiltIn || typ == parsedSchema.Query || typ == parsedSchema.Mutation || typ == parsedSchema.Subscription {
			continue
		}
		for _, f := range typ.Fields {
			if len(f.Arguments) == 0 {
				continue
			}
			key := typ.Name + "." + f.Name
			wanted[key] = true
			if arguments[key] == nil {
				t.Errorf("%s has arguments, but no line in arguments", key)
			}
			checkGetter(t, typ.Name, f, string(generated))
		}
	}
	for key := range arguments {
		if !wanted[key] {
			t.Errorf("%s has a line in arguments, but no arguments", key)
		}
	}
}

// withArguments are the types that have fields with arguments.
var withArguments = []any{
	&model.Viewer{}, &model.Tenant{}, &model.User{}, &model.Product{}, &model.Purchase{}, &model.SelfServicePolicy{},
	&model.ProductLicenses{}, &model.PurchaserLicenses{}, &model.Move{},
}

func checkGetter(t *testing.T, typ string, f *ast.FieldDefinition, generated string) {
	t.Helper()
	name := "Get" + strings.ToUpper(f.Name[:1]) + f.Name[1:]
	// gqlgen has bound the getter only if it calls it with every argument
	body := regexp.MustCompile(`(?s)func \(ec \*executionContext\) _` + typ + "_" + f.Name + `\(.*?\n}\n`).FindString(generated)
	call := regexp.MustCompile(`obj\.` + name + `\((.*)\), nil`).FindStringSubmatch(body)
	if call == nil || strings.Count(call[1], "fc.Args[") != len(f.Arguments) {
		t.Errorf("%s.%s is not served by %s with its %d arguments: see gqlgen.yml", typ, f.Name, name, len(f.Arguments))
	}
	for _, m := range withArguments {
		if v := reflect.TypeOf(m); v.Elem().Name() == typ {
			if method, ok := v.MethodByName(name); !ok || method.Type.NumIn() != len(f.Arguments)+1 {
				t.Errorf("model.%s has no %s with %d arguments", typ, name, len(f.Arguments))
			}
			return
		}
	}
	t.Errorf("%s is not among the types that have fields with arguments", typ)
}
