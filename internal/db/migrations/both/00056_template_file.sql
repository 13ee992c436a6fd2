-- +goose Up
-- template_file is a file that an admin brought as the example of a template's header. It
-- waits to be handed to whoever approves templates, and is cleared away after a day.
create table template_file (
    business_id  ctext not null,
    id           ctext not null,
    user_id      ctext not null,
    content_type ctext not null,
    name         text not null,
    sha256       ctext not null,
    size         bigint not null,
    bytes        bytea not null,
    created_at   bigint not null,
    primary key (business_id, id),
    foreign key (business_id, user_id) references app_user (business_id, id)
);
create index template_file_created on template_file (business_id, created_at);

-- +goose Down
drop table template_file;
