-- Proofs that a number of class test is one's own (rule N3): each asking of the carrier, and whether the code was keyed.
-- The code itself is kept nowhere.

CREATE TABLE number_proof (
    tenant    TEXT    NOT NULL REFERENCES practice (tenant),
    decision  TEXT    NOT NULL, -- the decision under which the carrier was asked: one asking each
    entry     TEXT    NOT NULL,
    carrier   TEXT    NOT NULL,
    asked_by  TEXT    NOT NULL,
    asked_at  INTEGER NOT NULL,
    reference TEXT, -- the carrier's own record of the number
    keyed_at  INTEGER,
    PRIMARY KEY (tenant, decision),
    FOREIGN KEY (tenant, decision) REFERENCES decision (tenant, id),
    FOREIGN KEY (tenant, entry) REFERENCES allowlist (tenant, id),
    CHECK ((reference IS NULL) = (keyed_at IS NULL))
) STRICT;
CREATE INDEX number_proof_of_entry ON number_proof (tenant, entry, asked_at);

-- The carrier's answer is the one change, and comes once.
CREATE TRIGGER number_proof_answered_once BEFORE UPDATE ON number_proof
WHEN OLD.keyed_at IS NOT NULL OR NEW.keyed_at IS NULL
    OR NEW.tenant <> OLD.tenant OR NEW.decision <> OLD.decision OR NEW.entry <> OLD.entry
    OR NEW.carrier <> OLD.carrier OR NEW.asked_by <> OLD.asked_by OR NEW.asked_at <> OLD.asked_at
BEGIN
    SELECT RAISE(ABORT, 'a proof is answered once, and not changed otherwise');
END;

CREATE TRIGGER number_proof_no_delete BEFORE DELETE ON number_proof
BEGIN
    SELECT RAISE(ABORT, 'proofs are never removed');
END;

CREATE TRIGGER number_proof_once BEFORE INSERT ON number_proof
WHEN EXISTS (SELECT 1 FROM number_proof WHERE tenant = NEW.tenant AND decision = NEW.decision)
BEGIN
    SELECT RAISE(ABORT, 'proofs are never replaced');
END;
