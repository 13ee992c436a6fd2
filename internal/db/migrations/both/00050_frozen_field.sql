-- +goose Up
-- sync_frozen is a field of a contact that two systems kept changing back and forth: none
-- changes it until an admin says which is right (S3).
create table sync_frozen (
    business_id ctext not null,
    contact_id  ctext not null,
    field       ctext not null,
    at          bigint not null,
    primary key (business_id, contact_id, field),
    foreign key (business_id, contact_id) references contact (business_id, id) on delete cascade
);

-- +goose Down
drop table sync_frozen;
