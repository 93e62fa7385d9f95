-- The first schema. Rules kept here, so that no code path can break them:
--   * every row names its tenant, and every reference carries the tenant with it (rule T1);
--   * audit rows are appended in order and never changed or removed (rule A1);
--   * patient values exist only as sealed bytes, and lose their key on erasure (rule K1).
-- Times are microseconds since 1970-01-01T00:00:00Z. Ids are 32 hexadecimal digits.

CREATE TABLE key_check (
    only_row INTEGER NOT NULL PRIMARY KEY CHECK (only_row = 1),
    sealed   BLOB    NOT NULL
) STRICT;

CREATE TABLE practice (
    tenant          TEXT    NOT NULL PRIMARY KEY CHECK (length(tenant) BETWEEN 1 AND 64),
    registered_name TEXT    NOT NULL,
    created_at      INTEGER NOT NULL
) STRICT;

CREATE TABLE tenant_key (
    tenant     TEXT    NOT NULL REFERENCES practice (tenant),
    version    INTEGER NOT NULL CHECK (version >= 1),
    wrapped    BLOB    NOT NULL,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (tenant, version)
) STRICT;

CREATE TABLE location (
    tenant     TEXT    NOT NULL REFERENCES practice (tenant),
    id         TEXT    NOT NULL,
    name       TEXT    NOT NULL,
    street     TEXT    NOT NULL,
    city       TEXT    NOT NULL,
    state      TEXT    NOT NULL CHECK (length(state) = 2),
    zip        TEXT    NOT NULL,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (tenant, id)
) STRICT;

CREATE TABLE provider (
    tenant          TEXT    NOT NULL REFERENCES practice (tenant),
    id              TEXT    NOT NULL,
    location        TEXT    NOT NULL,
    registered_name TEXT    NOT NULL,
    npi             TEXT    NOT NULL CHECK (length(npi) = 10),
    tax_id          BLOB    NOT NULL, -- sealed: a sole proprietor's is a social security number
    tax_id_key      INTEGER NOT NULL, -- the tenant key's version
    callback        TEXT    NOT NULL,
    created_at      INTEGER NOT NULL,
    PRIMARY KEY (tenant, id),
    UNIQUE (tenant, npi, location),
    FOREIGN KEY (tenant, location) REFERENCES location (tenant, id),
    FOREIGN KEY (tenant, tax_id_key) REFERENCES tenant_key (tenant, version)
) STRICT;

CREATE TABLE allowlist (
    tenant     TEXT    NOT NULL REFERENCES practice (tenant),
    id         TEXT    NOT NULL,
    number     TEXT    NOT NULL,
    class      TEXT    NOT NULL CHECK (class IN ('payer', 'test', 'patient')),
    payer      TEXT    NOT NULL,
    content    TEXT    NOT NULL, -- the entry as JSON, without its number
    added_at   INTEGER NOT NULL,
    removed_at INTEGER,
    PRIMARY KEY (tenant, id)
) STRICT;
-- One live entry for a number, class and payer.
CREATE UNIQUE INDEX allowlist_live ON allowlist (tenant, number, class, payer) WHERE removed_at IS NULL;

CREATE TABLE vendor (
    tenant     TEXT    NOT NULL REFERENCES practice (tenant),
    id         TEXT    NOT NULL,
    role       TEXT    NOT NULL,
    content    TEXT    NOT NULL, -- the register's row as JSON
    updated_at INTEGER NOT NULL,
    PRIMARY KEY (tenant, id, role)
) STRICT;

CREATE TABLE request (
    tenant          TEXT    NOT NULL REFERENCES practice (tenant),
    id              TEXT    NOT NULL,
    provider        TEXT    NOT NULL,
    payer           TEXT    NOT NULL,
    class           TEXT    NOT NULL CHECK (class IN ('payer', 'test', 'patient')),
    purpose         TEXT    NOT NULL,
    patient_kind    TEXT    NOT NULL,
    question_set    TEXT    NOT NULL,
    patient_name    BLOB    NOT NULL,
    patient_dob     BLOB    NOT NULL,
    member_id       BLOB    NOT NULL,
    group_number    BLOB,
    relationship    BLOB    NOT NULL,
    date_of_service BLOB,
    consent         TEXT    NOT NULL, -- the patient's ai_call_consent as JSON
    priority        INTEGER NOT NULL CHECK (priority BETWEEN 0 AND 9),
    not_before      INTEGER NOT NULL,
    due             INTEGER,
    state           TEXT    NOT NULL CHECK (state IN
        ('queued', 'claimed', 'dialling', 'in_call', 'done', 'failed', 'needs_staff')),
    outcome         TEXT,
    attempts        INTEGER NOT NULL CHECK (attempts >= 0),
    lease_owner     TEXT,
    lease_until     INTEGER,
    lease_count     INTEGER NOT NULL CHECK (lease_count >= 0),
    created_at      INTEGER NOT NULL,
    updated_at      INTEGER NOT NULL,
    erased_at       INTEGER,
    PRIMARY KEY (tenant, id),
    FOREIGN KEY (tenant, provider) REFERENCES provider (tenant, id),
    CHECK ((lease_owner IS NULL) = (lease_until IS NULL)),
    CHECK ((state IN ('claimed', 'dialling', 'in_call')) = (lease_owner IS NOT NULL))
) STRICT;
CREATE INDEX request_queue ON request (priority DESC, not_before, id) WHERE state = 'queued';
CREATE INDEX request_leases ON request (lease_until) WHERE lease_until IS NOT NULL;
CREATE INDEX request_of_tenant ON request (tenant, created_at, id);

-- Apart from the request, so that erasing is the removal of one row.
CREATE TABLE request_key (
    tenant             TEXT    NOT NULL,
    request            TEXT    NOT NULL,
    version            INTEGER NOT NULL CHECK (version >= 1),
    tenant_key_version INTEGER NOT NULL,
    wrapped            BLOB    NOT NULL,
    PRIMARY KEY (tenant, request),
    FOREIGN KEY (tenant, request) REFERENCES request (tenant, id),
    FOREIGN KEY (tenant, tenant_key_version) REFERENCES tenant_key (tenant, version)
) STRICT;

-- The request of a decision need not be there: one that was refused at the door never is.
CREATE TABLE decision (
    tenant  TEXT    NOT NULL REFERENCES practice (tenant),
    id      TEXT    NOT NULL,
    request TEXT    NOT NULL,
    verdict TEXT    NOT NULL,
    record  TEXT    NOT NULL, -- the decision record as JSON
    at      INTEGER NOT NULL,
    PRIMARY KEY (tenant, id)
) STRICT;
CREATE INDEX decision_of_request ON decision (tenant, request, at);

CREATE TABLE call (
    tenant      TEXT    NOT NULL REFERENCES practice (tenant),
    id          TEXT    NOT NULL,
    request     TEXT    NOT NULL,
    decision    TEXT    NOT NULL,
    node        TEXT    NOT NULL,
    number      TEXT    NOT NULL,
    cost_cents  INTEGER NOT NULL CHECK (cost_cents >= 0), -- the most it can cost; once ended, what it did
    carrier_sid TEXT,
    intent_at   INTEGER NOT NULL,
    placed_at   INTEGER,
    answered_at INTEGER,
    ended_at    INTEGER,
    outcome     TEXT,
    recording   TEXT,
    journal     TEXT,
    PRIMARY KEY (tenant, id),
    UNIQUE (tenant, decision), -- a permit places one call
    FOREIGN KEY (tenant, request) REFERENCES request (tenant, id),
    FOREIGN KEY (tenant, decision) REFERENCES decision (tenant, id),
    CHECK ((placed_at IS NULL) = (carrier_sid IS NULL)),
    CHECK (answered_at IS NULL OR placed_at IS NOT NULL),
    CHECK ((ended_at IS NULL) = (outcome IS NULL))
) STRICT;
CREATE INDEX call_of_request ON call (tenant, request, intent_at);
-- One call at a time for a request.
CREATE UNIQUE INDEX call_running ON call (tenant, request) WHERE ended_at IS NULL;
CREATE INDEX call_by_time ON call (intent_at);
CREATE UNIQUE INDEX call_sid ON call (carrier_sid) WHERE carrier_sid IS NOT NULL;

-- Written before a call is created at the carrier; a call without its intent may not be answered.
CREATE TABLE dial_intent (
    tenant  TEXT    NOT NULL,
    call    TEXT    NOT NULL,
    node    TEXT    NOT NULL,
    at      INTEGER NOT NULL,
    expires INTEGER NOT NULL CHECK (expires > at),
    PRIMARY KEY (tenant, call),
    FOREIGN KEY (tenant, call) REFERENCES call (tenant, id)
) STRICT;

CREATE TABLE result (
    tenant     TEXT    NOT NULL,
    request    TEXT    NOT NULL,
    field      TEXT    NOT NULL,
    call       TEXT    NOT NULL,
    value      BLOB, -- sealed; absent where the representative had none to give
    confidence REAL    NOT NULL CHECK (confidence BETWEEN 0.0 AND 1.0),
    utterance  INTEGER NOT NULL CHECK (utterance >= 0),
    from_ms    INTEGER NOT NULL CHECK (from_ms >= 0),
    to_ms      INTEGER NOT NULL CHECK (to_ms >= from_ms),
    read_back  INTEGER NOT NULL CHECK (read_back IN (0, 1)),
    evidenced  INTEGER NOT NULL CHECK (evidenced IN (0, 1)),
    at         INTEGER NOT NULL,
    PRIMARY KEY (tenant, request, field),
    FOREIGN KEY (tenant, request) REFERENCES request (tenant, id),
    FOREIGN KEY (tenant, call) REFERENCES call (tenant, id)
) STRICT;

-- Stops. The global one has no tenant; its audit row stands in the chain of whoever threw it.
CREATE TABLE kill_switch (
    id        INTEGER NOT NULL PRIMARY KEY,
    scope     TEXT    NOT NULL CHECK (scope IN ('global', 'tenant', 'vendor', 'request')),
    tenant    TEXT    REFERENCES practice (tenant),
    subject   TEXT,
    thrown_by TEXT    NOT NULL,
    thrown_at INTEGER NOT NULL,
    lifted_by TEXT,
    lifted_at INTEGER,
    CHECK ((scope = 'global') = (tenant IS NULL)),
    CHECK ((scope IN ('vendor', 'request')) = (subject IS NOT NULL)),
    CHECK ((lifted_by IS NULL) = (lifted_at IS NULL))
) STRICT;
CREATE UNIQUE INDEX kill_switch_thrown
    ON kill_switch (scope, ifnull(tenant, ''), ifnull(subject, '')) WHERE lifted_at IS NULL;

CREATE TABLE erasure (
    tenant  TEXT    NOT NULL,
    request TEXT    NOT NULL,
    at      INTEGER NOT NULL,
    PRIMARY KEY (tenant, request),
    FOREIGN KEY (tenant, request) REFERENCES request (tenant, id)
) STRICT;

CREATE TABLE audit (
    tenant TEXT    NOT NULL REFERENCES practice (tenant),
    seq    INTEGER NOT NULL,
    at     INTEGER NOT NULL,
    prev   BLOB    NOT NULL CHECK (length(prev) = 32),
    digest BLOB    NOT NULL CHECK (length(digest) = 32),
    entry  TEXT    NOT NULL, -- the whole entry as JSON
    PRIMARY KEY (tenant, seq)
) STRICT;

CREATE TRIGGER audit_no_update BEFORE UPDATE ON audit
BEGIN
    SELECT RAISE(ABORT, 'audit rows are append-only');
END;

CREATE TRIGGER audit_no_delete BEFORE DELETE ON audit
BEGIN
    SELECT RAISE(ABORT, 'audit rows are append-only');
END;

-- Also stops INSERT OR REPLACE, which fires no delete trigger.
CREATE TRIGGER audit_in_order BEFORE INSERT ON audit
WHEN NEW.seq <> (SELECT ifnull(max(seq) + 1, 0) FROM audit WHERE tenant = NEW.tenant)
    OR EXISTS (
        SELECT 1 FROM audit
        WHERE tenant = NEW.tenant AND seq = NEW.seq - 1 AND digest <> NEW.prev
    )
BEGIN
    SELECT RAISE(ABORT, 'an audit row must follow the last one');
END;

-- What was decided, and what was erased, stays.
CREATE TRIGGER decision_no_update BEFORE UPDATE ON decision
BEGIN
    SELECT RAISE(ABORT, 'decisions are never changed');
END;

CREATE TRIGGER decision_no_delete BEFORE DELETE ON decision
BEGIN
    SELECT RAISE(ABORT, 'decisions are never removed');
END;
