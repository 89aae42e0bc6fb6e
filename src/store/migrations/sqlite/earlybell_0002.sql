-- When an alert fired before: rules with `within` count what is over. Both tables gain the same column at the same place:
-- rows move from one to the other as they are.
ALTER TABLE alerts ADD COLUMN past TEXT NOT NULL DEFAULT '[]';
ALTER TABLE past_alerts ADD COLUMN past TEXT NOT NULL DEFAULT '[]';
