-- lock_spot_checks --
-- One draws at a time, so that the budget of a day is spent once.
SELECT pg_advisory_xact_lock(hashtext('draw_spot_checks'));

-- spot_check_budget --
-- What is drawn today (UTC) of each kind, and what waits in all, of jobs that are lent now.
SELECT count(*) FILTER (WHERE kind = 'random' AND is_of_today) AS random,
       count(*) FILTER (WHERE kind = 'disagreement' AND is_of_today) AS disagreement,
       count(*) FILTER (WHERE decided_at IS NULL AND EXISTS (SELECT FROM lent_jobs WHERE id = job_id)) AS waiting
FROM (
    SELECT kind, job_id, decided_at, drawn_at >= date_trunc('day', now(), 'UTC') AS is_of_today FROM spot_checks
    WHERE decided_at IS NULL OR drawn_at >= date_trunc('day', now(), 'UTC')
) AS counted;

-- draw_random --
-- Each lent job of the window is as likely as any other, whatever it scored.
INSERT INTO spot_checks (job_id, tenant_id, kind)
SELECT id, tenant_id, 'random' FROM lent_jobs
WHERE id >= uuidv7_floor(now() - %(window)s) AND sha256 IS NOT NULL
  AND NOT EXISTS (SELECT FROM spot_checks WHERE job_id = lent_jobs.id AND kind = 'random')
ORDER BY random() LIMIT %(limit)s
ON CONFLICT DO NOTHING;

-- draw_disagreements --
-- Where something else says otherwise than the score: its own re-encodings, the file, a second model, or the newest
-- review of the tenant's. Tenants take turns: one that makes disagreement does not spend the budget alone.
INSERT INTO spot_checks (job_id, tenant_id, kind)
SELECT id, tenant_id, 'disagreement' FROM lent_jobs AS lent
WHERE id >= uuidv7_floor(now() - %(window)s) AND sha256 IS NOT NULL
  AND NOT EXISTS (SELECT FROM spot_checks WHERE job_id = lent.id)
  AND (EXISTS (
          SELECT FROM ledger
          WHERE job_id = lent.id AND (refusal = 'contradicted' OR (refusal = 'unstable' AND (detail ->> 'flips')::integer > 0))
       ) OR (
          SELECT (label = 'ai' AND lent.score <= 0.20) OR (label = 'human' AND lent.score >= 0.80)
          FROM reviews WHERE job_id = lent.id ORDER BY id DESC LIMIT 1
       ))
ORDER BY row_number() OVER (PARTITION BY tenant_id ORDER BY random()), random() LIMIT %(limit)s
ON CONFLICT DO NOTHING;

-- list_spot_checks --
-- Oldest first, of jobs that are lent now.
SELECT spot_checks.* FROM spot_checks JOIN lent_jobs AS lent ON lent.id = job_id
WHERE (decided_at IS NOT NULL) = %(decided)s AND spot_checks.id > %(after_id)s
ORDER BY spot_checks.id LIMIT %(limit)s;

-- get_spot_check --
SELECT spot_checks.*, lent.sha256, objects.format
FROM spot_checks JOIN lent_jobs AS lent ON lent.id = job_id
JOIN objects ON objects.tenant_id = lent.tenant_id AND objects.sha256 = lent.sha256
WHERE spot_checks.id = %(id)s;

-- label_spot_check --
-- No row: it is decided already, or its job is not lent any more, which the lock keeps from changing meanwhile.
WITH held AS (
    SELECT jobs.id FROM jobs JOIN spot_checks ON spot_checks.job_id = jobs.id AND spot_checks.id = %(id)s
    WHERE jobs.id IN (SELECT id FROM lent_jobs WHERE id = jobs.id) FOR SHARE OF jobs
)
UPDATE spot_checks
SET label = %(label)s, reason = %(reason)s, regression = %(regression)s, key_id = %(key_id)s, decided_at = now()
FROM held
WHERE spot_checks.id = %(id)s AND spot_checks.job_id = held.id AND spot_checks.decided_at IS NULL
RETURNING spot_checks.*;

-- insert_regression_case --
INSERT INTO regression_cases (job_id, tenant_id, label) VALUES (%(job_id)s, %(tenant_id)s, %(label)s)
ON CONFLICT (job_id) DO UPDATE SET label = excluded.label;

-- list_regression_cases --
SELECT regression_cases.*, lent.sha256, lent.lane
FROM regression_cases JOIN lent_jobs AS lent ON lent.id = job_id ORDER BY regression_cases.id;

-- describe_regression_case --
UPDATE regression_cases SET pdq = %(pdq)s WHERE id = %(id)s;

-- count_random_labels --
-- Of random spot checks on jobs that are lent now.
SELECT label, count(*) AS checks FROM spot_checks JOIN lent_jobs AS lent ON lent.id = job_id
WHERE kind = 'random' AND decided_at >= now() - %(window)s GROUP BY label;

-- count_spot_checks --
SELECT kind, decided_at IS NOT NULL AS decided, count(*) AS checks FROM spot_checks GROUP BY 1, 2;
