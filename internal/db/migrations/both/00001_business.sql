-- Types: ctext is text compared byte by byte, jsontext a JSON document; migrate.go says
-- what each engine makes of them. Times are microseconds since 1970 UTC in a bigint.
-- Every table of a tenant has business_id first in its key and in every index.

-- +goose Up
create table business (
    id         ctext primary key,
    name       text not null,
    country    ctext not null,
    time_zone  ctext not null,
    demo       boolean not null default false,
    held       boolean not null default false,
    created_at bigint not null
);

create table app_user (
    business_id   ctext not null references business (id),
    id            ctext not null,
    name          text not null,
    role          ctext not null check (role in ('admin', 'agent')),
    active        boolean not null default true,
    password_hash ctext not null default '',
    created_at    bigint not null,
    primary key (business_id, id)
);

-- These belong to no business: they are how one is found.

-- sign_in leads from an e-mail address, as compared, to the users who have it.
create table sign_in (
    email       ctext not null,
    business_id ctext not null,
    user_id     ctext not null,
    primary key (email, business_id),
    foreign key (business_id, user_id) references app_user (business_id, id) on delete cascade
);
create index sign_in_user on sign_in (business_id, user_id);

create table session (
    token_hash   ctext primary key,
    business_id  ctext not null,
    user_id      ctext not null,
    id           ctext not null,
    created_at   bigint not null,
    last_seen_at bigint not null,
    expires_at   bigint not null,
    address      text not null,
    user_agent   text not null,
    foreign key (business_id, user_id) references app_user (business_id, id) on delete cascade
);
create index session_by_user on session (business_id, user_id);

create table api_token (
    token_hash   ctext primary key,
    business_id  ctext not null,
    user_id      ctext not null,
    id           ctext not null,
    name         text not null,
    created_at   bigint not null,
    last_used_at bigint,
    foreign key (business_id, user_id) references app_user (business_id, id) on delete cascade
);
create index api_token_user on api_token (business_id, user_id);

-- one_time_link is an invitation or a password reset.
create table one_time_link (
    token_hash  ctext primary key,
    business_id ctext not null,
    user_id     ctext not null,
    purpose     ctext not null check (purpose in ('invitation', 'reset')),
    expires_at  bigint not null,
    foreign key (business_id, user_id) references app_user (business_id, id) on delete cascade
);
create index one_time_link_user on one_time_link (business_id, user_id);

-- guess counts failed sign-ins per account and per address (A2).
create table guess (
    subject    ctext primary key,
    failures   bigint not null,
    blocked_to bigint not null,
    last_at    bigint not null
);

-- idempotent keeps the answer to a POST for 24 hours.
create table idempotent (
    business_id ctext not null,
    user_id     ctext not null,
    key         ctext not null,
    request     ctext not null,
    status      bigint not null,
    header      jsontext not null,
    body        text not null,
    created_at  bigint not null,
    primary key (business_id, user_id, key)
);
create index idempotent_age on idempotent (created_at);

-- +goose Down
drop table idempotent;
drop table guess;
drop table one_time_link;
drop table api_token;
drop table session;
drop table sign_in;
drop table app_user;
drop table business;
