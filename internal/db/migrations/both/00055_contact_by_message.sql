-- +goose Up
-- Those who ever had a message, for lists that ask when the last one was: among everybody
-- they may lie far apart.
create index contact_by_message on contact (business_id, status, active_at desc, id desc, visibility, assignee_id, source, contact_country, last_message_at)
    where last_message_at is not null;

-- +goose Down
drop index contact_by_message;
