-- +goose Up
-- auto_reply is what a business answers by itself.
create table auto_reply (
    business_id ctext not null references business (id),
    settings    jsontext not null,
    primary key (business_id)
);

-- auto_reply_sent is when a conversation last got one of each kind: none gets many.
create table auto_reply_sent (
    business_id     ctext not null,
    conversation_id ctext not null,
    kind            ctext not null check (kind in ('new_contact', 'known_contact', 'away')),
    at              bigint not null,
    primary key (business_id, conversation_id, kind),
    foreign key (business_id, conversation_id) references conversation (business_id, id) on delete cascade
);

-- +goose Down
drop table auto_reply_sent;
drop table auto_reply;
