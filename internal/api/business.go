package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"parley/internal/crm"
)

// Business is the asker's own one.
type Business struct {
	ID        crm.ID `json:"id"`
	Name      string `json:"name"`
	Country   string `json:"country" doc:"ISO 3166-1 alpha-2; local phone numbers are read as of here."`
	TimeZone  string `json:"time_zone" doc:"IANA name."`
	Held      bool   `json:"held" doc:"A restored copy: nothing is sent until an admin releases it."`
	CreatedAt string `json:"created_at" format:"date-time"`
}

// BusinessDraft is what an admin wants the business to be.
type BusinessDraft struct {
	Name     *string `json:"name,omitempty"`
	Country  *string `json:"country,omitempty"`
	TimeZone *string `json:"time_zone,omitempty"`
}

func businessOf(b crm.Business, err error) (*struct{ Body Business }, error) {
	return &struct{ Body Business }{Business{b.ID, b.Name, b.Country, b.TimeZone, b.Held, shownTime(b.CreatedAt)}}, err
}

func (a *API) addBusiness() {
	tags := []string{"Business"}
	add(a, huma.Operation{OperationID: "getBusiness", Method: http.MethodGet, Path: "/business", Tags: tags,
		Summary: "Read the business"}, rule{access: SignedIn}, a.getBusiness)
	add(a, huma.Operation{OperationID: "changeBusiness", Method: http.MethodPatch, Path: "/business", Tags: tags,
		Summary: "Change name, country or time zone"}, rule{access: Admin}, a.changeBusiness)
	add(a, huma.Operation{OperationID: "releaseBusiness", Method: http.MethodPost, Path: "/business/release", Tags: tags,
		Summary: "Let a restored copy send again"}, rule{access: Admin}, a.releaseBusiness)
}

func (a *API) releaseBusiness(ctx context.Context, _ *struct{}) (*struct{ Body Business }, error) {
	if err := a.Team.Release(ctx, callOf(ctx).who); err != nil {
		return nil, err
	}
	return businessOf(a.Team.Business(ctx, callOf(ctx).who))
}

func (a *API) getBusiness(ctx context.Context, _ *struct{}) (*struct{ Body Business }, error) {
	return businessOf(a.Team.Business(ctx, callOf(ctx).who))
}

func (a *API) changeBusiness(ctx context.Context, in *struct{ Body BusinessDraft }) (*struct{ Body Business }, error) {
	who := callOf(ctx).who
	b, err := a.Team.Business(ctx, who)
	if err != nil {
		return nil, err
	}
	for field, value := range map[*string]*string{&b.Name: in.Body.Name, &b.Country: in.Body.Country, &b.TimeZone: in.Body.TimeZone} {
		if value != nil {
			*field = *value
		}
	}
	return businessOf(a.Team.ChangeBusiness(ctx, who, b))
}
