package inbox

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"

	"parley/internal/channel"
	"parley/internal/crm"
	"parley/internal/db"
	"parley/internal/store"
)

// maxFile is the largest file that is fetched: WhatsApp's limit for documents.
const maxFile = 100 << 20

// File is a file of a message.
type File struct {
	crm.Media
	Bytes []byte
}

// File hands out a file of a message that who may see. What nobody asked for before is
// fetched from the provider and kept. The error is of kind NotFound, or Unavailable when
// the provider does not hand it out now.
func (s *Inbox) File(ctx context.Context, who crm.Actor, id crm.ID) (f File, err error) {
	var place store.MediaPlace
	var ch store.Channel
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		if place, err = store.MediaByID(tx, who.BusinessID, id); err != nil {
			return err
		}
		if _, err = store.ConversationByID(tx, who, place.ConversationID); err != nil {
			return err
		}
		f.Media = place.Media
		if place.Stored {
			f.Bytes, _, err = store.MediaBytes(tx, who.BusinessID, id)
			return err
		}
		ch, err = store.ChannelByID(tx, who.BusinessID, place.ChannelID)
		return err
	})
	if err != nil || place.Stored {
		return f, err
	}
	if err := s.fetch(ctx, ch, place, &f); err != nil {
		return f, err
	}
	err = s.DB.Write(ctx, func(tx *db.Tx) error {
		store.KeepMedia(tx, who.BusinessID, id, f.Type, f.Bytes, s.Now())
		return nil
	})
	return f, err
}

func (s *Inbox) fetch(ctx context.Context, ch store.Channel, place store.MediaPlace, f *File) error {
	open, err := s.Open(ch)
	if err != nil {
		return err
	}
	source, ok := open.(channel.MediaSource)
	if !ok {
		return crm.ErrNotFound
	}
	body, contentType, err := source.Fetch(ctx, place.Reference)
	if err != nil {
		return notHandedOut(err)
	}
	defer func() { _ = body.Close() }()
	var buffer bytes.Buffer
	n, err := io.Copy(&buffer, io.LimitReader(body, maxFile+1))
	if err != nil {
		return notHandedOut(err)
	}
	if n > maxFile {
		return crm.Errorf(crm.Unavailable, "file_too_large", "The file is larger than %d MB.", maxFile>>20)
	}
	if sum := sha256.Sum256(buffer.Bytes()); place.SHA256 != "" && place.SHA256 != hex.EncodeToString(sum[:]) {
		return crm.Errorf(crm.Unavailable, "file_damaged", "The file arrived damaged. Please try again.")
	}
	f.Bytes, f.Size = buffer.Bytes(), n
	if f.Type == "" {
		f.Type = contentType
	}
	return nil
}

func notHandedOut(err error) error {
	return errors.Join(crm.Errorf(crm.Unavailable, "file_away", "The provider does not hand out this file at the moment. WhatsApp keeps files for a few days only."), err)
}
