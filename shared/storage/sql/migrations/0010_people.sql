-- A person decides: what the reviews of a job come to, permanent links to results, and appeals against them.

ALTER TABLE reviews
    ADD COLUMN checklist json NOT NULL DEFAULT '{}',
    -- The appeal that this review decided; null: it decided none.
    ADD COLUMN appeal_id uuid;

-- What the reviews of a job come to: a row a job, because most jobs have none.
CREATE TABLE opinions (
    job_id uuid PRIMARY KEY,
    tenant_id uuid NOT NULL REFERENCES tenants,
    -- `shared.domain.review.Said` says what they mean.
    said text NOT NULL CHECK (said IN ('human', 'ai', 'disputed', 'unsure')),
    human integer NOT NULL,
    ai integer NOT NULL,
    unsure integer NOT NULL
);
CREATE INDEX opinions_of_tenant ON opinions (tenant_id, said, job_id DESC);

-- The newest label of each reviewer counts, and the majority of those who are sure; a decision on an appeal begins the
-- count anew. By the database itself, so that it holds for reviews that the code before this one adds.
CREATE FUNCTION form_opinion(of_job uuid, of_tenant uuid) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    -- Whoever reviews the same job at this moment is waited for here; the count below then sees that review.
    INSERT INTO opinions VALUES (of_job, of_tenant, 'unsure', 0, 0, 0) ON CONFLICT (job_id) DO NOTHING;
    PERFORM 1 FROM opinions WHERE job_id = of_job FOR UPDATE;
    WITH begun AS (
        SELECT id FROM reviews WHERE job_id = of_job AND appeal_id IS NOT NULL ORDER BY id DESC LIMIT 1
    ), newest AS (
        SELECT DISTINCT ON (reviewer) label FROM reviews
        WHERE job_id = of_job AND id >= coalesce((SELECT id FROM begun), '00000000-0000-0000-0000-000000000000')
        ORDER BY reviewer, id DESC
    ), votes AS (
        SELECT count(*) FILTER (WHERE label = 'human') AS human, count(*) FILTER (WHERE label = 'ai') AS ai,
            count(*) FILTER (WHERE label = 'unsure') AS unsure
        FROM newest
    )
    UPDATE opinions
    SET human = votes.human, ai = votes.ai, unsure = votes.unsure,
        said = CASE
            WHEN votes.human > votes.ai THEN 'human'
            WHEN votes.ai > votes.human THEN 'ai'
            WHEN votes.ai > 0 THEN 'disputed'
            ELSE 'unsure'
        END
    FROM votes WHERE opinions.job_id = of_job;
END $$;

CREATE FUNCTION form_opinion_of_review() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    PERFORM form_opinion(NEW.job_id, NEW.tenant_id);
    RETURN NULL;
END $$;

CREATE TRIGGER form_opinion AFTER INSERT ON reviews FOR EACH ROW EXECUTE FUNCTION form_opinion_of_review();

SELECT form_opinion(job_id, tenant_id) FROM (SELECT DISTINCT job_id, tenant_id FROM reviews) AS reviewed;

-- Whoever holds a link's token reads the result. Of the token only the SHA-256 is kept.
CREATE TABLE links (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    tenant_id uuid NOT NULL REFERENCES tenants,
    job_id uuid NOT NULL,
    hash bytea NOT NULL UNIQUE CHECK (octet_length(hash) = 32),
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz,
    revoked_at timestamptz
);
CREATE INDEX links_of_job ON links (job_id, id);

CREATE TABLE appeals (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    tenant_id uuid NOT NULL REFERENCES tenants,
    job_id uuid NOT NULL,
    link_id uuid NOT NULL REFERENCES links,
    state text NOT NULL DEFAULT 'open',
    -- The verdict that held, and that is appealed against; null: the job had none.
    verdict text,
    message text NOT NULL,
    contact text,
    outcome_reason text,
    reviewer text,
    created_at timestamptz NOT NULL DEFAULT now(),
    decided_at timestamptz,
    CHECK ((state = 'open') = (decided_at IS NULL)),
    CHECK ((state = 'open') = (outcome_reason IS NULL))
);
CREATE INDEX appeals_of_job ON appeals (job_id, id);
CREATE INDEX appeals_of_tenant ON appeals (tenant_id, id DESC);
CREATE INDEX appeals_open ON appeals (tenant_id, state, id DESC);

-- `shared.domain.appeal.TRANSITIONS` again, where no code can go round it; a test compares the two.
CREATE FUNCTION refuse_illegal_appeal() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' AND NEW.state <> 'open' THEN
        RAISE EXCEPTION 'an appeal begins as open, not as %', NEW.state USING ERRCODE = 'check_violation';
    ELSIF TG_OP = 'UPDATE' AND (OLD.state <> 'open' OR NEW.state NOT IN ('upheld', 'overturned')) THEN
        RAISE EXCEPTION 'an appeal cannot go from % to %', OLD.state, NEW.state USING ERRCODE = 'check_violation';
    ELSIF TG_OP = 'UPDATE' AND (OLD.message, OLD.contact, OLD.verdict, OLD.job_id, OLD.tenant_id)
            IS DISTINCT FROM (NEW.message, NEW.contact, NEW.verdict, NEW.job_id, NEW.tenant_id) THEN
        RAISE EXCEPTION 'what an appeal says is never changed' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER refuse_illegal_appeal BEFORE INSERT OR UPDATE ON appeals
    FOR EACH ROW EXECUTE FUNCTION refuse_illegal_appeal();

-- What was sent with an appeal. The bytes lie beside the tenant's images, and their row in `objects` counts them too.
CREATE TABLE appeal_files (
    appeal_id uuid NOT NULL REFERENCES appeals,
    number smallint NOT NULL CHECK (number > 0),
    tenant_id uuid NOT NULL,
    job_id uuid NOT NULL,
    name text NOT NULL,
    bytes bigint NOT NULL,
    sha256 bytea NOT NULL CHECK (octet_length(sha256) = 32),
    PRIMARY KEY (appeal_id, number)
);
CREATE INDEX appeal_files_of_job ON appeal_files (job_id);

-- By the database itself, so that the code before this one erases them too; the collector then deletes the bytes.
CREATE FUNCTION erase_what_people_said() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    PERFORM 1 FROM objects
    WHERE tenant_id = NEW.tenant_id AND sha256 IN (SELECT sha256 FROM appeal_files WHERE job_id = NEW.id)
    ORDER BY sha256 FOR UPDATE;
    UPDATE objects SET refs = refs - gone.times
    FROM (SELECT tenant_id, sha256, count(*) AS times FROM appeal_files WHERE job_id = NEW.id GROUP BY 1, 2) AS gone
    WHERE objects.tenant_id = gone.tenant_id AND objects.sha256 = gone.sha256;
    DELETE FROM appeal_files WHERE job_id = NEW.id;
    DELETE FROM appeals WHERE job_id = NEW.id;
    DELETE FROM links WHERE job_id = NEW.id;
    DELETE FROM opinions WHERE job_id = NEW.id;
    RETURN NULL;
END $$;
CREATE TRIGGER erase_what_people_said AFTER UPDATE OF state ON jobs
    FOR EACH ROW WHEN (NEW.state = 'erased') EXECUTE FUNCTION erase_what_people_said();
