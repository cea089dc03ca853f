-- insert_perceptual_hashes --
-- In key order, so that two workers never wait for one another.
INSERT INTO perceptual_hashes (tenant_id, sha256, pdq, quality)
SELECT objects.tenant_id, objects.sha256, seen.pdq, seen.quality
FROM unnest(%(tenants)s::uuid[], %(hashes)s::bytea[], %(pdqs)s::bytea[], %(qualities)s::smallint[])
    AS seen (tenant_id, sha256, pdq, quality)
JOIN objects USING (tenant_id, sha256)
WHERE objects.refs > 0
ORDER BY objects.tenant_id, objects.sha256 FOR KEY SHARE OF objects
ON CONFLICT DO NOTHING;

-- insert_sightings --
INSERT INTO sightings (tenant_id, sha256, job_id)
SELECT seen.tenant_id, seen.sha256, seen.job_id
FROM unnest(%(tenants)s::uuid[], %(hashes)s::bytea[], %(jobs)s::uuid[]) AS seen (tenant_id, sha256, job_id)
JOIN perceptual_hashes USING (tenant_id, sha256)
ON CONFLICT DO NOTHING;

-- get_perceptual_hash --
SELECT pdq, quality FROM perceptual_hashes WHERE tenant_id = %(tenant_id)s AND sha256 = %(sha256)s;
