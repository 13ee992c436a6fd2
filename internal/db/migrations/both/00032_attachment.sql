-- +goose Up
-- attachment is a file that somebody brought to send in a conversation. Sent, it becomes
-- media; what is never sent is cleared away after a day.
create table attachment (
    business_id     ctext not null,
    id              ctext not null,
    conversation_id ctext not null,
    user_id         ctext not null,
    content_type    ctext not null,
    name            text not null,
    sha256          ctext not null,
    size            bigint not null,
    bytes           bytea not null,
    created_at      bigint not null,
    primary key (business_id, id),
    foreign key (business_id, conversation_id) references conversation (business_id, id) on delete cascade,
    foreign key (business_id, user_id) references app_user (business_id, id)
);
create index attachment_conversation on attachment (business_id, conversation_id);
create index attachment_created on attachment (business_id, created_at);

-- saved_reply is a text that a business writes often.
create table saved_reply (
    business_id ctext not null references business (id),
    id          ctext not null,
    name        text not null,
    name_key    ctext not null,
    text        text not null,
    created_at  bigint not null,
    primary key (business_id, id)
);
create unique index saved_reply_name on saved_reply (business_id, name_key);

-- +goose Down
drop table saved_reply;
drop table attachment;
