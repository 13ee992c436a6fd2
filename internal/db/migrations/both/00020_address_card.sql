-- +goose Up
-- address_card is where an address book that made a contact keeps it: the name of the
-- resource and the UID of its card. Contacts without a row are kept under their id.
create table address_card (
    business_id ctext not null,
    contact_id  ctext not null,
    name        ctext not null,
    uid         text not null,
    primary key (business_id, contact_id),
    foreign key (business_id, contact_id) references contact (business_id, id) on delete cascade
);
create unique index address_card_name on address_card (business_id, name);

-- +goose Down
drop table address_card;
