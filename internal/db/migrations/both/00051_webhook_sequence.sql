-- +goose Up
-- webhook_sequence is the number of the last webhook of a provider that numbers them, over
-- all organisations, and when everybody was looked at because one was missing.
create table webhook_sequence (
    provider  ctext primary key,
    last      bigint not null,
    looked_at bigint
);

-- +goose Down
drop table webhook_sequence;
