-- Who may use the API, and what each did.

-- A token's text is nowhere: `hash` is the SHA-256 of it, in hexadecimal digits. `old_hash` is that
-- of the one before the last rotation, good until `old_until`. `may` is the grant.
CREATE TABLE tokens (
    name TEXT NOT NULL PRIMARY KEY,
    hash TEXT NOT NULL,
    old_hash TEXT,
    old_until INTEGER,
    may TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    rotated_at INTEGER,
    expires_at INTEGER,
    last_used_at INTEGER
) STRICT;

-- What was asked for: no reference to the token nor to the call, which the line may outlive. `outcome`
-- is "done", or the code of the problem.
CREATE TABLE access (
    id INTEGER PRIMARY KEY,
    at INTEGER NOT NULL,
    token TEXT,
    verb TEXT NOT NULL,
    call_id TEXT,
    number TEXT,
    outcome TEXT NOT NULL,
    address TEXT,
    request_id TEXT NOT NULL
) STRICT;

CREATE INDEX access_refused ON access (id) WHERE outcome <> 'done';

-- The token that asked for a call: how many were those in an hour, and which are they?
ALTER TABLE calls ADD COLUMN placed_by TEXT;
CREATE INDEX calls_placed_by ON calls (placed_by, id) WHERE placed_by IS NOT NULL;
