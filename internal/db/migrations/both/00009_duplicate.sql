-- +goose Up
-- duplicate_key holds, as hashes, what contacts that may be one person have in common (C12).
create table duplicate_key (
    business_id ctext not null,
    key         ctext not null,
    contact_id  ctext not null,
    primary key (business_id, key, contact_id),
    foreign key (business_id, contact_id) references contact (business_id, id) on delete cascade
);
create index duplicate_key_contact on duplicate_key (business_id, contact_id);

-- duplicate is a pair that seems to be one person. low_id < high_id. told: a message said
-- so, not the looks of the two.
create table duplicate (
    business_id  ctext not null,
    id           ctext not null,
    low_id       ctext not null,
    high_id      ctext not null,
    score        bigint not null,
    reason       text not null,
    told         boolean not null default false,
    found_at     bigint not null,
    dismissed_at bigint,
    dismissed_by text not null default '',
    primary key (business_id, id),
    foreign key (business_id, low_id) references contact (business_id, id) on delete cascade,
    foreign key (business_id, high_id) references contact (business_id, id) on delete cascade
);
create unique index duplicate_pair on duplicate (business_id, low_id, high_id);
create index duplicate_high on duplicate (business_id, high_id);
create index duplicate_rank on duplicate (business_id, score desc, id desc) where dismissed_at is null;

-- duplicate_progress is up to which event a business was looked through, and until when
-- one node has taken that on itself.
create table duplicate_progress (
    business_id ctext primary key references business (id),
    tx          bigint not null default 0,
    seq         bigint not null default 0,
    taken_until bigint not null default 0
);

-- +goose Down
drop table duplicate_progress;
drop table duplicate;
drop table duplicate_key;
