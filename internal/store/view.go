package store

import (
	"time"

	"parley/internal/crm"
	"parley/internal/db"
)

func scanView(row db.Row) (v crm.View, err error) {
	err = row.Scan(&v.ID, &v.OwnerID, &v.Name, db.JSON(&v.Filter), &v.Sort, db.JSON(&v.Columns))
	return v, err
}

// Views are the saved views that a user has: those for all, then their own, by name.
func Views(tx *db.Tx, business, user crm.ID) ([]crm.View, error) {
	return db.All(tx, scanView, `select id, user_id, name, filter, sort, columns from contact_view
		where business_id = $1 and (user_id is null or user_id = $2) order by case when user_id is null then 0 else 1 end, name, id`, business, user)
}

// PutView adds a view or writes one anew.
func PutView(tx *db.Tx, business crm.ID, v crm.View, now time.Time) {
	tx.Exec(`insert into contact_view (business_id, id, user_id, name, filter, sort, columns, created_at) values ($1, $2, $3, $4, $5, $6, $7, $8)
		on conflict (business_id, id) do update set user_id = excluded.user_id, name = excluded.name, filter = excluded.filter, sort = excluded.sort, columns = excluded.columns`,
		business, v.ID, v.OwnerID, v.Name, db.JSON(v.Filter), v.Sort, db.JSON(v.Columns), now)
}

// DeleteView removes a view.
func DeleteView(tx *db.Tx, business, id crm.ID) {
	tx.Exec("delete from contact_view where business_id = $1 and id = $2", business, id)
}

// Columns are the columns of the list of contacts that a user chose; none when they chose
// none.
func Columns(tx *db.Tx, business, user crm.ID) (columns []string, err error) {
	err = tx.Ask(db.Each(func(row db.Row) error { return row.Scan(db.JSON(&columns)) },
		"select columns from contact_columns where business_id = $1 and user_id = $2", business, user))
	return columns, err
}

// SetColumns keeps the columns that a user chose.
func SetColumns(tx *db.Tx, business, user crm.ID, columns []string) {
	tx.Exec(`insert into contact_columns (business_id, user_id, columns) values ($1, $2, $3)
		on conflict (business_id, user_id) do update set columns = excluded.columns`, business, user, db.JSON(columns))
}
