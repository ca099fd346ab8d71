package directory_test

import (
	"fmt"
	"strings"
	"testing"

	"purser/internal/store/storetest"
)

// BenchmarkImport imports 20,000 users, 10,000 purchases and 200,000 licenses (-benchtime 1x).
func BenchmarkImport(b *testing.B) {
	var text strings.Builder
	text.WriteString(file(b))
	for i := range 20_000 {
		fmt.Fprintf(&text, `{"type":"user","userPrincipalName":"u%d@contoso.example","displayName":"User %d","mail":"u%d@contoso.example","department":"Sales"}`+"\n", i, i, i)
	}
	for i := range 10_000 {
		fmt.Fprintf(&text, `{"type":"purchase","ref":"p%d","productId":"CFQ7TTC0HDB1","purchaser":"u%d@contoso.example","quantity":20,"purchasedAt":"2026-03-01T00:00:00Z"}`+"\n", i, i)
	}
	for i := range 200_000 {
		fmt.Fprintf(&text, `{"type":"license","purchase":"p%d","user":"u%d@contoso.example","assignedAt":"2026-03-02T00:00:00Z"}`+"\n", i/20, i*7%20_000)
	}
	for _, kind := range storetest.Kinds(b) {
		dir := setup(b, storetest.Open(b, kind))
		for _, run := range []string{"first", "again"} {
			b.Run(kind+"/"+run, func(b *testing.B) {
				for b.Loop() {
					if _, err := dir.Import(b.Context(), strings.NewReader(text.String()), nil); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}
