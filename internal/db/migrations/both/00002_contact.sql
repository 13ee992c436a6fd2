-- +goose Up
create table contact (
    business_id         ctext not null references business (id),
    id                  ctext not null,
    first_name          text not null default '',
    middle_name         text not null default '',
    last_name           text not null default '',
    business_name       text not null default '',
    contact_street      text not null default '',
    contact_city        text not null default '',
    contact_region      text not null default '',
    contact_postal_code text not null default '',
    contact_country     ctext not null default '',
    billing_street      text not null default '',
    billing_city        text not null default '',
    billing_region      text not null default '',
    billing_postal_code text not null default '',
    billing_country     ctext not null default '',
    notes               text not null default '',
    custom              jsontext not null default '{}',
    status              ctext not null default 'active' check (status in ('active', 'archived')),
    name_is_placeholder boolean not null default false,
    profile_name        text not null default '',
    source              ctext not null,
    visibility          ctext not null default 'everyone' check (visibility in ('everyone', 'chosen')),
    assignee_id         ctext,
    version             bigint not null default 1,
    created_at          bigint not null,
    created_by          text not null,
    updated_at          bigint not null,
    updated_by          text not null,
    last_message_at     bigint,
    -- active_at is last_message_at, or created_at where there never was a message: what
    -- the list is ordered by.
    active_at           bigint not null,
    -- Folded for search by the first letters: "first middle last", "last first", business.
    name_key            ctext not null,
    last_key            ctext not null,
    business_key        ctext not null,
    primary key (business_id, id),
    foreign key (business_id, assignee_id) references app_user (business_id, id)
);
create index contact_by_activity on contact (business_id, status, active_at desc, id desc);
create index contact_by_name on contact (business_id, name_key, id);
create index contact_by_last_name on contact (business_id, last_key, id);
create index contact_by_business_name on contact (business_id, business_key, id) where business_key <> '';
create index contact_by_assignee on contact (business_id, assignee_id, active_at desc, id desc) where assignee_id is not null;

-- identity holds rule I1 in its primary key: a phone, an e-mail or a WhatsApp user id
-- belongs to one contact or one user.
create table identity (
    business_id ctext not null,
    kind        ctext not null check (kind in ('phone', 'email', 'whatsapp')),
    scope       ctext not null default '',
    value       ctext not null,
    contact_id  ctext,
    user_id     ctext,
    is_primary  boolean not null,
    position    bigint not null,
    label       text not null default '',
    entered     text not null default '',
    -- reversed is the value of a phone from its end, for search by the last digits.
    reversed    ctext not null default '',
    created_at  bigint not null,
    primary key (business_id, kind, scope, value),
    foreign key (business_id, contact_id) references contact (business_id, id) on delete cascade,
    foreign key (business_id, user_id) references app_user (business_id, id) on delete cascade,
    check ((contact_id is null) <> (user_id is null))
);
create index identity_contact on identity (business_id, contact_id) where contact_id is not null;
create index identity_user on identity (business_id, user_id) where user_id is not null;
create index identity_reversed on identity (business_id, reversed) where reversed <> '';

create table contact_viewer (
    business_id ctext not null,
    contact_id  ctext not null,
    user_id     ctext not null,
    primary key (business_id, contact_id, user_id),
    foreign key (business_id, contact_id) references contact (business_id, id) on delete cascade,
    foreign key (business_id, user_id) references app_user (business_id, id) on delete cascade
);
create index contact_viewer_user on contact_viewer (business_id, user_id);

create table tag (
    business_id ctext not null references business (id),
    id          ctext not null,
    name        text not null,
    name_key    ctext not null,
    colour      ctext not null,
    created_at  bigint not null,
    primary key (business_id, id)
);
create unique index tag_name on tag (business_id, name_key);

create table contact_tag (
    business_id ctext not null,
    contact_id  ctext not null,
    tag_id      ctext not null,
    primary key (business_id, contact_id, tag_id),
    foreign key (business_id, contact_id) references contact (business_id, id) on delete cascade,
    foreign key (business_id, tag_id) references tag (business_id, id) on delete cascade
);
create index contact_tag_tag on contact_tag (business_id, tag_id, contact_id);

create table opt_out (
    business_id ctext not null,
    contact_id  ctext not null,
    family      ctext not null check (family in ('sms', 'whatsapp')),
    at          bigint not null,
    source      text not null,
    wording     text not null,
    primary key (business_id, contact_id, family),
    foreign key (business_id, contact_id) references contact (business_id, id) on delete cascade
);

-- +goose Down
drop table opt_out;
drop table contact_tag;
drop table tag;
drop table contact_viewer;
drop table identity;
drop table contact;
