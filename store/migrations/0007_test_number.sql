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
