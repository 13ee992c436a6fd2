package store

import (
	"time"

	"parley/internal/crm"
	"parley/internal/db"
)

const selectUser = `select u.business_id, u.id, u.name, u.role, u.active, u.password_hash = '', u.created_at,
		coalesce((select max(i.entered) from identity i where i.business_id = u.business_id and i.user_id = u.id and i.kind = 'email'), ''),
		coalesce((select max(i.value) from identity i where i.business_id = u.business_id and i.user_id = u.id and i.kind = 'phone'), '')
	from app_user u `

func scanUser(row db.Row) (u crm.User, err error) {
	err = row.Scan(&u.BusinessID, &u.ID, &u.Name, &u.Role, &u.Active, &u.Invited, &u.CreatedAt, &u.Email, &u.Phone)
	return u, err
}

// AddUser inserts a user without identities and without a password.
func AddUser(tx *db.Tx, u crm.User) {
	tx.Exec("insert into app_user (business_id, id, name, role, active, created_at) values ($1, $2, $3, $4, $5, $6)",
		u.BusinessID, u.ID, u.Name, u.Role, u.Active, u.CreatedAt)
}

// User reads one user of a business.
func User(tx *db.Tx, business, id crm.ID) (crm.User, error) {
	u, found, err := db.One(tx, scanUser, selectUser+"where u.business_id = $1 and u.id = $2", business, id)
	if err == nil && !found {
		err = crm.ErrNotFound
	}
	return u, err
}

// Users are the users of a business by name, deactivated ones included.
func Users(tx *db.Tx, business crm.ID) ([]crm.User, error) {
	return db.All(tx, scanUser, selectUser+"where u.business_id = $1 order by u.name, u.id", business)
}

// ChangeUser writes name, role and whether the user is active.
func ChangeUser(tx *db.Tx, u crm.User) {
	tx.Exec("update app_user set name = $3, role = $4, active = $5 where business_id = $1 and id = $2",
		u.BusinessID, u.ID, u.Name, u.Role, u.Active)
}

// SetPassword writes the hash of a user's password.
func SetPassword(tx *db.Tx, business, id crm.ID, hash string) {
	tx.Exec("update app_user set password_hash = $3 where business_id = $1 and id = $2", business, id, hash)
}

// Account is what signing in needs to know of a user.
type Account struct {
	BusinessID   crm.ID
	BusinessName string
	UserID       crm.ID
	PasswordHash string
}

// Accounts are the active users who sign in with an e-mail, as compared, over all
// businesses: the one look-up that belongs to none.
func Accounts(tx *db.Tx, email string) ([]Account, error) {
	return db.All(tx, func(row db.Row) (a Account, err error) {
		err = row.Scan(&a.BusinessID, &a.BusinessName, &a.UserID, &a.PasswordHash)
		return a, err
	}, `select s.business_id, b.name, s.user_id, u.password_hash
		from sign_in s
		join app_user u on u.business_id = s.business_id and u.id = s.user_id
		join business b on b.id = s.business_id
		where s.email = $1 and u.active and u.password_hash <> '' order by s.business_id`, email)
}

// PasswordHash is the hash of one user's password, "" without one.
func PasswordHash(tx *db.Tx, business, id crm.ID) (string, error) {
	hash, _, err := db.One(tx, db.Column[string], "select password_hash from app_user where business_id = $1 and id = $2", business, id)
	return hash, err
}

// SetSignIn makes email, as compared, what a user signs in with.
func SetSignIn(tx *db.Tx, business, user crm.ID, email string) {
	tx.Exec("delete from sign_in where business_id = $1 and user_id = $2", business, user)
	tx.Exec("insert into sign_in (email, business_id, user_id) values ($1, $2, $3)", email, business, user)
}

// AddLink keeps the hash of a single-use link of a user.
func AddLink(tx *db.Tx, hash, purpose string, business, user crm.ID, expires time.Time) {
	tx.Exec("delete from one_time_link where business_id = $1 and user_id = $2 and purpose = $3", business, user, purpose)
	tx.Exec("insert into one_time_link (token_hash, business_id, user_id, purpose, expires_at) values ($1, $2, $3, $4, $5)",
		hash, business, user, purpose, expires)
}

// Link is a single-use link that is still good.
type Link struct {
	BusinessID crm.ID
	UserID     crm.ID
	Purpose    string
}

// OpenLink finds a link by its hash; found is false for one that is used or expired.
func OpenLink(tx *db.Tx, hash string, now time.Time) (link Link, found bool, err error) {
	return db.One(tx, func(row db.Row) (l Link, err error) {
		err = row.Scan(&l.BusinessID, &l.UserID, &l.Purpose)
		return l, err
	}, `select l.business_id, l.user_id, l.purpose from one_time_link l
		join app_user u on u.business_id = l.business_id and u.id = l.user_id
		where l.token_hash = $1 and l.expires_at > $2 and u.active`, hash, now)
}

// UseLinks ends every link of a user.
func UseLinks(tx *db.Tx, business, user crm.ID) {
	tx.Exec("delete from one_time_link where business_id = $1 and user_id = $2", business, user)
}
