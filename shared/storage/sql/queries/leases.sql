-- lock_named_jobs --
SELECT id, suspect FROM jobs
WHERE id = ANY(%(ids)s) AND state = 'queued' AND stage = %(stage)s AND next_attempt_at <= now()
  AND (%(suspects)s OR NOT suspect) AND lane IN (SELECT lane FROM lanes WHERE NOT paused)
ORDER BY id LIMIT %(limit)s FOR UPDATE SKIP LOCKED;

-- lock_due_jobs --
SELECT id, suspect FROM jobs
WHERE state = 'queued' AND stage = %(stage)s AND lane = %(lane)s AND next_attempt_at <= now()
  AND (%(suspects)s OR NOT suspect) AND lane IN (SELECT lane FROM lanes WHERE NOT paused)
ORDER BY id LIMIT %(limit)s FOR UPDATE SKIP LOCKED;

-- claim_jobs --
WITH claimed AS (
    UPDATE jobs
    SET state = 'running', attempt = attempt + 1, alone = %(alone)s, worker = %(worker)s,
        lease_until = now() + %(lease)s
    WHERE id = ANY(%(ids)s) AND state = 'queued'
    RETURNING id, tenant_id, attempt, lane, failures, suspect, sha256, url, evidence, reference_index
)
SELECT claimed.*, policy.version AS policy_version, policy.document AS policy
FROM claimed CROSS JOIN LATERAL (
    SELECT version, document FROM policies
    WHERE policies.tenant_id = claimed.tenant_id ORDER BY version DESC LIMIT 1
) AS policy
ORDER BY claimed.lane = 'bulk', claimed.id;

-- release_jobs --
-- Back in the queue, nothing counted: an outage of ours, or a batch that ran out of time.
UPDATE jobs
SET state = 'queued', lease_until = NULL, worker = NULL, next_attempt_at = now() + %(wait)s
FROM unnest(%(ids)s::uuid[], %(fences)s::integer[]) AS held (id, fence)
WHERE jobs.id = ANY(%(ids)s) AND jobs.id = held.id AND jobs.state = 'running' AND jobs.attempt = held.fence
RETURNING jobs.id;

-- retry_job --
-- Back in the queue with a failure of its own counted.
UPDATE jobs
SET state = 'queued', failures = failures + 1, lease_until = NULL, worker = NULL, next_attempt_at = now() + %(wait)s
WHERE id = %(id)s AND state = 'running' AND attempt = %(fence)s
RETURNING id;

-- finish_fetch --
UPDATE jobs
SET state = 'queued', stage = 'score', sha256 = %(sha256)s, failures = 0, lease_until = NULL, worker = NULL,
    next_attempt_at = now(), timings_ms = timings_ms || %(timings_ms)s
WHERE id = %(id)s AND state = 'running' AND attempt = %(fence)s
RETURNING id;

-- finish_jobs --
WITH ended AS (
    SELECT * FROM json_to_recordset(%(outcomes)s) AS outcome (
        id uuid, fence integer, state text, score double precision, verdict text, result json, error json,
        timings_ms jsonb
    )
), finished AS (
    UPDATE jobs
    SET state = ended.state, score = ended.score, verdict = ended.verdict, result = ended.result,
        error = ended.error, timings_ms = jobs.timings_ms || ended.timings_ms, lease_until = NULL, finished_at = now()
    FROM ended
    WHERE jobs.id = ANY(%(ids)s) AND jobs.id = ended.id AND jobs.state = 'running' AND jobs.attempt = ended.fence
    RETURNING jobs.*
)
SELECT finished.*, objects.format AS image_format, objects.width AS image_width, objects.height AS image_height,
    row_to_json(opinions) AS opinion
FROM finished LEFT JOIN objects USING (tenant_id, sha256) LEFT JOIN opinions ON opinions.job_id = finished.id;

-- insert_evidence_map --
INSERT INTO evidence_maps (job_id, tenant_id, columns, cells)
VALUES (%(job_id)s, %(tenant_id)s, %(columns)s, %(cells)s);

-- lock_expired_leases --
-- A lease that began before the server last started ran out for our sake: no crash is counted.
SELECT id, attempt, crashes, alone AND lease_until - %(lease)s > pg_postmaster_start_time() AS crashed_alone FROM jobs
WHERE state = 'running' AND lease_until < now()
ORDER BY lease_until LIMIT %(limit)s FOR UPDATE SKIP LOCKED;

-- requeue_expired --
UPDATE jobs
SET state = 'queued', lease_until = NULL, worker = NULL, suspect = true, next_attempt_at = now(),
    crashes = crashes + CASE WHEN id = ANY(%(crashed_ids)s) THEN 1 ELSE 0 END
WHERE id = ANY(%(ids)s) AND state = 'running'
RETURNING id;

-- oldest_due_ids --
SELECT id FROM jobs
WHERE state = 'queued' AND stage = %(stage)s AND lane = %(lane)s AND next_attempt_at <= now()
  AND lane IN (SELECT lane FROM lanes WHERE NOT paused)
ORDER BY id LIMIT %(limit)s;
