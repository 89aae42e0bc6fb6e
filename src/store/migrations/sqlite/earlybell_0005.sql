-- Alerts that fired long before the very first start, and when that was.
ALTER TABLE alerts ADD COLUMN pre_existing INTEGER NOT NULL DEFAULT 0;
ALTER TABLE past_alerts ADD COLUMN pre_existing INTEGER NOT NULL DEFAULT 0;
ALTER TABLE position ADD COLUMN began_at INTEGER;
