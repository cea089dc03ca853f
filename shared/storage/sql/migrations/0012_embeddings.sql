-- References are known by the network's embedding as well, and what the indexes of the next migration are made of.

-- The spaces that embeddings lie in: `shared.scoring.space` says what a space and its levels are. The first process that
-- loads a version of a space lays its levels down, and all others measure by these.
CREATE TABLE embedding_spaces (
    id bytea PRIMARY KEY CHECK (octet_length(id) = 32),
    levels bytea NOT NULL,
    -- Numbers of an embedding, and bits of a code that say anything.
    size integer NOT NULL CHECK (size > 0),
    bits integer NOT NULL GENERATED ALWAYS AS (octet_length(levels) / 4) STORED CHECK (bits BETWEEN size AND 4096),
    created_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE version_spaces (
    version text NOT NULL REFERENCES model_versions ON DELETE CASCADE,
    lane text NOT NULL CHECK (lane IN ('interactive', 'bulk')),
    space bytea NOT NULL REFERENCES embedding_spaces,
    PRIMARY KEY (version, lane)
);

-- Of the images of tenants that hold references. Gone with the image's row.
CREATE TABLE image_embeddings (
    tenant_id uuid NOT NULL,
    sha256 bytea NOT NULL,
    space bytea NOT NULL REFERENCES embedding_spaces,
    code bit(4096) NOT NULL,
    PRIMARY KEY (tenant_id, sha256, space),
    FOREIGN KEY (tenant_id, sha256) REFERENCES objects ON DELETE CASCADE
);
ALTER TABLE image_embeddings ALTER COLUMN code SET STORAGE PLAIN;

CREATE TABLE reference_embeddings (
    tenant_id uuid NOT NULL,
    index_name text NOT NULL,
    sha256 bytea NOT NULL,
    space bytea NOT NULL REFERENCES embedding_spaces,
    code bit(4096) NOT NULL,
    PRIMARY KEY (tenant_id, space, index_name, sha256),
    FOREIGN KEY (tenant_id, index_name, sha256) REFERENCES reference_pictures ON DELETE CASCADE
);
ALTER TABLE reference_embeddings ALTER COLUMN code SET STORAGE PLAIN;
-- For what goes with a reference picture.
CREATE INDEX reference_embeddings_picture ON reference_embeddings (tenant_id, index_name, sha256);

-- Where the server has pgvector, an index (HNSW: Malkov and Yashunin, 2018) for tenants with very many references.
-- Asked at every set-up, for a server may get it later; whether there is one now. Making the extension may take rights
-- that this role has not: then it is the operator's to make.
CREATE FUNCTION adopt_pgvector() RETURNS boolean
LANGUAGE plpgsql AS $$
DECLARE
    home text;
BEGIN
    IF to_regclass('reference_embeddings_near') IS NOT NULL THEN
        RETURN true;
    END IF;
    IF EXISTS (SELECT FROM pg_available_extensions WHERE name = 'vector' AND installed_version IS NULL) THEN
        BEGIN
            CREATE EXTENSION IF NOT EXISTS vector;
        EXCEPTION WHEN insufficient_privilege THEN
            RETURN false;
        END;
    END IF;
    SELECT nspname INTO home FROM pg_extension JOIN pg_namespace ON pg_namespace.oid = extnamespace
    WHERE extname = 'vector';
    -- Bits, and scans that go on until enough of a tenant's own are found, came with 0.7 and 0.8.
    IF home IS NULL OR NOT EXISTS (
        SELECT FROM pg_extension WHERE extname = 'vector' AND string_to_array(extversion, '.')::integer[] >= '{0,8}'
    ) THEN
        RETURN false;
    END IF;
    EXECUTE format(
        'CREATE INDEX reference_embeddings_near ON reference_embeddings USING hnsw (code %I.bit_hamming_ops)', home
    );
    RETURN true;
END $$;

-- A tenant's references whose codes differ from `wanted` in the fewest bits. All are looked at where a tenant has at
-- most `exactly_among` of them, or the server has no pgvector, or its index finds too few.
CREATE FUNCTION nearest_references(
    tenant uuid, wanted_space bytea, wanted bit, most integer, exactly_among integer
) RETURNS TABLE (index_name text, sha256 bytea, distance integer)
LANGUAGE plpgsql STABLE STRICT ROWS 10 SET jit = off SET max_parallel_workers_per_gather = 0 AS $$
#variable_conflict use_column
DECLARE
    home text;
    names text[] := '{}';
    hashes bytea[] := '{}';
    distances integer[] := '{}';
BEGIN
    IF to_regclass('reference_embeddings_near') IS NOT NULL AND exactly_among < (
        SELECT count(*) FROM (
            SELECT FROM reference_embeddings WHERE tenant_id = tenant AND space = wanted_space LIMIT exactly_among + 1
        ) AS held
    ) THEN
        SELECT nspname INTO home FROM pg_extension JOIN pg_namespace ON pg_namespace.oid = extnamespace
        WHERE extname = 'vector';
        PERFORM set_config('hnsw.iterative_scan', 'strict_order', true), set_config('enable_sort', 'off', true),
                set_config('hnsw.ef_search', '100', true);
        EXECUTE format(
            'SELECT array_agg(index_name), array_agg(sha256), array_agg(apart) FROM ('
            ' SELECT index_name, sha256, bit_count(code # $1)::integer AS apart FROM reference_embeddings'
            ' WHERE tenant_id = $2 AND space = $3 ORDER BY code OPERATOR(%I.<~>) $1::bit(4096) LIMIT $4) AS near', home
        ) INTO names, hashes, distances USING wanted, tenant, wanted_space, most;
        PERFORM set_config('enable_sort', 'on', true);
    END IF;
    IF cardinality(distances) = most THEN
        RETURN QUERY SELECT * FROM unnest(names, hashes, distances);
    ELSE
        RETURN QUERY
        SELECT index_name, sha256, bit_count(code # wanted)::integer AS apart
        FROM reference_embeddings WHERE tenant_id = tenant AND space = wanted_space
        ORDER BY apart, index_name, sha256 LIMIT most;
    END IF;
END $$;

-- `width` bits of a hash from bit `first` on, under 27 bits of its tenant. Two tenants whose 27 bits are the same only
-- give one another more to look through.
CREATE FUNCTION pdq_word(tenant_id uuid, bits bit, first integer, width integer) RETURNS bigint
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN ((hashtext(tenant_id::text) & 134217727)::bigint << 24) | substring(bits FROM first FOR width)::bigint;
