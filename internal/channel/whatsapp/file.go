package whatsapp

import (
	"bytes"
	"context"
	"fmt"
	"mime/multipart"
	"net/textproto"
	"strings"

	"parley/internal/channel"
	"parley/internal/crm"
)

// rules are the files WhatsApp takes ("Media", supported types and sizes).
var rules = crm.FileRules{Rules: func() []crm.FileRule {
	var list []crm.FileRule
	add := func(as crm.MessageType, most int64, types ...string) {
		for _, t := range types {
			list = append(list, crm.FileRule{ContentType: t, As: as, MaxBytes: most})
		}
	}
	add(crm.ImageMessage, 5<<20, "image/jpeg", "image/png")
	add(crm.VideoMessage, 16<<20, "video/mp4", "video/3gpp")
	add(crm.AudioMessage, 16<<20, "audio/mpeg", "audio/mp4", "audio/ogg", "audio/aac", "audio/amr")
	add(crm.DocumentMessage, crm.MaxFile, "application/pdf", "text/plain", "application/msword", "application/vnd.ms-excel", "application/vnd.ms-powerpoint",
		"application/vnd.openxmlformats-officedocument.wordprocessingml.document", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
		"application/vnd.openxmlformats-officedocument.presentationml.presentation")
	return list
}()}

// Files are the files WhatsApp takes.
func (c *Channel) Files() crm.FileRules { return rules }

// Reacts is true: an emoji goes like a message ("Reaction messages").
func (c *Channel) Reacts() bool { return true }

// upload hands a file to Meta and returns the id by which a message names it. Handing it
// over twice does no harm, so an unclear end may be tried again.
func (c *Channel) upload(ctx context.Context, f crm.OutboundFile) (string, error) {
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	_ = form.WriteField("messaging_product", "whatsapp") // a buffer takes everything
	_ = form.WriteField("type", f.Type)
	header := textproto.MIMEHeader{"Content-Type": {f.Type},
		"Content-Disposition": {fmt.Sprintf(`form-data; name="file"; filename="%s"`, strings.NewReplacer(`\`, "_", `"`, "_", "\r", "", "\n", "").Replace(f.Name))}}
	_, _ = form.CreatePart(header)
	before := bytes.Clone(body.Bytes())
	body.Reset()
	_ = form.Close()
	var taken struct {
		ID channel.Word `json:"id"`
	}
	if err := c.api.PostLarge(ctx, "/"+c.phoneNumberID+"/media", form.FormDataContentType(), &taken, before, f.Bytes, body.Bytes()); err != nil {
		return "", later(err)
	}
	if taken.ID == "" {
		return "", channel.NotTheProvider()
	}
	return string(taken.ID), nil
}

// fileBody is the object of a message with a file. A recording has no caption.
func fileBody(m crm.Outbound, mediaID string) map[string]any {
	body := map[string]any{"id": mediaID}
	if m.File.As != crm.AudioMessage {
		put(body, "caption", m.Text)
	}
	if m.File.As == crm.DocumentMessage {
		put(body, "filename", m.File.Name)
	}
	return body
}
