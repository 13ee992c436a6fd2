package store

import (
	"time"

	"parley/internal/crm"
	"parley/internal/db"
)

const connectionColumns = `id, provider, state, account, name, details, choices, options, push, following, problem, pushed_to, started_by, begun,
	created_at, created_by, connected_at, ended_at`

func scanConnection(row db.Row) (c crm.Connection, err error) {
	err = row.Scan(&c.ID, &c.Provider, &c.State, &c.Account, &c.Name, db.JSON(&c.Details), db.JSON(&c.Choices), db.JSON(&c.Options), &c.Push, &c.Following,
		&c.Problem, &c.PushedTo, &c.StartedBy, &c.Begun, &c.CreatedAt, &c.CreatedBy, &c.ConnectedAt, &c.EndedAt)
	return c, err
}

// AddConnection inserts a connection.
func AddConnection(tx *db.Tx, c crm.Connection) {
	tx.Exec("insert into connection (business_id, "+connectionColumns+") values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19)",
		c.BusinessID, c.ID, c.Provider, c.State, c.Account, c.Name, db.JSON(c.Details), db.JSON(c.Choices), db.JSON(c.Options), c.Push, c.Following,
		c.Problem, c.PushedTo, c.StartedBy, c.Begun, c.CreatedAt, c.CreatedBy, c.ConnectedAt, c.EndedAt)
}

// ChangeConnection writes what changes of a connection.
func ChangeConnection(tx *db.Tx, c crm.Connection) {
	tx.Exec(`update connection set state = $3, account = $4, name = $5, details = $6, choices = $7, options = $8, push = $9, following = $10, problem = $11,
		pushed_to = $12, started_by = $13, begun = $14, connected_at = $15, ended_at = $16 where business_id = $1 and id = $2`,
		c.BusinessID, c.ID, c.State, c.Account, c.Name, db.JSON(c.Details), db.JSON(c.Choices), db.JSON(c.Options), c.Push, c.Following, c.Problem,
		c.PushedTo, c.StartedBy, c.Begun, c.ConnectedAt, c.EndedAt)
}

// Connection reads one connection; else ErrNotFound.
func Connection(tx *db.Tx, business, id crm.ID) (crm.Connection, error) {
	return oneConnection(tx, business, "select "+connectionColumns+" from connection where business_id = $1 and id = $2", business, id)
}

// LockConnection is Connection for a transaction that is going to change it.
func LockConnection(tx *db.Tx, business, id crm.ID) (crm.Connection, error) {
	return oneConnection(tx, business, "select "+connectionColumns+" from connection where business_id = $1 and id = $2 for update", business, id)
}

func oneConnection(tx *db.Tx, business crm.ID, sql string, args ...any) (crm.Connection, error) {
	c, found, err := db.One(tx, scanConnection, sql, args...)
	if err == nil && !found {
		err = crm.ErrNotFound
	}
	c.BusinessID = business
	return c, err
}

// Connections are all of a business, oldest first.
func Connections(tx *db.Tx, business crm.ID) ([]crm.Connection, error) {
	list, err := db.All(tx, scanConnection, "select "+connectionColumns+" from connection where business_id = $1 order by id", business)
	for n := range list {
		list[n].BusinessID = business
	}
	return list, err
}

// ConnectionTo is the connection of a business to an organisation that lives.
func ConnectionTo(tx *db.Tx, business crm.ID, provider, account string) (crm.Connection, bool, error) {
	c, found, err := db.One(tx, scanConnection, "select "+connectionColumns+` from connection where business_id = $1 and provider = $2 and account = $3
		and account <> ''`, business, provider, account)
	c.BusinessID = business
	return c, found, err
}

// ConnectionPlace names a connection of any business.
type ConnectionPlace struct {
	Business crm.ID
	ID       crm.ID
	Kind     crm.FeedKind
}

// ConnectionsOf are the connections of all businesses to an organisation: its provider's
// webhooks name nothing else.
func ConnectionsOf(tx *db.Tx, provider, account string) ([]ConnectionPlace, error) {
	return db.All(tx, func(row db.Row) (p ConnectionPlace, err error) {
		err = row.Scan(&p.Business, &p.ID)
		return p, err
	}, "select business_id, id from connection where provider = $1 and account = $2 and state = 'connected'", provider, account)
}

// Grant is a token as it is kept.
type Grant struct {
	Sealed          string
	Round           int64
	ExpiresAt       time.Time
	RefreshingUntil time.Time
}

const selectGrant = "select sealed, round, expires_at, refreshing_until from connection_token where business_id = $1 and connection_id = $2"

func scanGrant(row db.Row) (g Grant, err error) {
	err = row.Scan(&g.Sealed, &g.Round, &g.ExpiresAt, &g.RefreshingUntil)
	return g, err
}

// GrantOf reads the grant of a connection.
func GrantOf(tx *db.Tx, business, connection crm.ID) (Grant, bool, error) {
	return db.One(tx, scanGrant, selectGrant, business, connection)
}

// LockGrant is GrantOf for a transaction that is going to change it.
func LockGrant(tx *db.Tx, business, connection crm.ID) (Grant, bool, error) {
	return db.One(tx, scanGrant, selectGrant+" for update", business, connection)
}

// PutGrant keeps a grant.
func PutGrant(tx *db.Tx, business, connection crm.ID, g Grant) {
	tx.Exec(`insert into connection_token (business_id, connection_id, sealed, round, expires_at, refreshing_until) values ($1, $2, $3, $4, $5, $6)
		on conflict (business_id, connection_id) do update set sealed = excluded.sealed, round = excluded.round, expires_at = excluded.expires_at,
			refreshing_until = excluded.refreshing_until`, business, connection, g.Sealed, g.Round, g.ExpiresAt, g.RefreshingUntil)
}

// DropGrant forgets a grant.
func DropGrant(tx *db.Tx, business, connection crm.ID) {
	tx.Exec("delete from connection_token where business_id = $1 and connection_id = $2", business, connection)
}

// Budget counts the calls of a connection, over all nodes.
type Budget struct {
	Minute, Day     int64 // since 1970
	InMinute, InDay int
	BlockedUntil    time.Time
}

// LockBudget reads the budget of a connection for a transaction that is going to change it.
func LockBudget(tx *db.Tx, business, connection crm.ID) (Budget, error) {
	tx.Exec("insert into connection_budget (business_id, connection_id) values ($1, $2) on conflict (business_id, connection_id) do nothing", business, connection)
	b, _, err := db.One(tx, func(row db.Row) (b Budget, err error) {
		err = row.Scan(&b.Minute, &b.InMinute, &b.Day, &b.InDay, &b.BlockedUntil)
		return b, err
	}, "select minute, in_minute, day, in_day, blocked_until from connection_budget where business_id = $1 and connection_id = $2 for update", business, connection)
	return b, err
}

// ChangeBudget writes what LockBudget read.
func ChangeBudget(tx *db.Tx, business, connection crm.ID, b Budget) {
	tx.Exec("update connection_budget set minute = $3, in_minute = $4, day = $5, in_day = $6, blocked_until = $7 where business_id = $1 and connection_id = $2",
		business, connection, b.Minute, b.InMinute, b.Day, b.InDay, b.BlockedUntil)
}

// CallsOf counts the calls of a connection on a day since 1970.
func CallsOf(tx *db.Tx, business, connection crm.ID, day int64) (int, error) {
	return count(tx, "select in_day from connection_budget where business_id = $1 and connection_id = $2 and day = $3 union all select 0", business, connection, day)
}

// InheritLinks hands what an ended connection to the same organisation knew on to a new
// one.
func InheritLinks(tx *db.Tx, business, connection crm.ID, provider, account string) {
	tx.Exec(`update ext_link set connection_id = $2 where business_id = $1 and connection_id in (
		select id from connection where business_id = $1 and provider = $3 and state = 'disconnected' and details ->> 'account' = $4)`, business, connection, provider, account)
	tx.Exec(`update invoice set connection_id = $2 where business_id = $1 and connection_id in (
		select id from connection where business_id = $1 and provider = $3 and state = 'disconnected' and details ->> 'account' = $4)`, business, connection, provider, account)
}

// BrokenConnections are those of a business that an admin must connect again.
func BrokenConnections(tx *db.Tx, business crm.ID) ([]crm.Connection, error) {
	return db.All(tx, scanConnection, "select "+connectionColumns+" from connection where business_id = $1 and state = 'reconnect' order by id", business)
}
