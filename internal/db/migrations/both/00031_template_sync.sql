-- +goose Up
alter table template add column fills jsontext not null default '{}';
create index template_external on template (business_id, external_id);

-- template_sync is when a channel's templates were last asked for, and how that went.
create table template_sync (
    business_id ctext not null,
    channel_id  ctext not null,
    at          bigint not null,
    problem     text not null default '',
    primary key (business_id, channel_id),
    foreign key (business_id, channel_id) references channel (business_id, id) on delete cascade
);

-- +goose Down
drop table template_sync;
drop index template_external;
alter table template drop column fills;
