-- +goose Up
create sequence event_seq;

-- Transactions commit in another order than they take numbers. Ordered by the id of the
-- transaction, and read only up to the oldest one that still runs, nothing is passed over.
create table event (
    business_id     ctext not null,
    tx              bigint not null default (pg_current_xact_id()::text::bigint),
    seq             bigint not null default nextval('event_seq'),
    type            ctext not null,
    at              bigint not null,
    actor_id        ctext,
    actor_name      text not null,
    via             ctext not null,
    address         text not null,
    contact_id      ctext,
    conversation_id ctext,
    message_id      ctext,
    user_id         ctext,
    subject_id      ctext,
    changes         jsontext not null,
    note            text not null,
    primary key (business_id, tx, seq)
);
create index event_contact on event (business_id, contact_id, tx, seq) where contact_id is not null;
create index event_conversation on event (business_id, conversation_id, tx, seq) where conversation_id is not null;

-- +goose Down
drop table event;
drop sequence event_seq;
