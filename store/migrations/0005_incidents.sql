-- Incidents (rule I2) and the egress ledger (rule V2; 45 CFR 164.528). Rules kept here:
--   * what happened, and every step since, is appended and never changed or removed;
--   * one event of one call is one incident, however often it is seen;
--   * a ledger is written once, when its call is over.

-- What a practice's incidents are bound to. The newest counts; the older ones stay.
CREATE TABLE incident_terms (
    tenant TEXT    NOT NULL REFERENCES practice (tenant),
    seq    INTEGER NOT NULL,
    terms  TEXT    NOT NULL, -- as JSON
    set_by TEXT    NOT NULL,
    set_at INTEGER NOT NULL,
    PRIMARY KEY (tenant, seq)
) STRICT;

CREATE TABLE incident (
    tenant        TEXT    NOT NULL REFERENCES practice (tenant),
    id            TEXT    NOT NULL,
    event         TEXT    NOT NULL,
    call          TEXT,             -- the call on which it happened
    vendor        TEXT,             -- the vendor it is about
    scope         TEXT    NOT NULL, -- which part of the ledger is concerned, as JSON
    everything    INTEGER NOT NULL CHECK (everything IN (0, 1)), -- the scope is the whole practice
    terms         TEXT    NOT NULL, -- those of the time of discovery, as JSON
    document      TEXT,             -- what reports it
    discovered_at INTEGER NOT NULL,
    opened_at     INTEGER NOT NULL CHECK (opened_at >= discovered_at),
    opened_by     TEXT    NOT NULL,
    PRIMARY KEY (tenant, id),
    FOREIGN KEY (tenant, call) REFERENCES call (tenant, id)
) STRICT;
CREATE UNIQUE INDEX incident_of_call
    ON incident (tenant, call, event, ifnull(vendor, '')) WHERE call IS NOT NULL;

-- The requests that an incident concerns, as they were when it was opened.
CREATE TABLE incident_request (
    tenant   TEXT NOT NULL,
    incident TEXT NOT NULL,
    request  TEXT NOT NULL,
    PRIMARY KEY (tenant, incident, request),
    FOREIGN KEY (tenant, incident) REFERENCES incident (tenant, id),
    FOREIGN KEY (tenant, request) REFERENCES request (tenant, id)
) STRICT;
CREATE INDEX incident_of_request ON incident_request (tenant, request);

CREATE TABLE incident_step (
    tenant   TEXT    NOT NULL,
    incident TEXT    NOT NULL,
    seq      INTEGER NOT NULL CHECK (seq >= 0),
    state    TEXT    NOT NULL CHECK (state IN ('contained', 'assessed', 'notified', 'closed')),
    step     TEXT    NOT NULL, -- as JSON
    taken_by TEXT    NOT NULL,
    taken_at INTEGER NOT NULL,
    PRIMARY KEY (tenant, incident, seq),
    FOREIGN KEY (tenant, incident) REFERENCES incident (tenant, id)
) STRICT;

-- One row for what one recipient was sent on a call in one go, or of one kind within a minute.
CREATE TABLE egress (
    tenant  TEXT    NOT NULL,
    call    TEXT    NOT NULL,
    seq     INTEGER NOT NULL CHECK (seq >= 0),
    at      INTEGER NOT NULL,
    vendor  TEXT,             -- absent: the far end
    role    TEXT,
    purpose TEXT    NOT NULL,
    fields  TEXT    NOT NULL, -- their names, as JSON
    bytes   INTEGER NOT NULL CHECK (bytes >= 0),
    PRIMARY KEY (tenant, call, seq),
    FOREIGN KEY (tenant, call) REFERENCES call (tenant, id),
    CHECK ((vendor IS NULL) = (role IS NULL))
) STRICT;
CREATE INDEX egress_by_vendor ON egress (tenant, vendor, at);

-- That a call's ledger was kept, and whether all of it was. A call that was placed and has none lost it with its process.
CREATE TABLE egress_ledger (
    tenant     TEXT    NOT NULL,
    call       TEXT    NOT NULL,
    entries    INTEGER NOT NULL CHECK (entries >= 0),
    overflowed INTEGER NOT NULL CHECK (overflowed >= 0),
    kept_at    INTEGER NOT NULL,
    PRIMARY KEY (tenant, call),
    FOREIGN KEY (tenant, call) REFERENCES call (tenant, id)
) STRICT;

-- What incidents that are not closed hold: a request, or everything of a practice where there is none.
CREATE VIEW held_by_incident (tenant, incident, request) AS
    SELECT incident.tenant, incident.id, incident_request.request
    FROM incident LEFT JOIN incident_request
        ON incident_request.tenant = incident.tenant AND incident_request.incident = incident.id
        AND incident.everything = 0
    WHERE (incident.everything = 1 OR incident_request.request IS NOT NULL)
        AND NOT EXISTS (SELECT 1 FROM incident_step AS step
            WHERE step.tenant = incident.tenant AND step.incident = incident.id AND step.state = 'closed');

-- What may be neither purged nor erased. A hold that somebody placed counts, and so does an incident that is not closed.
CREATE VIEW held (tenant, request) AS
    SELECT tenant, request FROM legal_hold WHERE lifted_at IS NULL
    UNION ALL
    SELECT tenant, request FROM held_by_incident;

CREATE TRIGGER incident_no_update BEFORE UPDATE ON incident
BEGIN
    SELECT RAISE(ABORT, 'incidents are never changed');
END;

CREATE TRIGGER incident_no_delete BEFORE DELETE ON incident
BEGIN
    SELECT RAISE(ABORT, 'incidents are never removed');
END;

CREATE TRIGGER incident_request_no_update BEFORE UPDATE ON incident_request
BEGIN
    SELECT RAISE(ABORT, 'whom an incident concerns is never changed');
END;

CREATE TRIGGER incident_request_no_delete BEFORE DELETE ON incident_request
BEGIN
    SELECT RAISE(ABORT, 'whom an incident concerns is never removed');
END;

CREATE TRIGGER incident_step_no_update BEFORE UPDATE ON incident_step
BEGIN
    SELECT RAISE(ABORT, 'steps of an incident are append-only');
END;

CREATE TRIGGER incident_step_no_delete BEFORE DELETE ON incident_step
BEGIN
    SELECT RAISE(ABORT, 'steps of an incident are append-only');
END;

-- Also stops INSERT OR REPLACE, which fires no delete trigger.
CREATE TRIGGER incident_step_in_order BEFORE INSERT ON incident_step
WHEN NEW.seq <> (
    SELECT ifnull(max(seq) + 1, 0) FROM incident_step
    WHERE tenant = NEW.tenant AND incident = NEW.incident
)
BEGIN
    SELECT RAISE(ABORT, 'a step must follow the last one');
END;

CREATE TRIGGER incident_terms_no_update BEFORE UPDATE ON incident_terms
BEGIN
    SELECT RAISE(ABORT, 'terms are append-only');
END;

CREATE TRIGGER incident_terms_no_delete BEFORE DELETE ON incident_terms
BEGIN
    SELECT RAISE(ABORT, 'terms are append-only');
END;

CREATE TRIGGER egress_no_update BEFORE UPDATE ON egress
BEGIN
    SELECT RAISE(ABORT, 'ledger entries are never changed');
END;

CREATE TRIGGER egress_no_delete BEFORE DELETE ON egress
BEGIN
    SELECT RAISE(ABORT, 'ledger entries are never removed');
END;

-- A ledger that was kept is whole: nothing is added to it.
CREATE TRIGGER egress_closed BEFORE INSERT ON egress
WHEN EXISTS (SELECT 1 FROM egress_ledger WHERE tenant = NEW.tenant AND call = NEW.call)
BEGIN
    SELECT RAISE(ABORT, 'the ledger of this call is closed');
END;

-- Each row goes in once: so INSERT OR REPLACE is stopped, too, which fires no delete trigger.
CREATE TRIGGER incident_once BEFORE INSERT ON incident
WHEN EXISTS (SELECT 1 FROM incident WHERE tenant = NEW.tenant AND id = NEW.id)
    OR EXISTS (SELECT 1 FROM incident WHERE tenant = NEW.tenant AND call = NEW.call AND event = NEW.event
        AND vendor IS NEW.vendor)
BEGIN
    SELECT RAISE(ABORT, 'incidents are never replaced');
END;

CREATE TRIGGER incident_request_once BEFORE INSERT ON incident_request
WHEN EXISTS (SELECT 1 FROM incident_request WHERE tenant = NEW.tenant AND incident = NEW.incident AND request = NEW.request)
BEGIN
    SELECT RAISE(ABORT, 'whom an incident concerns is never replaced');
END;

CREATE TRIGGER incident_terms_once BEFORE INSERT ON incident_terms
WHEN EXISTS (SELECT 1 FROM incident_terms WHERE tenant = NEW.tenant AND seq = NEW.seq)
BEGIN
    SELECT RAISE(ABORT, 'terms are never replaced');
END;

CREATE TRIGGER egress_once BEFORE INSERT ON egress
WHEN EXISTS (SELECT 1 FROM egress WHERE tenant = NEW.tenant AND call = NEW.call AND seq = NEW.seq)
BEGIN
    SELECT RAISE(ABORT, 'ledger entries are never replaced');
END;

CREATE TRIGGER egress_ledger_no_update BEFORE UPDATE ON egress_ledger
BEGIN
    SELECT RAISE(ABORT, 'a ledger that was kept is never changed');
END;

CREATE TRIGGER egress_ledger_no_delete BEFORE DELETE ON egress_ledger
BEGIN
    SELECT RAISE(ABORT, 'a ledger that was kept is never removed');
END;

CREATE TRIGGER egress_ledger_once BEFORE INSERT ON egress_ledger
WHEN EXISTS (SELECT 1 FROM egress_ledger WHERE tenant = NEW.tenant AND call = NEW.call)
BEGIN
    SELECT RAISE(ABORT, 'a ledger that was kept is never replaced');
END;
