-- +goose Up
-- version is that of the contact when the row was found to add nothing to it: as long as it
-- stands, nobody need look again. 0 when that cannot be said.
alter table import_row add column version bigint not null default 0;

-- +goose Down
alter table import_row drop column version;
