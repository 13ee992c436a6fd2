package inbox

import (
	"bytes"
	"context"
	"errors"

	"parley/internal/channel"
	"parley/internal/crm"
	"parley/internal/db"
	"parley/internal/store"
)

// maxFile is the largest file that is fetched: WhatsApp's limit for documents.
const maxFile = 100 << 20

// File is a file of a message, to be read and closed.
type File struct {
	crm.Media
	*spool
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
			return nil
		}
		ch, err = store.ChannelByID(tx, who.BusinessID, place.ChannelID)
		return err
	})
	switch {
	case err != nil:
	case place.Stored:
		err = s.stored(ctx, who.BusinessID, &f)
	default:
		err = s.fetch(ctx, ch, place, &f)
	}
	return f, err
}

// stored opens the file that the database keeps.
func (s *Inbox) stored(ctx context.Context, business crm.ID, f *File) error {
	leave, err := s.large.enter(ctx, f.Media.Size)
	if err != nil {
		return err
	}
	defer leave()
	var content []byte
	err = s.DB.Read(ctx, func(tx *db.Tx) (err error) {
		var found bool
		if content, found, err = store.MediaBytes(tx, business, f.ID); err == nil && !found {
			err = crm.ErrNotFound
		}
		return err
	})
	if err == nil {
		f.Media.Size = int64(len(content))
		f.spool, err = newSpool(bytes.NewReader(content), f.Media.Size)
	}
	return err
}

// fetch asks the provider for a file, and keeps it.
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
	file, err := newSpool(body, maxFile)
	if err != nil {
		return notHandedOut(err)
	}
	f.Media.Size = file.size
	if f.Type == "" {
		f.Type = contentType
	}
	switch {
	case file.size > maxFile:
		err = crm.Errorf(crm.Unavailable, "file_too_large", "The file is larger than %d MB.", maxFile>>20)
	case place.SHA256 != "" && place.SHA256 != file.sha256:
		err = crm.Errorf(crm.Unavailable, "file_damaged", "The file arrived damaged. Please try again.")
	default:
		err = s.keep(ctx, ch.BusinessID, f.Media, file)
	}
	if err != nil {
		file.Close()
		return err
	}
	f.spool = file
	return nil
}

// keep writes a file that was fetched.
func (s *Inbox) keep(ctx context.Context, business crm.ID, m crm.Media, file *spool) error {
	leave, err := s.large.enter(ctx, file.size)
	if err != nil {
		return err
	}
	defer leave()
	content, err := file.whole()
	if err != nil {
		return err
	}
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		store.KeepMedia(tx, business, m.ID, m.Type, content, s.Now())
		return nil
	})
}

func notHandedOut(err error) error {
	return errors.Join(crm.Errorf(crm.Unavailable, "file_away", "The provider does not hand out this file at the moment. WhatsApp keeps files for a few days only."), err)
}
