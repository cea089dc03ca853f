-- What tells a picture again in another form: a perceptual hash for each image, and how near ones are found.

-- Gone with the image's row, which goes with the last job that refers to it.
CREATE TABLE perceptual_hashes (
    tenant_id uuid NOT NULL,
    sha256 bytea NOT NULL,
    -- PDQ, 256 bits; `shared.domain.fingerprint` says what it and its quality mean.
    pdq bytea NOT NULL CHECK (octet_length(pdq) = 32),
    -- The same, as what can be compared bit by bit.
    bits bit(256) NOT NULL GENERATED ALWAYS AS (('x' || encode(pdq, 'hex'))::bit(256)) STORED,
    quality smallint NOT NULL CHECK (quality BETWEEN 0 AND 100),
    PRIMARY KEY (tenant_id, sha256),
    FOREIGN KEY (tenant_id, sha256) REFERENCES objects ON DELETE CASCADE
);

-- The 16 words of 16 bits of a hash, each under its tenant and its place: 27 bits of the tenant, 4 of the place, then
-- the word. Two tenants whose 27 bits are the same only give one another more to look through.
CREATE FUNCTION pdq_words(tenant_id uuid, pdq bytea) RETURNS bigint[]
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE COST 1000 AS $$
    SELECT array_agg(
        ((hashtext(tenant_id::text) & 134217727)::bigint << 20)
        | (place << 16) | (get_byte(pdq, 2 * place) << 8) | get_byte(pdq, 2 * place + 1)
    )
    FROM generate_series(0, 15) AS place
$$;

-- Every word that differs in at most one bit: if two hashes differ in at most 31 bits, then of their 16 words at least
-- one differs in at most one (Norouzi, Punjani and Fleet, "Fast Exact Search in Hamming Space with Multi-Index
-- Hashing", 2014). So the index below misses none.
CREATE FUNCTION pdq_words_around(tenant_id uuid, pdq bytea) RETURNS bigint[]
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
    SELECT array_agg(word # turned)
    FROM unnest(pdq_words(tenant_id, pdq)) AS word
    CROSS JOIN (SELECT 0::bigint AS turned UNION ALL SELECT 1::bigint << bit FROM generate_series(0, 15) AS bit) AS turns
$$;

-- Pictures with few edges share a hash and have nothing else in common: they are kept, and not found.
-- Without fastupdate, which would have each search read through a list of what is not yet in the index.
CREATE INDEX perceptual_hashes_near ON perceptual_hashes USING gin (pdq_words(tenant_id, pdq))
    WITH (fastupdate = off) WHERE quality >= 50;

-- The images of a tenant whose hashes differ from the wanted one in at most `at_most` bits, 31 or fewer. Each of the 272
-- words is looked up by itself, for GIN joins a list of keys by comparing each row with each key. The planner knows
-- nothing of how rare a word is: OFFSET 0 and the settings keep it from reading all hashes, and from compiling.
CREATE FUNCTION near_hashes(tenant uuid, wanted bytea, at_most integer) RETURNS TABLE (sha256 bytea, distance integer)
LANGUAGE sql STABLE STRICT ROWS 10 SET jit = off SET enable_seqscan = off AS $$
    SELECT DISTINCT found.sha256, apart.bits
    FROM (SELECT ('x' || encode(wanted, 'hex'))::bit(256) AS bits OFFSET 0) AS sought
    CROSS JOIN unnest(pdq_words_around(tenant, wanted)) AS word
    CROSS JOIN LATERAL (
        SELECT hashes.tenant_id, hashes.sha256, hashes.bits FROM perceptual_hashes AS hashes
        WHERE pdq_words(hashes.tenant_id, hashes.pdq) @> ARRAY[word] AND hashes.quality >= 50
        OFFSET 0
    ) AS found
    CROSS JOIN LATERAL (SELECT bit_count(found.bits # sought.bits)::integer AS bits) AS apart
    WHERE found.tenant_id = tenant AND apart.bits <= at_most
$$;

-- The jobs that showed an image and have a result. An index on `jobs` would say the same, and making it would stop all
-- submissions for as long as it took.
CREATE TABLE sightings (
    tenant_id uuid NOT NULL,
    sha256 bytea NOT NULL,
    job_id uuid NOT NULL,
    -- Whether a person said something of the job: such jobs are shown first, however many there are beside them.
    reviewed boolean NOT NULL DEFAULT false,
    PRIMARY KEY (tenant_id, sha256, job_id),
    FOREIGN KEY (tenant_id, sha256) REFERENCES perceptual_hashes ON DELETE CASCADE
);
CREATE INDEX sightings_reviewed ON sightings (tenant_id, sha256, job_id) WHERE reviewed;

CREATE FUNCTION mark_sighting_reviewed() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    UPDATE sightings SET reviewed = true
    FROM jobs
    WHERE jobs.id = NEW.job_id AND sightings.tenant_id = jobs.tenant_id AND sightings.sha256 = jobs.sha256
      AND sightings.job_id = jobs.id AND NOT sightings.reviewed;
    RETURN NULL;
END $$;

CREATE TRIGGER mark_sighting AFTER INSERT ON reviews FOR EACH ROW EXECUTE FUNCTION mark_sighting_reviewed();

-- By the database itself, so that the code before this one erases them too.
CREATE FUNCTION erase_sighting() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM sightings WHERE tenant_id = OLD.tenant_id AND sha256 = OLD.sha256 AND job_id = OLD.id;
    RETURN NULL;
END $$;

CREATE TRIGGER erase_sighting AFTER UPDATE OF state ON jobs
    FOR EACH ROW WHEN (NEW.state = 'erased') EXECUTE FUNCTION erase_sighting();

-- How much evidence a job's result gathers; null: as its tenant's policy says.
ALTER TABLE jobs ADD COLUMN evidence text CHECK (evidence IN ('basic', 'full'));
