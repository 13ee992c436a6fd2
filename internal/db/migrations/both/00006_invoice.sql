-- +goose Up
-- invoice is a sales invoice, kept by hand or read from an accounting system. It names
-- nobody: without a contact it is an accounting record, and no more than that (C6, C10).
create table invoice (
    business_id   ctext not null references business (id),
    id            ctext not null,
    contact_id    ctext,
    number        text not null,
    currency      ctext not null,
    total         ctext not null, -- a decimal number of as many places as the currency has
    amount_due    ctext not null,
    issued_on     ctext not null, -- a day, such as 2026-11-24
    due_on        ctext not null default '',
    status        ctext not null check (status in ('draft', 'sent', 'paid', 'void', 'deleted')),
    source        ctext not null default 'manual',
    external_id   ctext, -- over there, and the page of it there
    link          text not null default '',
    remote_status text not null default '',
    read_at       bigint, -- when it was last read over there
    unread_since  bigint, -- since when it cannot be read: after 15 minutes it counts as open
    version       bigint not null default 1,
    created_at    bigint not null,
    created_by    text not null,
    updated_at    bigint not null,
    primary key (business_id, id),
    foreign key (business_id, contact_id) references contact (business_id, id)
);
create index invoice_by_day on invoice (business_id, issued_on desc, id desc);
create index invoice_by_status on invoice (business_id, status, issued_on desc, id desc);
create index invoice_contact on invoice (business_id, contact_id, issued_on desc, id desc) where contact_id is not null;
create unique index invoice_external on invoice (business_id, source, external_id) where external_id is not null;

-- +goose Down
drop table invoice;
