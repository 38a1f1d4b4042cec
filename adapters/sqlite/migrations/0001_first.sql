-- Every key begins with the church. Text that only core understands (a message, a line, an action,
-- a profile) is JSON in one column; beside it stands what a query needs, and nothing else.
-- Tables whose rows may be long keep a rowid, so that rows are stored in the leaves.

CREATE TABLE installation (
    only_row INTEGER PRIMARY KEY CHECK (only_row = 1),
    secret   BLOB    NOT NULL,
    probed   INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE TABLE persons (
    church     TEXT    NOT NULL,
    id         TEXT    NOT NULL,
    generation INTEGER NOT NULL,
    profile    TEXT    NOT NULL,
    PRIMARY KEY (church, id)
) STRICT, WITHOUT ROWID;

CREATE TABLE addresses (
    church  TEXT NOT NULL,
    channel TEXT NOT NULL,
    account TEXT NOT NULL,
    id      TEXT NOT NULL,
    person  TEXT NOT NULL,
    paused  INTEGER,             -- since when nothing reaches it
    PRIMARY KEY (church, channel, account, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX addresses_of_person ON addresses (church, person);

-- Keyed hashes only: these rows outlive an erasure.
CREATE TABLE dedupe (
    church   TEXT    NOT NULL,
    key      BLOB    NOT NULL,
    digest   TEXT    NOT NULL,
    inbound  TEXT    NOT NULL,
    received INTEGER NOT NULL,
    PRIMARY KEY (church, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX dedupe_by_age ON dedupe (church, received);

-- A lease is there while `holder` is; `lease_until` alone says whether it is live.
CREATE TABLE conversations (
    church      TEXT    NOT NULL,
    id          TEXT    NOT NULL,
    private     INTEGER NOT NULL,
    epoch       INTEGER NOT NULL DEFAULT 0,
    attempts    INTEGER NOT NULL DEFAULT 0,
    holder      TEXT,
    lease_until INTEGER,
    draft       TEXT,
    PRIMARY KEY (church, id)
) STRICT, WITHOUT ROWID;

-- Messages not yet answered; an answered one is a line of history and gone from here.
CREATE TABLE waiting (
    seq          INTEGER PRIMARY KEY,
    church       TEXT    NOT NULL,
    conversation TEXT    NOT NULL,
    id           TEXT    NOT NULL,
    person       TEXT    NOT NULL,
    kind         TEXT    NOT NULL CHECK (kind IN ('text', 'alone', 'attachment')),
    private      INTEGER NOT NULL,
    received     INTEGER NOT NULL,
    expires      INTEGER NOT NULL,
    message      TEXT    NOT NULL
) STRICT;
CREATE INDEX waiting_in_order ON waiting (church, conversation, seq);

CREATE TABLE entries (
    seq          INTEGER PRIMARY KEY,
    church       TEXT    NOT NULL,
    id           TEXT    NOT NULL,
    conversation TEXT    NOT NULL,
    person       TEXT    NOT NULL,
    private      INTEGER NOT NULL,
    of_muykol    INTEGER NOT NULL,
    at           INTEGER NOT NULL,
    expires      INTEGER,        -- none for the retention of a consented history
    body         TEXT    NOT NULL
) STRICT;
CREATE UNIQUE INDEX entries_by_id ON entries (church, id);
CREATE INDEX entries_of_person ON entries (church, person, seq);
CREATE INDEX entries_of_room ON entries (church, conversation, seq) WHERE private = 0;
CREATE INDEX entries_to_expire ON entries (church, expires) WHERE expires IS NOT NULL;
CREATE INDEX entries_consented ON entries (church, at) WHERE expires IS NULL;

CREATE TABLE answers (
    church  TEXT    NOT NULL,
    inbound TEXT    NOT NULL,
    entry   INTEGER NOT NULL REFERENCES entries (seq) ON DELETE CASCADE,
    PRIMARY KEY (church, inbound)
) STRICT, WITHOUT ROWID;
CREATE INDEX answers_of_entry ON answers (entry);

CREATE TABLE feedback (
    entry   INTEGER PRIMARY KEY REFERENCES entries (seq) ON DELETE CASCADE,
    church  TEXT    NOT NULL,
    at      INTEGER NOT NULL,
    rating  INTEGER,
    wrong   INTEGER NOT NULL,
    comment TEXT
) STRICT;

-- Effects not yet settled, and parked ones.
CREATE TABLE effects (
    seq          INTEGER PRIMARY KEY,
    church       TEXT    NOT NULL,
    id           TEXT    NOT NULL,
    conversation TEXT    NOT NULL,
    person       TEXT    NOT NULL,
    lane         INTEGER NOT NULL CHECK (lane IN (0, 1)),   -- 0 is the emergency lane
    action       TEXT    NOT NULL,
    attempts     INTEGER NOT NULL DEFAULT 0,
    maybe_sent   INTEGER NOT NULL DEFAULT 0,
    created      INTEGER NOT NULL,
    due          INTEGER NOT NULL,
    holder       TEXT,
    lease_until  INTEGER,
    parked       TEXT,                                      -- why it is kept for the operator
    vanishes     INTEGER NOT NULL                           -- its person was erased
) STRICT;
CREATE UNIQUE INDEX effects_by_id ON effects (church, id);
CREATE INDEX effects_in_order ON effects (church, conversation, lane, seq);

CREATE TABLE receipts (
    church  TEXT    NOT NULL,
    effect  TEXT    NOT NULL,
    person  TEXT    NOT NULL,
    receipt TEXT,                -- the provider's id of the message
    settled INTEGER NOT NULL,
    PRIMARY KEY (church, effect)
) STRICT, WITHOUT ROWID;
CREATE INDEX receipts_of_person ON receipts (church, person);
CREATE INDEX receipts_by_age ON receipts (church, settled);

CREATE TABLE leases (
    church      TEXT    NOT NULL,
    name        TEXT    NOT NULL,
    term        INTEGER NOT NULL,
    holder      TEXT,
    lease_until INTEGER,
    position    TEXT,
    moved       INTEGER NOT NULL DEFAULT 0,  -- until when the last writer of the position held it
    PRIMARY KEY (church, name)
) STRICT, WITHOUT ROWID;

CREATE TABLE sessions (
    church  TEXT    NOT NULL,
    token   TEXT    NOT NULL,    -- SHA-256, never the token
    channel TEXT    NOT NULL,
    account TEXT    NOT NULL,
    address TEXT    NOT NULL,
    expires INTEGER NOT NULL,
    PRIMARY KEY (church, token)
) STRICT, WITHOUT ROWID;
CREATE INDEX sessions_of_address ON sessions (church, channel, account, address);
CREATE INDEX sessions_by_end ON sessions (church, expires);

-- Erasing a person removes their row here and their details; the audit itself then names nobody.
CREATE TABLE subjects (
    church  TEXT NOT NULL,
    person  TEXT NOT NULL,
    subject TEXT NOT NULL,
    salt    BLOB NOT NULL,
    PRIMARY KEY (church, person)
) STRICT, WITHOUT ROWID;

CREATE TABLE audit (
    seq        INTEGER PRIMARY KEY AUTOINCREMENT,
    church     TEXT    NOT NULL,
    subject    TEXT    NOT NULL,
    code       TEXT    NOT NULL,
    at         INTEGER NOT NULL,
    commitment BLOB    NOT NULL
) STRICT;

CREATE TABLE audit_details (
    church  TEXT    NOT NULL,
    subject TEXT    NOT NULL,
    seq     INTEGER NOT NULL,
    details TEXT    NOT NULL,
    PRIMARY KEY (church, subject, seq)
) STRICT, WITHOUT ROWID;

-- Who was erased, as keyed hashes, so that restoring a backup erases them again.
CREATE TABLE erasures (
    church TEXT    NOT NULL,
    person BLOB    NOT NULL,
    at     INTEGER NOT NULL,
    PRIMARY KEY (church, person)
) STRICT, WITHOUT ROWID;
