-- +goose Up
-- contact_view is a filter of contacts saved under a name, of one user or, without one,
-- for all.
create table contact_view (
    business_id ctext not null references business (id),
    id          ctext not null,
    user_id     ctext,
    name        text not null,
    filter      jsontext not null,
    sort        ctext not null,
    columns     jsontext not null,
    created_at  bigint not null,
    primary key (business_id, id),
    foreign key (business_id, user_id) references app_user (business_id, id) on delete cascade
);

-- contact_columns are the columns of the list of contacts as a user chose them.
create table contact_columns (
    business_id ctext not null,
    user_id     ctext not null,
    columns     jsontext not null,
    primary key (business_id, user_id),
    foreign key (business_id, user_id) references app_user (business_id, id) on delete cascade
);

-- +goose Down
drop table contact_columns;
drop table contact_view;
