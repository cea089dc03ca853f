-- The map of evidence of a finished job, where its model drew one: a row a job, because most readers of jobs want none.

CREATE TABLE evidence_maps (
    job_id uuid PRIMARY KEY,
    tenant_id uuid NOT NULL REFERENCES tenants,
    columns smallint NOT NULL CHECK (columns > 0),
    -- `shared.domain.evidence.EvidenceMap` says what they mean.
    cells bytea NOT NULL CHECK (octet_length(cells) > 0 AND octet_length(cells) % columns = 0)
);

-- By the database itself, so that the code before this one erases maps too.
CREATE FUNCTION erase_evidence_map() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM evidence_maps WHERE job_id = NEW.id;
    RETURN NULL;
END $$;

CREATE TRIGGER erase_evidence_map AFTER UPDATE OF state ON jobs
    FOR EACH ROW WHEN (NEW.state = 'erased') EXECUTE FUNCTION erase_evidence_map();
