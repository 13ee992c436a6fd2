-- What lists of contacts are filtered by where few match. The plain columns have partial
-- indexes that a contact made by a message does not enter.
-- +goose Up
create index opt_out_family on opt_out (business_id, family, contact_id);
create index contact_by_source on contact (business_id, source, id);
create index contact_by_country on contact (business_id, contact_country, id) where contact_country <> '';

-- +goose Down
drop index contact_by_country;
drop index contact_by_source;
drop index opt_out_family;
