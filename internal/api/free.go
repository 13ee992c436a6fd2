package api

import (
	"context"

	"parley/internal/crm"
)

// FreeIdentity names what a contact shall lose, and who gets it.
type FreeIdentity struct {
	ByID
	Body struct {
		Kind  crm.IdentityKind `json:"kind" enum:"phone,email"`
		Value string           `json:"value" doc:"In any spelling."`
		To    *crm.ID          `json:"to,omitempty" doc:"The contact that gets it; nobody where it is left out."`
	}
}

func (a *API) freeIdentity(ctx context.Context, in *FreeIdentity) (*ContactOut, error) {
	var to crm.ID
	if in.Body.To != nil {
		id, ok := crm.ParseID(in.Body.To.String())
		if !ok {
			return nil, crm.ErrNotFound
		}
		to = id
	}
	c, err := a.Contacts.Free(ctx, callOf(ctx).who, in.ID, in.Body.Kind, in.Body.Value, to)
	out, err := contactOut(c, err)
	if err == nil && c.Phone() == "" && c.Email() == "" {
		out.Body.Warnings = append(out.Body.Warnings, crm.FieldError{Field: "identities", Code: "no_phone_or_email", Detail: "This contact has neither a phone nor an e-mail now."})
	}
	return out, err
}
