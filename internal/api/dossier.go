package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"parley/internal/app/contacts"
	"parley/internal/crm"
)

func (a *API) addDossier() {
	text := &huma.MediaType{Schema: &huma.Schema{Type: huma.TypeString}}
	add(a, huma.Operation{OperationID: "exportContact", Method: http.MethodGet, Path: "/contacts/{id}/export", Tags: []string{"Contacts"},
		Summary: "Get all that is kept of a person in one file",
		Description: "For requests under data protection law. json is everything: the record, identities, opt-outs, conversations with all messages, invoices, history, merges. " +
			"vcard is the record as an address book takes it; html is a page to read and print. Files of messages are listed; GET /media/{id} has them. " +
			"The audit log notes it. An answer that breaks off is not whole: ask again.",
		Responses: map[string]*huma.Response{"200": {Description: "The file.", Content: map[string]*huma.MediaType{
			"application/json": {Schema: &huma.Schema{Type: huma.TypeObject, AdditionalProperties: true}}, "text/vcard": text, "text/html": text}}}},
		rule{access: Admin, of: ofContact}, a.exportContact)
}

// ExportContact chooses the form of a file about a person.
type ExportContact struct {
	ByID
	Format string `query:"format" enum:"json,vcard,html" default:"json"`
}

func (a *API) exportContact(ctx context.Context, in *ExportContact) (*huma.StreamResponse, error) {
	format, ok := contacts.DossierFormatOf(in.Format)
	if !ok {
		return nil, crm.Errorf(crm.Invalid, "bad_format", "There is no such format.")
	}
	dossier, err := a.Contacts.Dossier(ctx, callOf(ctx).who, in.ID)
	if err != nil {
		return nil, err
	}
	return &huma.StreamResponse{Body: func(hc huma.Context) {
		_, w := humago.Unwrap(hc)
		h := w.Header()
		h.Set("Content-Type", format.Type)
		h.Set("Content-Disposition", `attachment; filename="person-`+in.ID.String()+format.Extension+`"`)
		h.Set("Content-Security-Policy", format.Policy)
		w.WriteHeader(http.StatusOK)
		if err := format.Write(dossier, w); err != nil {
			a.Log.WarnContext(ctx, "the export of a person broke off", "error", err)
			panic(http.ErrAbortHandler) // so that nobody takes it for the whole
		}
	}}, nil
}
