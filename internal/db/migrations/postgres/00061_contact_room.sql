-- +goose Up
-- Room on each page for a new version of a contact or two: where no index has what changed,
-- as with a tag, none of ten is written. What is full already gets it as it is rewritten.
alter table contact set (fillfactor = 90);

-- +goose Down
alter table contact reset (fillfactor);
