-- lock_object --
-- Take the object's row for this transaction, making it where it is new; the collector then waits or has finished.
INSERT INTO objects (tenant_id, sha256, bytes, format, width, height)
VALUES (%(tenant_id)s, %(sha256)s, %(bytes)s, %(format)s, %(width)s, %(height)s)
ON CONFLICT (tenant_id, sha256) DO UPDATE SET bytes = excluded.bytes, format = excluded.format;

-- refer_to_object --
UPDATE objects SET refs = refs + 1 WHERE tenant_id = %(tenant_id)s AND sha256 = %(sha256)s;

-- reserve_idempotency_key --
-- No row: somebody holds the key. A concurrent holder is waited for; an expired one is replaced.
INSERT INTO idempotency_keys AS held (tenant_id, key, fingerprint, job_id, expires_at)
VALUES (%(tenant_id)s, %(key)s, %(fingerprint)s, uuidv7(), now() + %(remember)s)
ON CONFLICT (tenant_id, key) DO UPDATE
SET fingerprint = excluded.fingerprint, job_id = excluded.job_id, expires_at = excluded.expires_at
WHERE held.expires_at <= now()
RETURNING job_id;

-- find_idempotency_key --
SELECT fingerprint, job_id FROM idempotency_keys
WHERE tenant_id = %(tenant_id)s AND key = %(key)s AND expires_at > now();

-- insert_job --
INSERT INTO jobs (
    id, tenant_id, stage, lane, url, sha256, external_id, metadata, callback_url, allow_training, evidence,
    reference_index
)
VALUES (coalesce(%(id)s, uuidv7()), %(tenant_id)s, %(stage)s, %(lane)s, %(url)s, %(sha256)s, %(external_id)s,
        %(metadata)s, %(callback_url)s, %(allow_training)s, %(evidence)s, %(reference_index)s)
RETURNING id;

-- get_job --
SELECT jobs.*, objects.format AS image_format, objects.width AS image_width, objects.height AS image_height,
    row_to_json(opinions) AS opinion
FROM jobs LEFT JOIN objects USING (tenant_id, sha256)
LEFT JOIN opinions ON opinions.job_id = jobs.id AND opinions.tenant_id = jobs.tenant_id
WHERE jobs.id = %(id)s AND jobs.tenant_id = %(tenant_id)s;

-- list_jobs --
-- Newest first; `conditions` are the fragments below.
SELECT jobs.*, objects.format AS image_format, objects.width AS image_width, objects.height AS image_height,
    row_to_json(opinions) AS opinion
FROM jobs LEFT JOIN objects USING (tenant_id, sha256)
LEFT JOIN opinions ON opinions.job_id = jobs.id AND opinions.tenant_id = jobs.tenant_id
WHERE jobs.tenant_id = %(tenant_id)s AND {conditions}
ORDER BY jobs.id DESC LIMIT %(limit)s;

-- list_jobs_before_id --
jobs.id < %(before_id)s

-- list_jobs_state --
jobs.state = %(state)s

-- list_jobs_verdict --
jobs.verdict = %(verdict)s

-- list_jobs_review_none --
-- Looked up job by job in the order of the list: nearly all have none, and a join would first gather all opinions.
coalesce((SELECT said FROM opinions AS its WHERE its.job_id = jobs.id), 'unsure') = 'unsure'

-- list_jobs_review_disputed --
opinions.said = 'disputed'

-- list_jobs_review_confirmed --
opinions.said IN ('human', 'ai') AND (jobs.verdict, opinions.said) IN (('likely_human', 'human'), ('likely_ai', 'ai'))

-- list_jobs_review_overturned --
opinions.said IN ('human', 'ai') AND (jobs.verdict, opinions.said) IN (('likely_human', 'ai'), ('likely_ai', 'human'))

-- list_jobs_review_decided --
opinions.said IN ('human', 'ai') AND coalesce(jobs.verdict, 'uncertain') = 'uncertain'

-- list_jobs_external_id --
jobs.external_id = %(external_id)s

-- list_jobs_created_after --
jobs.id >= uuidv7_floor(%(created_after)s)

-- list_jobs_created_before --
jobs.id < uuidv7_floor(%(created_before)s)

-- final_jobs --
-- Which of these have ended; asked often while somebody waits, so ids only.
SELECT id FROM jobs WHERE id = ANY(%(ids)s) AND state IN ('done', 'failed', 'dead', 'erased');

-- lock_named_jobs --
SELECT id, suspect FROM jobs
WHERE id = ANY(%(ids)s) AND state = 'queued' AND stage = %(stage)s AND next_attempt_at <= now()
  AND lane IN (SELECT lane FROM lanes WHERE NOT paused)
ORDER BY id LIMIT %(limit)s FOR UPDATE SKIP LOCKED;

-- lock_due_jobs --
SELECT id, suspect FROM jobs
WHERE state = 'queued' AND stage = %(stage)s AND lane = %(lane)s AND next_attempt_at <= now()
  AND lane IN (SELECT lane FROM lanes WHERE NOT paused)
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

-- get_evidence_map --
SELECT columns, cells FROM evidence_maps WHERE job_id = %(id)s AND tenant_id = %(tenant_id)s;

-- describe_object --
-- What the decoder found; the header that the API read may have left the sides open.
UPDATE objects SET width = %(width)s, height = %(height)s
WHERE tenant_id = %(tenant_id)s AND sha256 = %(sha256)s AND (width, height) IS DISTINCT FROM (%(width)s, %(height)s);

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

-- lock_job --
SELECT state, sha256 FROM jobs WHERE id = %(id)s AND tenant_id = %(tenant_id)s FOR UPDATE;

-- erase_job --
-- A trigger (migration 0002) takes the map of evidence along.
UPDATE jobs
SET state = 'erased', url = NULL, sha256 = NULL, external_id = NULL, metadata = '{}', callback_url = NULL,
    allow_training = false, reference_index = NULL, score = NULL, verdict = NULL, result = NULL, error = NULL, timings_ms = '{}',
    lease_until = NULL, worker = NULL, finished_at = coalesce(finished_at, now())
WHERE id = %(id)s;

-- erase_fingerprint --
-- The key goes on refusing a second job; the hash of the first is gone.
UPDATE idempotency_keys SET fingerprint = '' WHERE job_id = %(id)s;

-- erase_deliveries --
-- The address of an endpoint is its tenant's own and stays; that of a callback came with the job.
UPDATE deliveries
SET body = NULL, url = CASE WHEN endpoint_id IS NULL THEN '' ELSE url END, lease_until = NULL,
    state = CASE WHEN state IN ('pending', 'held') THEN 'cancelled' ELSE state END
WHERE job_id = %(id)s;

-- erase_delivery_responses --
UPDATE delivery_attempts SET response = NULL, error = NULL
WHERE delivery_id IN (SELECT id FROM deliveries WHERE job_id = %(id)s);

-- erase_reviews --
DELETE FROM reviews WHERE job_id = %(id)s;

-- leave_object --
UPDATE objects SET refs = refs - 1 WHERE tenant_id = %(tenant_id)s AND sha256 = %(sha256)s;

-- lock_unreferenced_objects --
SELECT tenant_id, sha256 FROM objects WHERE refs = 0 ORDER BY created_at LIMIT %(limit)s FOR UPDATE SKIP LOCKED;

-- forget_object --
DELETE FROM objects WHERE tenant_id = %(tenant_id)s AND sha256 = %(sha256)s AND refs = 0;

-- adopt_orphans --
-- Bytes in the store that no row knows (an API that died before its commit): unreferenced, so collected next. Young
-- ones are left alone, for their upload's transaction may still be on its way.
INSERT INTO objects (tenant_id, sha256, bytes, format)
SELECT found.tenant_id, found.sha256, found.bytes, 'unknown'
FROM unnest(%(tenants)s::uuid[], %(hashes)s::bytea[], %(sizes)s::bigint[], %(modified)s::timestamptz[])
    AS found (tenant_id, sha256, bytes, modified)
JOIN tenants ON tenants.id = found.tenant_id
WHERE found.modified < now() - %(age)s
ON CONFLICT DO NOTHING;

-- jobs_past_retention --
SELECT jobs.tenant_id, jobs.id
FROM tenants
CROSS JOIN LATERAL (
    SELECT (document ->> 'retention_days')::integer AS days FROM policies
    WHERE policies.tenant_id = tenants.id ORDER BY version DESC LIMIT 1
) AS policy
JOIN jobs ON jobs.tenant_id = tenants.id AND jobs.id < uuidv7_floor(now() - make_interval(days => policy.days))
WHERE policy.days IS NOT NULL AND jobs.state IN ('done', 'failed', 'dead')
LIMIT %(limit)s;

-- forget_idempotency_keys --
DELETE FROM idempotency_keys WHERE expires_at < now();

-- ensure_partitions --
SELECT ensure_job_partitions(6) AS made;

-- insert_review --
-- No row when the job is not the tenant's, or is erased, which the lock keeps from happening meanwhile.
INSERT INTO reviews (tenant_id, job_id, label, reason, reviewer, checklist, appeal_id)
SELECT tenant_id, id, %(label)s, %(reason)s, %(reviewer)s, %(checklist)s, %(appeal_id)s
FROM jobs WHERE id = %(job_id)s AND tenant_id = %(tenant_id)s AND state <> 'erased' FOR SHARE
RETURNING *;

-- list_reviews --
SELECT * FROM reviews WHERE job_id = %(job_id)s AND tenant_id = %(tenant_id)s ORDER BY id LIMIT 1000;
