-- insert_embedding_space --
INSERT INTO embedding_spaces (id, levels, size) VALUES (%(id)s, %(levels)s, %(size)s) ON CONFLICT DO NOTHING;

-- insert_version_space --
-- A version that is not registered, as in a trial of files, has none.
INSERT INTO version_spaces (version, lane, space)
SELECT version, %(lane)s, %(space)s FROM model_versions WHERE version = %(version)s
ON CONFLICT DO NOTHING;

-- list_version_spaces --
SELECT version_spaces.lane, embedding_spaces.id, embedding_spaces.levels, embedding_spaces.size
FROM version_spaces JOIN embedding_spaces ON embedding_spaces.id = version_spaces.space
WHERE version = %(version)s;

-- insert_image_embeddings --
-- In key order, so that two workers never wait for one another.
INSERT INTO image_embeddings (tenant_id, sha256, space, code)
SELECT objects.tenant_id, objects.sha256, seen.space, ('x' || encode(seen.code, 'hex'))::bit(4096)
FROM unnest(%(tenants)s::uuid[], %(hashes)s::bytea[], %(spaces)s::bytea[], %(codes)s::bytea[])
    AS seen (tenant_id, sha256, space, code)
JOIN objects USING (tenant_id, sha256)
WHERE objects.refs > 0
  AND EXISTS (SELECT FROM reference_pictures WHERE reference_pictures.tenant_id = objects.tenant_id)
ORDER BY objects.tenant_id, objects.sha256 FOR KEY SHARE OF objects
ON CONFLICT DO NOTHING;

-- get_image_embedding --
-- PostgreSQL turns bits into a number and into text; into bytes only by way of what is sent over the network.
SELECT kept.space, substring(bit_send(kept.code) FROM 5) AS code
FROM image_embeddings AS kept
JOIN version_spaces USING (space)
WHERE kept.tenant_id = %(tenant_id)s AND kept.sha256 = %(sha256)s
  AND version_spaces.version = %(version)s AND version_spaces.lane = %(lane)s;
