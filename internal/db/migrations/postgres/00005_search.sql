-- +goose Up
create extension if not exists pg_trgm;

create table contact_text (
    business_id ctext not null,
    contact_id  ctext not null,
    body        text not null,
    primary key (business_id, contact_id),
    foreign key (business_id, contact_id) references contact (business_id, id) on delete cascade
);
create index contact_text_trigrams on contact_text using gin (body gin_trgm_ops) with (fastupdate = off);

-- +goose Down
drop table contact_text;
