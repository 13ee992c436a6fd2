package api

import (
	"context"
	"mime"
	"net/http"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"parley/internal/app/inbox"
)

// MediaOut is a file. A browser saves it rather than runs it, whatever its sender called
// it.
type MediaOut struct {
	ContentType        string `header:"Content-Type"`
	ContentDisposition string `header:"Content-Disposition"`
	ContentSecurity    string `header:"Content-Security-Policy"`
	Body               []byte
}

func (a *API) addMedia() {
	add(a, huma.Operation{OperationID: "getMedia", Method: http.MethodGet, Path: "/media/{id}", Tags: []string{"Messages"},
		Summary: "Get a file of a message", Description: "Fetched from the provider when it is first asked for, and kept. 503 while the provider does not hand it out.",
		Responses: map[string]*huma.Response{"200": {Description: "The file.", Content: map[string]*huma.MediaType{
			"application/octet-stream": {Schema: &huma.Schema{Type: huma.TypeString, Format: "binary"}}}}}},
		rule{access: Agent, of: ofMedia}, a.getMedia)
}

// addFiles adds the public address of files that a provider fetches to send them. Whoever
// has the link has the file, for some hours.
func (a *API) addFiles() {
	a.handle(http.MethodGet, "/files/{token}", Anyone, func(w http.ResponseWriter, r *http.Request) {
		business, media, err := a.Team.ReadFileToken(r.PathValue("token"))
		if err == nil {
			var f inbox.File
			if f, err = a.Inbox.Linked(r.Context(), business, media); err == nil {
				h := w.Header()
				h.Set("Content-Type", f.Type)
				h.Set("Content-Security-Policy", "default-src 'none'; sandbox")
				h.Set("X-Content-Type-Options", "nosniff")
				h.Set("Cache-Control", "private, no-store")
				h.Set("Content-Length", strconv.Itoa(len(f.Bytes)))
				_, _ = w.Write(f.Bytes)
				return
			}
		}
		a.problem(r.Context(), err).write(w, r)
	})
}

func (a *API) getMedia(ctx context.Context, in *ByID) (*MediaOut, error) {
	f, err := a.Inbox.File(ctx, callOf(ctx).who, in.ID)
	if err != nil {
		return nil, err
	}
	kind, _, err := mime.ParseMediaType(f.Type)
	if err != nil || strings.HasPrefix(kind, "text/html") || !strings.Contains(kind, "/") {
		kind = "application/octet-stream"
	}
	parameters := map[string]string{}
	if f.Name != "" {
		parameters["filename"] = f.Name
	}
	disposition := mime.FormatMediaType("attachment", parameters)
	if disposition == "" {
		disposition = "attachment"
	}
	return &MediaOut{kind, disposition, "default-src 'none'; sandbox", f.Bytes}, nil
}
