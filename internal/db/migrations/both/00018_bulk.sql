-- +goose Up
-- bulk is one act on many contacts (T2). It holds ids of tags and users, and nothing of
-- any contact.
create table bulk (
    business_id ctext not null references business (id),
    id          ctext not null,
    user_id     ctext not null,
    via         ctext not null,
    action      ctext not null check (action in ('add_tags', 'remove_tags', 'assign', 'set_visibility', 'archive', 'restore', 'delete')),
    what        jsontext not null,
    status      ctext not null check (status in ('running', 'done', 'cancelled')),
    problem     text not null default '',
    total       bigint not null,
    done        bigint not null default 0,
    -- place is the position of the last contact that was gone over.
    place       bigint not null default 0,
    counts      jsontext not null,
    undo_of     ctext,
    undone_by   ctext,
    created_at  bigint not null,
    moved_at    bigint not null,
    ended_at    bigint,
    primary key (business_id, id),
    foreign key (business_id, user_id) references app_user (business_id, id)
);
create index bulk_user on bulk (business_id, user_id, id);
create index bulk_running on bulk (business_id, moved_at) where status = 'running';

-- bulk_contact is the set of contacts, frozen when the act began, and what became of
-- each: progress, receipt and the way back in one. It has no foreign key to contact: the
-- receipt says so of those that were deleted. changed holds ids alone.
create table bulk_contact (
    business_id ctext not null,
    bulk_id     ctext not null,
    position    bigint not null,
    contact_id  ctext not null,
    outcome     ctext not null default 'waiting' check (outcome in ('waiting', 'done', 'archived', 'unchanged', 'not_done')),
    reason      text not null default '',
    changed     jsontext not null default '{}',
    primary key (business_id, bulk_id, position),
    foreign key (business_id, bulk_id) references bulk (business_id, id) on delete cascade
);
-- Few have another outcome than most; see store.BulkRows.
create index bulk_contact_outcome on bulk_contact (business_id, bulk_id, outcome, position) where outcome <> 'done' and outcome <> 'waiting';

-- +goose Down
drop table bulk_contact;
drop table bulk;
