-- +goose Up
-- See the one of PostgreSQL; SQLite writes a row where it is.
select 1;

-- +goose Down
select 1;
