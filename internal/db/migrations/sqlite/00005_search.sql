-- +goose Up
-- contact_text is what the index below knows of a contact: folded names, business name,
-- e-mails. It is written by the indexer only.
create table contact_text (
    doc         integer primary key autoincrement,
    business_id ctext not null,
    contact_id  ctext not null,
    body        text not null
);
create unique index contact_text_contact on contact_text (business_id, contact_id);

create virtual table contact_fts using fts5 (
    body, content = 'contact_text', content_rowid = 'doc', tokenize = 'trigram', detail = full, columnsize = 0
);

-- contact_unindexed lists what the indexer has yet to look at. A trigger would cost every
-- transaction half its speed; a search looks through this list as well.
create table contact_unindexed (
    business_id ctext not null,
    contact_id  ctext not null,
    primary key (business_id, contact_id)
);

-- +goose Down
drop table contact_unindexed;
drop table contact_fts;
drop table contact_text;
