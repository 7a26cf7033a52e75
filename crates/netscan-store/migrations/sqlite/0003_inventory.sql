-- What is known of addresses over all scans, and an index to search it by.

-- The id of the token that made it, if one did: they are revoked together.
ALTER TABLE tokens ADD COLUMN made_by TEXT;
CREATE INDEX tokens_by_maker ON tokens (made_by) WHERE made_by IS NOT NULL;

CREATE TABLE assets (
    asset_key   INTEGER PRIMARY KEY,
    project_key BIGINT NOT NULL REFERENCES projects,
    -- Its number in the project's index: from 0, and never given twice.
    ordinal     BIGINT NOT NULL,
    address     BLOB   NOT NULL,
    first_seen  BIGINT NOT NULL,
    last_seen   BIGINT NOT NULL,
    -- The number of the last scan that it answered.
    scan        BIGINT NOT NULL,
    -- The keys of the hosts that still tell something of it, the oldest first.
    sources     TEXT   NOT NULL,
    -- The keys of its facts, ascending, as variable-length differences.
    facts       BLOB   NOT NULL,
    UNIQUE (project_key, address)
);
CREATE UNIQUE INDEX assets_by_ordinal ON assets (project_key, ordinal);
CREATE INDEX assets_by_last_seen ON assets (project_key, last_seen, ordinal);
CREATE INDEX assets_by_first_seen ON assets (project_key, first_seen, ordinal);

-- Pieces that many assets share. Keys are never given twice.
CREATE TABLE facts (
    fact_key    INTEGER PRIMARY KEY AUTOINCREMENT,
    project_key BIGINT NOT NULL REFERENCES projects,
    kind        TEXT   NOT NULL,
    -- SHA-256 of kind, port and body, cut to 16 bytes.
    digest      BLOB   NOT NULL,
    -- The fact on the state of the port that it is about.
    of_fact     BIGINT REFERENCES facts,
    port        BIGINT,
    is_open     BIGINT NOT NULL,
    body        TEXT   NOT NULL,
    -- Of how many assets it holds.
    members     BIGINT NOT NULL DEFAULT 0,
    UNIQUE (project_key, digest)
);
CREATE INDEX facts_by_kind ON facts (project_key, kind, port);
CREATE INDEX facts_by_members ON facts (project_key, kind, members DESC);
CREATE INDEX facts_by_body ON facts (project_key, kind, body) WHERE kind IN ('wide', 'narrow');
CREATE INDEX facts_by_port ON facts (of_fact) WHERE of_fact IS NOT NULL;

-- Of which assets a fact holds: a Roaring bitmap of ordinals per million of them.
CREATE TABLE postings (
    fact_key BIGINT NOT NULL REFERENCES facts,
    block    BIGINT NOT NULL,
    members  BLOB   NOT NULL,
    PRIMARY KEY (fact_key, block)
) WITHOUT ROWID;

-- Finds facts by any three letters of their text: those that few hosts have in common, and the others.
CREATE VIRTUAL TABLE own_texts USING fts5 (
    text, content = '', contentless_delete = 1, detail = 'none', tokenize = 'trigram'
);
CREATE VIRTUAL TABLE shared_texts USING fts5 (
    text, content = '', contentless_delete = 1, detail = 'none', tokenize = 'trigram'
);

-- One row: the last host that was taken into the inventory.
CREATE TABLE inventory (
    inventory_key INTEGER PRIMARY KEY CHECK (inventory_key = 1),
    host_key      BIGINT NOT NULL
);
INSERT INTO inventory (inventory_key, host_key) VALUES (1, 0);

-- Addresses to be looked at anew, because something of them was removed, or because the scan that saw
-- them last did not say yet how far it looked: then once it has.
CREATE TABLE stale_assets (
    project_key BIGINT NOT NULL REFERENCES projects,
    address     BLOB   NOT NULL,
    scan_key    BIGINT,
    PRIMARY KEY (project_key, address)
) WITHOUT ROWID;

CREATE TABLE searches (
    project_key BIGINT NOT NULL REFERENCES projects,
    name        TEXT   NOT NULL,
    query       TEXT   NOT NULL,
    saved_by    TEXT   NOT NULL,
    saved_at    BIGINT NOT NULL,
    PRIMARY KEY (project_key, name)
) WITHOUT ROWID;
