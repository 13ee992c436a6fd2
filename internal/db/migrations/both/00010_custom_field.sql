-- +goose Up
create table custom_field (
    business_id ctext not null references business (id),
    id          ctext not null,
    key         ctext not null,
    label       text not null,
    kind        ctext not null check (kind in ('text', 'number', 'date', 'choice', 'boolean')),
    options     jsontext not null,
    position    bigint not null,
    -- A deleted field is shown nowhere; it stays until its values are cleared away.
    deleted     boolean not null default false,
    created_at  bigint not null,
    primary key (business_id, id)
);
create unique index custom_field_key on custom_field (business_id, key) where not deleted;

-- contact_custom holds the values of contact.custom by which lists are filtered, as
-- crm.SortKey writes them. It follows from contact.custom.
create table contact_custom (
    business_id ctext not null,
    contact_id  ctext not null,
    key         ctext not null,
    value       ctext not null,
    primary key (business_id, contact_id, key),
    foreign key (business_id, contact_id) references contact (business_id, id) on delete cascade
);
create index contact_custom_value on contact_custom (business_id, key, value, contact_id);

-- +goose Down
drop table contact_custom;
drop table custom_field;
