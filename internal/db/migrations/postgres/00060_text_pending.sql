-- +goose Up
-- What is new waits in a list, which searches read as well, and goes into the index many
-- contacts at a time: one by one, each trigram of each name wrote a page of the log, 24 kB a
-- contact, and half of what a first sync or an import costs. Each node empties the list every
-- second (db/analyze.go); what adds more than a megabyte in that time does it itself.
alter index contact_text_trigrams set (fastupdate = on, gin_pending_list_limit = 1024);

-- +goose Down
alter index contact_text_trigrams set (fastupdate = off);
alter index contact_text_trigrams reset (gin_pending_list_limit);
select gin_clean_pending_list('contact_text_trigrams');
