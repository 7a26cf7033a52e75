-- People, what they may do, and limits on what runs.
-- Runs with foreign keys off, because a table that others refer to is made anew.

CREATE TABLE organisations (
    organisation_key INTEGER PRIMARY KEY,
    id               TEXT   NOT NULL UNIQUE,
    name             TEXT   NOT NULL UNIQUE,
    created_at       BIGINT NOT NULL
);

-- The organisation of whoever uses the database without a server. Its id is the same everywhere.
INSERT INTO organisations (organisation_key, id, name, created_at)
VALUES (1, '00000000-0000-7000-8000-000000000001', 'default', 0);

-- A project's name is unique within its organisation, no longer in the whole database.
CREATE TABLE projects_of_organisations (
    project_key      INTEGER PRIMARY KEY,
    id               TEXT   NOT NULL UNIQUE,
    organisation_key BIGINT NOT NULL REFERENCES organisations,
    name             TEXT   NOT NULL,
    description      TEXT   NOT NULL DEFAULT '',
    scope            TEXT   NOT NULL,
    -- The most scans and batches at a time, and packets per second over all of them.
    max_scans        BIGINT,
    max_batches      BIGINT,
    max_rate         BIGINT,
    created_at       BIGINT NOT NULL,
    updated_at       BIGINT NOT NULL,
    UNIQUE (organisation_key, name)
);
INSERT INTO projects_of_organisations
    (project_key, id, organisation_key, name, scope, created_at, updated_at)
    SELECT project_key, id, 1, name, scope, created_at, created_at FROM projects;
DROP TABLE projects;
ALTER TABLE projects_of_organisations RENAME TO projects;

ALTER TABLE scans ADD COLUMN description TEXT NOT NULL DEFAULT '';
ALTER TABLE scans ADD COLUMN owner TEXT NOT NULL DEFAULT '';
ALTER TABLE scans ADD COLUMN modules TEXT NOT NULL DEFAULT '[{"id":"nmap","enabled":true}]';
ALTER TABLE scans ADD COLUMN recursion_depth BIGINT NOT NULL DEFAULT 0;
ALTER TABLE scans ADD COLUMN template_id TEXT;
ALTER TABLE scans ADD COLUMN template_version BIGINT;
ALTER TABLE scans ADD COLUMN max_duration_ms BIGINT;
ALTER TABLE scans ADD COLUMN max_results BIGINT;
-- The limit that ended it.
ALTER TABLE scans ADD COLUMN reached TEXT;
-- How long it has run, pauses not counted: the sum until it last began to run, and when that was.
ALTER TABLE scans ADD COLUMN ran_ms BIGINT NOT NULL DEFAULT 0;
ALTER TABLE scans ADD COLUMN running_since BIGINT;
ALTER TABLE scans ADD COLUMN updated_at BIGINT NOT NULL DEFAULT 0;
UPDATE scans SET updated_at = COALESCE(completed_at, started_at, created_at);
-- The copy of what it may touch that its workers hold their batches against; empty in scans that
-- are older than seals.
ALTER TABLE scans ADD COLUMN seal TEXT NOT NULL DEFAULT '';
-- The first few targets, for lists: the definition may be large.
ALTER TABLE scans ADD COLUMN first_targets TEXT NOT NULL DEFAULT '[]';
UPDATE scans SET first_targets =
    (SELECT json_group_array(value) FROM (SELECT value FROM json_each(definition, '$.targets') LIMIT 20));
CREATE INDEX scans_by_state ON scans (state);
CREATE INDEX scans_by_age ON scans (created_at DESC, id DESC);
CREATE INDEX scans_by_series ON scans (series);

-- Packets per second that the lease of a batch allows, while there is one.
ALTER TABLE batches ADD COLUMN rate BIGINT;
-- Its addresses widened to whole networks, /24 and /64, while it is leased.
ALTER TABLE batches ADD COLUMN networks TEXT;
ALTER TABLE batches ADD COLUMN priority BIGINT NOT NULL DEFAULT 1;
-- Whether it is to be cancelled as soon as its worker lets go of it.
ALTER TABLE batches ADD COLUMN is_unwanted BIGINT NOT NULL DEFAULT 0;
DROP INDEX batches_by_state;
CREATE INDEX batches_by_state ON batches (scan_key, state, priority DESC, number);
CREATE INDEX batches_leased ON batches (scan_key) WHERE state = 'leased';
CREATE INDEX attempts_by_outcome ON attempts (batch_key, outcome);
CREATE INDEX batches_by_parent ON batches (parent_key) WHERE parent_key IS NOT NULL;
CREATE INDEX hosts_by_address ON hosts (address, scan_key);
CREATE INDEX hosts_by_batch ON hosts (batch_key);
CREATE INDEX ports_by_number ON ports (port, host_key) WHERE state = 'open';
CREATE INDEX ports_by_service ON ports (service, host_key)
    WHERE state = 'open' AND service IS NOT NULL;

CREATE TABLE users (
    user_key      INTEGER PRIMARY KEY,
    id            TEXT   NOT NULL UNIQUE,
    -- As they write it when they sign in, in lower case.
    name          TEXT   NOT NULL UNIQUE,
    display_name  TEXT   NOT NULL,
    -- In PHC format; none for those who sign in elsewhere only.
    password      TEXT,
    totp_secret   TEXT,
    -- A second factor that is set up and not yet confirmed is not asked for.
    totp_is_on    BIGINT NOT NULL DEFAULT 0,
    -- The last time step whose code was used: none is taken twice (RFC 6238, section 5.2).
    totp_last     BIGINT NOT NULL DEFAULT 0,
    -- Who vouches for them, and under which name: the issuer and subject of OpenID Connect.
    issuer        TEXT,
    subject       TEXT,
    is_disabled   BIGINT NOT NULL DEFAULT 0,
    created_at    BIGINT NOT NULL,
    last_seen_at  BIGINT,
    UNIQUE (issuer, subject)
);

CREATE TABLE memberships (
    user_key         BIGINT NOT NULL REFERENCES users,
    organisation_key BIGINT NOT NULL REFERENCES organisations,
    role             TEXT   NOT NULL,
    PRIMARY KEY (user_key, organisation_key)
) WITHOUT ROWID;
CREATE INDEX memberships_by_organisation ON memberships (organisation_key);

CREATE TABLE sessions (
    -- SHA-256 of the secret in the cookie.
    hash             TEXT   NOT NULL PRIMARY KEY,
    id               TEXT   NOT NULL UNIQUE,
    user_key         BIGINT NOT NULL REFERENCES users,
    organisation_key BIGINT NOT NULL REFERENCES organisations,
    remote           TEXT   NOT NULL,
    agent            TEXT   NOT NULL,
    created_at       BIGINT NOT NULL,
    last_seen_at     BIGINT NOT NULL,
    ends_at          BIGINT NOT NULL
) WITHOUT ROWID;
CREATE INDEX sessions_by_user ON sessions (user_key);

CREATE TABLE tokens (
    token_key        INTEGER PRIMARY KEY,
    -- The part of the token that is no secret.
    id               TEXT   NOT NULL UNIQUE,
    -- SHA-256 of the part that is.
    hash             TEXT   NOT NULL,
    organisation_key BIGINT NOT NULL REFERENCES organisations,
    -- Whose it is; none when it was made at the database itself.
    user_key         BIGINT REFERENCES users,
    name             TEXT   NOT NULL,
    role             TEXT   NOT NULL,
    scopes           TEXT   NOT NULL,
    created_at       BIGINT NOT NULL,
    ends_at          BIGINT,
    last_used_at     BIGINT,
    revoked_at       BIGINT
);
CREATE INDEX tokens_by_organisation ON tokens (organisation_key);

-- One row: the one-time secret for the first user, and the count of changes to anybody's rights.
CREATE TABLE access (
    access_key    INTEGER PRIMARY KEY CHECK (access_key = 1),
    version       BIGINT NOT NULL,
    setup_hash    TEXT,
    setup_ends_at BIGINT,
    is_set_up     BIGINT NOT NULL
);
INSERT INTO access (access_key, version, is_set_up) VALUES (1, 0, 0);

-- Answers to requests that may come twice.
CREATE TABLE idempotency (
    organisation_key BIGINT NOT NULL REFERENCES organisations,
    key              TEXT   NOT NULL,
    -- SHA-256 of the request: the same key with another request is refused.
    request          TEXT   NOT NULL,
    -- None while the first of them is still being answered.
    status           BIGINT,
    answer           TEXT,
    created_at       BIGINT NOT NULL,
    PRIMARY KEY (organisation_key, key)
) WITHOUT ROWID;
CREATE INDEX idempotency_by_age ON idempotency (created_at);

CREATE TABLE templates (
    template_key     INTEGER PRIMARY KEY,
    id               TEXT   NOT NULL UNIQUE,
    organisation_key BIGINT NOT NULL REFERENCES organisations,
    name             TEXT   NOT NULL,
    description      TEXT   NOT NULL,
    version          BIGINT NOT NULL,
    created_at       BIGINT NOT NULL,
    updated_at       BIGINT NOT NULL,
    -- Removed templates stay: scans were made from them. Their names are free again.
    removed_at       BIGINT
);
CREATE UNIQUE INDEX templates_by_name ON templates (organisation_key, name) WHERE removed_at IS NULL;

CREATE TABLE template_versions (
    template_key BIGINT NOT NULL REFERENCES templates,
    version      BIGINT NOT NULL,
    body         TEXT   NOT NULL,
    created_by   TEXT   NOT NULL,
    created_at   BIGINT NOT NULL,
    PRIMARY KEY (template_key, version)
) WITHOUT ROWID;
CREATE TRIGGER template_versions_stay BEFORE UPDATE ON template_versions
BEGIN SELECT RAISE(ABORT, 'a version of a template never changes'); END;
CREATE TRIGGER template_versions_are_kept BEFORE DELETE ON template_versions
BEGIN SELECT RAISE(ABORT, 'a version of a template is kept'); END;

-- What holds for the whole server, as JSON by name.
CREATE TABLE settings (
    name  TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
) WITHOUT ROWID;

-- The audit log becomes a chain: each row's hash covers the row and the hash before it. Rows from
-- before are chained when the database is opened.
-- What concerns no organisation, or all, is the first one's.
ALTER TABLE audit ADD COLUMN organisation_key BIGINT NOT NULL DEFAULT 1;
ALTER TABLE audit ADD COLUMN remote TEXT;
ALTER TABLE audit ADD COLUMN hash TEXT;
CREATE INDEX audit_by_organisation ON audit (organisation_key, audit_key);
CREATE TRIGGER audit_stays BEFORE UPDATE ON audit WHEN OLD.hash IS NOT NULL
BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;
CREATE TRIGGER audit_is_kept BEFORE DELETE ON audit
BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;
