-- Pictures that a tenant holds the rights in, by the index it gave them: what tells them again, and no picture.
CREATE TABLE reference_pictures (
    tenant_id uuid NOT NULL REFERENCES tenants,
    index_name text NOT NULL,
    sha256 bytea NOT NULL CHECK (octet_length(sha256) = 32),
    name text NOT NULL,
    pdq bytea NOT NULL CHECK (octet_length(pdq) = 32),
    bits bit(256) NOT NULL GENERATED ALWAYS AS (('x' || encode(pdq, 'hex'))::bit(256)) STORED,
    quality smallint NOT NULL CHECK (quality BETWEEN 0 AND 100),
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, index_name, sha256)
);
CREATE INDEX reference_pictures_near ON reference_pictures USING gin (pdq_words(tenant_id, pdq))
    WITH (fastupdate = off) WHERE quality >= 50;

-- As near_hashes, among these.
CREATE FUNCTION near_references(tenant uuid, wanted bytea, at_most integer)
RETURNS TABLE (index_name text, sha256 bytea, distance integer)
LANGUAGE sql STABLE STRICT ROWS 10 SET jit = off SET enable_seqscan = off AS $$
    SELECT DISTINCT found.index_name, found.sha256, apart.bits
    FROM (SELECT ('x' || encode(wanted, 'hex'))::bit(256) AS bits OFFSET 0) AS sought
    CROSS JOIN unnest(pdq_words_around(tenant, wanted)) AS word
    CROSS JOIN LATERAL (
        SELECT held.tenant_id, held.index_name, held.sha256, held.bits FROM reference_pictures AS held
        WHERE pdq_words(held.tenant_id, held.pdq) @> ARRAY[word] AND held.quality >= 50
        OFFSET 0
    ) AS found
    CROSS JOIN LATERAL (SELECT bit_count(found.bits # sought.bits)::integer AS bits) AS apart
    WHERE found.tenant_id = tenant AND apart.bits <= at_most
$$;

-- The index into which a job's image goes as a reference; the job is erased once it is there.
ALTER TABLE jobs ADD COLUMN reference_index text;
