-- +goose Up
-- merge is one contact that became part of another (C11). before is what undoing needs:
-- both as they stood. It is null once the merge was undone or the kept contact is gone.
create table merge (
    business_id ctext not null references business (id),
    id          ctext not null,
    kept_id     ctext not null,
    gone_id     ctext not null,
    at          bigint not null,
    by_name     text not null,
    undone_at   bigint,
    before      jsontext,
    primary key (business_id, id)
);
create index merge_kept on merge (business_id, kept_id, at);
create index merge_gone on merge (business_id, gone_id, at);

-- +goose Down
drop table merge;
