-- +goose Up
create table channel (
    business_id     ctext not null references business (id),
    id              ctext not null,
    kind            ctext not null,
    family          ctext not null check (family in ('sms', 'whatsapp')),
    name            text not null,
    settings        jsontext not null,
    sealed          text not null,
    max_per_second  double precision not null,
    active          boolean not null default true,
    last_inbound_at bigint,
    problem         text not null default '',
    created_at      bigint not null,
    primary key (business_id, id)
);

-- webhook leads from the address a provider calls to the business; it belongs to none.
create table webhook (
    channel_id  ctext primary key,
    business_id ctext not null
);

create table conversation (
    business_id     ctext not null,
    id              ctext not null,
    contact_id      ctext not null,
    status          ctext not null check (status in ('open', 'closed')),
    assignee_id     ctext,
    handed_over     boolean not null default false,
    assign_note     text not null default '',
    visibility      ctext not null default 'everyone' check (visibility in ('everyone', 'chosen')),
    channel_id      ctext,
    address         ctext not null default '',
    last_message_at bigint not null,
    last_inbound_at bigint, -- when the contact last wrote, as the provider says: for the window
    last_received_at bigint, -- when that reached us: for the unread mark
    last_text       text not null default '',
    last_direction  ctext not null default 'in',
    opened_at       bigint not null,
    closed_at       bigint,
    primary key (business_id, id),
    foreign key (business_id, contact_id) references contact (business_id, id) on delete cascade,
    foreign key (business_id, assignee_id) references app_user (business_id, id),
    foreign key (business_id, channel_id) references channel (business_id, id)
);
-- One open conversation per contact (V1).
create unique index conversation_open on conversation (business_id, contact_id) where status = 'open';
create index conversation_contact on conversation (business_id, contact_id, last_message_at desc, id desc);
create index conversation_by_activity on conversation (business_id, status, last_message_at desc, id desc);
create index conversation_by_assignee on conversation (business_id, status, assignee_id, last_message_at desc, id desc);

create table conversation_viewer (
    business_id     ctext not null,
    conversation_id ctext not null,
    user_id         ctext not null,
    primary key (business_id, conversation_id, user_id),
    foreign key (business_id, conversation_id) references conversation (business_id, id) on delete cascade,
    foreign key (business_id, user_id) references app_user (business_id, id) on delete cascade
);
create index conversation_viewer_user on conversation_viewer (business_id, user_id);

-- conversation_seen is how far a user has read.
create table conversation_seen (
    business_id     ctext not null,
    user_id         ctext not null,
    conversation_id ctext not null,
    seen_at         bigint not null,
    primary key (business_id, user_id, conversation_id),
    foreign key (business_id, conversation_id) references conversation (business_id, id) on delete cascade,
    foreign key (business_id, user_id) references app_user (business_id, id) on delete cascade
);
create index conversation_seen_conversation on conversation_seen (business_id, conversation_id);

create table message (
    business_id     ctext not null,
    id              ctext not null,
    conversation_id ctext not null,
    contact_id      ctext not null,
    channel_id      ctext not null,
    direction       ctext not null check (direction in ('in', 'out')),
    address         ctext not null,
    external_id     ctext,
    type            ctext not null,
    text            text not null,
    content         jsontext not null default '{}',
    status          ctext not null,
    rank            bigint not null,
    claimed_at      bigint,
    attempts        bigint not null default 0,
    error           text not null default '',
    error_code      ctext not null default '',
    sent_by         ctext,
    at              bigint not null,
    received_at     bigint not null,
    primary key (business_id, id),
    foreign key (business_id, conversation_id) references conversation (business_id, id) on delete cascade,
    foreign key (business_id, channel_id) references channel (business_id, id)
);
-- A message is seen once (V7, "duplicates from two messages").
create unique index message_external on message (business_id, channel_id, external_id) where external_id is not null;
create index message_thread on message (business_id, conversation_id, at desc, id desc);
-- What is still to be sent, or was claimed and never ended.
create index message_outgoing on message (business_id, conversation_id, id) where direction = 'out' and rank < 3;

create table media (
    business_id  ctext not null,
    id           ctext not null,
    message_id   ctext not null,
    position     bigint not null,
    content_type ctext not null,
    name         text not null default '',
    sha256       ctext not null default '',
    size         bigint not null default 0,
    reference    text not null default '',
    primary key (business_id, id),
    foreign key (business_id, message_id) references message (business_id, id) on delete cascade
);
create index media_message on media (business_id, message_id, position);

-- media_file holds the bytes once somebody asked for them.
create table media_file (
    business_id ctext not null,
    media_id    ctext not null,
    bytes       bytea not null,
    stored_at   bigint not null,
    primary key (business_id, media_id),
    foreign key (business_id, media_id) references media (business_id, id) on delete cascade
);

-- reaction hangs on the provider's id of a message, for it may come before the message.
create table reaction (
    business_id ctext not null,
    channel_id  ctext not null,
    external_id ctext not null,
    sender      ctext not null,
    emoji       text not null,
    at          bigint not null,
    primary key (business_id, channel_id, external_id, sender),
    foreign key (business_id, channel_id) references channel (business_id, id)
);

-- parked_status waits for a message whose external id we do not know yet.
create table parked_status (
    business_id ctext not null,
    channel_id  ctext not null,
    external_id ctext not null,
    status      ctext not null,
    rank        bigint not null,
    error       text not null,
    error_code  ctext not null,
    at          bigint not null,
    primary key (business_id, channel_id, external_id),
    foreign key (business_id, channel_id) references channel (business_id, id)
);

-- unfiled keeps what could not be filed (I7). Nothing received is lost.
create table unfiled (
    business_id ctext not null,
    id          ctext not null,
    channel_id  ctext not null,
    external_id ctext,
    reason      ctext not null,
    detail      text not null,
    sender      text not null,
    text        text not null,
    item        text not null, -- JSON, but with zero bytes, which PostgreSQL's own type refuses
    at          bigint not null,
    primary key (business_id, id),
    foreign key (business_id, channel_id) references channel (business_id, id)
);
create unique index unfiled_external on unfiled (business_id, channel_id, external_id) where external_id is not null;

-- +goose Down
drop table unfiled;
drop table parked_status;
drop table reaction;
drop table media_file;
drop table media;
drop table message;
drop table conversation_seen;
drop table conversation_viewer;
drop table conversation;
drop table webhook;
drop table channel;
