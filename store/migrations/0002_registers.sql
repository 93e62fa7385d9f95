-- Registers of what people said to being called: consent, opt-outs and the human-only list, and what is known of a patient's number
-- (rules C1, C2, C4). Rows are added and never changed or removed; where something stands follows from all of them.
--   * Numbers and people are named by keyed digests (HMAC-SHA-256 under the tenant's register key), so that equal ones are found and
--     none can be read. Where a number must be shown it is sealed under the same key.

CREATE TABLE register_key (
    tenant             TEXT    NOT NULL PRIMARY KEY REFERENCES practice (tenant),
    tenant_key_version INTEGER NOT NULL,
    wrapped            BLOB    NOT NULL,
    FOREIGN KEY (tenant, tenant_key_version) REFERENCES tenant_key (tenant, version)
) STRICT;

-- Which requests are about one person. Goes when the request is erased.
CREATE TABLE request_person (
    tenant  TEXT NOT NULL,
    request TEXT NOT NULL,
    person  BLOB NOT NULL CHECK (length(person) = 32),
    PRIMARY KEY (tenant, request),
    FOREIGN KEY (tenant, request) REFERENCES request (tenant, id)
) STRICT;
CREATE INDEX request_of_person ON request_person (tenant, person);

CREATE TABLE consent_event (
    tenant  TEXT    NOT NULL REFERENCES practice (tenant),
    id      TEXT    NOT NULL,
    kind    TEXT    NOT NULL CHECK (kind IN ('ai_call', 'prior_express')),
    act     TEXT    NOT NULL CHECK (act IN ('granted', 'refused', 'revoked')),
    request TEXT, -- about which request it was written down
    person  BLOB CHECK (length(person) = 32),
    number  BLOB CHECK (length(number) = 32),
    at      INTEGER NOT NULL,
    content TEXT    NOT NULL, -- the whole event as JSON
    PRIMARY KEY (tenant, id),
    FOREIGN KEY (tenant, request) REFERENCES request (tenant, id),
    CHECK ((kind = 'prior_express') = (number IS NOT NULL)),
    CHECK (kind <> 'ai_call' OR (request IS NULL) <> (person IS NULL)) -- never both: an erased request is nobody's
) STRICT;
CREATE INDEX consent_of_request ON consent_event (tenant, request) WHERE request IS NOT NULL;
CREATE INDEX consent_of_person ON consent_event (tenant, person) WHERE person IS NOT NULL;
CREATE INDEX consent_of_number ON consent_event (tenant, number) WHERE number IS NOT NULL;

CREATE TABLE opt_out (
    tenant        TEXT    NOT NULL REFERENCES practice (tenant),
    id            TEXT    NOT NULL,
    kind          TEXT    NOT NULL CHECK (kind IN ('do_not_call', 'human_only')),
    number        BLOB CHECK (length(number) = 32),
    number_sealed BLOB,
    person        BLOB CHECK (length(person) = 32),
    content       TEXT    NOT NULL, -- the opt-out as JSON, without number and person
    at            INTEGER NOT NULL,
    PRIMARY KEY (tenant, id),
    CHECK ((number IS NULL) <> (person IS NULL)),
    CHECK ((number IS NULL) = (number_sealed IS NULL))
) STRICT;
CREATE INDEX opt_out_of_number ON opt_out (tenant, number) WHERE number IS NOT NULL;
CREATE INDEX opt_out_of_person ON opt_out (tenant, person) WHERE person IS NOT NULL;

CREATE TABLE opt_out_lift (
    tenant    TEXT    NOT NULL,
    opt_out   TEXT    NOT NULL,
    lifted_by TEXT    NOT NULL,
    at        INTEGER NOT NULL,
    reason    BLOB    NOT NULL, -- sealed: people write names into it
    PRIMARY KEY (tenant, opt_out),
    FOREIGN KEY (tenant, opt_out) REFERENCES opt_out (tenant, id)
) STRICT;

CREATE TABLE contact_note (
    tenant      TEXT    NOT NULL REFERENCES practice (tenant),
    id          TEXT    NOT NULL,
    number      BLOB    NOT NULL CHECK (length(number) = 32),
    kind        TEXT    NOT NULL CHECK (kind IN ('national', 'reassigned', 'preference', 'residence')),
    content     TEXT    NOT NULL, -- the note as JSON
    recorded_at INTEGER NOT NULL,
    PRIMARY KEY (tenant, id)
) STRICT;
CREATE INDEX contact_of_number ON contact_note (tenant, number, kind, recorded_at);

-- What was said when a request was accepted becomes the first event of its history.
INSERT INTO consent_event (tenant, id, kind, act, request, person, number, at, content)
SELECT tenant, id, 'ai_call', act, id, NULL, NULL,
    CAST(strftime('%s', json_extract(said, '$.at')) AS INTEGER) * 1000000,
    json_object('id', id, 'to', 'ai_call', 'act', act, 'at', json_extract(said, '$.at'), 'given_by', 'patient',
        'method', json_extract(said, '$.method'), 'evidence', json_extract(said, '$.evidence'),
        'recorded_by', json('{"node":"migration-2"}'),
        'recorded_at', strftime('%Y-%m-%dT%H:%M:%SZ', created_at / 1000000, 'unixepoch'))
FROM (
    SELECT tenant, id, created_at, 'granted' AS act, json_extract(consent, '$.granted') AS said FROM request
    UNION ALL
    SELECT tenant, id, created_at, 'refused', json_extract(consent, '$.refused') FROM request
) WHERE said IS NOT NULL;

CREATE TRIGGER consent_event_no_update BEFORE UPDATE ON consent_event
BEGIN
    SELECT RAISE(ABORT, 'what was said to consent is never changed');
END;

CREATE TRIGGER consent_event_no_delete BEFORE DELETE ON consent_event
BEGIN
    SELECT RAISE(ABORT, 'what was said to consent is never removed');
END;

CREATE TRIGGER consent_event_once BEFORE INSERT ON consent_event
WHEN EXISTS (SELECT 1 FROM consent_event WHERE tenant = NEW.tenant AND id = NEW.id)
BEGIN
    SELECT RAISE(ABORT, 'what was said to consent is never replaced');
END;

CREATE TRIGGER opt_out_no_update BEFORE UPDATE ON opt_out
BEGIN
    SELECT RAISE(ABORT, 'opt-outs are never changed');
END;

CREATE TRIGGER opt_out_no_delete BEFORE DELETE ON opt_out
BEGIN
    SELECT RAISE(ABORT, 'opt-outs are never removed');
END;

CREATE TRIGGER opt_out_once BEFORE INSERT ON opt_out
WHEN EXISTS (SELECT 1 FROM opt_out WHERE tenant = NEW.tenant AND id = NEW.id)
BEGIN
    SELECT RAISE(ABORT, 'opt-outs are never replaced');
END;

CREATE TRIGGER opt_out_lift_no_update BEFORE UPDATE ON opt_out_lift
BEGIN
    SELECT RAISE(ABORT, 'the lifting of an opt-out is never changed');
END;

CREATE TRIGGER opt_out_lift_no_delete BEFORE DELETE ON opt_out_lift
BEGIN
    SELECT RAISE(ABORT, 'the lifting of an opt-out is never removed');
END;

CREATE TRIGGER opt_out_lift_once BEFORE INSERT ON opt_out_lift
WHEN EXISTS (SELECT 1 FROM opt_out_lift WHERE tenant = NEW.tenant AND opt_out = NEW.opt_out)
BEGIN
    SELECT RAISE(ABORT, 'the lifting of an opt-out is never replaced');
END;

CREATE TRIGGER contact_note_no_update BEFORE UPDATE ON contact_note
BEGIN
    SELECT RAISE(ABORT, 'notes about a number are never changed');
END;

CREATE TRIGGER contact_note_no_delete BEFORE DELETE ON contact_note
BEGIN
    SELECT RAISE(ABORT, 'notes about a number are never removed');
END;

CREATE TRIGGER contact_note_once BEFORE INSERT ON contact_note
WHEN EXISTS (SELECT 1 FROM contact_note WHERE tenant = NEW.tenant AND id = NEW.id)
BEGIN
    SELECT RAISE(ABORT, 'notes about a number are never replaced');
END;
