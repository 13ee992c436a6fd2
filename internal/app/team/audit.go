package team

import (
	"context"
	"encoding/csv"
	"fmt"
	"io"
	"strings"
	"time"

	"parley/internal/crm"
	"parley/internal/db"
	"parley/internal/store"
)

// AuditEntry is one entry of the audit log (A4) as one admin may read it.
type AuditEntry struct {
	crm.Event
	Contact string // its name, where it is there and the reader may see it
	User    string // the name of the user it is about
	// Hidden says that the entry is about a contact or conversation that the reader may not
	// see (V2): who did what and when is told, not to whom.
	Hidden bool
}

// Audit is a page of the audit log, newest first, and whether it goes on. Admins only.
func (s *Team) Audit(ctx context.Context, who crm.Actor, f store.AuditFilter, before *store.AuditPlace, limit int) (list []AuditEntry, more bool, err error) {
	if !who.IsAdmin() {
		return nil, false, crm.ErrForbidden
	}
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		if hidden, err := hiddenContact(tx, who, f.Contact); err != nil || hidden {
			return err // as for one that never was
		}
		events, err := store.Audit(tx, who.BusinessID, f, before, limit+1)
		if err != nil {
			return err
		}
		if more = len(events) > limit; more {
			events = events[:limit]
		}
		list, err = readable(tx, who, events)
		return err
	})
	return list, more, err
}

// AuditCap is how far entries are counted; a count of one more stands for "more".
const AuditCap = 10_000

// CountAudit counts what of the audit log matches, up to AuditCap + 1. Admins only.
func (s *Team) CountAudit(ctx context.Context, who crm.Actor, f store.AuditFilter) (n int, err error) {
	if !who.IsAdmin() {
		return 0, crm.ErrForbidden
	}
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		if hidden, err := hiddenContact(tx, who, f.Contact); err != nil || hidden {
			return err
		}
		n, err = store.CountAudit(tx, who.BusinessID, f, AuditCap)
		return err
	})
	return n, err
}

func hiddenContact(tx *db.Tx, who crm.Actor, id crm.ID) (bool, error) {
	if id == "" {
		return false, nil
	}
	seen, err := store.Visibilities(tx, who.BusinessID, []crm.ID{id}, nil)
	return err == nil && !seen.Sees(who, crm.Event{Type: crm.ContactChanged, ContactID: id}), err
}

// readable are events as an admin may read them.
func readable(tx *db.Tx, who crm.Actor, events []crm.Event) ([]AuditEntry, error) {
	var contacts, conversations []crm.ID
	for _, e := range events {
		if e.ContactID != "" {
			contacts = append(contacts, e.ContactID)
		}
		if e.ConversationID != "" {
			conversations = append(conversations, e.ConversationID)
		}
	}
	seen, err := store.Visibilities(tx, who.BusinessID, contacts, conversations)
	if err != nil {
		return nil, err
	}
	named, err := store.ContactNames(tx, who, contacts)
	if err != nil {
		return nil, err
	}
	users, err := store.Users(tx, who.BusinessID)
	if err != nil {
		return nil, err
	}
	names := map[crm.ID]string{}
	for _, u := range users {
		names[u.ID] = u.Name
	}
	list := make([]AuditEntry, len(events))
	for i, e := range events {
		list[i] = AuditEntry{Event: e, Contact: named[e.ContactID], User: names[e.UserID]}
		if (e.ContactID != "" || e.ConversationID != "") && !seen.Sees(who, e) {
			e.ContactID, e.ConversationID, e.MessageID, e.SubjectID, e.Changes, e.Note = "", "", "", "", nil, ""
			list[i] = AuditEntry{Event: e, User: names[e.UserID], Hidden: true}
		}
	}
	return list, nil
}

// auditColumns are the columns of an exported log.
var auditColumns = []string{"at", "kind", "what", "by", "by_id", "via", "address", "contact", "contact_id", "user", "note", "changes"}

// exportPage is how many entries are read at once for an export.
const exportPage = 1000

// ExportAudit writes what of the log matches as CSV, newest first, times in UTC. That it
// was exported is an entry itself. Admins only; nothing is written before that is checked.
func (s *Team) ExportAudit(ctx context.Context, who crm.Actor, f store.AuditFilter, to io.Writer) error {
	if !who.IsAdmin() {
		return crm.ErrForbidden
	}
	err := s.DB.Write(ctx, func(tx *db.Tx) error { return s.record(tx, who.Event(crm.AuditExported, s.Now())) })
	if err != nil {
		return err
	}
	w := csv.NewWriter(to)
	_ = w.Write(auditColumns) // Flush tells
	var before *store.AuditPlace
	for more := true; more; {
		var list []AuditEntry
		if list, more, err = s.Audit(ctx, who, f, before, exportPage); err != nil {
			return err
		}
		for _, e := range list {
			row := []string{e.At.UTC().Format(time.RFC3339), string(e.Kind), string(e.Type), e.ActorName, e.ActorID.String(), string(e.Via), e.Address,
				e.Contact, e.ContactID.String(), e.User, e.Note, SayChanges(e.Changes)}
			if e.Hidden {
				row[7] = "(not visible to you)"
			}
			for i := range row {
				row[i] = crm.Harmless(row[i])
			}
			_ = w.Write(row)
		}
		if w.Flush(); w.Error() != nil {
			return w.Error()
		}
		if len(list) > 0 {
			place := store.AuditPlaceOf(list[len(list)-1].Event)
			before = &place
		}
	}
	return nil
}

// SayChanges says changes in one line: "role: agent → admin; name: A → B".
func SayChanges(changes []crm.Change) string {
	var parts []string
	for _, c := range changes {
		parts = append(parts, fmt.Sprintf("%s: %s → %s", c.Field, sayValue(c.Old), sayValue(c.New)))
	}
	return strings.Join(parts, "; ")
}

func sayValue(v any) string {
	switch v := v.(type) {
	case nil:
		return "–"
	case string:
		if v == "" {
			return "–"
		}
		return v
	case []any:
		var list []string
		for _, item := range v {
			list = append(list, sayValue(item))
		}
		return "[" + strings.Join(list, ", ") + "]"
	}
	return fmt.Sprint(v)
}
