package inbox

import (
	"context"
	"errors"
	"io"
	"strings"
	"time"

	"parley/internal/channel"
	"parley/internal/crm"
	"parley/internal/db"
	"parley/internal/store"
)

// BringTemplateFile keeps a file as the example of a template's header, for a day. The error
// is of kind Invalid and names the field file: what cannot be a header, or what is not what
// its name says. Admins only.
func (s *Inbox) BringTemplateFile(ctx context.Context, who crm.Actor, name string, from io.Reader) (f store.TemplateFile, err error) {
	if !who.IsAdmin() {
		return f, crm.ErrForbidden
	}
	err = s.bring(ctx, name, from, crm.CheckHeaderFile, func(m crm.Media, at time.Time, content []byte) error {
		f = store.TemplateFile{BusinessID: who.BusinessID, UserID: who.UserID, CreatedAt: at, Media: m}
		return s.DB.Write(ctx, func(tx *db.Tx) error {
			store.AddTemplateFile(tx, f, content)
			return nil
		})
	})
	return f, err
}

// TemplateFile is a file that who brought, while it waits.
func (s *Inbox) TemplateFile(ctx context.Context, who crm.Actor, id crm.ID) (f store.TemplateFile, found bool, err error) {
	if _, ok := crm.ParseID(id.String()); !ok {
		return f, false, nil // what a form may hold, and no database takes
	}
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		f, found, err = store.TemplateFileByID(tx, who.BusinessID, who.UserID, id)
		return err
	})
	return f, found, err
}

// TemplatePicture is a picture that who brought, for the page on which the template is made.
func (s *Inbox) TemplatePicture(ctx context.Context, who crm.Actor, id crm.ID) (f store.TemplateFile, content []byte, err error) {
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		var found bool
		if f, found, err = store.TemplateFileByID(tx, who.BusinessID, who.UserID, id); err != nil || !found || !strings.HasPrefix(f.Type, "image/") {
			return orNotFound(err)
		}
		content, _, err = store.TemplateFileBytes(tx, who.BusinessID, id)
		return err
	})
	return f, content, err
}

// putTemplateFile makes the header of a draft one with the file that who names, and says at
// its field what is wrong with it.
func (s *Inbox) putTemplateFile(ctx context.Context, who crm.Actor, id crm.ID, header *crm.TemplateHeader, problems *crm.Problems) error {
	if id == "" {
		return nil
	}
	f, found, err := s.TemplateFile(ctx, who, id)
	if err != nil {
		return err
	}
	if !found {
		problems.Add("header_file", "unknown_file", "There is no such file, or it was brought more than a day ago. Choose it again.")
		return nil
	}
	var wrong crm.Problems
	*header, wrong = header.HeaderWith(f.Name, f.Type)
	*problems = append(*problems, wrong...)
	return nil
}

// example hands the file of a draft's header to the provider, the one that the template has
// already where who names none; without a header with a file it is nothing. What the
// provider does not take is said at the field header_file, and nothing was submitted.
func (s *Inbox) example(ctx context.Context, who crm.Actor, keeper channel.TemplateKeeper, t crm.Template, file crm.ID) (handle string, err error) {
	switch {
	case !t.Parts.Header.IsMedia():
		return "", nil
	case file == "":
		leave, err := s.large.enter(ctx, largeFile) // how large it is only the provider knows
		if err != nil {
			return "", err
		}
		defer leave()
		handle, err = keeper.KeepExample(ctx, t)
		return handle, refusedExample(err, "WhatsApp did not hand out the file that this template has now. Choose one.")
	}
	f, found, err := s.TemplateFile(ctx, who, file)
	if err != nil || !found {
		return "", orNotFound(err)
	}
	leave, err := s.large.enter(ctx, f.Size)
	if err != nil {
		return "", err
	}
	defer leave()
	out := crm.OutboundFile{Media: f.Media, As: crm.MessageType(t.Parts.Header.Format)}
	err = s.DB.Read(ctx, func(tx *db.Tx) (err error) {
		if out.Bytes, found, err = store.TemplateFileBytes(tx, who.BusinessID, file); err == nil && !found {
			err = crm.ErrNotFound
		}
		return err
	})
	if err != nil {
		return "", err
	}
	handle, err = keeper.UploadExample(ctx, out)
	return handle, refusedExample(err, "WhatsApp did not take this file.")
}

// refusedExample is what a provider said of an example, as an answer.
func refusedExample(err error, what string) error {
	var failed *channel.SendError
	if !errors.As(err, &failed) {
		return err
	}
	switch failed.Outcome {
	case channel.Refused:
		if failed.Own != "" {
			what += " It says: " + failed.Own
		}
		var problems crm.Problems
		problems.Add("header_file", "provider_refused", "%s", what)
		return problems.Err()
	case channel.Dead:
		return crm.Errorf(crm.Conflicting, "provider_refused", "%s", failed.Reason)
	}
	return errors.Join(crm.Errorf(crm.Unavailable, "provider_away", "WhatsApp did not take the file at the moment. Nothing was submitted. Try again in a minute."), err)
}
