-- +goose Up
-- lane is the worker that claimed a message last: when it is known to have died, so is
-- what it can have sent.
alter table broadcast_recipient add column lane ctext not null default '';

-- +goose Down
alter table broadcast_recipient drop column lane;
