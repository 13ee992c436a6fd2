-- +goose Up
select 1; -- on SQLite the text index learns to forget

-- +goose Down
select 1;
