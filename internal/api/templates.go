package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"parley/internal/crm"
)

// Template is a message that WhatsApp approved, or is asked to approve.
type Template struct {
	ID        crm.ID              `json:"id"`
	ChannelID crm.ID              `json:"channel_id"`
	Name      string              `json:"name"`
	Language  string              `json:"language"`
	Category  string              `json:"category" doc:"marketing, utility or authentication."`
	Status    string              `json:"status" doc:"pending, approved, rejected, paused, disabled, or what else WhatsApp says. Only approved ones can be sent."`
	Quality   crm.TemplateQuality `json:"quality" enum:"unknown,green,yellow,red"`
	Reason    string              `json:"reason" doc:"Why it was rejected or paused, in WhatsApp's words."`
	Usable    bool                `json:"usable" doc:"It can be sent now."`
	Parts     crm.TemplateParts   `json:"parts"`
	Variables []string            `json:"variables" doc:"The keys to give values for when it is sent."`
	Fills     map[string]string   `json:"fills" doc:"What the variables begin with where somebody sends it, with merge fields."`
	SyncedAt  string              `json:"synced_at" format:"date-time" doc:"When WhatsApp last told of it."`
}

func templateOf(t crm.Template) Template {
	out := Template{ID: t.ID, ChannelID: t.ChannelID, Name: t.Name, Language: t.Language, Category: string(t.Category), Status: string(t.Status), Quality: t.Quality,
		Reason: t.Reason, Usable: t.Refusal() == "", Parts: t.Parts, Variables: []string{}, Fills: t.Fills, SyncedAt: shownTime(t.SyncedAt)}
	for _, v := range t.Parts.Variables() {
		out.Variables = append(out.Variables, v.Key)
	}
	if out.Fills == nil {
		out.Fills = map[string]string{}
	}
	return out
}

// TemplateDraft is a template to submit.
type TemplateDraft struct {
	ChannelID crm.ID `json:"channel_id"`
	Name      string `json:"name" doc:"Lower-case letters, digits and _."`
	Language  string `json:"language" doc:"en, en_GB."`
	Category  string `json:"category" doc:"marketing or utility."`
	TemplateText
}

// TemplateText is what a template says.
type TemplateText struct {
	Header   string               `json:"header,omitempty" doc:"A line of text."`
	Format   crm.HeaderFormat     `json:"header_format,omitempty" doc:"text, image, video or document. Empty: what header or header_file is, none without them."`
	File     crm.ID               `json:"header_file,omitempty" doc:"The example of a header with a file, which POST /templates/media took from the same caller. A change of a template without one keeps what its header has."`
	Body     string               `json:"body" doc:"With variables as {{1}}, {{2}} or {{first_name}}; none at its beginning or end."`
	Footer   string               `json:"footer,omitempty"`
	Buttons  []crm.TemplateButton `json:"buttons,omitempty" maxItems:"10"`
	Examples map[string]string    `json:"examples,omitempty" doc:"One for each variable, by its key: 1, header.1, button.0.1."`
}

func (t TemplateText) parts() crm.TemplateParts {
	header := crm.TemplateHeader{Format: t.Format, Text: t.Header}
	if t.Format == "" && t.Header != "" {
		header.Format = crm.HeaderText
	}
	return crm.TemplateParts{Header: header, Body: t.Body, Footer: t.Footer, Buttons: t.Buttons, Examples: t.Examples}
}

// TemplateFills are what the variables of a template begin with.
type TemplateFills struct {
	Fills map[string]string `json:"fills" doc:"By the variable's key, with merge fields. Replaces all."`
}

func (a *API) addTemplates() {
	tags := []string{"Templates"}
	add(a, huma.Operation{OperationID: "listTemplates", Method: http.MethodGet, Path: "/templates", Tags: tags,
		Summary: "List the templates of WhatsApp channels"}, rule{access: Agent}, a.listTemplates)
	add(a, huma.Operation{OperationID: "submitTemplate", Method: http.MethodPost, Path: "/templates", Tags: tags, DefaultStatus: http.StatusCreated,
		Summary: "Submit a template for approval", Description: "409 provider_refused: WhatsApp does not take it, with its own words. 503: WhatsApp did not answer; where it did not take header_file, nothing was submitted."}, rule{access: Admin}, a.submitTemplate)
	add(a, huma.Operation{OperationID: "uploadTemplateMedia", Method: http.MethodPost, Path: "/templates/media", Tags: tags, DefaultStatus: http.StatusCreated,
		Summary: "Bring the example of a header with a file", Description: "multipart/form-data with a part named file: JPEG or PNG up to 5 MB, MP4 up to 16 MB, PDF up to 100 MB. What it is is read from its bytes and must be what its name says. It waits for a day to be header_file of templates; WhatsApp gets it with them.",
		Errors: []int{http.StatusRequestEntityTooLarge, http.StatusUnsupportedMediaType}}, rule{access: Admin, upload: true, media: true}, a.uploadTemplateMedia)
	a.takesFile("/templates/media")
	add(a, huma.Operation{OperationID: "syncTemplates", Method: http.MethodPost, Path: "/templates/sync", Tags: tags, DefaultStatus: http.StatusNoContent,
		Summary: "Fetch the templates of all WhatsApp channels", Description: "It happens by itself every quarter of an hour, and when WhatsApp tells of a change."}, rule{access: Admin}, a.syncTemplates)
	add(a, huma.Operation{OperationID: "getTemplate", Method: http.MethodGet, Path: "/templates/{id}", Tags: tags,
		Summary: "Read a template"}, rule{access: Agent, of: ofTemplate}, a.getTemplate)
	add(a, huma.Operation{OperationID: "fillTemplate", Method: http.MethodPatch, Path: "/templates/{id}", Tags: tags,
		Summary: "Say what the variables of a template begin with"}, rule{access: Admin, of: ofTemplate}, a.fillTemplate)
	add(a, huma.Operation{OperationID: "editTemplate", Method: http.MethodPost, Path: "/templates/{id}/edit", Tags: tags, Errors: []int{http.StatusConflict},
		Summary: "Change a template and submit it once more", Description: "The body replaces all that it says; name, language and category stay. It cannot be sent until WhatsApp has approved it again. 409 fixed: it cannot be changed here, with the reason. 409 provider_refused: WhatsApp does not take it, with its own words."},
		rule{access: Admin, of: ofTemplate}, a.editTemplate)
	add(a, huma.Operation{OperationID: "deleteTemplate", Method: http.MethodDelete, Path: "/templates/{id}", Tags: tags, Errors: []int{http.StatusConflict},
		Summary: "Delete a template, at WhatsApp too"}, rule{access: Admin, of: ofTemplate}, a.deleteTemplate)
}

// TemplateQuery chooses templates.
type TemplateQuery struct {
	ListParams
	ChannelID string `query:"channel_id" doc:"Those of one channel."`
}

func (a *API) listTemplates(ctx context.Context, in *TemplateQuery) (*struct{ Body Page[Template] }, error) {
	list, err := a.Inbox.Templates(ctx, callOf(ctx).who, crm.ID(in.ChannelID))
	if err != nil {
		return nil, err
	}
	page, err := pageOf("templates", list, in.ListParams, func(t crm.Template) string { return t.Name + " " + t.Language + " " + t.ID.String() }, templateOf)
	if err != nil {
		return nil, err
	}
	return &struct{ Body Page[Template] }{*page}, nil
}

func (a *API) submitTemplate(ctx context.Context, in *struct{ Body TemplateDraft }) (*struct{ Body Template }, error) {
	d := in.Body
	t := crm.Template{ChannelID: d.ChannelID, Name: d.Name, Language: d.Language, Category: crm.TemplateCategory(d.Category), Parts: d.parts()}
	t, err := a.Inbox.SubmitTemplate(ctx, callOf(ctx).who, t, d.File)
	if err != nil {
		return nil, err
	}
	return &struct{ Body Template }{templateOf(t)}, nil
}

// TemplateFile is an example that waits to be header_file of a template.
type TemplateFile struct {
	ID          crm.ID `json:"id"`
	ContentType string `json:"content_type"`
	Name        string `json:"name"`
	Size        int64  `json:"size" doc:"In bytes."`
}

func (a *API) uploadTemplateMedia(ctx context.Context, _ *struct{}) (*struct{ Body TemplateFile }, error) {
	c := callOf(ctx)
	f, err := a.Inbox.BringTemplateFile(ctx, c.who, c.upload.name, c.upload)
	if err != nil {
		return nil, err
	}
	return &struct{ Body TemplateFile }{TemplateFile{f.ID, f.Type, f.Name, f.Size}}, nil
}

// EditTemplate is what a template is to say from now on.
type EditTemplate struct {
	ByID
	Body TemplateText
}

func (a *API) editTemplate(ctx context.Context, in *EditTemplate) (*struct{ Body Template }, error) {
	t, err := a.Inbox.EditTemplate(ctx, callOf(ctx).who, in.ID, in.Body.parts(), in.Body.File)
	if err != nil {
		return nil, err
	}
	return &struct{ Body Template }{templateOf(t)}, nil
}

func (a *API) syncTemplates(ctx context.Context, _ *struct{}) (*struct{}, error) {
	return nil, a.Inbox.SyncTemplatesNow(ctx, callOf(ctx).who, "")
}

func (a *API) getTemplate(ctx context.Context, in *ByID) (*struct{ Body Template }, error) {
	t, err := a.Inbox.Template(ctx, callOf(ctx).who, in.ID)
	if err != nil {
		return nil, err
	}
	return &struct{ Body Template }{templateOf(t)}, nil
}

// FillTemplate is a PATCH.
type FillTemplate struct {
	ByID
	Body TemplateFills
}

func (a *API) fillTemplate(ctx context.Context, in *FillTemplate) (*struct{ Body Template }, error) {
	t, err := a.Inbox.FillTemplate(ctx, callOf(ctx).who, in.ID, in.Body.Fills)
	if err != nil {
		return nil, err
	}
	return &struct{ Body Template }{templateOf(t)}, nil
}

func (a *API) deleteTemplate(ctx context.Context, in *ByID) (*struct{}, error) {
	return nil, a.Inbox.DeleteTemplate(ctx, callOf(ctx).who, in.ID)
}
