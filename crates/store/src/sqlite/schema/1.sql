-- Who we are: "offh". A file with another mark is never touched.
PRAGMA application_id = 0x6f666668;

-- One row about the store itself. `sequence` counts the turns that wrote something.
CREATE TABLE store (
    only INTEGER PRIMARY KEY CHECK (only = 1),
    id TEXT NOT NULL,
    sequence INTEGER NOT NULL,
    created_at INTEGER,
    started_at INTEGER
) STRICT;
INSERT INTO store (only, id, sequence) VALUES (1, lower(hex(randomblob(16))), 0);

-- Every call as it stands. `call` is the whole of it; the columns beside it are for finding it.
-- Ids are kept as text: it sorts by age as the bits do, and can be read and pasted.
CREATE TABLE calls (
    id TEXT NOT NULL PRIMARY KEY,
    version INTEGER NOT NULL,
    state TEXT NOT NULL,
    direction TEXT NOT NULL,
    from_number TEXT NOT NULL,
    to_number TEXT NOT NULL,
    carrier TEXT NOT NULL,
    carrier_call_id TEXT,
    imported_id TEXT,
    created_at INTEGER NOT NULL,
    answered_at INTEGER,
    ended_at INTEGER,
    due_at INTEGER,
    not_before INTEGER,
    call TEXT NOT NULL
) STRICT;

CREATE INDEX calls_due ON calls (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX calls_unfinished ON calls (state, id) WHERE state <> 'ended';
CREATE INDEX calls_placing ON calls (to_number, from_number) WHERE state = 'placing';
CREATE INDEX calls_to ON calls (to_number, created_at);
CREATE INDEX calls_from ON calls (from_number, created_at);
CREATE INDEX calls_time ON calls (created_at);
CREATE UNIQUE INDEX calls_imported ON calls (imported_id) WHERE imported_id IS NOT NULL;

-- What made them what they are: only ever appended to. The rows are too big for WITHOUT ROWID,
-- and in the order of their arrival a batch fills few pages.
CREATE TABLE events (
    call_id TEXT NOT NULL REFERENCES calls (id),
    version INTEGER NOT NULL,
    at INTEGER NOT NULL,
    kind TEXT NOT NULL,
    source TEXT NOT NULL,
    event TEXT NOT NULL,
    PRIMARY KEY (call_id, version)
) STRICT;

-- Whose each leg is, as its own or as a stray: kept for ever, since a webhook may be days late.
CREATE TABLE legs (
    carrier TEXT NOT NULL,
    leg TEXT NOT NULL,
    call_id TEXT NOT NULL REFERENCES calls (id),
    PRIMARY KEY (carrier, leg)
) STRICT, WITHOUT ROWID;

-- No reference to the call: within a turn, the key may be kept before the call is written.
CREATE TABLE keys (
    key TEXT NOT NULL PRIMARY KEY,
    call_id TEXT NOT NULL,
    digest TEXT NOT NULL,
    at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE pace (
    carrier TEXT NOT NULL PRIMARY KEY,
    next_dial_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE settings (
    name TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- What the last start found unfinished, and what was believed of it then.
CREATE TABLE recovered (
    call_id TEXT NOT NULL PRIMARY KEY REFERENCES calls (id),
    believed TEXT NOT NULL,
    version INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
