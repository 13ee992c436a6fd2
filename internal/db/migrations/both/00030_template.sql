-- +goose Up
-- template is a message that a channel's provider approved or is asked to (V6).
create table template (
    business_id ctext not null,
    id          ctext not null,
    channel_id  ctext not null,
    external_id ctext not null default '',
    name        ctext not null,
    language    ctext not null,
    category    ctext not null,
    status      ctext not null,
    quality     ctext not null default 'unknown',
    reason      text not null default '',
    parts       jsontext not null,
    synced_at   bigint not null,
    primary key (business_id, id),
    foreign key (business_id, channel_id) references channel (business_id, id) on delete cascade
);
create unique index template_name on template (business_id, channel_id, name, language);

-- +goose Down
drop table template;
