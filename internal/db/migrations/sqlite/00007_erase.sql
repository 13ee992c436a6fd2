-- +goose Up
-- What is taken out of the text index is taken out of its pages as well (C10).
insert into contact_fts (contact_fts, rank) values ('secure-delete', 1);

-- +goose Down
insert into contact_fts (contact_fts, rank) values ('secure-delete', 0);
