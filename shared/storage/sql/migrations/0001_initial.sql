-- The first schema. Forward-only: a later change is a later file, and must run while the code before it is live.

CREATE TABLE tenants (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    name text NOT NULL UNIQUE,
    webhook_secret text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE keys (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    tenant_id uuid NOT NULL REFERENCES tenants,
    name text NOT NULL,
    hash bytea NOT NULL UNIQUE,
    scopes text[] NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    revoked_at timestamptz
);
CREATE INDEX keys_of_tenant ON keys (tenant_id, id);

-- Versioned: a row is never changed, the newest holds.
CREATE TABLE policies (
    tenant_id uuid NOT NULL REFERENCES tenants,
    version integer NOT NULL,
    document jsonb NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, version)
);

-- What lies in the object store as TENANT/SHA256. `refs` counts the jobs that point here; at 0 the collector deletes.
CREATE TABLE objects (
    tenant_id uuid NOT NULL REFERENCES tenants,
    sha256 bytea NOT NULL CHECK (octet_length(sha256) = 32),
    bytes bigint NOT NULL,
    format text NOT NULL,
    width integer,
    height integer,
    refs integer NOT NULL DEFAULT 0 CHECK (refs >= 0),
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, sha256)
);
CREATE INDEX objects_unreferenced ON objects (created_at) WHERE refs = 0;

CREATE TABLE jobs (
    id uuid NOT NULL DEFAULT uuidv7(),
    tenant_id uuid NOT NULL REFERENCES tenants,
    state text NOT NULL DEFAULT 'queued',
    stage text NOT NULL CHECK (stage IN ('fetch', 'score')),
    lane text NOT NULL CHECK (lane IN ('interactive', 'bulk')),
    url text,
    sha256 bytea,
    external_id text,
    -- json and not jsonb where nothing looks inside: people get their keys back in the order they gave them.
    metadata json NOT NULL DEFAULT '{}',
    callback_url text,
    allow_training boolean NOT NULL DEFAULT false,
    -- The fence, raised by a claim and by nothing else.
    attempt integer NOT NULL DEFAULT 0,
    failures integer NOT NULL DEFAULT 0,
    crashes integer NOT NULL DEFAULT 0,
    -- Its lease ran out once: from then on it is claimed alone, and only crashes alone count.
    suspect boolean NOT NULL DEFAULT false,
    alone boolean NOT NULL DEFAULT false,
    lease_until timestamptz,
    worker text,
    next_attempt_at timestamptz NOT NULL DEFAULT now(),
    score double precision CHECK (score BETWEEN 0 AND 1),
    verdict text,
    result json,
    error json,
    timings_ms jsonb NOT NULL DEFAULT '{}',
    created_at timestamptz NOT NULL DEFAULT now(),
    finished_at timestamptz,
    PRIMARY KEY (id),
    CHECK ((state = 'running') = (lease_until IS NOT NULL)),
    CHECK ((state = 'done') = (result IS NOT NULL))
) PARTITION BY RANGE (id);

CREATE INDEX jobs_due ON jobs (stage, lane, id) WHERE state = 'queued';
CREATE INDEX jobs_leased ON jobs (lease_until) WHERE state = 'running';
CREATE INDEX jobs_of_tenant ON jobs (tenant_id, id DESC);
CREATE INDEX jobs_by_external_id ON jobs (tenant_id, external_id, id DESC) WHERE external_id IS NOT NULL;
CREATE INDEX jobs_by_state ON jobs (tenant_id, state, id DESC);
CREATE INDEX jobs_by_verdict ON jobs (tenant_id, verdict, id DESC) WHERE verdict IS NOT NULL;

-- The least UUIDv7 of an instant (RFC 9562 section 5.7: 48 bits of Unix milliseconds, then the version).
CREATE FUNCTION uuidv7_floor(at timestamptz) RETURNS uuid
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
    SELECT (lpad(to_hex(greatest(floor(extract(epoch FROM at) * 1000), 0)::bigint), 12, '0') || '70008000000000000000')::uuid
$$;

-- One partition a month, from this month to `months_ahead`; those that exist are left alone.
CREATE FUNCTION ensure_job_partitions(months_ahead integer) RETURNS integer
LANGUAGE plpgsql AS $$
DECLARE
    month timestamptz;
    name text;
    made integer := 0;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('ensure_job_partitions'));
    FOR month IN
        SELECT generate_series(start, start + make_interval(months => months_ahead), interval '1 month')
        FROM (SELECT date_trunc('month', now() AT TIME ZONE 'UTC') AT TIME ZONE 'UTC' AS start) AS this
    LOOP
        name := 'jobs_' || to_char(month AT TIME ZONE 'UTC', 'YYYY_MM');
        CONTINUE WHEN to_regclass(name) IS NOT NULL;
        -- Made beside and attached: CREATE … PARTITION OF would lock all jobs against everybody.
        EXECUTE format(
            'CREATE TABLE %I (LIKE jobs INCLUDING DEFAULTS INCLUDING CONSTRAINTS) WITH (fillfactor = 80)', name
        );
        EXECUTE format(
            'ALTER TABLE jobs ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)',
            name, uuidv7_floor(month), uuidv7_floor(month + interval '1 month')
        );
        made := made + 1;
    END LOOP;
    RETURN made;
END $$;

-- `shared.domain.job.TRANSITIONS` again, where no code can go round it; a contract test compares the two.
CREATE FUNCTION is_legal_transition(before text, after text) RETURNS boolean
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
    SELECT CASE before
        WHEN 'queued' THEN after IN ('running', 'erased')
        WHEN 'running' THEN after IN ('queued', 'done', 'failed', 'dead', 'erased')
        WHEN 'done' THEN after = 'erased'
        WHEN 'failed' THEN after = 'erased'
        WHEN 'dead' THEN after = 'erased'
        ELSE false
    END
$$;

CREATE FUNCTION refuse_illegal_transition() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' AND NEW.state <> 'queued' THEN
        RAISE EXCEPTION 'a job begins as queued, not as %', NEW.state USING ERRCODE = 'check_violation';
    ELSIF TG_OP = 'UPDATE' AND NOT is_legal_transition(OLD.state, NEW.state) THEN
        RAISE EXCEPTION 'a job cannot go from % to %', OLD.state, NEW.state USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER refuse_illegal_beginning BEFORE INSERT ON jobs
    FOR EACH ROW EXECUTE FUNCTION refuse_illegal_transition();
CREATE TRIGGER refuse_illegal_transition BEFORE UPDATE OF state ON jobs
    FOR EACH ROW WHEN (OLD.state IS DISTINCT FROM NEW.state) EXECUTE FUNCTION refuse_illegal_transition();

-- Jobs by state without count(*): each statement leaves its differences, the sweeper folds them into `job_counts`.
-- Differences are inserted, never updated, so that no two transactions wait for one another here.
CREATE TABLE job_counts (
    state text NOT NULL,
    stage text NOT NULL,
    lane text NOT NULL,
    present bigint NOT NULL,
    entered bigint NOT NULL,
    PRIMARY KEY (state, stage, lane)
);
CREATE TABLE job_count_changes (
    state text NOT NULL,
    stage text NOT NULL,
    lane text NOT NULL,
    present integer NOT NULL,
    entered integer NOT NULL
);

CREATE FUNCTION count_new_jobs() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO job_count_changes
    SELECT state, stage, lane, count(*), count(*) FROM after GROUP BY state, stage, lane;
    RETURN NULL;
END $$;

CREATE FUNCTION count_moved_jobs() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO job_count_changes
    SELECT state, stage, lane, sum(present), sum(entered)
    FROM (
        SELECT o.state, o.stage, o.lane, -1 AS present, 0 AS entered
        FROM before o JOIN after n USING (id) WHERE (o.state, o.stage) <> (n.state, n.stage)
        UNION ALL
        SELECT n.state, n.stage, n.lane, 1, 1
        FROM before o JOIN after n USING (id) WHERE (o.state, o.stage) <> (n.state, n.stage)
    ) AS moves
    GROUP BY state, stage, lane;
    RETURN NULL;
END $$;

CREATE TRIGGER count_new_jobs AFTER INSERT ON jobs
    REFERENCING NEW TABLE AS after FOR EACH STATEMENT EXECUTE FUNCTION count_new_jobs();
CREATE TRIGGER count_moved_jobs AFTER UPDATE ON jobs
    REFERENCING OLD TABLE AS before NEW TABLE AS after FOR EACH STATEMENT EXECUTE FUNCTION count_moved_jobs();

-- Apart from the jobs, because a unique key of a partitioned table must hold the partition key.
CREATE TABLE idempotency_keys (
    tenant_id uuid NOT NULL REFERENCES tenants,
    key text NOT NULL,
    -- Hash of the request; empty once the job is erased, when the key still refuses a second job.
    fingerprint bytea NOT NULL,
    job_id uuid NOT NULL,
    expires_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, key)
);
CREATE INDEX idempotency_keys_of_job ON idempotency_keys (job_id);
CREATE INDEX idempotency_keys_expiry ON idempotency_keys (expires_at);

-- What people say of a result. Append-only; the trigger below keeps it so, but for erasure.
CREATE TABLE reviews (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    tenant_id uuid NOT NULL REFERENCES tenants,
    job_id uuid NOT NULL,
    label text NOT NULL CHECK (label IN ('human', 'ai', 'unsure')),
    reason text NOT NULL,
    reviewer text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX reviews_of_job ON reviews (job_id, id);

CREATE FUNCTION refuse_change() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'check_violation';
END $$;

CREATE TRIGGER append_only BEFORE UPDATE ON reviews FOR EACH ROW EXECUTE FUNCTION refuse_change();

-- A webhook to send: written in the transaction that finished the job, sent by the sender when due.
CREATE TABLE deliveries (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    tenant_id uuid NOT NULL REFERENCES tenants,
    job_id uuid NOT NULL,
    event text NOT NULL,
    url text NOT NULL,
    -- Null once the job is erased.
    body text,
    state text NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'delivered', 'exhausted', 'cancelled')),
    attempts integer NOT NULL DEFAULT 0,
    next_attempt_at timestamptz NOT NULL DEFAULT now(),
    lease_until timestamptz,
    created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX deliveries_due ON deliveries (tenant_id, next_attempt_at) WHERE state = 'pending';
CREATE INDEX deliveries_leased ON deliveries (tenant_id) WHERE state = 'pending' AND lease_until IS NOT NULL;
CREATE INDEX deliveries_of_job ON deliveries (job_id);

CREATE TABLE delivery_attempts (
    delivery_id uuid NOT NULL REFERENCES deliveries,
    attempt integer NOT NULL,
    status integer,
    response text,
    error text,
    duration_ms double precision NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (delivery_id, attempt)
);

-- Immutable; the files lie in the object store under the version's name.
CREATE TABLE model_versions (
    version text PRIMARY KEY,
    name text NOT NULL,
    sha256 bytea NOT NULL,
    card json NOT NULL,
    manifest json NOT NULL,
    origin text NOT NULL CHECK (origin IN ('shipped', 'trained', 'imported')),
    created_at timestamptz NOT NULL DEFAULT now()
);
CREATE TRIGGER immutable BEFORE UPDATE ON model_versions FOR EACH ROW EXECUTE FUNCTION refuse_change();

CREATE TABLE model_aliases (
    alias text PRIMARY KEY CHECK (alias IN ('champion', 'challenger', 'previous')),
    version text NOT NULL REFERENCES model_versions,
    changed_at timestamptz NOT NULL DEFAULT now()
);

-- One row a run; a run that publishes nothing is a normal outcome and stays on record.
CREATE TABLE retraining_runs (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    outcome text NOT NULL CHECK (outcome IN ('published', 'refused', 'not_enough_samples')),
    gold integer NOT NULL,
    candidates integer NOT NULL,
    detail text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE lanes (
    lane text PRIMARY KEY CHECK (lane IN ('interactive', 'bulk')),
    paused boolean NOT NULL DEFAULT false
);
INSERT INTO lanes (lane) VALUES ('interactive'), ('bulk');

SELECT ensure_job_partitions(6);
