package store

import (
	"time"

	"parley/internal/crm"
	"parley/internal/db"
)

// AudienceQuery asks for an audience as it is now.
type AudienceQuery struct {
	Who        crm.Actor // the sender
	Filter     crm.Filter
	ContactIDs []crm.ID // only these, where there are any
	Channel    Channel
	Scope      string // of the channel's WhatsApp user ids
	// OpenSince is since when somebody must have written on the channel to be written to
	// freely; zero where that does not matter (V6).
	OpenSince time.Time
}

// Candidate is one contact of an audience, with all that decides whether it is written to.
type Candidate struct {
	ContactID crm.ID
	Archived  bool
	Seen      bool // by the sender (V2)
	OptedOut  bool
	Address   string // empty: none on this channel
	Open      bool   // the window is open, or does not matter
}

// Candidates hands every contact of an audience to each, in the order of their ids. It
// reads one after another and keeps none: an audience may have a million. A filter with
// Problems is nobody.
func Candidates(tx *db.Tx, q AudienceQuery, each func(Candidate) error) error {
	if len(q.Filter.Problems) > 0 {
		return nil
	}
	w := &conditions{from: "from contact c "}
	w.sql = "c.business_id = " + w.arg(q.Who.BusinessID)
	if q.Filter.Status != "" && q.Filter.Status != crm.AnyStatus {
		w.and("c.status = " + w.arg(q.Filter.Status))
	}
	w.filter(q.Filter)
	if q.Filter.Query != "" {
		found, err := allHits(tx, q.Who.BusinessID, q.Filter.Query)
		if err != nil || len(found) == 0 {
			return err
		}
		w.hitList(found)
	}
	if len(q.ContactIDs) > 0 {
		w.and("c.id = any(" + w.arg(texts(q.ContactIDs)) + ")")
	}
	w.arg(q.Who.UserID)
	seen := contactSeenBy(q.Who, len(w.args))
	out := "exists (select 1 " + optOutOf + w.arg(q.Channel.Family) + ")"
	address := `coalesce((select i.value from identity i where i.business_id = c.business_id and i.contact_id = c.id and i.kind = 'phone'
		order by i.is_primary desc, i.position limit 1), `
	if q.Channel.Family == crm.WhatsApp {
		address += `(select i.value from identity i where i.business_id = c.business_id and i.contact_id = c.id and i.kind = 'whatsapp' and i.scope = ` +
			w.arg(q.Scope) + " order by i.position limit 1), "
	}
	address += "'')"
	open := "c.business_id is not null"
	if !q.OpenSince.IsZero() {
		since := w.arg(q.OpenSince)
		open = `exists (select 1 from conversation v join message m on m.business_id = v.business_id and m.conversation_id = v.id
			where v.business_id = c.business_id and v.contact_id = c.id and v.last_inbound_at > ` + since +
			" and m.channel_id = " + w.arg(q.Channel.ID) + " and m.direction = 'in' and m.at > " + since + ")"
	}
	return tx.Ask(db.Each(func(row db.Row) error {
		var a Candidate
		if err := row.Scan(&a.ContactID, &a.Archived, &a.Seen, &a.OptedOut, &a.Address, &a.Open); err != nil {
			return err
		}
		return each(a)
	}, w.with+"select c.id, c.status = 'archived', "+seen+", "+out+", "+address+", "+open+" "+w.from+"where "+w.sql+" order by c.id", w.args...))
}
