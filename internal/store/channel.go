package store

import (
	"time"

	"parley/internal/crm"
	"parley/internal/db"
)

// Channel is one number or account of a business as it is stored: Sealed holds the
// secrets, encrypted (A5).
type Channel struct {
	BusinessID    crm.ID
	ID            crm.ID
	Kind          string
	Family        crm.Family
	Name          string
	Settings      map[string]string
	Sealed        string
	MaxPerSecond  float64
	Active        bool
	LastInboundAt time.Time
	Problem       string // why it does not work; empty while it does
	CreatedAt     time.Time
}

const channelColumns = "business_id, id, kind, family, name, settings, sealed, max_per_second, active, last_inbound_at, problem, created_at"

func scanChannel(row db.Row) (c Channel, err error) {
	err = row.Scan(&c.BusinessID, &c.ID, &c.Kind, &c.Family, &c.Name, db.JSON(&c.Settings), &c.Sealed,
		&c.MaxPerSecond, &c.Active, &c.LastInboundAt, &c.Problem, &c.CreatedAt)
	return c, err
}

// AddChannel inserts a channel and the address its provider calls.
func AddChannel(tx *db.Tx, c Channel) {
	tx.Exec("insert into channel ("+channelColumns+") values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
		c.BusinessID, c.ID, c.Kind, c.Family, c.Name, db.JSON(c.Settings), c.Sealed, c.MaxPerSecond, c.Active, c.LastInboundAt, c.Problem, c.CreatedAt)
	tx.Exec("insert into webhook (channel_id, business_id) values ($1, $2)", c.ID, c.BusinessID)
}

// ChangeChannel writes what an admin can change of a channel.
func ChangeChannel(tx *db.Tx, c Channel) {
	tx.Exec("update channel set name = $3, settings = $4, sealed = $5, max_per_second = $6, active = $7, problem = $8 where business_id = $1 and id = $2",
		c.BusinessID, c.ID, c.Name, db.JSON(c.Settings), c.Sealed, c.MaxPerSecond, c.Active, c.Problem)
}

// SetChannelProblem notes why a channel does not work, or "" when it does again.
func SetChannelProblem(tx *db.Tx, business, id crm.ID, problem string) {
	tx.Exec("update channel set problem = $3 where business_id = $1 and id = $2 and problem <> $3", business, id, problem)
}

// ChannelByID reads one channel.
func ChannelByID(tx *db.Tx, business, id crm.ID) (Channel, error) {
	c, found, err := db.One(tx, scanChannel, "select "+channelColumns+" from channel where business_id = $1 and id = $2", business, id)
	if err == nil && !found {
		err = crm.ErrNotFound
	}
	return c, err
}

// ChannelByWebhook finds the channel that a provider calls, in whichever business.
func ChannelByWebhook(tx *db.Tx, id crm.ID) (Channel, error) {
	c, found, err := db.One(tx, scanChannel, `select c.business_id, c.id, c.kind, c.family, c.name, c.settings, c.sealed,
			c.max_per_second, c.active, c.last_inbound_at, c.problem, c.created_at
		from webhook w join channel c on c.business_id = w.business_id and c.id = w.channel_id where w.channel_id = $1`, id)
	if err == nil && !found {
		err = crm.ErrNotFound
	}
	return c, err
}

// Channels are the channels of a business, oldest first.
func Channels(tx *db.Tx, business crm.ID) ([]Channel, error) {
	return db.All(tx, scanChannel, "select "+channelColumns+" from channel where business_id = $1 order by id", business)
}

// TouchChannel notes when something last came in, to the minute: a row that every
// message wrote would make them queue.
func TouchChannel(tx *db.Tx, business, id crm.ID, now time.Time) {
	tx.Exec("update channel set last_inbound_at = $3 where business_id = $1 and id = $2 and (last_inbound_at is null or last_inbound_at < $4)",
		business, id, now, now.Add(-time.Minute))
}
