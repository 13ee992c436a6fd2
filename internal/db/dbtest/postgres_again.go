package dbtest

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
)

// takeBack empties the database of a test that is over, which takes a tenth of the time of making
// another, and keeps it for the next. It answers false, and the database must go, where it was
// changed in other ways or became large: what the planner knows of it is not forgotten.
func (c *cluster) takeBack(name string) bool {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	conn, err := pgx.Connect(ctx, c.url(name))
	if err != nil {
		return false
	}
	defer func() { _ = conn.Close(ctx) }()
	var shape string
	if err := conn.QueryRow(ctx, databaseShape).Scan(&shape); err != nil || shape != c.asMade {
		return false
	}
	if _, err := conn.Exec(ctx, emptyDatabase); err != nil {
		return false
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.free = append(c.free, name)
	return true
}

// databaseShape tells a database of which the schema was changed, or that holds many megabytes,
// from one as it was made.
const databaseShape = `select format('%s %s %s %s %s %s %s',
	(select count(*) from pg_class), (select count(*) from pg_attribute), (select count(*) from pg_constraint),
	(select count(*) from pg_trigger), (select count(*) from pg_proc), (select count(*) from pg_db_role_setting),
	(select sum(pg_relation_size(c.oid)) > 4000000 from pg_class c where c.relnamespace = 'public'::regnamespace))`

// emptyDatabase removes all rows but those that a migration wrote, which are in the tables of the
// migrations alone, and has sequences begin anew. Connections that a test left open are cut.
const emptyDatabase = `
	select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid();
	set session_replication_role = replica; -- no foreign keys are looked at
	do $$
	declare name text;
	begin
		for name in select relname from pg_class where relkind = 'r' and relnamespace = 'public'::regnamespace
				and relname not in ('goose_db_version', 'river_migration') loop
			execute format('delete from %I', name);
		end loop;
		for name in select c.relname from pg_class c where c.relkind = 'S' and c.relnamespace = 'public'::regnamespace
				and c.relname not like 'goose%' loop
			perform setval(name::regclass, 1, false);
		end loop;
	end $$`
