-- The dial gate: who must not be called, and what was decided about whom.

CREATE TABLE do_not_call (
    number TEXT NOT NULL PRIMARY KEY,
    at INTEGER NOT NULL,
    listed_by TEXT NOT NULL,
    reason TEXT NOT NULL,
    call_id TEXT
) STRICT, WITHOUT ROWID;

-- `record` is the whole of it; the columns beside it are for finding it. No reference to the call:
-- the record outlives it.
CREATE TABLE gate (
    id INTEGER PRIMARY KEY,
    at INTEGER NOT NULL,
    decided TEXT NOT NULL,
    to_number TEXT NOT NULL,
    record TEXT NOT NULL
) STRICT;

CREATE INDEX gate_refused ON gate (id) WHERE decided = 'refused';

-- When did this number last reject a call? When was how much said today? How many calls has a
-- carrier now?
CREATE INDEX calls_rejected ON calls (to_number, ended_at) WHERE direction = 'outbound'
    AND state = 'ended' AND json_extract(call, '$.state.ended.ending.kind') = 'rejected';
CREATE INDEX calls_talked ON calls (answered_at) WHERE direction = 'outbound' AND answered_at IS NOT NULL;
CREATE INDEX calls_at_carrier ON calls (carrier, state) WHERE state <> 'ended';
