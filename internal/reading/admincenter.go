package reading

import (
	_ "embed" // the links
	"strings"
	"sync"

	"purser/graph/model"
)

// adminCenterLinks is the vendor's documented deep links: cloud, page and URL.
//
//go:embed admin-center-links.tsv
var adminCenterLinks string

// adminCenter returns the links for a cloud.
func adminCenter(cloud model.Cloud) *model.AdminCenterLinks {
	links := linksByCloud()[string(cloud)]
	return &links
}

var linksByCloud = sync.OnceValue(func() map[string]model.AdminCenterLinks {
	byCloud := map[string]model.AdminCenterLinks{}
	for line := range strings.Lines(adminCenterLinks) {
		f := strings.Split(strings.TrimSpace(line), "\t")
		if len(f) != 3 {
			continue
		}
		l := byCloud[f[0]]
		switch f[1] {
		case "your_products":
			l.YourProducts = f[2]
		case "licenses":
			l.Licenses = f[2]
		case "purchase_services":
			l.PurchaseServices = f[2]
		}
		byCloud[f[0]] = l
	}
	return byCloud
})
