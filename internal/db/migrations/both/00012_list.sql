-- Lists of contacts. The orders by activity and by name hold what filters look at, so that
-- a walk along them does not fetch the wide row of each contact; and there is an index for
-- each thing that few contacts may have. docs/decisions/012-lists.md has the figures.
-- +goose Up
drop index contact_by_activity;
create index contact_by_activity on contact (business_id, status, active_at desc, id desc, visibility, assignee_id, source, contact_country, last_message_at);
drop index contact_by_name;
create index contact_by_name on contact (business_id, name_key, id, status, visibility, assignee_id, source, contact_country);
create index opt_out_family on opt_out (business_id, family, contact_id);
create index contact_by_source on contact (business_id, source, id);
create index contact_by_country on contact (business_id, contact_country, id) where contact_country <> '';

-- +goose Down
drop index contact_by_country;
drop index contact_by_source;
drop index opt_out_family;
drop index contact_by_name;
create index contact_by_name on contact (business_id, name_key, id);
drop index contact_by_activity;
create index contact_by_activity on contact (business_id, status, active_at desc, id desc);
