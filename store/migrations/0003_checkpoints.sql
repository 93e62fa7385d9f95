-- Signed checkpoints over the audit (rule A1). The key that signs is sealed under the key file, one for each practice; a checkpoint is
-- kept beside the rows it covers, in order, and is never changed or removed.

CREATE TABLE audit_key (
    tenant     TEXT    NOT NULL PRIMARY KEY REFERENCES practice (tenant),
    sealed     BLOB    NOT NULL, -- the Ed25519 seed
    created_at INTEGER NOT NULL
) STRICT;

CREATE TABLE audit_checkpoint (
    tenant TEXT    NOT NULL REFERENCES practice (tenant),
    size   INTEGER NOT NULL CHECK (size >= 1),                  -- it covers the rows with a lower seq
    peaks  BLOB    NOT NULL CHECK (length(peaks) % 32 = 0),     -- of the tree, so that it can grow on
    note   TEXT    NOT NULL,                                    -- the signed checkpoint
    PRIMARY KEY (tenant, size)
) STRICT;

CREATE TRIGGER audit_checkpoint_no_update BEFORE UPDATE ON audit_checkpoint
BEGIN
    SELECT RAISE(ABORT, 'audit checkpoints are append-only');
END;

CREATE TRIGGER audit_checkpoint_no_delete BEFORE DELETE ON audit_checkpoint
BEGIN
    SELECT RAISE(ABORT, 'audit checkpoints are append-only');
END;

-- A checkpoint covers the whole chain as it is. Also stops INSERT OR REPLACE, which fires no delete trigger.
CREATE TRIGGER audit_checkpoint_in_order BEFORE INSERT ON audit_checkpoint
WHEN NEW.size <> (SELECT ifnull(max(seq) + 1, 0) FROM audit WHERE tenant = NEW.tenant)
    OR EXISTS (SELECT 1 FROM audit_checkpoint WHERE tenant = NEW.tenant AND size >= NEW.size)
BEGIN
    SELECT RAISE(ABORT, 'an audit checkpoint must cover the whole chain');
END;
