package inbox

import (
	"context"
	"io"
	"strings"
	"time"

	"parley/internal/channel"
	"parley/internal/crm"
	"parley/internal/db"
	"parley/internal/store"
)

// keptUnsent is how long a file waits that was brought and not sent.
const keptUnsent = 24 * time.Hour

// Attach keeps a file that somebody brings to send in a conversation on a channel; empty:
// the usual one. The error is of kind Invalid and names the field file: what the channel
// does not take, or what is not what its name says.
func (s *Inbox) Attach(ctx context.Context, who crm.Actor, conversation, ch crm.ID, name string, from io.Reader) (a store.Attachment, err error) {
	var r Route
	if r, err = s.Route(ctx, who, conversation, ch); err != nil {
		return a, err
	}
	rules, err := s.filesOf(r.Channel)
	if err != nil {
		return a, err
	}
	err = s.bring(ctx, name, from, rules.Check, func(m crm.Media, at time.Time, content []byte) error {
		a = store.Attachment{BusinessID: who.BusinessID, ConversationID: conversation, UserID: who.UserID, CreatedAt: at, Media: m}
		return s.DB.Write(ctx, func(tx *db.Tx) error {
			if _, err := store.ConversationByID(tx, who, conversation); err != nil {
				return err
			}
			store.AddAttachment(tx, a, content)
			return nil
		})
	})
	return a, err
}

// bring reads a file whole, in its turn where it is large, and has it kept when check allows
// it. What check refuses is said at the field file.
func (s *Inbox) bring(ctx context.Context, name string, from io.Reader, check func(name string, content []byte) (crm.FileRule, *crm.Error), keep func(m crm.Media, at time.Time, content []byte) error) error {
	if name = fileName(name); name == "" {
		name = "file"
	}
	file, err := newSpool(from, crm.MaxFile)
	if err != nil {
		return err
	}
	defer file.Close()
	leave, err := s.large.enter(ctx, file.size)
	if err != nil {
		return err
	}
	defer leave()
	content, err := file.whole()
	if err != nil {
		return err
	}
	rule, refused := check(name, content)
	if refused != nil {
		var problems crm.Problems
		problems.Add("file", refused.Code, "%s", refused.Detail)
		return problems.Err()
	}
	now := s.Now()
	return keep(crm.Media{ID: crm.NewID(now), Type: rule.ContentType, Name: name, SHA256: file.sha256, Size: file.size}, now, content)
}

// Detach lets go of a file that is not to be sent after all.
func (s *Inbox) Detach(ctx context.Context, who crm.Actor, conversation, id crm.ID) error {
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		_, found, err := store.AttachmentByID(tx, who.BusinessID, conversation, who.UserID, id)
		if err != nil || !found {
			return orNotFound(err)
		}
		store.DropAttachment(tx, who.BusinessID, id)
		return nil
	})
}

// Files are the files that a channel of the business takes.
func (s *Inbox) Files(ctx context.Context, who crm.Actor, id crm.ID) (rules crm.FileRules, err error) {
	var ch store.Channel
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		ch, err = store.ChannelByID(tx, who.BusinessID, id)
		return err
	})
	if err != nil {
		return rules, err
	}
	return s.filesOf(ch)
}

func (s *Inbox) filesOf(ch store.Channel) (crm.FileRules, error) {
	if ch.ID == "" {
		return crm.FileRules{Refusal: "Choose a channel first."}, nil
	}
	open, err := s.Open(ch)
	if err != nil {
		return crm.FileRules{}, err
	}
	return channel.FilesOf(open), nil
}

// putParts puts the file and the quoted message of a reply into its message. A file is
// allowed anew: it may have been brought for another channel.
func (s *Inbox) putParts(tx *db.Tx, reply Reply, r Route, m *crm.Message) error {
	var problems crm.Problems
	if reply.Quoted != "" {
		quoted, err := store.MessageByID(tx, m.BusinessID, reply.Quoted)
		switch {
		case crm.KindOf(err) == crm.NotFound || err == nil && quoted.ConversationID != m.ConversationID:
			problems.Add("quoted_id", "unknown_message", "There is no such message in this conversation.")
		case err != nil:
			return err
		case r.Channel.Family != crm.WhatsApp || quoted.ChannelID != r.Channel.ID || quoted.ExternalID == "":
			problems.Add("quoted_id", "not_on_channel", "Only a message on the same WhatsApp channel can be quoted.")
		}
		m.Content.QuotedID = quoted.ExternalID
	}
	if reply.File != "" {
		if err := s.putFile(tx, reply.File, r, m, &problems); err != nil {
			return err
		}
	}
	return problems.Err()
}

func (s *Inbox) putFile(tx *db.Tx, id crm.ID, r Route, m *crm.Message, problems *crm.Problems) error {
	a, found, err := store.AttachmentByID(tx, m.BusinessID, m.ConversationID, m.SentBy, id)
	if err != nil {
		return err
	}
	if !found {
		problems.Add("media_id", "unknown_file", "There is no such file, or it was sent already. Bring it again.")
		return nil
	}
	rules, err := s.filesOf(r.Channel)
	if err != nil {
		return err
	}
	rule, refused := rules.Allow(a.Name, a.Type, a.Size)
	switch {
	case refused != nil:
		problems.Add("media_id", refused.Code, "%s", refused.Detail)
	case rule.As == crm.AudioMessage && r.Channel.Family == crm.WhatsApp && m.Text != "":
		problems.Add("text", "not_with_audio", "A recording has no caption on WhatsApp. Send the text by itself.")
	}
	m.Type, m.Media = rule.As, []crm.Media{a.Media}
	return nil
}

// sizeOf is the size of the file that goes with a message.
func sizeOf(m crm.Message) int64 {
	if len(m.Media) == 0 {
		return 0
	}
	return m.Media[0].Size
}

// outgoingFile is the file of a message that is about to be sent, or nil.
func (s *Inbox) outgoingFile(ctx context.Context, m crm.Message) (*crm.OutboundFile, error) {
	if len(m.Media) == 0 {
		return nil, nil
	}
	f := &crm.OutboundFile{Media: m.Media[0], As: m.Type}
	err := s.DB.Read(ctx, func(tx *db.Tx) (err error) {
		var found bool
		if f.Bytes, found, err = store.MediaBytes(tx, m.BusinessID, f.ID); err == nil && !found {
			err = crm.ErrNotFound
		}
		return err
	})
	if s.FileLink != nil {
		f.URL = s.FileLink(m.BusinessID, f.ID)
	}
	return f, err
}

// Linked is the file that a public link of ours names: the link itself was the
// permission.
func (s *Inbox) Linked(ctx context.Context, business, id crm.ID) (f File, err error) {
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		place, err := store.MediaByID(tx, business, id)
		f.Media = place.Media
		return err
	})
	if err == nil {
		err = s.stored(ctx, business, &f)
	}
	return f, err
}

// fileName is a name as it may be stored and handed on: its last part, in one line.
func fileName(name string) string {
	if at := strings.LastIndexAny(name, `/\`); at >= 0 {
		name = name[at+1:]
	}
	name = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069 {
			return -1 // control characters, and those that turn the direction round
		}
		return r
	}, clean(name, 1000))
	name = strings.TrimSpace(name)
	if ext := crm.Extension(name); len([]rune(name)) > 120 && len(ext) < 10 {
		return clip(strings.TrimSuffix(name, "."+ext), 110) + "." + ext
	}
	return clip(name, 120)
}

func orNotFound(err error) error {
	if err == nil {
		return crm.ErrNotFound
	}
	return err
}

// Attached are those of some files that somebody brought to a conversation and that still
// wait to be sent.
func (s *Inbox) Attached(ctx context.Context, who crm.Actor, conversation crm.ID, ids []crm.ID) (list []store.Attachment, err error) {
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		list = nil
		for _, id := range ids {
			a, found, err := store.AttachmentByID(tx, who.BusinessID, conversation, who.UserID, id)
			if err != nil {
				return err
			}
			if found {
				list = append(list, a)
			}
		}
		return nil
	})
	return list, err
}
