package whatsapp

import (
	"cmp"
	"context"
	"errors"
	"io"
	"net/url"

	"parley/internal/channel"
)

// Fetch opens the file with a media id: Meta names an address for it that lives five
// minutes and wants the access token too ("Media"). The token goes only to Meta's own
// domains by https, or to the address the operator configured.
func (c *Channel) Fetch(ctx context.Context, reference string) (io.ReadCloser, string, error) {
	var found struct {
		URL      string       `json:"url"`
		MimeType channel.Word `json:"mime_type"`
	}
	if err := c.api.Get(ctx, "/"+url.PathEscape(reference), &found); err != nil {
		return nil, "", later(err)
	}
	if found.URL == "" {
		return nil, "", &channel.SendError{Outcome: channel.NotSent, Code: "no address",
			Reason: "WhatsApp did not say where the file lies. It can be fetched later."}
	}
	file, contentType, err := c.api.Download(ctx, found.URL, "facebook.com", "fbsbx.com", "fbcdn.net", "whatsapp.net", "whatsapp.com")
	return file, cmp.Or(string(found.MimeType), contentType), err
}

// later turns an unclear end into one that may be tried again: asking for a file twice
// does no harm.
func later(err error) error {
	var failed *channel.SendError
	if errors.As(err, &failed) && failed.Outcome == channel.Unknown {
		failed.Outcome, failed.Reason = channel.NotSent, "WhatsApp did not answer. The file can be fetched later."
	}
	return err
}
