// Package graphiql is the embedded GraphiQL page.
//
// Its source is the npm package in this folder. `npm ci && npm run build` writes dist, which is checked in:
// every text file is there in its gzip form only, and is unpacked for the rare client that does not accept it.
package graphiql

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"path"
	"strconv"
	"strings"
	"time"
)

//go:embed dist
var dist embed.FS

// contentSecurityPolicy lets the page load nothing from, and talk to nothing but, its own origin.
// Monaco, the editor, sets style attributes: hence 'unsafe-inline' for styles.
const contentSecurityPolicy = "default-src 'none'; script-src 'self'; worker-src 'self'; " +
	"style-src 'self' 'unsafe-inline'; font-src 'self' data:; img-src 'self' data:; connect-src 'self'; " +
	"frame-ancestors 'none'; base-uri 'none'; form-action 'none'"

// contentTypes names the type of each kind of file in dist. The mime package is not asked, since its answers
// depend on the machine.
var contentTypes = map[string]string{
	".html": "text/html; charset=utf-8",
	".js":   "text/javascript; charset=utf-8",
	".css":  "text/css; charset=utf-8",
	".svg":  "image/svg+xml",
	".md":   "text/markdown; charset=utf-8",
	".ttf":  "font/ttf",
}

// An asset is one file of the page as it is stored.
type asset struct {
	contentType  string
	cacheControl string
	etag         string
	body         []byte
	gzipped      bool
}

// Handler serves the page: its index at "/", its other files below. It answers GET and HEAD, and 404 for
// whatever is not part of the page. It fails when the embedded build is broken.
func Handler() (http.Handler, error) {
	assets, err := loadAssets(dist)
	if err != nil {
		return nil, fmt.Errorf("load the GraphiQL page: %w", err)
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		setSecurityHeaders(w.Header())
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			w.Header().Set("Allow", "GET, HEAD")
			http.Error(w, "method not allowed", http.StatusMethodNotAllowed)
			return
		}
		found, ok := assets[r.URL.Path]
		if !ok {
			http.NotFound(w, r)
			return
		}
		found.serve(w, r)
	}), nil
}

// setSecurityHeaders sets what every answer carries, errors included.
func setSecurityHeaders(header http.Header) {
	header.Set("Content-Security-Policy", contentSecurityPolicy)
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("Referrer-Policy", "no-referrer")
	header.Set("X-Frame-Options", "DENY")
}

// loadAssets reads the files below dist, keyed by the URL path that each is served at.
func loadAssets(files fs.FS) (map[string]asset, error) {
	assets := map[string]asset{}
	err := fs.WalkDir(files, "dist", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		body, err := fs.ReadFile(files, name)
		if err != nil {
			return err
		}
		url := strings.TrimSuffix(strings.TrimPrefix(name, "dist"), ".gz")
		loaded, err := newAsset(url, body, strings.HasSuffix(name, ".gz"))
		if err != nil {
			return err
		}
		assets[url] = loaded
		return nil
	})
	if err != nil {
		return nil, err
	}
	index, ok := assets["/index.html"]
	if !ok {
		return nil, fmt.Errorf("no index.html")
	}
	assets["/"] = index
	return assets, nil
}

// newAsset derives the headers of a file from its URL path and content.
func newAsset(url string, body []byte, gzipped bool) (asset, error) {
	contentType, ok := contentTypes[path.Ext(url)]
	if !ok {
		return asset{}, fmt.Errorf("no content type for %s", url)
	}
	cacheControl := "no-cache"
	if strings.HasPrefix(url, "/assets/") { // The build puts a hash of the content into these names.
		cacheControl = "public, max-age=31536000, immutable"
	}
	sum := sha256.Sum256(body)
	return asset{contentType, cacheControl, hex.EncodeToString(sum[:12]), body, gzipped}, nil
}

// serve answers with the file, packed or not as the client likes; the two forms have different ETags.
func (a asset) serve(w http.ResponseWriter, r *http.Request) {
	header := w.Header()
	header.Set("Content-Type", a.contentType)
	header.Set("Cache-Control", a.cacheControl)
	header.Set("Vary", "Accept-Encoding")
	body := a.body
	switch {
	case !a.gzipped:
		header.Set("ETag", strconv.Quote(a.etag))
	case acceptsGzip(r.Header.Get("Accept-Encoding")):
		header.Set("ETag", strconv.Quote(a.etag+"-gzip"))
		header.Set("Content-Encoding", "gzip")
		header.Set("Content-Length", strconv.Itoa(len(body)))
	default:
		header.Set("ETag", strconv.Quote(a.etag))
		unpacked, err := gunzip(body)
		if err != nil {
			http.Error(w, "internal server error", http.StatusInternalServerError)
			return
		}
		body = unpacked
	}
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(body))
}

// acceptsGzip reads an Accept-Encoding header: whether gzip, or "*" where gzip is not named, has a weight
// above zero.
func acceptsGzip(header string) bool {
	accepted := false
	for part := range strings.SplitSeq(header, ",") {
		coding, parameters, _ := strings.Cut(part, ";")
		coding = strings.ToLower(strings.TrimSpace(coding))
		if coding != "gzip" && coding != "*" {
			continue
		}
		accepted = weight(parameters) > 0
		if coding == "gzip" {
			return accepted
		}
	}
	return accepted
}

// weight reads "q=0.5"; without it the weight is 1, and what cannot be read has none.
func weight(parameters string) float64 {
	name, value, found := strings.Cut(parameters, "=")
	if !found || !strings.EqualFold(strings.TrimSpace(name), "q") {
		return 1
	}
	q, err := strconv.ParseFloat(strings.TrimSpace(value), 64)
	if err != nil {
		return 0
	}
	return q
}

func gunzip(packed []byte) ([]byte, error) {
	reader, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return nil, err
	}
	return io.ReadAll(reader)
}
