-- count_candidates --
-- Confident results (DESIGN: <= 0.20 or >= 0.80, verdict not held back) that both the job and its tenant's policy lend.
SELECT count(*) AS candidates FROM (
    SELECT 1
    FROM jobs CROSS JOIN LATERAL (
        SELECT document FROM policies WHERE policies.tenant_id = jobs.tenant_id ORDER BY version DESC LIMIT 1
    ) AS policy
    WHERE jobs.state = 'done' AND jobs.allow_training AND (policy.document ->> 'allow_training')::boolean
      AND jobs.verdict <> 'uncertain' AND (jobs.score <= 0.20 OR jobs.score >= 0.80)
      AND jobs.id >= uuidv7_floor(now() - %(window)s)
    LIMIT %(limit)s
) AS candidate;
