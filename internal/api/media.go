package api

import (
	"context"
	"io"
	"mime"
	"net/http"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"parley/internal/app/inbox"
)

func (a *API) addMedia() {
	add(a, huma.Operation{OperationID: "getMedia", Method: http.MethodGet, Path: "/media/{id}", Tags: []string{"Messages"},
		Summary: "Get a file of a message", Description: "Fetched from the provider when it is first asked for, and kept. 503 while the provider does not hand it out.",
		Responses: map[string]*huma.Response{"200": {Description: "The file.", Headers: textHeaders("Content-Type", "Content-Disposition", "Content-Security-Policy"), Content: map[string]*huma.MediaType{
			"*/*": {Schema: &huma.Schema{Type: huma.TypeString, Format: "binary"}}}}}},
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
				h.Set("Content-Length", strconv.FormatInt(f.Size, 10))
				_, _ = io.Copy(w, f) // an error is the caller's who went away
				f.Close()
				return
			}
		}
		a.problem(r.Context(), err).write(w, r)
	})
}

// getMedia answers with a file. A browser saves it rather than runs it, whatever its sender
// called it.
func (a *API) getMedia(ctx context.Context, in *ByID) (*huma.StreamResponse, error) {
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
	return &huma.StreamResponse{Body: func(hc huma.Context) {
		defer f.Close()
		hc.SetHeader("Content-Type", kind)
		hc.SetHeader("Content-Disposition", disposition)
		hc.SetHeader("Content-Security-Policy", "default-src 'none'; sandbox")
		hc.SetHeader("Content-Length", strconv.FormatInt(f.Size, 10))
		_, _ = io.Copy(hc.BodyWriter(), f) // an error is the caller's who went away
	}}, nil
}

// textHeaders describes headers of an answer.
func textHeaders(names ...string) map[string]*huma.Param {
	headers := map[string]*huma.Param{}
	for _, name := range names {
		headers[name] = &huma.Param{Schema: &huma.Schema{Type: huma.TypeString}}
	}
	return headers
}
