-- insert_delivery --
INSERT INTO deliveries (tenant_id, job_id, event, url, body)
VALUES (%(tenant_id)s, %(job_id)s, %(event)s, %(url)s, %(body)s);

-- lease_deliveries --
-- At most `per_tenant` of one tenant under way at once, so that one slow receiver does not fill the sender.
WITH busy AS (
    SELECT tenant_id, count(*) AS held FROM deliveries
    WHERE state = 'pending' AND lease_until >= now() GROUP BY tenant_id
), due AS (
    SELECT waiting.id
    FROM tenants LEFT JOIN busy ON busy.tenant_id = tenants.id
    CROSS JOIN LATERAL (
        SELECT id, next_attempt_at FROM deliveries
        WHERE deliveries.tenant_id = tenants.id AND state = 'pending' AND next_attempt_at <= now()
          AND (lease_until IS NULL OR lease_until < now())
        ORDER BY next_attempt_at LIMIT greatest(%(per_tenant)s - coalesce(busy.held, 0), 0)
    ) AS waiting
    ORDER BY waiting.next_attempt_at LIMIT %(limit)s
), locked AS (
    SELECT id FROM deliveries
    WHERE id = ANY(ARRAY(SELECT id FROM due)) AND state = 'pending' AND (lease_until IS NULL OR lease_until < now())
    FOR UPDATE SKIP LOCKED
)
UPDATE deliveries SET lease_until = now() + %(lease)s, attempts = attempts + 1
FROM locked, tenants
WHERE deliveries.id = locked.id AND tenants.id = deliveries.tenant_id
RETURNING deliveries.id, deliveries.job_id, deliveries.url, deliveries.body, deliveries.attempts,
          tenants.webhook_secret AS secret;

-- insert_attempt --
INSERT INTO delivery_attempts (delivery_id, attempt, status, response, error, duration_ms)
SELECT id, %(attempt)s, %(status)s, CASE WHEN body IS NULL THEN NULL ELSE %(response)s::text END,
       CASE WHEN body IS NULL THEN NULL ELSE %(error)s::text END, %(duration_ms)s
FROM deliveries WHERE id = %(id)s
ON CONFLICT DO NOTHING;

-- finish_delivery --
UPDATE deliveries
SET state = %(state)s, lease_until = NULL, next_attempt_at = now() + coalesce(%(wait)s, interval '0')
WHERE id = %(id)s AND state = 'pending' AND attempts = %(attempt)s
RETURNING id;
