package db

import (
	"context"
	"database/sql"

	"github.com/pressly/goose/v3"

	"parley/internal/crm"
)

// goSteps are the migrations that need more than SQL: SQLite knows the case of ASCII alone.
func goSteps() []*goose.Migration {
	return []*goose.Migration{goose.NewGoMigration(48, &goose.GoFunc{RunTx: rekeyTags}, nil)}
}

// goStepNames name them in the list of steps, where the others have the name of their file.
var goStepNames = map[int64]string{48: "00048_tag_key.go"}

// rekeyTags writes anew by what tags are compared: the key was once without accents too,
// and so two tags that differ in one could not be (T1). No two keys become one by it.
func rekeyTags(ctx context.Context, tx *sql.Tx) error {
	type tag struct{ business, id, name string }
	rows, err := tx.QueryContext(ctx, "select business_id, id, name from tag")
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }()
	var tags []tag
	for rows.Next() {
		var t tag
		if err := rows.Scan(&t.business, &t.id, &t.name); err != nil {
			return err
		}
		tags = append(tags, t)
	}
	if err := rows.Err(); err != nil {
		return err
	}
	for _, t := range tags {
		_, err := tx.ExecContext(ctx, "update tag set name_key = $3 where business_id = $1 and id = $2", t.business, t.id, crm.TagKey(t.name))
		if err != nil {
			return err
		}
	}
	return nil
}
