package graph

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/99designs/gqlgen/graphql"

	"purser/graph/model"
	"purser/internal/instant"
	"purser/internal/page"
)

const pageQuery = `{ selfServiceSubscriptions(first: 50) { totalCount nodes { id quantity status expiresAt
	price { amount currency } product { id name } purchaser { id displayName userPrincipalName }
	licenses(first: 5) { nodes { id assignedAt user { id displayName userPrincipalName } } } } } }`

// BenchmarkPage writes a page of 50 purchases, whose data are there, by gqlgen alone, with package lean, and
// by encoding/json from structs that were made for it.
func BenchmarkPage(b *testing.B) {
	p := newPair(rand.New(rand.NewPCG(1, 1)), 0, false)
	connection := samplePage()
	p.world.roots["query.selfservicesubscriptions"] = connection
	want, err := json.Marshal(wholePage(connection))
	if err != nil {
		b.Fatal(err)
	}
	for name, e := range map[string]graphql.GraphExecutor{"gqlgen": p.alone, "lean": p.lean} {
		b.Run(name, func(b *testing.B) {
			ctx := graphql.StartOperationTrace(b.Context())
			b.ReportAllocs()
			for b.Loop() {
				op, errs := e.CreateOperationContext(ctx, &graphql.RawParams{Query: pageQuery})
				if errs != nil {
					b.Fatal(errs)
				}
				next, ctx := e.DispatchOperation(ctx, op)
				if resp := next(ctx); len(resp.Data) != len(want) || resp.Errors != nil {
					b.Fatalf("%v: %.300s\nwant %.300s", resp.Errors, resp.Data, want)
				}
			}
		})
	}
	b.Run("encoding/json", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := json.Marshal(wholePage(connection)); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func samplePage() *model.PurchaseConnection {
	user := func(i int) *model.User {
		return &model.User{ID: fmt.Sprintf("usr_%026d", i), DisplayName: fmt.Sprint("Avery Howard ", i), UserPrincipalName: fmt.Sprintf("avery%d@contoso.example", i)}
	}
	connection := &model.PurchaseConnection{TotalCount: 1234}
	for i := range 50 {
		licenses := &model.LicenseConnection{}
		for j := range 5 {
			licenses.Nodes = append(licenses.Nodes, &model.License{ID: fmt.Sprintf("lic_%026d", j), AssignedAt: instant.Milli(1.7e12 + float64(j)), User: user(j)})
		}
		p := &model.Purchase{
			ID: fmt.Sprintf("pur_%026d", i), Quantity: i, Status: "ACTIVE", ExpiresAt: instant.Milli(1.8e12), Price: &model.Money{Amount: "8.40", Currency: "EUR"},
			Product: &model.Product{ID: fmt.Sprintf("prd_%026d", i), Name: "Power BI Pro"}, Purchaser: user(i),
		}
		p.LicensesBy.Add(model.SearchArgs{Args: page.Args{First: new(5)}}, licenses)
		connection.Nodes = append(connection.Nodes, p)
	}
	return connection
}

// What encoding/json writes.
type (
	jsonPage struct {
		List struct {
			TotalCount int            `json:"totalCount"`
			Nodes      []jsonPurchase `json:"nodes"`
		} `json:"selfServiceSubscriptions"`
	}
	jsonPurchase struct {
		ID        string `json:"id"`
		Quantity  int    `json:"quantity"`
		Status    string `json:"status"`
		ExpiresAt string `json:"expiresAt"`
		Price     any    `json:"price"`
		Product   struct {
			ID   string `json:"id"`
			Name string `json:"name"`
		} `json:"product"`
		Purchaser jsonUser `json:"purchaser"`
		Licenses  struct {
			Nodes []jsonLicense `json:"nodes"`
		} `json:"licenses"`
	}
	jsonLicense struct {
		ID         string   `json:"id"`
		AssignedAt string   `json:"assignedAt"`
		User       jsonUser `json:"user"`
	}
	jsonUser struct {
		ID                string `json:"id"`
		DisplayName       string `json:"displayName"`
		UserPrincipalName string `json:"userPrincipalName"`
	}
)

func wholePage(c *model.PurchaseConnection) *jsonPage {
	out := &jsonPage{}
	out.List.TotalCount, out.List.Nodes = c.TotalCount, make([]jsonPurchase, len(c.Nodes))
	user := func(u *model.User) jsonUser { return jsonUser{u.ID, u.DisplayName, u.UserPrincipalName} }
	for i, n := range c.Nodes {
		p := &out.List.Nodes[i]
		p.ID, p.Quantity, p.Status, p.ExpiresAt, p.Price = n.ID, n.Quantity, string(n.Status), n.ExpiresAt.String(), n.Price
		p.Product.ID, p.Product.Name, p.Purchaser = n.Product.ID, n.Product.Name, user(n.Purchaser)
		licenses := n.LicensesBy[0].Value.Nodes
		p.Licenses.Nodes = make([]jsonLicense, len(licenses))
		for j, l := range licenses {
			p.Licenses.Nodes[j] = jsonLicense{l.ID, l.AssignedAt.String(), user(l.User)}
		}
	}
	return out
}
