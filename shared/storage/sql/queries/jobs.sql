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

-- get_evidence_map --
SELECT columns, cells FROM evidence_maps WHERE job_id = %(id)s AND tenant_id = %(tenant_id)s;

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

-- jobs_past_retention --
-- Not those that somebody still waits for an answer about: what an appeal asks for is never lost by age.
SELECT jobs.tenant_id, jobs.id
FROM tenants
CROSS JOIN LATERAL (
    SELECT (document ->> 'retention_days')::integer AS days FROM policies
    WHERE policies.tenant_id = tenants.id ORDER BY version DESC LIMIT 1
) AS policy
JOIN jobs ON jobs.tenant_id = tenants.id AND jobs.id < uuidv7_floor(now() - make_interval(days => policy.days))
WHERE policy.days IS NOT NULL AND jobs.state IN ('done', 'failed', 'dead')
  AND NOT EXISTS (SELECT FROM appeals WHERE appeals.job_id = jobs.id AND appeals.state = 'open')
LIMIT %(limit)s;

-- forget_idempotency_keys --
DELETE FROM idempotency_keys WHERE expires_at < now();

-- ensure_partitions --
SELECT ensure_job_partitions(6) AS made;
