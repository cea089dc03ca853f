-- count_open_links --
SELECT count(*) AS open FROM links
WHERE job_id = %(job_id)s AND tenant_id = %(tenant_id)s AND revoked_at IS NULL
  AND (expires_at IS NULL OR expires_at > now());

-- insert_link --
INSERT INTO links (tenant_id, job_id, hash, expires_at)
VALUES (%(tenant_id)s, %(job_id)s, %(hash)s, %(expires_at)s)
RETURNING id, job_id, created_at, expires_at, revoked_at;

-- list_links --
-- Those that can still be revoked come first: however many there were, none of them is beyond the limit.
SELECT id, job_id, created_at, expires_at, revoked_at FROM links
WHERE job_id = %(job_id)s AND tenant_id = %(tenant_id)s
ORDER BY revoked_at IS NULL AND coalesce(expires_at > now(), true) DESC, id DESC LIMIT 1000;

-- revoke_link --
UPDATE links SET revoked_at = coalesce(revoked_at, now())
WHERE id = %(id)s AND job_id = %(job_id)s AND tenant_id = %(tenant_id)s
RETURNING id, job_id, created_at, expires_at, revoked_at;

-- find_link --
SELECT id, tenant_id, job_id, hash, revoked_at IS NOT NULL OR coalesce(expires_at <= now(), false) AS closed
FROM links WHERE hash = %(hash)s;
