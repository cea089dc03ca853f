-- Retraining runs that are asked for, watched and taken up again: the row is the truth, a message only rings.

-- The code before this writes a run that has ended, with `outcome`, `gold`, `candidates` and `detail`: so the defaults.
ALTER TABLE retraining_runs
    ALTER COLUMN outcome DROP NOT NULL,
    ALTER COLUMN gold DROP NOT NULL,
    ALTER COLUMN candidates DROP NOT NULL,
    ALTER COLUMN detail DROP NOT NULL,
    ADD COLUMN state text NOT NULL DEFAULT 'finished'
        CHECK (state IN ('queued', 'running', 'finished', 'failed', 'cancelled')),
    -- Where it is, or where it ended; null until it was begun.
    ADD COLUMN stage text CHECK (stage IN ('harvest', 'snapshot', 'train', 'evaluate', 'gate', 'publish')),
    ADD COLUMN mode text NOT NULL DEFAULT 'head' CHECK (mode IN ('head', 'full', 'mixed')),
    ADD COLUMN min_samples integer NOT NULL DEFAULT 0 CHECK (min_samples >= 0),
    ADD COLUMN seed bigint NOT NULL DEFAULT 0 CHECK (seed >= 0),
    -- The key that asked for it; null: the schedule. No reference: a run outlives the key.
    ADD COLUMN requested_by uuid,
    ADD COLUMN idempotency_key text,
    -- The version that was champion when the run began: what it warms up from and is measured against.
    ADD COLUMN champion text,
    ADD COLUMN progress json,
    -- What each stage gave, in their order; the last stage gives `version`.
    ADD COLUMN harvest json,
    ADD COLUMN snapshot json,
    ADD COLUMN candidate json,
    ADD COLUMN evaluation json,
    ADD COLUMN judgement json,
    ADD COLUMN version text,
    -- Why it failed, in one line.
    ADD COLUMN failure text,
    -- How often the present stage was begun.
    ADD COLUMN attempts integer NOT NULL DEFAULT 0,
    -- Raised by a claim and by nothing else: a retrainer that was superseded changes nothing.
    ADD COLUMN fence integer NOT NULL DEFAULT 0,
    ADD COLUMN cancel_requested boolean NOT NULL DEFAULT false,
    ADD COLUMN heartbeat_at timestamptz,
    ADD COLUMN started_at timestamptz,
    ADD COLUMN finished_at timestamptz,
    ADD CONSTRAINT an_outcome_is_of_a_finished_run CHECK ((state = 'finished') = (outcome IS NOT NULL)),
    ADD CONSTRAINT a_failure_is_of_a_failed_run CHECK ((state = 'failed') = (failure IS NOT NULL));

UPDATE retraining_runs SET started_at = created_at, finished_at = created_at;

CREATE INDEX retraining_runs_to_do ON retraining_runs (id) WHERE state IN ('queued', 'running');
CREATE UNIQUE INDEX retraining_runs_asked_for ON retraining_runs (requested_by, idempotency_key)
    WHERE idempotency_key IS NOT NULL;

-- `shared.domain.retraining.TRANSITIONS` again, where no code can go round it; a contract test compares the two.
CREATE FUNCTION is_legal_run_transition(before text, after text) RETURNS boolean
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
    SELECT CASE before
        WHEN 'queued' THEN after IN ('running', 'cancelled')
        WHEN 'running' THEN after IN ('queued', 'finished', 'failed', 'cancelled')
        ELSE false
    END
$$;

CREATE FUNCTION refuse_illegal_run_transition() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    IF NOT is_legal_run_transition(OLD.state, NEW.state) THEN
        RAISE EXCEPTION 'a retraining run cannot go from % to %', OLD.state, NEW.state USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER refuse_illegal_run_transition BEFORE UPDATE OF state ON retraining_runs
    FOR EACH ROW WHEN (OLD.state IS DISTINCT FROM NEW.state) EXECUTE FUNCTION refuse_illegal_run_transition();

-- Who could take a run. `schedule_seconds`: between two scheduled runs; null while none is due.
CREATE TABLE retrainers (
    name text PRIMARY KEY,
    schedule_seconds double precision,
    seen_at timestamptz NOT NULL DEFAULT now()
);
