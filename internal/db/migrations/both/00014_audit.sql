-- The audit log (A4) is events of a kind. Only those are in these indexes, so that messages
-- cost nothing more; see crm.AuditKindOf for what is what.

-- +goose Up
alter table event add column audit ctext not null default '';
update event set audit = case
    when type in ('contact.deleted', 'contact.archived', 'contact.restored') then 'deletes'
    when type = 'contact.erased' then 'erasures'
    when type in ('contact.merged', 'contact.parted') then 'merges'
    when type in ('conversation.visibility', 'contact.changed') then 'visibility'
    when type like 'session.%' then 'sign_ins'
    when type like 'user.%' or type like 'token.%' then 'users'
    when type like 'tag.%' then 'tags'
    when type like 'channel.%' then 'channels'
    else 'settings' end
where type in ('contact.deleted', 'contact.archived', 'contact.restored', 'contact.erased', 'contact.merged', 'contact.parted', 'conversation.visibility')
    or type = 'contact.changed' and (cast(changes as text) like '%"visibility"%' or cast(changes as text) like '%"visible_to"%')
    or type like 'session.%' or type like 'user.%' or type like 'token.%' or type like 'tag.%' or type like 'channel.%' or type like 'business.%'
    or type like 'custom\_field.%' escape '\';
create index event_audit on event (business_id, at, tx, seq) where audit <> '';
create index event_audit_kind on event (business_id, audit, at, tx, seq) where audit <> '';
create index event_audit_actor on event (business_id, actor_id, at, tx, seq) where audit <> '';
create index event_audit_actor_kind on event (business_id, actor_id, audit, at, tx, seq) where audit <> '';
create index event_audit_contact on event (business_id, contact_id, at, tx, seq) where audit <> '';
create index event_audit_order on event (business_id, tx, seq) where audit <> '';

-- event_seal holds a seal for each event of the log, in the order of the events. Each covers
-- the one before it.
create table event_seal (
    business_id ctext not null references business (id),
    n           bigint not null,
    tx          bigint not null,
    seq         bigint not null,
    key_id      ctext not null,
    details     ctext not null,
    mac         ctext not null,
    primary key (business_id, n)
);
create unique index event_seal_place on event_seal (business_id, tx, seq);

-- event_seal_head is how far a business is sealed.
create table event_seal_head (
    business_id ctext primary key references business (id),
    n           bigint not null,
    tx          bigint not null,
    seq         bigint not null,
    key_id      ctext not null,
    mac         ctext not null
);

-- +goose Down
drop table event_seal_head;
drop table event_seal;
drop index event_audit;
drop index event_audit_kind;
drop index event_audit_actor;
drop index event_audit_actor_kind;
drop index event_audit_contact;
drop index event_audit_order;
alter table event drop column audit;
