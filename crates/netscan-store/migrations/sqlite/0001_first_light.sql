-- Keys (…_key) are small integers for joins inside the database; ids are UUIDs for everyone else.
-- Times are milliseconds since 1970, in UTC. Addresses are bytes that sort as addresses do
-- (netscan_model::Address::to_key).

CREATE TABLE instance (
    id         TEXT   NOT NULL PRIMARY KEY,
    created_at BIGINT NOT NULL
);

CREATE TABLE projects (
    project_key INTEGER PRIMARY KEY,
    id          TEXT   NOT NULL UNIQUE,
    name        TEXT   NOT NULL UNIQUE,
    scope       TEXT   NOT NULL,
    created_at  BIGINT NOT NULL
);

CREATE TABLE targets (
    project_key BIGINT NOT NULL REFERENCES projects,
    target      TEXT   NOT NULL,
    kind        TEXT   NOT NULL,
    tags        TEXT   NOT NULL,
    added_at    BIGINT NOT NULL,
    PRIMARY KEY (project_key, target)
) WITHOUT ROWID;

CREATE TABLE scans (
    scan_key         INTEGER PRIMARY KEY,
    id               TEXT   NOT NULL UNIQUE,
    project_key      BIGINT NOT NULL REFERENCES projects,
    number           BIGINT NOT NULL,
    series           TEXT   NOT NULL,
    name             TEXT   NOT NULL,
    notes            TEXT   NOT NULL,
    definition       TEXT   NOT NULL,
    options          TEXT   NOT NULL,
    addresses        TEXT   NOT NULL,
    batch_size       BIGINT NOT NULL,
    concurrency      BIGINT NOT NULL,
    max_rate         BIGINT,
    host_timeout_ms  BIGINT,
    batch_timeout_ms BIGINT,
    attempts         BIGINT NOT NULL,
    priority         BIGINT NOT NULL,
    state            TEXT   NOT NULL,
    desired          TEXT   NOT NULL,
    reason           TEXT,
    last_seq         BIGINT NOT NULL,
    last_batch       BIGINT NOT NULL,
    planned          BIGINT NOT NULL,
    up               BIGINT NOT NULL DEFAULT 0,
    down             BIGINT NOT NULL DEFAULT 0,
    timed_out        BIGINT NOT NULL DEFAULT 0,
    unresolved       BIGINT NOT NULL DEFAULT 0,
    excluded         BIGINT NOT NULL DEFAULT 0,
    out_of_scope     BIGINT NOT NULL DEFAULT 0,
    failed           BIGINT NOT NULL DEFAULT 0,
    cancelled        BIGINT NOT NULL DEFAULT 0,
    hosts_up         BIGINT NOT NULL DEFAULT 0,
    open_ports       BIGINT NOT NULL DEFAULT 0,
    created_at       BIGINT NOT NULL,
    started_at       BIGINT,
    completed_at     BIGINT,
    UNIQUE (project_key, number)
);

-- Names that were resolved for a scan, once, and what they led to.
CREATE TABLE names (
    scan_key  BIGINT NOT NULL REFERENCES scans,
    name      TEXT   NOT NULL,
    addresses TEXT   NOT NULL,
    -- Why it led to no address.
    error     TEXT,
    -- Whether that is because the project's scope does not allow it.
    is_denied BIGINT NOT NULL,
    PRIMARY KEY (scan_key, name)
) WITHOUT ROWID;

CREATE TABLE batches (
    batch_key        INTEGER PRIMARY KEY,
    id               TEXT   NOT NULL UNIQUE,
    scan_key         BIGINT NOT NULL REFERENCES scans,
    number           BIGINT NOT NULL,
    parent_key       BIGINT REFERENCES batches,
    addresses        TEXT   NOT NULL,
    address_count    BIGINT NOT NULL,
    state            TEXT   NOT NULL,
    not_before       BIGINT NOT NULL,
    worker           TEXT,
    lease_until      BIGINT,
    epoch            BIGINT NOT NULL DEFAULT 0,
    attempts         BIGINT NOT NULL DEFAULT 0,
    attempts_allowed BIGINT NOT NULL,
    reason           TEXT,
    -- How many addresses a part may have, if it is to be cut as soon as its worker lets go of it.
    cut_size         BIGINT,
    hosts_up         BIGINT NOT NULL DEFAULT 0,
    open_ports       BIGINT NOT NULL DEFAULT 0,
    started_at       BIGINT,
    ended_at         BIGINT,
    UNIQUE (scan_key, number)
);
CREATE INDEX batches_by_state ON batches (scan_key, state, number);

CREATE TABLE attempts (
    attempt_key  INTEGER PRIMARY KEY,
    id           TEXT   NOT NULL UNIQUE,
    batch_key    BIGINT NOT NULL REFERENCES batches,
    number       BIGINT NOT NULL,
    epoch        BIGINT NOT NULL,
    worker       TEXT   NOT NULL,
    outcome      TEXT   NOT NULL,
    reason       TEXT,
    detail       TEXT   NOT NULL,
    started_at   BIGINT NOT NULL,
    ended_at     BIGINT,
    UNIQUE (batch_key, epoch)
);

-- The ledger: ranges that neither overlap nor repeat. What is in no row is pending.
CREATE TABLE coverage (
    scan_key BIGINT NOT NULL REFERENCES scans,
    first    BLOB   NOT NULL,
    last     BLOB   NOT NULL,
    count    BIGINT NOT NULL,
    state    TEXT   NOT NULL,
    reason   TEXT   NOT NULL,
    PRIMARY KEY (scan_key, first)
) WITHOUT ROWID;

CREATE TABLE hosts (
    host_key    INTEGER PRIMARY KEY,
    scan_key    BIGINT NOT NULL REFERENCES scans,
    address     BLOB   NOT NULL,
    batch_key   BIGINT NOT NULL REFERENCES batches,
    epoch       BIGINT NOT NULL,
    status      TEXT   NOT NULL,
    timed_out   BIGINT NOT NULL,
    reason      TEXT   NOT NULL,
    mac         TEXT,
    vendor      TEXT,
    open_ports  BIGINT NOT NULL,
    detail      TEXT,
    observed_at BIGINT NOT NULL,
    UNIQUE (scan_key, address)
);
CREATE INDEX hosts_timed_out ON hosts (scan_key, address) WHERE timed_out = 1;

CREATE TABLE ports (
    host_key   BIGINT NOT NULL REFERENCES hosts,
    protocol   TEXT   NOT NULL,
    port       BIGINT NOT NULL,
    state      TEXT   NOT NULL,
    reason     TEXT   NOT NULL,
    service    TEXT,
    product    TEXT,
    version    TEXT,
    detail     TEXT,
    PRIMARY KEY (host_key, protocol, port)
) WITHOUT ROWID;

-- Hosts that a scanner reported though nobody asked for them.
CREATE TABLE quarantine (
    quarantine_key INTEGER PRIMARY KEY,
    scan_key       BIGINT NOT NULL REFERENCES scans,
    batch_key      BIGINT NOT NULL REFERENCES batches,
    address        BLOB   NOT NULL,
    detail         TEXT   NOT NULL,
    observed_at    BIGINT NOT NULL,
    UNIQUE (batch_key, address)
);

CREATE TABLE events (
    scan_key BIGINT NOT NULL REFERENCES scans,
    seq      BIGINT NOT NULL,
    at       BIGINT NOT NULL,
    event    TEXT   NOT NULL,
    body     TEXT   NOT NULL,
    PRIMARY KEY (scan_key, seq)
) WITHOUT ROWID;

CREATE TABLE audit (
    audit_key INTEGER PRIMARY KEY,
    at        BIGINT NOT NULL,
    actor     TEXT   NOT NULL,
    action    TEXT   NOT NULL,
    subject   TEXT   NOT NULL,
    detail    TEXT   NOT NULL
);
