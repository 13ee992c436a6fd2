package api

import (
	"context"
	"mime"
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"
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
