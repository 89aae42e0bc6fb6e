-- Whether a delivery may wait for a better time, what it says in a line, and the words it went out with, where it was told
-- together with older ones; those know by `joined` which one it was.
ALTER TABLE deliveries ADD COLUMN calm INTEGER NOT NULL DEFAULT 0;
ALTER TABLE deliveries ADD COLUMN brief TEXT NOT NULL DEFAULT '';
ALTER TABLE deliveries ADD COLUMN sent_subject TEXT;
ALTER TABLE deliveries ADD COLUMN sent_body TEXT;
ALTER TABLE deliveries ADD COLUMN joined INTEGER;
