-- Who vouches for a version and which run made it, the numbers that runs hold, and pictures whose label is known.

-- `signed_by`: fingerprint of the key whose signature lay beside the files when they were registered.
ALTER TABLE model_versions
    ADD COLUMN signed_by text,
    ADD COLUMN run_id uuid REFERENCES retraining_runs;

-- A run that was killed and goes on finds the number that its candidate carries already; no other run gets it.
CREATE TABLE version_reservations (
    version text PRIMARY KEY,
    run_id uuid NOT NULL UNIQUE REFERENCES retraining_runs,
    reserved_at timestamptz NOT NULL DEFAULT now()
);

-- An owner is in one part for good, so that nothing of whom the guard set judges by is ever trained on. The row stays
-- when the last of its pictures goes.
CREATE TABLE gold_owners (
    owner text PRIMARY KEY,
    part text NOT NULL CHECK (part IN ('train', 'guard')),
    decided_at timestamptz NOT NULL DEFAULT now()
);
CREATE TRIGGER immutable BEFORE UPDATE OR DELETE ON gold_owners FOR EACH ROW EXECUTE FUNCTION refuse_change();

-- The installation's own, of no tenant; the bytes lie in the bucket of images under gold/SHA256. A row whose picture was
-- removed stays and says so, for there may be versions that were trained with it.
CREATE TABLE gold_images (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    sha256 bytea NOT NULL UNIQUE CHECK (octet_length(sha256) = 32),
    label text NOT NULL CHECK (label IN ('human', 'ai')),
    owner text NOT NULL REFERENCES gold_owners,
    kind text NOT NULL,
    bytes bigint NOT NULL,
    format text NOT NULL,
    width integer,
    height integer,
    pdq bytea CHECK (octet_length(pdq) = 32),
    added_by uuid REFERENCES keys,
    added_at timestamptz NOT NULL DEFAULT now(),
    removed_by uuid REFERENCES keys,
    removed_at timestamptz
);
CREATE INDEX gold_images_of_owner ON gold_images (owner) WHERE removed_at IS NULL;
