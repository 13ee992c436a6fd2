package store

import (
	"time"

	"parley/internal/crm"
	"parley/internal/db"
)

// Bearer is who stands behind a session or a token.
type Bearer struct {
	BusinessID crm.ID
	UserID     crm.ID
	Name       string
	Role       crm.Role
	SessionID  crm.ID
	LastSeenAt time.Time
}

func scanBearer(row db.Row) (b Bearer, err error) {
	err = row.Scan(&b.BusinessID, &b.UserID, &b.Name, &b.Role, &b.SessionID, &b.LastSeenAt)
	return b, err
}

// AddSession inserts a session under the hash of its token.
func AddSession(tx *db.Tx, hash string, business crm.ID, s crm.Session) {
	tx.Exec(`insert into session (token_hash, business_id, user_id, id, created_at, last_seen_at, expires_at, address, user_agent)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
		hash, business, s.UserID, s.ID, s.CreatedAt, s.LastSeenAt, s.ExpiresAt, s.Address, s.UserAgent)
}

// SessionBearer finds who a session belongs to; only an active user has one.
func SessionBearer(tx *db.Tx, hash string, now time.Time) (Bearer, bool, error) {
	return db.One(tx, scanBearer, `select s.business_id, s.user_id, u.name, u.role, s.id, s.last_seen_at
		from session s join app_user u on u.business_id = s.business_id and u.id = s.user_id
		where s.token_hash = $1 and s.expires_at > $2 and u.active`, hash, now)
}

// SignedInFrom reports whether somebody with this e-mail, as compared, has a session that
// was begun at a network address. Like signing in, it belongs to no business.
func SignedInFrom(tx *db.Tx, email, address string) (bool, error) {
	_, found, err := db.One(tx, db.Column[crm.ID], `select x.id from sign_in s
		join session x on x.business_id = s.business_id and x.user_id = s.user_id
		where s.email = $1 and x.address = $2 limit 1`, email, address)
	return found, err
}

// TouchSession notes that a session was used.
func TouchSession(tx *db.Tx, hash string, now, expires time.Time) {
	tx.Exec("update session set last_seen_at = $2, expires_at = $3 where token_hash = $1", hash, now, expires)
}

// Sessions are a user's sessions, the last used first.
func Sessions(tx *db.Tx, business, user crm.ID, now time.Time) ([]crm.Session, error) {
	return db.All(tx, func(row db.Row) (s crm.Session, err error) {
		err = row.Scan(&s.ID, &s.UserID, &s.CreatedAt, &s.LastSeenAt, &s.ExpiresAt, &s.Address, &s.UserAgent)
		return s, err
	}, `select id, user_id, created_at, last_seen_at, expires_at, address, user_agent from session
		where business_id = $1 and user_id = $2 and expires_at > $3 order by last_seen_at desc`, business, user, now)
}

// EndSession ends one session of a user.
func EndSession(tx *db.Tx, business, user, id crm.ID) {
	tx.Exec("delete from session where business_id = $1 and user_id = $2 and id = $3", business, user, id)
}

// EndSessions ends all sessions of a user but one (or none, with an empty except).
func EndSessions(tx *db.Tx, business, user, except crm.ID) {
	tx.Exec("delete from session where business_id = $1 and user_id = $2 and id <> $3", business, user, string(except))
}

// EndExpiredSessions clears away what nobody can use any more.
func EndExpiredSessions(tx *db.Tx, now time.Time) {
	tx.Exec("delete from session where expires_at <= $1", now)
	tx.Exec("delete from one_time_link where expires_at <= $1", now)
}

// Token is an API token of a user as it is listed; the token itself is shown once.
type Token struct {
	ID         crm.ID
	Name       string
	CreatedAt  time.Time
	LastUsedAt time.Time
}

// AddToken inserts an API token under its hash.
func AddToken(tx *db.Tx, hash string, business, user crm.ID, t Token) {
	tx.Exec("insert into api_token (token_hash, business_id, user_id, id, name, created_at) values ($1, $2, $3, $4, $5, $6)",
		hash, business, user, t.ID, t.Name, t.CreatedAt)
}

// TokenBearer finds who an API token belongs to; only an active user has one. SessionID
// is the token's id.
func TokenBearer(tx *db.Tx, hash string) (Bearer, bool, error) {
	return db.One(tx, scanBearer, `select t.business_id, t.user_id, u.name, u.role, t.id, t.last_used_at
		from api_token t join app_user u on u.business_id = t.business_id and u.id = t.user_id
		where t.token_hash = $1 and u.active`, hash)
}

// TouchToken notes that a token was used.
func TouchToken(tx *db.Tx, hash string, now time.Time) {
	tx.Exec("update api_token set last_used_at = $2 where token_hash = $1", hash, now)
}

// Tokens are a user's API tokens, newest first.
func Tokens(tx *db.Tx, business, user crm.ID) ([]Token, error) {
	return db.All(tx, func(row db.Row) (t Token, err error) {
		err = row.Scan(&t.ID, &t.Name, &t.CreatedAt, &t.LastUsedAt)
		return t, err
	}, "select id, name, created_at, last_used_at from api_token where business_id = $1 and user_id = $2 order by id desc", business, user)
}

// EndToken ends one API token of a user.
func EndToken(tx *db.Tx, business, user, id crm.ID) {
	tx.Exec("delete from api_token where business_id = $1 and user_id = $2 and id = $3", business, user, id)
}

// EndTokens ends all API tokens of a user.
func EndTokens(tx *db.Tx, business, user crm.ID) {
	tx.Exec("delete from api_token where business_id = $1 and user_id = $2", business, user)
}
