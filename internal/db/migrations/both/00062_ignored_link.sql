-- +goose Up
-- What is ignored is listed and taken up again, the record of somebody who was erased (C10)
-- aside: nothing but its id is kept, and nobody brings the person back by it.
alter table ext_link add column erased boolean not null default false;
update ext_link set erased = true where state = 'ignored' and name = '';
create index ext_link_ignored on ext_link (business_id, connection_id, updated_at desc, remote_id desc) where state = 'ignored';

-- +goose Down
drop index ext_link_ignored;
alter table ext_link drop column erased;
