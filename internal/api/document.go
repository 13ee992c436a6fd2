package api

import (
	"bytes"
	"context"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"encoding/json"
	"html/template"
	"net/http"
	"reflect"
	"strings"
	"sync"

	"github.com/danielgtaylor/huma/v2"
)

var eventType = reflect.TypeFor[Event]()

// config describes the API as a whole. huma serves no page and no document by itself.
func (a *API) config() huma.Config {
	registry := huma.NewMapRegistry("#/components/schemas/", huma.DefaultSchemaNamer)
	version := a.Version
	if version == "" {
		version = "development"
	}
	return huma.Config{
		OpenAPI: &huma.OpenAPI{
			OpenAPI: "3.1.0",
			Info: &huma.Info{Title: "Parley", Version: version,
				Description: "The contact book and shared inbox for WhatsApp and SMS.\n\n" +
					"Send `Authorization: Bearer TOKEN`. JSON goes in and out in UTF-8, times are RFC 3339 in UTC, ids are opaque. " +
					"Unknown fields and null are refused; a field that is left out of a PATCH stays as it is. If-Match is honoured on every call about a contact, and needed to PATCH one.\n\n" +
					"Errors are `application/problem+json` with a stable `code`. A call is checked in this order: signed in (401), allowed (403), " +
					"there and visible (404), well-formed (400, 413, 415, 422). What is hidden from you answers as what does not exist."},
			Components: &huma.Components{Schemas: registry, SecuritySchemes: map[string]*huma.SecurityScheme{
				"token": {Type: "http", Scheme: "bearer", Description: "An API token of a user; it can do what that user can."}}},
		},
		Formats:       map[string]huma.Format{"application/json": huma.DefaultJSONFormat, "json": huma.DefaultJSONFormat},
		DefaultFormat: "application/json",
	}
}

// addDocument adds the OpenAPI document and the page that shows it.
func (a *API) addDocument() {
	add(a, huma.Operation{OperationID: "getOpenAPI", Method: http.MethodGet, Path: "/openapi.json", Tags: []string{"Document"},
		Summary: "Read this document", Responses: map[string]*huma.Response{"200": {Description: "OpenAPI 3.1",
			Content: map[string]*huma.MediaType{"application/json": {Schema: &huma.Schema{Type: huma.TypeObject, AdditionalProperties: true}}}}}},
		rule{access: Anyone}, func(context.Context, *struct{}) (*DocumentOut, error) {
			text, err := a.Document()
			return &DocumentOut{"application/json", text}, err
		})
	page := sync.OnceValues(a.page)
	a.handle(http.MethodGet, "/api/docs", Anyone, func(w http.ResponseWriter, r *http.Request) {
		html, err := page()
		if err != nil {
			a.problem(r.Context(), err).write(w, r)
			return
		}
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Header().Set("Content-Security-Policy", docsPolicy)
		w.Header().Set("Referrer-Policy", "no-referrer")
		w.WriteHeader(http.StatusOK)
		_, _ = w.Write(html)
	})
}

// DocumentOut is the OpenAPI document.
type DocumentOut struct {
	ContentType string `header:"Content-Type"`
	Body        []byte
}

// Document is the OpenAPI document of the API.
func (a *API) Document() ([]byte, error) { return json.Marshal(a.huma.OpenAPI()) }

//go:embed docs.html
var docsHTML string

//go:embed docs.css
var docsCSS string

// docsPolicy allows the one style sheet that stands in the page, by its hash, and nothing
// else.
var docsPolicy = func() string {
	sum := sha256.Sum256([]byte(docsCSS))
	return "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
}()

var docsPage = template.Must(template.New("docs").Funcs(template.FuncMap{
	"name": func(ref string) string { return strings.TrimPrefix(ref, "#/components/schemas/") },
}).Parse(docsHTML))

// page renders the OpenAPI document for people: no script, nothing from elsewhere.
func (a *API) page() ([]byte, error) {
	text, err := a.Document()
	if err != nil {
		return nil, err
	}
	var d document
	if err := json.Unmarshal(text, &d); err != nil {
		return nil, err
	}
	var b bytes.Buffer
	err = docsPage.Execute(&b, struct {
		document
		CSS    template.CSS
		Groups []docGroup
	}{d, template.CSS(docsCSS), d.groups()})
	return b.Bytes(), err
}
