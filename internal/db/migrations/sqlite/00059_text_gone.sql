-- +goose Up
-- contact_text_gone holds the texts of many contacts deleted at once until the index has
-- forgotten them: it must be told the very texts, and takes a millisecond to overwrite each.
create table contact_text_gone (
    business_id ctext not null,
    doc         bigint not null,
    body        text not null,
    primary key (business_id, doc)
);

-- +goose Down
insert into contact_fts (contact_fts, rowid, body) select 'delete', doc, body from contact_text_gone;
drop table contact_text_gone;
