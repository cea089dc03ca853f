-- insert_review --
-- No row when the job is not the tenant's, or is erased, which the lock keeps from happening meanwhile.
INSERT INTO reviews (tenant_id, job_id, label, reason, reviewer, checklist, appeal_id)
SELECT tenant_id, id, %(label)s, %(reason)s, %(reviewer)s, %(checklist)s, %(appeal_id)s
FROM jobs WHERE id = %(job_id)s AND tenant_id = %(tenant_id)s AND state <> 'erased' FOR SHARE
RETURNING *;

-- list_reviews --
SELECT * FROM reviews WHERE job_id = %(job_id)s AND tenant_id = %(tenant_id)s ORDER BY id LIMIT 1000;
