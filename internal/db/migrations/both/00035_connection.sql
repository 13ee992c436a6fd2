-- +goose Up
create table connection (
    business_id  ctext not null references business (id),
    id           ctext not null,
    provider     ctext not null,
    state        ctext not null check (state in ('connecting', 'connected', 'reconnect', 'disconnected')),
    account      ctext not null default '',
    name         text not null default '',
    details      jsontext not null,
    choices      jsontext not null,
    options      jsontext not null,
    push         boolean not null default false,
    following    boolean not null default false,
    problem      text not null default '',
    -- pushed_to is the place in the events up to which changes of ours were looked at.
    pushed_to    ctext not null default '',
    started_by   ctext,
    -- begun is a digest of the session or token that began, and of the state it sent along;
    -- empty once it came back.
    begun        ctext not null default '',
    created_at   bigint not null,
    created_by   text not null,
    connected_at bigint,
    ended_at     bigint,
    primary key (business_id, id),
    foreign key (business_id, started_by) references app_user (business_id, id)
);
-- One organisation is followed once by a business. A connection that ended names none.
create unique index connection_account on connection (business_id, provider, account) where account <> '';

-- connection_token is the grant, sealed (A5). refreshing_until is the claim of the one node
-- that makes a new one of it (S6).
create table connection_token (
    business_id      ctext not null,
    connection_id    ctext not null,
    sealed           text not null,
    round            bigint not null,
    expires_at       bigint not null,
    refreshing_until bigint,
    primary key (business_id, connection_id),
    foreign key (business_id, connection_id) references connection (business_id, id) on delete cascade
);

-- connection_budget counts the calls of all nodes within the provider's limits.
create table connection_budget (
    business_id   ctext not null,
    connection_id ctext not null,
    minute        bigint not null default 0,
    in_minute     bigint not null default 0,
    day           bigint not null default 0,
    in_day        bigint not null default 0,
    blocked_until bigint,
    primary key (business_id, connection_id),
    foreign key (business_id, connection_id) references connection (business_id, id) on delete cascade
);

-- sync_feed is what of a connection is followed, and how far. cursor is the place behind
-- the last page that was saved whole; run the round at hand or the last; round goes up each
-- time that somebody takes the work up, so that whoever had it before stops.
create table sync_feed (
    business_id   ctext not null,
    connection_id ctext not null,
    kind          ctext not null check (kind in ('contacts', 'invoices', 'push')),
    cursor        text not null default '',
    run           jsontext not null,
    running       boolean not null default false,
    wanted        ctext not null default '', -- a round that somebody asked for
    place         text not null default '', -- within the round at hand
    due_at        bigint,
    poll_at       bigint,
    sweep_at      bigint,
    ok_at         bigint, -- when it was last known to be up to date
    failures      bigint not null default 0,
    problem       text not null default '',
    round         bigint not null default 0,
    worked_until  bigint,
    queued_until  bigint,
    primary key (business_id, connection_id, kind),
    foreign key (business_id, connection_id) references connection (business_id, id) on delete cascade
);
create index sync_feed_due on sync_feed (business_id, due_at);

-- sync_hint is a record that a webhook named: it is looked at, and what was said of it is
-- not believed.
create table sync_hint (
    business_id   ctext not null,
    connection_id ctext not null,
    kind          ctext not null,
    remote_id     ctext not null,
    at            bigint not null,
    primary key (business_id, connection_id, kind, remote_id),
    foreign key (business_id, connection_id) references connection (business_id, id) on delete cascade
);

-- ext_link ties a contact to a record over there. It has no foreign key to the contact:
-- it outlives one that is deleted, so that it does not come back by itself.
create table ext_link (
    business_id   ctext not null,
    connection_id ctext not null,
    remote_id     ctext not null,
    contact_id    ctext,
    state         ctext not null check (state in ('followed', 'archived', 'ignored', 'parted', 'merged', 'gone')),
    version       text not null default '',
    name          text not null default '',
    url           text not null default '',
    base          jsontext not null,
    seen          ctext not null default '',
    merged_into   ctext not null default '',
    updated_at    bigint not null,
    primary key (business_id, connection_id, remote_id),
    foreign key (business_id, connection_id) references connection (business_id, id) on delete cascade
);
create index ext_link_contact on ext_link (business_id, contact_id) where contact_id is not null;

-- sync_review is a record that only a person can place (S2): one entry a record.
create table sync_review (
    business_id   ctext not null,
    id            ctext not null,
    connection_id ctext not null,
    remote_id     ctext not null,
    reason        ctext not null,
    detail        text not null,
    name          text not null,
    item          jsontext not null,
    at            bigint not null,
    primary key (business_id, id),
    foreign key (business_id, connection_id) references connection (business_id, id) on delete cascade
);
create unique index sync_review_record on sync_review (business_id, connection_id, remote_id);

-- sync_preview is what a first run would do.
create table sync_preview (
    business_id   ctext not null,
    connection_id ctext not null,
    position      bigint not null,
    remote_id     ctext not null,
    name          text not null,
    outcome       ctext not null,
    contact_id    ctext,
    said          jsontext not null,
    primary key (business_id, connection_id, position),
    foreign key (business_id, connection_id) references connection (business_id, id) on delete cascade
);
create index sync_preview_outcome on sync_preview (business_id, connection_id, outcome, position);

-- sync_push is a change of ours that is to be sent, was sent or was refused (S4). Its id
-- makes it happen once over there.
create table sync_push (
    business_id   ctext not null,
    id            ctext not null,
    connection_id ctext not null,
    contact_id    ctext not null,
    remote_id     ctext not null default '',
    fields        jsontext not null,
    state         ctext not null check (state in ('waiting', 'sent', 'refused')),
    code          ctext not null default '',
    reason        text not null default '',
    tries         bigint not null default 0,
    at            bigint not null,
    ended_at      bigint,
    primary key (business_id, id),
    foreign key (business_id, connection_id) references connection (business_id, id) on delete cascade
);
create index sync_push_list on sync_push (business_id, connection_id, id desc);
create unique index sync_push_waiting on sync_push (business_id, connection_id, contact_id) where state = 'waiting';

-- An invoice that comes from a connection knows it, and the record that it is for, which
-- may find its contact later.
alter table invoice add column connection_id ctext;
alter table invoice add column remote_contact ctext;
create index invoice_remote on invoice (business_id, connection_id, remote_contact) where connection_id is not null;

-- +goose Down
drop index invoice_remote;
alter table invoice drop column remote_contact;
alter table invoice drop column connection_id;
drop table sync_push;
drop table sync_preview;
drop table sync_review;
drop table ext_link;
drop table sync_hint;
drop table sync_feed;
drop table connection_budget;
drop table connection_token;
drop table connection;
