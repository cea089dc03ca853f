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
INSERT INTO sightings (tenant_id, sha256, job_id, reviewed)
SELECT seen.tenant_id, seen.sha256, seen.job_id, EXISTS (SELECT FROM reviews WHERE reviews.job_id = seen.job_id)
FROM unnest(%(tenants)s::uuid[], %(hashes)s::bytea[], %(jobs)s::uuid[]) AS seen (tenant_id, sha256, job_id)
JOIN perceptual_hashes USING (tenant_id, sha256)
ON CONFLICT DO NOTHING;

-- get_perceptual_hash --
SELECT pdq, quality FROM perceptual_hashes WHERE tenant_id = %(tenant_id)s AND sha256 = %(sha256)s;

-- find_twins --
-- What shows the very same file is a twin however little its hash says. Of each image the newest jobs and the newest
-- reviewed ones, so that one review is found among any number of jobs.
WITH near AS (
    SELECT sha256, distance FROM near_hashes(%(tenant_id)s, %(pdq)s, %(near)s) WHERE %(sure)s
    UNION
    SELECT %(sha256)s::bytea, 0
), nearest AS (
    SELECT sha256, distance FROM near ORDER BY distance, sha256 LIMIT 1000
), seen AS (
    SELECT nearest.sha256, nearest.distance, newest.job_id
    FROM nearest
    CROSS JOIN LATERAL (
        (SELECT job_id FROM sightings WHERE tenant_id = %(tenant_id)s AND sha256 = nearest.sha256
         ORDER BY job_id DESC LIMIT %(limit)s)
        UNION
        (SELECT job_id FROM sightings WHERE tenant_id = %(tenant_id)s AND sha256 = nearest.sha256 AND reviewed
         ORDER BY job_id DESC LIMIT %(limit)s)
    ) AS newest
    WHERE newest.job_id <> %(job_id)s
)
SELECT seen.job_id, seen.distance, seen.sha256 = %(sha256)s AS same_file, job.external_id, job.verdict,
       job.score AS ai_probability, job.result -> 'model' ->> 'version' AS model, job.finished_at,
       review.label, review.reason, review.reviewer, review.created_at AS reviewed_at
FROM seen
CROSS JOIN LATERAL (
    -- OFFSET 0: by id, one after the other, however many jobs the tenant has.
    SELECT external_id, verdict, score, result, finished_at FROM jobs
    WHERE id = seen.job_id AND tenant_id = %(tenant_id)s AND state = 'done'
    OFFSET 0
) AS job
LEFT JOIN LATERAL (
    SELECT label, reason, reviewer, created_at FROM reviews WHERE job_id = seen.job_id ORDER BY id DESC LIMIT 1
) AS review ON true
ORDER BY review.label IS NULL, seen.distance, NOT (seen.sha256 = %(sha256)s), seen.job_id DESC
LIMIT %(limit)s;
