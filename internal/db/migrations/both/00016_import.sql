-- +goose Up
create table import (
    business_id ctext not null references business (id),
    id          ctext not null,
    name        text not null,
    size        bigint not null,
    sha256      ctext not null,
    status      ctext not null check (status in ('uploading', 'mapping', 'previewing', 'previewed', 'running', 'done', 'cancelled', 'undoing', 'undone')),
    user_id     ctext,
    by_name     text not null,
    file        jsontext not null,
    choices     jsontext not null,
    counts      jsontext not null,
    problem     jsontext not null,
    reverted    jsontext not null,
    total       bigint not null,
    -- place is the position of the last row that the work at hand is done with.
    place       bigint not null,
    -- written is the position of the last row that was written to contacts.
    written     bigint not null,
    -- round goes up each time that somebody takes the work up, so that whoever had it
    -- before stops.
    round       bigint not null,
    created_at  bigint not null,
    moved_at    bigint not null,
    started_at  bigint,
    ended_at    bigint,
    undone_at   bigint,
    primary key (business_id, id),
    foreign key (business_id, user_id) references app_user (business_id, id)
);
create index import_sha256 on import (business_id, sha256) where sha256 <> '';

-- import_part holds the bytes of a file in pieces, so that every node has them.
create table import_part (
    business_id ctext not null,
    import_id   ctext not null,
    position    bigint not null,
    bytes       bytea not null,
    primary key (business_id, import_id, position),
    foreign key (business_id, import_id) references import (business_id, id) on delete cascade
);

-- import_edit is a row that somebody mended by hand before the import began.
create table import_edit (
    business_id ctext not null,
    import_id   ctext not null,
    line        bigint not null,
    cells       text not null,
    primary key (business_id, import_id, line),
    foreign key (business_id, import_id) references import (business_id, id) on delete cascade
);

-- import_row is a row of a file and what becomes of it: preview, guard against doing it
-- twice, receipt and the way back in one. It has no foreign keys, which would cost as much
-- as the row. said holds reasons, warnings and changes as JSON; empty without any.
create table import_row (
    business_id ctext not null,
    import_id   ctext not null,
    position    bigint not null,
    line        bigint not null,
    cells       text not null,
    outcome     ctext not null,
    same_line   bigint not null,
    contact_id  ctext,
    said        text not null,
    primary key (business_id, import_id, position)
);
create index import_row_outcome on import_row (business_id, import_id, outcome, position) where outcome <> 'create';
create index import_row_contact on import_row (business_id, contact_id) where contact_id is not null;

-- import_change is a contact that an import changed, before and after.
create table import_change (
    business_id ctext not null,
    import_id   ctext not null,
    contact_id  ctext not null,
    was         text not null,
    became      text not null,
    primary key (business_id, import_id, contact_id),
    foreign key (business_id, import_id) references import (business_id, id) on delete cascade
);
create index import_change_contact on import_change (business_id, contact_id);

-- import_kept is a contact that undoing an import left as it is, wholly or in part.
create table import_kept (
    business_id ctext not null,
    import_id   ctext not null,
    contact_id  ctext not null,
    reason      text not null,
    primary key (business_id, import_id, contact_id),
    foreign key (business_id, import_id) references import (business_id, id) on delete cascade
);

-- import_shape remembers the choices for files with the same columns.
create table import_shape (
    business_id ctext not null references business (id),
    fingerprint ctext not null,
    choices     jsontext not null,
    used_at     bigint not null,
    primary key (business_id, fingerprint)
);

-- +goose Down
drop table import_shape;
drop table import_kept;
drop table import_change;
drop table import_row;
drop table import_edit;
drop table import_part;
drop table import;
