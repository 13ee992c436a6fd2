-- +goose Up
-- phones are the numbers that the preview has read in a row: a cell and what it is, a line
-- each. Reading a number costs more than all else in a row, and is not done again.
alter table import_row add column phones text not null default '';

-- +goose Down
alter table import_row drop column phones;
