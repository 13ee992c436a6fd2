-- +goose Up
-- hook_endpoint is an address of a business's own systems that follows its events.
create table hook_endpoint (
    business_id   ctext not null references business (id),
    id            ctext not null,
    url           text not null,
    events        jsontext not null,
    sealed        text not null,
    active        boolean not null default true,
    problem       text not null default '',
    failing_since bigint,
    -- How far it has followed the events, as store.Cursor.
    tx            bigint not null,
    seq           bigint not null,
    -- Who delivers holds it until then, so that one at a time does and they stay in order.
    held_until    bigint,
    created_at    bigint not null,
    primary key (business_id, id)
);
create index hook_endpoint_active on hook_endpoint (business_id, id) where active;

-- hook_delivery names an event that an endpoint is told of. What it says of it is put
-- together when it is sent, so that nothing of a person is kept here.
create table hook_delivery (
    business_id ctext not null,
    endpoint_id ctext not null,
    tx          bigint not null,
    seq         bigint not null,
    id          ctext not null,
    event_type  ctext not null,
    status      ctext not null default 'waiting' check (status in ('waiting', 'delivered', 'failed')),
    attempts    bigint not null default 0,
    next_at     bigint,
    answer      bigint not null default 0,
    problem     text not null default '',
    created_at  bigint not null,
    ended_at    bigint,
    primary key (business_id, endpoint_id, tx, seq),
    foreign key (business_id, endpoint_id) references hook_endpoint (business_id, id) on delete cascade
);
create unique index hook_delivery_id on hook_delivery (business_id, endpoint_id, id);
create index hook_delivery_waiting on hook_delivery (business_id, endpoint_id, tx, seq) where status = 'waiting';
create index hook_delivery_old on hook_delivery (business_id, created_at);

-- +goose Down
drop table hook_delivery;
drop table hook_endpoint;
