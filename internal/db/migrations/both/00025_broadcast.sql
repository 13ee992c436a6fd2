-- +goose Up
-- broadcast is one message to many contacts over one channel (B1). It holds ids of tags,
-- views and contacts, and nothing of any contact.
create table broadcast (
    business_id ctext not null references business (id),
    id          ctext not null,
    name        text not null,
    channel_id  ctext,
    audience    jsontext not null,
    text        text not null,
    template    jsontext not null,
    start_at    bigint,
    quiet       jsontext not null,
    status      ctext not null check (status in ('draft', 'scheduled', 'running', 'paused', 'done', 'cancelled')),
    problem     text not null default '',
    user_id     ctext not null,
    by_name     text not null,
    created_at  bigint not null,
    started_at  bigint,
    frozen_at   bigint,
    ended_at    bigint,
    moved_at    bigint not null,
    total       bigint not null default 0,
    -- accepted are deleted tags with which somebody said to go on.
    accepted    jsontext not null default '[]',
    -- round goes up each time that the audience is frozen anew, so that whoever was at it
    -- before stops.
    round       bigint not null default 0,
    primary key (business_id, id),
    foreign key (business_id, channel_id) references channel (business_id, id),
    foreign key (business_id, user_id) references app_user (business_id, id)
);
create index broadcast_active on broadcast (business_id, channel_id, started_at) where ended_at is null;

-- broadcast_recipient is the audience, frozen when it began, and what became of each:
-- queue, progress and results in one. id is our own id of the message, which providers
-- hand back. A contact that is deleted leaves a row without address and text (C10).
create table broadcast_recipient (
    business_id  ctext not null,
    broadcast_id ctext not null,
    position     bigint not null,
    id           ctext not null,
    contact_id   ctext,
    channel_id   ctext not null,
    address      ctext not null,
    text         text not null default '',
    status       ctext not null check (status in ('queued', 'sending', 'unknown', 'sent', 'failed', 'delivered', 'read', 'skipped')),
    rank         bigint not null,
    skip         ctext not null default '',
    error        text not null default '',
    error_code   ctext not null default '',
    may_retry    boolean not null default false,
    external_id  ctext,
    attempts     bigint not null default 0,
    next_at      bigint,
    claimed_at   bigint,
    sent_at      bigint,
    delivered_at bigint,
    read_at      bigint,
    replied_at   bigint,
    primary key (business_id, broadcast_id, position),
    foreign key (business_id, broadcast_id) references broadcast (business_id, id) on delete cascade
);
create unique index broadcast_recipient_id on broadcast_recipient (business_id, id);
create unique index broadcast_recipient_external on broadcast_recipient (business_id, channel_id, external_id) where external_id is not null;
create index broadcast_recipient_status on broadcast_recipient (business_id, broadcast_id, status, position);
create index broadcast_recipient_contact on broadcast_recipient (business_id, contact_id, broadcast_id) where contact_id is not null;

-- send_lane says which worker of which node sends broadcasts over a channel, and until
-- when that holds without a sign of life. replies counts the messages that people sent
-- over the channel since the lane last looked: they go first, and the lane makes room.
create table send_lane (
    business_id ctext not null,
    channel_id  ctext not null,
    holder      ctext not null,
    until       bigint not null,
    replies     bigint not null default 0,
    primary key (business_id, channel_id),
    foreign key (business_id, channel_id) references channel (business_id, id)
);

-- +goose Down
drop table send_lane;
drop table broadcast_recipient;
drop table broadcast;
