-- Retention and the rights of a person (rules R1, K1): holds, what is still kept of each call, accepted results, and an index by which a
-- person's requests are found without a patient value in it.

-- A legal hold stands until it is lifted. Its history is never overwritten.
CREATE TABLE legal_hold (
    tenant        TEXT    NOT NULL REFERENCES practice (tenant),
    id            TEXT    NOT NULL,
    request       TEXT, -- absent: everything of the practice
    reason        TEXT    NOT NULL,
    placed_by     TEXT    NOT NULL,
    placed_at     INTEGER NOT NULL,
    lifted_by     TEXT,
    lifted_at     INTEGER,
    lifted_reason TEXT,
    PRIMARY KEY (tenant, id),
    FOREIGN KEY (tenant, request) REFERENCES request (tenant, id),
    CHECK ((lifted_by IS NULL) = (lifted_at IS NULL)),
    CHECK ((lifted_by IS NULL) = (lifted_reason IS NULL))
) STRICT;
CREATE INDEX legal_hold_standing ON legal_hold (tenant, request) WHERE lifted_at IS NULL;

CREATE TRIGGER legal_hold_no_delete BEFORE DELETE ON legal_hold
BEGIN
    SELECT RAISE(ABORT, 'holds are lifted, never removed');
END;

-- Also stops INSERT OR REPLACE, which fires no delete trigger; so do the others that end in `_once`.
CREATE TRIGGER legal_hold_once BEFORE INSERT ON legal_hold
WHEN EXISTS (SELECT 1 FROM legal_hold WHERE tenant = NEW.tenant AND id = NEW.id)
BEGIN
    SELECT RAISE(ABORT, 'holds are never replaced');
END;

-- Lifting is the one change, and happens once.
CREATE TRIGGER legal_hold_lifted_once BEFORE UPDATE ON legal_hold
WHEN OLD.lifted_at IS NOT NULL OR NEW.lifted_at IS NULL
    OR NEW.tenant <> OLD.tenant OR NEW.id <> OLD.id OR NEW.request IS NOT OLD.request
    OR NEW.reason <> OLD.reason OR NEW.placed_by <> OLD.placed_by OR NEW.placed_at <> OLD.placed_at
BEGIN
    SELECT RAISE(ABORT, 'a hold is lifted once, and not changed otherwise');
END;

-- Somebody of the practice took the result over: the words of its calls are not needed to check it any more.
CREATE TABLE acceptance (
    tenant      TEXT    NOT NULL,
    request     TEXT    NOT NULL,
    accepted_by TEXT    NOT NULL,
    at          INTEGER NOT NULL,
    PRIMARY KEY (tenant, request),
    FOREIGN KEY (tenant, request) REFERENCES request (tenant, id)
) STRICT;

CREATE TRIGGER acceptance_no_update BEFORE UPDATE ON acceptance
BEGIN
    SELECT RAISE(ABORT, 'acceptances are never changed');
END;

CREATE TRIGGER acceptance_no_delete BEFORE DELETE ON acceptance
BEGIN
    SELECT RAISE(ABORT, 'acceptances are never removed');
END;

CREATE TRIGGER acceptance_once BEFORE INSERT ON acceptance
WHEN EXISTS (SELECT 1 FROM acceptance WHERE tenant = NEW.tenant AND request = NEW.request)
BEGIN
    SELECT RAISE(ABORT, 'acceptances are never replaced');
END;

-- What was erased, and when, stays.
CREATE TRIGGER erasure_no_update BEFORE UPDATE ON erasure
BEGIN
    SELECT RAISE(ABORT, 'erasures are never changed');
END;

CREATE TRIGGER erasure_no_delete BEFORE DELETE ON erasure
BEGIN
    SELECT RAISE(ABORT, 'erasures are never removed');
END;

CREATE TRIGGER erasure_once BEFORE INSERT ON erasure
WHEN EXISTS (SELECT 1 FROM erasure WHERE tenant = NEW.tenant AND request = NEW.request)
BEGIN
    SELECT RAISE(ABORT, 'erasures are never replaced');
END;

-- What of a call's files has not been purged. A row goes when its files are gone.
CREATE TABLE call_record (
    tenant TEXT NOT NULL,
    class  TEXT NOT NULL CHECK (class IN ('disclosure', 'audio', 'words', 'exchanges', 'result')),
    call   TEXT NOT NULL,
    PRIMARY KEY (tenant, class, call),
    FOREIGN KEY (tenant, call) REFERENCES call (tenant, id)
) STRICT;

CREATE TRIGGER call_has_records AFTER INSERT ON call
BEGIN
    INSERT INTO call_record (tenant, class, call) VALUES
        (NEW.tenant, 'disclosure', NEW.id), (NEW.tenant, 'audio', NEW.id), (NEW.tenant, 'words', NEW.id),
        (NEW.tenant, 'exchanges', NEW.id), (NEW.tenant, 'result', NEW.id);
END;

INSERT INTO call_record (tenant, class, call)
SELECT call.tenant, classes.column1, call.id FROM call
JOIN (VALUES ('disclosure'), ('audio'), ('words'), ('exchanges'), ('result')) AS classes;

-- The key of the index below, wrapped by the tenant's.
CREATE TABLE index_key (
    tenant             TEXT    NOT NULL PRIMARY KEY REFERENCES practice (tenant),
    tenant_key_version INTEGER NOT NULL,
    wrapped            BLOB    NOT NULL,
    FOREIGN KEY (tenant, tenant_key_version) REFERENCES tenant_key (tenant, version)
) STRICT;

-- Keyed digests of who a request is about. A row goes when its request is erased.
CREATE TABLE person_index (
    tenant  TEXT NOT NULL,
    request TEXT NOT NULL,
    kind    TEXT NOT NULL CHECK (kind IN ('name_and_birth', 'member_id')),
    digest  BLOB NOT NULL CHECK (length(digest) = 32),
    PRIMARY KEY (tenant, request, kind),
    FOREIGN KEY (tenant, request) REFERENCES request (tenant, id)
) STRICT;
CREATE INDEX person_index_digest ON person_index (tenant, kind, digest);
