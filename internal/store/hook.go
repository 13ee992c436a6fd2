package store

import (
	"time"

	"parley/internal/crm"
	"parley/internal/db"
)

// HookEndpoint is an endpoint as it is stored: Sealed holds its secrets (A5), Cursor how far
// it has followed the events.
type HookEndpoint struct {
	crm.HookEndpoint
	Sealed string
	Cursor Cursor
}

const hookColumns = "business_id, id, url, events, sealed, active, problem, failing_since, tx, seq, created_at"

func scanHook(row db.Row) (h HookEndpoint, err error) {
	err = row.Scan(&h.BusinessID, &h.ID, &h.URL, db.JSON(&h.Events), &h.Sealed, &h.Active, &h.Problem, &h.FailingSince, &h.Cursor.Tx, &h.Cursor.Seq, &h.CreatedAt)
	return h, err
}

// PutHook adds an endpoint, or writes what an admin can change of one.
func PutHook(tx *db.Tx, h HookEndpoint) {
	if h.Events == nil {
		h.Events = []string{}
	}
	tx.Exec("insert into hook_endpoint ("+hookColumns+`) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
		on conflict (business_id, id) do update set url = excluded.url, events = excluded.events, sealed = excluded.sealed, active = excluded.active,
			problem = excluded.problem, failing_since = excluded.failing_since`,
		h.BusinessID, h.ID, h.URL, db.JSON(h.Events), h.Sealed, h.Active, h.Problem, h.FailingSince, h.Cursor.Tx, h.Cursor.Seq, h.CreatedAt)
}

// MoveHook notes how far an endpoint has followed the events. moved is false when another
// has moved it since.
func MoveHook(tx *db.Tx, business, id crm.ID, from, to Cursor) (moved bool, err error) {
	n, err := tx.Affected("update hook_endpoint set tx = $5, seq = $6 where business_id = $1 and id = $2 and tx = $3 and seq = $4", business, id, from.Tx, from.Seq, to.Tx, to.Seq)
	return n > 0, err
}

// Hooks are the endpoints of a business, oldest first.
func Hooks(tx *db.Tx, business crm.ID) ([]HookEndpoint, error) {
	return db.All(tx, scanHook, "select "+hookColumns+" from hook_endpoint where business_id = $1 order by id", business)
}

// Hook reads one.
func Hook(tx *db.Tx, business, id crm.ID) (HookEndpoint, error) {
	h, found, err := db.One(tx, scanHook, "select "+hookColumns+" from hook_endpoint where business_id = $1 and id = $2", business, id)
	if err == nil && !found {
		err = crm.ErrNotFound
	}
	return h, err
}

// DeleteHook removes an endpoint with its deliveries.
func DeleteHook(tx *db.Tx, business, id crm.ID) {
	tx.Exec("delete from hook_endpoint where business_id = $1 and id = $2", business, id)
}

// HookedBusinesses are those that have an active endpoint and are not held.
func HookedBusinesses(tx *db.Tx) ([]crm.ID, error) {
	return db.All(tx, db.Column[crm.ID], "select b.id from business b where not b.held and exists (select 1 from hook_endpoint h where h.business_id = b.id and h.active) order by b.id")
}

// HoldHook makes its caller the only one that delivers to an endpoint until a time; held is
// false while another does.
func HoldHook(tx *db.Tx, business, id crm.ID, now, until time.Time) (held bool, err error) {
	n, err := tx.Affected("update hook_endpoint set held_until = $4 where business_id = $1 and id = $2 and active and (held_until is null or held_until < $3)", business, id, now, until)
	return n > 0, err
}

// KeepHook goes on with HoldHook until another time; kept is false when it came to its end
// and another may deliver since.
func KeepHook(tx *db.Tx, business, id crm.ID, held, until time.Time) (kept bool, err error) {
	n, err := tx.Affected("update hook_endpoint set held_until = $4 where business_id = $1 and id = $2 and held_until = $3", business, id, held, until)
	return n > 0, err
}

// LetHookGo ends HoldHook, where it was not another's in the meantime.
func LetHookGo(tx *db.Tx, business, id crm.ID, held time.Time) {
	tx.Exec("update hook_endpoint set held_until = null where business_id = $1 and id = $2 and held_until = $3", business, id, held)
}

// HookWorks notes that an endpoint took something, HookFails that it did not; a failing one
// keeps since when.
func HookWorks(tx *db.Tx, business, id crm.ID) {
	tx.Exec("update hook_endpoint set problem = '', failing_since = null where business_id = $1 and id = $2 and failing_since is not null", business, id)
}

// HookFails notes why an endpoint did not take something.
func HookFails(tx *db.Tx, business, id crm.ID, problem string, now time.Time) {
	tx.Exec("update hook_endpoint set problem = $3, failing_since = coalesce(failing_since, $4) where business_id = $1 and id = $2", business, id, problem, now)
}

// AddHookDeliveries notes the events that an endpoint is to be told of; one that is there
// already stays.
func AddHookDeliveries(tx *db.Tx, business, endpoint crm.ID, events []crm.Event, now time.Time) {
	for _, e := range events {
		at, _ := ParseCursor(e.Cursor)
		tx.Exec(`insert into hook_delivery (business_id, endpoint_id, tx, seq, id, event_type, next_at, created_at) values ($1, $2, $3, $4, $5, $6, $7, $7)
			on conflict (business_id, endpoint_id, tx, seq) do nothing`, business, endpoint, at.Tx, at.Seq, crm.NewID(now), e.Type, now)
	}
}

// HookDelivery is a delivery and the place of its event.
type HookDelivery struct {
	crm.HookDelivery
	At Cursor
}

const deliveryColumns = "d.id, d.event_type, d.status, d.attempts, d.next_at, d.answer, d.problem, d.created_at, d.ended_at, d.tx, d.seq"

func scanDelivery(row db.Row) (d HookDelivery, err error) {
	err = row.Scan(&d.ID, &d.EventType, &d.Status, &d.Attempts, &d.NextAt, &d.Answer, &d.Problem, &d.CreatedAt, &d.EndedAt, &d.At.Tx, &d.At.Seq)
	return d, err
}

// NextHookDelivery is the oldest delivery of an endpoint that is due. One that failed fewer
// than blocking times holds up those after it; where it holds up the oldest, it does so with
// all, and no other is looked at.
func NextHookDelivery(tx *db.Tx, business, endpoint crm.ID, now time.Time, blocking int) (HookDelivery, bool, error) {
	return db.One(tx, scanDelivery, "select "+deliveryColumns+` from (select * from hook_delivery w
			where w.business_id = $1 and w.endpoint_id = $2 and w.status = 'waiting' and w.next_at <= $3 order by w.tx, w.seq limit 1) d
		where not exists (select 1 from hook_delivery b where b.business_id = $1 and b.endpoint_id = $2 and b.status = 'waiting'
			and b.attempts < $4 and b.next_at > $3 and (b.tx, b.seq) < (d.tx, d.seq))`, business, endpoint, now, blocking)
}

// MarkHookDelivery writes how an attempt ended.
func MarkHookDelivery(tx *db.Tx, business, endpoint crm.ID, d HookDelivery) {
	tx.Exec("update hook_delivery set status = $4, attempts = $5, next_at = $6, answer = $7, problem = $8, ended_at = $9 where business_id = $1 and endpoint_id = $2 and id = $3",
		business, endpoint, d.ID, d.Status, d.Attempts, d.NextAt, d.Answer, d.Problem, d.EndedAt)
}

// HookDeliveries is a page of an endpoint's deliveries, newest first, before a place; of
// one status where that is given.
func HookDeliveries(tx *db.Tx, business, endpoint crm.ID, status crm.HookStatus, before *Cursor, limit int) ([]HookDelivery, error) {
	w := &conditions{args: []any{business, endpoint}}
	w.sql = "d.business_id = $1 and d.endpoint_id = $2"
	if status != "" {
		w.and("d.status = " + w.arg(status))
	}
	if before != nil {
		w.and("(d.tx, d.seq) < (" + w.arg(before.Tx) + ", " + w.arg(before.Seq) + ")")
	}
	return db.All(tx, scanDelivery, "select "+deliveryColumns+" from hook_delivery d where "+w.sql+" order by d.tx desc, d.seq desc limit "+w.arg(limit), w.args...)
}

// HookDeliveryByID reads one.
func HookDeliveryByID(tx *db.Tx, business, endpoint, id crm.ID) (HookDelivery, error) {
	d, found, err := db.One(tx, scanDelivery, "select "+deliveryColumns+" from hook_delivery d where d.business_id = $1 and d.endpoint_id = $2 and d.id = $3", business, endpoint, id)
	if err == nil && !found {
		err = crm.ErrNotFound
	}
	return d, err
}

// ReplayHook has deliveries sent again from their beginning: one, or with an empty id all
// that failed since a time. It counts them.
func ReplayHook(tx *db.Tx, business, endpoint, id crm.ID, since, now time.Time) (int64, error) {
	const again = "update hook_delivery set status = 'waiting', attempts = 0, next_at = $3, answer = 0, problem = '', ended_at = null where business_id = $1 and endpoint_id = $2 and "
	if id != "" {
		return tx.Affected(again+"id = $4", business, endpoint, now, id)
	}
	return tx.Affected(again+"status = 'failed' and ended_at >= $4", business, endpoint, now, since)
}

// ForgetHookDeliveries clears those of a business that ended and were made before a time.
func ForgetHookDeliveries(tx *db.Tx, business crm.ID, before time.Time) {
	tx.Exec("delete from hook_delivery where business_id = $1 and created_at < $2 and status <> 'waiting'", business, before)
}

// EventAt is the event at a place, as far as it is there still.
func EventAt(tx *db.Tx, business crm.ID, at Cursor) (crm.Event, bool, error) {
	return db.One(tx, scanEvent, selectEvent+"where e.business_id = $1 and e.tx = $2 and e.seq = $3", business, at.Tx, at.Seq)
}

// ConversationRowOf reads a conversation whoever may see it, for what belongs to the
// business as a whole.
func ConversationRowOf(tx *db.Tx, business, id crm.ID) (ConversationRow, error) {
	list, err := db.All(tx, scanConversationRow, selectConversationRow+"conversation"+joinConversationRow+"v.id = $3", business, crm.ID(""), id)
	if err != nil || len(list) == 0 {
		return ConversationRow{}, orNotFound(err)
	}
	return list[0], fillConversationViewers(tx, business, list)
}
