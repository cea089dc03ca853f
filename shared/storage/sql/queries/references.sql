-- insert_reference_picture --
INSERT INTO reference_pictures (tenant_id, index_name, sha256, name, pdq, quality)
VALUES (%(tenant_id)s, %(index)s, %(sha256)s, %(name)s, %(pdq)s, %(quality)s)
ON CONFLICT (tenant_id, index_name, sha256) DO UPDATE SET name = excluded.name;

-- delete_other_reference_embeddings --
DELETE FROM reference_embeddings
WHERE tenant_id = %(tenant_id)s AND index_name = %(index)s AND sha256 = %(sha256)s AND space <> ALL (%(spaces)s);

-- insert_reference_embedding --
INSERT INTO reference_embeddings (tenant_id, index_name, sha256, space, code)
VALUES (%(tenant_id)s, %(index)s, %(sha256)s, %(space)s, ('x' || encode(%(code)s::bytea, 'hex'))::bit(4096))
ON CONFLICT DO NOTHING;

-- find_references --
-- Those near by hash, or the very same file, and then those near by embedding alone; of each its `limit` nearest. Where
-- nothing is known of the image's embedding, `space` and `code` are null.
WITH by_hash AS (
    SELECT index_name, sha256 FROM (
        SELECT index_name, sha256, distance FROM near_references(%(tenant_id)s, %(pdq)s, %(near)s) WHERE %(sure)s
        UNION
        SELECT index_name, sha256, 0 FROM reference_pictures WHERE tenant_id = %(tenant_id)s AND sha256 = %(sha256)s
    ) AS near
    JOIN reference_pictures AS held USING (index_name, sha256)
    WHERE held.tenant_id = %(tenant_id)s
    ORDER BY near.distance, index_name, held.name LIMIT %(limit)s
), by_embedding AS (
    SELECT index_name, sha256
    FROM nearest_references(
        %(tenant_id)s, %(space)s, ('x' || encode(%(code)s::bytea, 'hex'))::bit(4096), %(limit)s, %(exactly_among)s
    ), embedding_spaces
    WHERE embedding_spaces.id = %(space)s AND distance <= %(embedding_near)s * embedding_spaces.bits
), measured AS (
    SELECT held.index_name AS index, held.name, held.sha256 = %(sha256)s AS same_file,
           bit_count(held.bits # ('x' || encode(%(pdq)s::bytea, 'hex'))::bit(256))::integer AS distance,
           (SELECT bit_count(kept.code # ('x' || encode(%(code)s::bytea, 'hex'))::bit(4096))::float8 / spaces.bits
            FROM reference_embeddings AS kept JOIN embedding_spaces AS spaces ON spaces.id = kept.space
            WHERE kept.tenant_id = %(tenant_id)s AND kept.index_name = held.index_name AND kept.sha256 = held.sha256
              AND kept.space = %(space)s) AS embedding_distance,
           (SELECT count(*) > 0 FROM by_hash WHERE (index_name, sha256) = (held.index_name, held.sha256)) AS near_by_hash
    FROM (SELECT * FROM by_hash UNION SELECT * FROM by_embedding) AS found
    JOIN reference_pictures AS held USING (index_name, sha256)
    WHERE held.tenant_id = %(tenant_id)s
)
SELECT * FROM measured
ORDER BY NOT near_by_hash, CASE WHEN near_by_hash THEN distance END, embedding_distance, index, name;

-- count_references --
-- How many of a tenant's references lie in a space, and how many do not. A space of null holds none.
SELECT (SELECT count(*) FROM reference_embeddings WHERE tenant_id = %(tenant_id)s AND space = %(space)s) AS searched,
       (SELECT count(*) FROM reference_pictures WHERE tenant_id = %(tenant_id)s) AS held;

-- list_reference_indexes --
SELECT index_name AS name, count(*) AS pictures, max(created_at) AS changed_at
FROM reference_pictures WHERE tenant_id = %(tenant_id)s
GROUP BY index_name ORDER BY index_name;

-- list_reference_pictures --
-- `current`: nothing would be known of it that is not, if it were sent again: it has a code in each space of `version`,
-- or of the champion. By hash, after the last one of the page before.
WITH scoring AS (
    SELECT version FROM model_states WHERE CASE WHEN %(version)s::text IS NULL THEN state = 'champion'
                                               ELSE version = %(version)s END
)
SELECT held.sha256, held.name, NOT EXISTS (
    SELECT FROM version_spaces AS wanted
    WHERE wanted.version IN (SELECT version FROM scoring) AND NOT EXISTS (
        SELECT FROM reference_embeddings AS kept
        WHERE kept.tenant_id = held.tenant_id AND kept.index_name = held.index_name AND kept.sha256 = held.sha256
          AND kept.space = wanted.space
    )
) AS current
FROM reference_pictures AS held
WHERE held.tenant_id = %(tenant_id)s AND held.index_name = %(index)s AND held.sha256 > %(after)s
ORDER BY held.sha256 LIMIT %(limit)s;

-- delete_reference_index --
DELETE FROM reference_pictures WHERE tenant_id = %(tenant_id)s AND index_name = %(index)s;
