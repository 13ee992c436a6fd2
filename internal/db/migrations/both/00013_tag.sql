-- +goose Up
-- A tag that was deleted or merged is shown nowhere from that moment on. Its row stays, so
-- that a filter which names it follows to what it became, or says what is missing. Who
-- carries it still is cleared away later, with an entry in the contact's history.
alter table tag add column gone_at bigint;
alter table tag add column gone_by_id ctext;
alter table tag add column gone_by text not null default '';
alter table tag add column gone_via ctext not null default '';
alter table tag add column into_id ctext;
drop index tag_name;
create unique index tag_name on tag (business_id, name_key) where gone_at is null;

-- The few whom not everyone sees: a count takes away those of them whom the asker does not.
create index contact_chosen on contact (business_id, id) where visibility = 'chosen';

-- +goose Down
drop index contact_chosen;
drop index tag_name;
delete from tag where gone_at is not null;
create unique index tag_name on tag (business_id, name_key);
alter table tag drop column into_id;
alter table tag drop column gone_via;
alter table tag drop column gone_by;
alter table tag drop column gone_by_id;
alter table tag drop column gone_at;
