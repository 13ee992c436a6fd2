package whatsapp

import (
	"context"
	"encoding/json"
	"io"
	"net/url"
	"regexp"
	"strconv"
	"strings"

	"parley/internal/channel"
	"parley/internal/crm"
)

// uploadSession is the id of an upload as Meta writes it: the end of an address, with a
// signature as its query.
var uploadSession = regexp.MustCompile(`^upload:[A-Za-z0-9+/=_:-]+(\?[A-Za-z0-9+/=_.:&%-]+)?$`)

// UploadExample hands a file to the app that the access token is of ("Resumable Upload API"),
// all of it in one piece. The handle that Meta returns is worth something only in a template
// of the same business.
func (c *Channel) UploadExample(ctx context.Context, f crm.OutboundFile) (string, error) {
	var app, session struct {
		ID channel.Word `json:"id"`
	}
	if err := c.api.Get(ctx, "/app?fields=id", &app); err != nil {
		return "", later(err)
	}
	if app.ID == "" {
		return "", channel.NotTheProvider()
	}
	query := url.Values{"file_name": {f.Name}, "file_length": {strconv.Itoa(len(f.Bytes))}, "file_type": {f.Type}}
	if err := c.api.Post(ctx, "/"+url.PathEscape(string(app.ID))+"/uploads?"+query.Encode(), "", nil, &session); err != nil {
		return "", later(err)
	}
	if !uploadSession.MatchString(string(session.ID)) {
		return "", channel.NotTheProvider()
	}
	var taken struct {
		Handle channel.Word `json:"h"`
	}
	if err := c.uploads.PostLarge(ctx, "/"+string(session.ID), f.Type, &taken, f.Bytes); err != nil {
		return "", later(err)
	}
	if taken.Handle == "" {
		return "", channel.NotTheProvider()
	}
	return string(taken.Handle), nil
}

// KeepExample fetches the example of a template and hands it over once more: what Meta lists
// is an address that ends after some days, and no handle. It is signed, and wants no token.
func (c *Channel) KeepExample(ctx context.Context, t crm.Template) (string, error) {
	var now struct {
		Components []json.RawMessage `json:"components"`
	}
	if err := c.api.Get(ctx, "/"+url.PathEscape(t.ExternalID)+"?fields=components", &now); err != nil {
		return "", later(err)
	}
	address := ""
	for _, raw := range now.Components {
		var part struct {
			Type    channel.Word `json:"type"`
			Example struct {
				Handles []string `json:"header_handle"`
			} `json:"example"`
		}
		if json.Unmarshal(raw, &part) == nil && strings.EqualFold(string(part.Type), "header") && len(part.Example.Handles) > 0 {
			address = part.Example.Handles[0]
		}
	}
	if address == "" {
		return "", &channel.SendError{Outcome: channel.Refused, Code: "no example", Reason: "WhatsApp has no example of this template's file."}
	}
	body, _, err := c.files.Download(ctx, address, "whatsapp.net", "fbcdn.net")
	if err != nil {
		return "", later(err)
	}
	defer func() { _ = body.Close() }()
	content, err := io.ReadAll(io.LimitReader(body, crm.MaxFile+1))
	if err != nil {
		return "", &channel.SendError{Outcome: channel.NotSent, Code: "no file", Err: err, Reason: "The connection broke while the file was fetched."}
	}
	rule, refused := crm.HeaderFiles(t.Parts.Header.Format).Check("example", content)
	if refused != nil {
		return "", &channel.SendError{Outcome: channel.Refused, Code: refused.Code, Reason: refused.Detail}
	}
	_, extension, _ := strings.Cut(rule.ContentType, "/")
	return c.UploadExample(ctx, crm.OutboundFile{Media: crm.Media{Type: rule.ContentType, Name: "example." + extension, Size: int64(len(content))}, As: rule.As, Bytes: content})
}
