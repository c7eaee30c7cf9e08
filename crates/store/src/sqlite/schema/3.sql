-- The log as one: each line has a place in the order in which they were committed, which no other
-- line ever has, so that whoever followed it up to one goes on from there. A rowid is none: a VACUUM
-- may change it, and that of the last line is given again when the line is gone.
CREATE TABLE events_in_order (
    place INTEGER PRIMARY KEY AUTOINCREMENT,
    call_id TEXT NOT NULL REFERENCES calls (id),
    version INTEGER NOT NULL,
    at INTEGER NOT NULL,
    kind TEXT NOT NULL,
    source TEXT NOT NULL,
    event TEXT NOT NULL,
    UNIQUE (call_id, version)
) STRICT;
INSERT INTO events_in_order (call_id, version, at, kind, source, event)
    SELECT call_id, version, at, kind, source, event FROM events ORDER BY rowid;
DROP TABLE events;
ALTER TABLE events_in_order RENAME TO events;
