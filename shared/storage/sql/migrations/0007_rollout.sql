-- How versions come into service: their states, every move, what the challenger says beside the champion, and drift.

-- A removed version takes its state along; what was logged of it stays.
CREATE TABLE model_states (
    version text PRIMARY KEY REFERENCES model_versions ON DELETE CASCADE,
    state text NOT NULL DEFAULT 'available',
    since timestamptz NOT NULL DEFAULT now(),
    -- Whether the sweeper may move it on; a person may always.
    automatic boolean NOT NULL DEFAULT false,
    run_id uuid
);
CREATE UNIQUE INDEX one_champion ON model_states ((true)) WHERE state = 'champion';
CREATE UNIQUE INDEX one_challenger ON model_states ((true)) WHERE state IN ('shadow', 'canary');

INSERT INTO model_states (version, state)
SELECT version,
       CASE WHEN 'champion' = ANY(aliases) THEN 'champion'
            WHEN 'challenger' = ANY(aliases) THEN 'shadow'
            WHEN 'previous' = ANY(aliases) THEN 'retired'
            ELSE 'available' END
FROM (
    SELECT version, ARRAY(SELECT alias FROM model_aliases AS own WHERE own.version = model_versions.version) AS aliases
    FROM model_versions
) AS versions;

-- `shared.domain.lifecycle.MOVES` again, where no code can go round it; a contract test compares the two.
CREATE FUNCTION is_legal_model_move(before text, after text) RETURNS boolean
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
    SELECT CASE before
        WHEN 'available' THEN after IN ('shadow', 'canary', 'champion')
        WHEN 'shadow' THEN after IN ('available', 'canary', 'champion', 'stopped')
        WHEN 'canary' THEN after IN ('available', 'champion', 'stopped')
        WHEN 'champion' THEN after = 'retired'
        WHEN 'retired' THEN after IN ('shadow', 'champion')
        WHEN 'stopped' THEN after IN ('shadow', 'champion')
        ELSE false
    END
$$;

CREATE FUNCTION refuse_illegal_model_move() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' AND NEW.state <> 'available' THEN
        RAISE EXCEPTION 'a version begins as available, not as %', NEW.state USING ERRCODE = 'check_violation';
    ELSIF TG_OP = 'UPDATE' AND NOT is_legal_model_move(OLD.state, NEW.state) THEN
        RAISE EXCEPTION 'a version cannot go from % to %', OLD.state, NEW.state USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER refuse_illegal_beginning BEFORE INSERT ON model_states
    FOR EACH ROW EXECUTE FUNCTION refuse_illegal_model_move();
CREATE TRIGGER refuse_illegal_move BEFORE UPDATE OF state ON model_states
    FOR EACH ROW WHEN (OLD.state IS DISTINCT FROM NEW.state) EXECUTE FUNCTION refuse_illegal_model_move();

-- By the database itself, so that a version that the code before this one registers has a state too.
CREATE FUNCTION begin_model_state() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO model_states (version) VALUES (NEW.version);
    RETURN NULL;
END $$;
CREATE TRIGGER begin_model_state AFTER INSERT ON model_versions FOR EACH ROW EXECUTE FUNCTION begin_model_state();

-- The code before this one moves aliases alone. This one moves the state first, and finds nothing left to do here.
CREATE FUNCTION follow_alias() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.alias = 'champion' THEN
        UPDATE model_states SET state = 'retired', since = now(), automatic = false
        WHERE state = 'champion' AND version <> NEW.version;
        UPDATE model_states SET state = 'champion', since = now(), automatic = false
        WHERE state <> 'champion' AND version = NEW.version;
    ELSIF NEW.alias = 'challenger' THEN
        UPDATE model_states SET state = 'available', since = now(), automatic = false
        WHERE state IN ('shadow', 'canary') AND version <> NEW.version;
        UPDATE model_states SET state = 'shadow', since = now(), automatic = false
        WHERE state IN ('available', 'retired', 'stopped') AND version = NEW.version;
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER follow_alias AFTER INSERT OR UPDATE ON model_aliases FOR EACH ROW EXECUTE FUNCTION follow_alias();

CREATE TABLE model_moves (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    version text NOT NULL,
    before text NOT NULL,
    after text NOT NULL,
    -- Null: by itself.
    key_id uuid REFERENCES keys,
    why text NOT NULL,
    numbers jsonb NOT NULL DEFAULT '{}',
    run_id uuid,
    at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX model_moves_of_version ON model_moves (version, id DESC);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON model_moves FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER append_only_as_a_whole BEFORE TRUNCATE ON model_moves
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- One row: whether versions may come into service by themselves.
CREATE TABLE model_freeze (
    single boolean PRIMARY KEY DEFAULT true CHECK (single),
    frozen boolean NOT NULL DEFAULT false,
    since timestamptz NOT NULL DEFAULT now(),
    why text
);
INSERT INTO model_freeze DEFAULT VALUES;

-- What the challenger says beside the champion. One row a picture, whoever sends it and how often, so that nobody decides
-- by sending one picture many times.
CREATE TABLE shadow_scores (
    challenger text NOT NULL REFERENCES model_versions ON DELETE CASCADE,
    -- Whose answer the job got: `shadow`, the champion's; `canary`, the challenger's.
    phase text NOT NULL CHECK (phase IN ('shadow', 'canary')),
    sha256 bytea NOT NULL CHECK (octet_length(sha256) = 32),
    job_id uuid NOT NULL,
    tenant_id uuid NOT NULL REFERENCES tenants,
    lane text NOT NULL CHECK (lane IN ('interactive', 'bulk')),
    score double precision CHECK (score BETWEEN 0 AND 1),
    verdict text,
    champion text NOT NULL,
    champion_score double precision NOT NULL CHECK (champion_score BETWEEN 0 AND 1),
    champion_verdict text NOT NULL,
    -- Why the challenger has no score.
    error text,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (challenger, phase, sha256),
    CHECK ((score IS NULL) = (error IS NOT NULL))
);
CREATE INDEX shadow_scores_latest ON shadow_scores (challenger, phase, created_at DESC);
CREATE INDEX shadow_scores_of_job ON shadow_scores (job_id);
CREATE INDEX shadow_scores_by_age ON shadow_scores (created_at);

CREATE FUNCTION erase_shadow_scores() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM shadow_scores WHERE job_id = NEW.id;
    RETURN NULL;
END $$;
CREATE TRIGGER erase_shadow_scores AFTER UPDATE OF state ON jobs
    FOR EACH ROW WHEN (NEW.state = 'erased') EXECUTE FUNCTION erase_shadow_scores();

-- Sums alone: `tenant` is an id, or `other` for all but the busiest, or `all`.
CREATE TABLE score_references (
    tenant text NOT NULL,
    version text NOT NULL,
    bins bigint[] NOT NULL CHECK (cardinality(bins) = 10),
    taken_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant, version)
);
CREATE TABLE drift (
    tenant text NOT NULL,
    version text NOT NULL,
    scored bigint NOT NULL,
    -- Null: too few scores, or no reference yet.
    psi double precision,
    uncertain double precision NOT NULL,
    reviewed bigint NOT NULL,
    overturned bigint NOT NULL,
    measured_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant, version)
);
