-- +goose Up
create table event (
    business_id     ctext not null,
    tx              bigint not null default 0, -- there is one writer: seq alone is the order
    seq             bigint not null,
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

-- event_seq holds the last number given to an event.
create table event_seq (last bigint not null);
insert into event_seq values (0);

-- +goose Down
drop table event_seq;
drop table event;
