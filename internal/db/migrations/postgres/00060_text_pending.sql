-- +goose Up
-- What is new waits in a list of 64 kB, which searches read as well, and goes into the index
-- a few dozen contacts at a time: one by one, each trigram of each name wrote a page of the log,
-- 24 kB a contact, and half of what a first sync or an import costs.
alter index contact_text_trigrams set (fastupdate = on, gin_pending_list_limit = 64);

-- +goose Down
alter index contact_text_trigrams set (fastupdate = off);
alter index contact_text_trigrams reset (gin_pending_list_limit);
select gin_clean_pending_list('contact_text_trigrams');
