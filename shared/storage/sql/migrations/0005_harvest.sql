-- What retraining may learn from: a decision about each sample, immutable snapshots of those that teach, and what the
-- operator's own reviewers say. Samples are references, never copies: erasing a job empties all that is said of it here.

-- Few jobs are lent for training, and those are looked for by age.
CREATE INDEX jobs_lent ON jobs (id) WHERE state = 'done' AND allow_training;

-- One row for each decision about a job; no refusal: admitted. Emptied, and never removed, when the job is erased.
CREATE TABLE ledger (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    -- No reference: the run's own row may be younger.
    run_id uuid NOT NULL,
    job_id uuid NOT NULL,
    tenant_id uuid NOT NULL REFERENCES tenants,
    -- `gold`: an operator's reviewer gave the label; `harvest`: the rules did.
    source text NOT NULL CHECK (source IN ('gold', 'harvest')),
    refusal text,
    sha256 bytea CHECK (octet_length(sha256) = 32),
    pdq bytea CHECK (octet_length(pdq) = 32),
    -- The version that gave the score.
    model text,
    score double precision CHECK (score BETWEEN 0 AND 1),
    -- The probability of AI that is taught.
    label double precision CHECK (label BETWEEN 0 AND 1),
    weight double precision CHECK (weight BETWEEN 0 AND 1),
    detail json,
    -- What binds a snapshot to the sample: gone with it, and then nothing in the snapshot tells which picture it was.
    seal bytea DEFAULT uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()),
    decided_at timestamptz NOT NULL DEFAULT now(),
    withdrawn_at timestamptz,
    UNIQUE (run_id, job_id),
    CHECK (refusal IS NOT NULL OR withdrawn_at IS NOT NULL OR (label IS NOT NULL AND sha256 IS NOT NULL)),
    CHECK (withdrawn_at IS NULL
           OR num_nonnulls(sha256, pdq, model, score, label, weight, detail, seal) = 0)
);
CREATE INDEX ledger_of_job ON ledger (job_id, id DESC);

CREATE FUNCTION refuse_ledger_change() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' OR OLD.withdrawn_at IS NOT NULL OR NEW.withdrawn_at IS NULL
        OR (NEW.id, NEW.run_id, NEW.job_id, NEW.tenant_id, NEW.source, NEW.decided_at)
            <> (OLD.id, OLD.run_id, OLD.job_id, OLD.tenant_id, OLD.source, OLD.decided_at)
        OR NEW.refusal IS DISTINCT FROM OLD.refusal
    THEN
        RAISE EXCEPTION 'the ledger is append-only, but for erasure' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON ledger FOR EACH ROW EXECUTE FUNCTION refuse_ledger_change();
CREATE TRIGGER append_only_as_a_whole BEFORE TRUNCATE ON ledger FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- What a harvest saw of a picture, kept until it has decided, so that one that was killed need not look again.
CREATE TABLE looks (
    job_id uuid PRIMARY KEY,
    tenant_id uuid NOT NULL REFERENCES tenants,
    run_id uuid NOT NULL,
    pdq bytea NOT NULL CHECK (octet_length(pdq) = 32),
    -- The champion's, of the picture as submitted and re-encoded.
    scores double precision[] NOT NULL,
    second_score double precision,
    -- float32, little-endian.
    embedding bytea
);

-- What a run trains on, as it stood: ids of the ledger and seals, no hash of a picture.
CREATE TABLE snapshots (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    run_id uuid NOT NULL UNIQUE,
    manifest json NOT NULL,
    sha256 bytea NOT NULL CHECK (octet_length(sha256) = 32),
    -- The share of AI among what was lent, as spot checks had it.
    prevalence_low double precision NOT NULL,
    prevalence_high double precision NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
);
CREATE TRIGGER immutable BEFORE UPDATE OR DELETE ON snapshots FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER immutable_as_a_whole BEFORE TRUNCATE ON snapshots FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TABLE snapshot_samples (
    snapshot_id uuid NOT NULL REFERENCES snapshots,
    ledger_id uuid NOT NULL REFERENCES ledger,
    PRIMARY KEY (snapshot_id, ledger_id)
);
CREATE INDEX snapshot_samples_of_ledger ON snapshot_samples (ledger_id);
CREATE TRIGGER immutable BEFORE UPDATE OR DELETE ON snapshot_samples
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER immutable_as_a_whole BEFORE TRUNCATE ON snapshot_samples
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- Jobs that an operator's reviewer is asked about: `random` ones tell the prevalence, `disagreement` ones teach most.
CREATE TABLE spot_checks (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    job_id uuid NOT NULL,
    tenant_id uuid NOT NULL REFERENCES tenants,
    kind text NOT NULL CHECK (kind IN ('random', 'disagreement')),
    drawn_at timestamptz NOT NULL DEFAULT now(),
    label text CHECK (label IN ('human', 'ai', 'unsure')),
    reason text,
    regression boolean NOT NULL DEFAULT false,
    key_id uuid REFERENCES keys,
    decided_at timestamptz,
    UNIQUE (job_id, kind),
    CHECK (num_nonnulls(label, reason, key_id, decided_at) IN (0, 4)),
    CHECK (NOT regression OR label IN ('human', 'ai'))
);
CREATE INDEX spot_checks_waiting ON spot_checks (id) WHERE decided_at IS NULL;
CREATE INDEX spot_checks_decided ON spot_checks (decided_at) WHERE decided_at IS NOT NULL;
CREATE INDEX spot_checks_drawn ON spot_checks (drawn_at);

-- Errors that must not come back: the gate tries every version on them, and nothing trains on them.
CREATE TABLE regression_cases (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    job_id uuid NOT NULL UNIQUE,
    tenant_id uuid NOT NULL REFERENCES tenants,
    label text NOT NULL CHECK (label IN ('human', 'ai')),
    -- Null until a harvest has looked at it; near-duplicates of a case train nothing either.
    pdq bytea CHECK (octet_length(pdq) = 32),
    created_at timestamptz NOT NULL DEFAULT now()
);

-- By the database itself, so that the code before this one erases it all too.
CREATE FUNCTION withdraw_from_training() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    UPDATE ledger
    SET sha256 = NULL, pdq = NULL, model = NULL, score = NULL, label = NULL, weight = NULL, detail = NULL, seal = NULL,
        withdrawn_at = now()
    WHERE job_id = NEW.id AND withdrawn_at IS NULL;
    DELETE FROM looks WHERE job_id = NEW.id;
    DELETE FROM spot_checks WHERE job_id = NEW.id;
    DELETE FROM regression_cases WHERE job_id = NEW.id;
    RETURN NULL;
END $$;

CREATE TRIGGER withdraw_from_training AFTER UPDATE OF state ON jobs
    FOR EACH ROW WHEN (NEW.state = 'erased') EXECUTE FUNCTION withdraw_from_training();

-- What may be learned from now: the job says so, and so does its tenant's newest policy. The one place that decides.
CREATE VIEW lent_jobs AS
SELECT jobs.id, jobs.tenant_id, jobs.sha256, jobs.lane, jobs.score, jobs.verdict, jobs.result, jobs.created_at
FROM jobs JOIN (
    SELECT DISTINCT ON (tenant_id) tenant_id, document FROM policies ORDER BY tenant_id, version DESC
) AS newest USING (tenant_id)
WHERE jobs.state = 'done' AND jobs.allow_training AND (newest.document ->> 'allow_training')::boolean;

-- A number in [0, 1) that is a job's own: the same jobs are in a share of them, whoever asks and whenever.
CREATE FUNCTION lot_of(id uuid) RETURNS double precision
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
    SELECT ('x' || encode(substr(sha256(uuid_send(id)), 1, 4), 'hex'))::bit(32)::bigint / 4294967296.0
$$;
