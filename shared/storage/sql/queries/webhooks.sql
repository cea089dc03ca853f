-- insert_delivery --
INSERT INTO deliveries (tenant_id, job_id, endpoint_id, event, url, body, state)
VALUES (%(tenant_id)s, %(job_id)s, %(endpoint_id)s, %(event)s, %(url)s, %(body)s, %(state)s);

-- read_clock --
-- Later than whatever was written under a lock that this transaction holds, which the time of its beginning is not.
SELECT clock_timestamp() AS now;

-- lease_deliveries --
-- In turns: every tenant's oldest before anybody's second. At most so many of one receiver under way at once, and of
-- one tenant, whose doubtful receivers (they may be slow) are counted apart from its others.
WITH RECURSIVE waited_for AS (
    -- From one receiver to the next along the index, so that those for whom nothing waits cost nothing.
    (SELECT coalesce(endpoint_id, tenant_id) AS id FROM deliveries WHERE state = 'pending' ORDER BY 1 LIMIT 1)
    UNION ALL
    SELECT (
        SELECT coalesce(endpoint_id, tenant_id) FROM deliveries
        WHERE state = 'pending' AND coalesce(endpoint_id, tenant_id) > waited_for.id ORDER BY 1 LIMIT 1
    ) FROM waited_for WHERE waited_for.id IS NOT NULL
), receivers AS (
    SELECT waited_for.id, owner.tenant_id, waited_for.id = ANY(%(doubtful)s::uuid[]) AS doubtful
    FROM waited_for CROSS JOIN LATERAL (
        SELECT tenants.id AS tenant_id FROM tenants WHERE tenants.id = waited_for.id
        UNION ALL
        SELECT endpoints.tenant_id FROM webhook_endpoints AS endpoints
        WHERE endpoints.id = waited_for.id AND disabled_at IS NULL AND deleted_at IS NULL
    ) AS owner
), busy AS (
    SELECT coalesce(endpoint_id, tenant_id) AS receiver_id, tenant_id, count(*) AS held FROM deliveries
    WHERE state = 'pending' AND lease_until >= now() GROUP BY coalesce(endpoint_id, tenant_id), tenant_id
), busy_tenants AS (
    SELECT tenant_id, receiver_id = ANY(%(doubtful)s::uuid[]) AS doubtful, sum(held) AS held FROM busy GROUP BY 1, 2
), due AS (
    SELECT waiting.id, waiting.next_attempt_at, receivers.doubtful,
           coalesce(busy_tenants.held, 0) + row_number() OVER (
               PARTITION BY receivers.tenant_id, receivers.doubtful ORDER BY waiting.next_attempt_at
           ) AS place
    FROM receivers
    LEFT JOIN busy ON busy.receiver_id = receivers.id
    LEFT JOIN busy_tenants
        ON busy_tenants.tenant_id = receivers.tenant_id AND busy_tenants.doubtful = receivers.doubtful
    CROSS JOIN LATERAL (
        SELECT id, next_attempt_at FROM deliveries
        WHERE coalesce(endpoint_id, deliveries.tenant_id) = receivers.id AND state = 'pending'
          AND next_attempt_at <= now() AND (lease_until IS NULL OR lease_until < now())
        ORDER BY next_attempt_at LIMIT greatest(%(per_receiver)s - coalesce(busy.held, 0), 0)
    ) AS waiting
), chosen AS (
    SELECT id, doubtful, row_number() OVER (PARTITION BY doubtful ORDER BY place, next_attempt_at) AS turn
    FROM due WHERE place <= CASE WHEN doubtful THEN %(doubtful_per_tenant)s ELSE %(per_tenant)s END
), locked AS (
    SELECT id, tenant_id, endpoint_id FROM deliveries
    WHERE id = ANY(ARRAY(
              SELECT id FROM chosen WHERE turn <= CASE WHEN doubtful THEN %(doubtful_room)s ELSE %(room)s END
          ))
      AND state = 'pending' AND (lease_until IS NULL OR lease_until < now())
    FOR UPDATE SKIP LOCKED
)
UPDATE deliveries
SET lease_until = now() + %(lease)s, attempts = attempts + 1, url = coalesce(endpoints.url, deliveries.url)
FROM locked
JOIN tenants ON tenants.id = locked.tenant_id
LEFT JOIN webhook_endpoints AS endpoints ON endpoints.id = locked.endpoint_id
WHERE deliveries.id = locked.id
RETURNING deliveries.id, deliveries.tenant_id, deliveries.endpoint_id, deliveries.job_id, deliveries.url,
          deliveries.body, deliveries.attempts, deliveries.schedule_from,
          coalesce(endpoints.failing_since < now() - %(disable_after)s::interval, false) AS failing_too_long,
          CASE WHEN endpoints.id IS NULL
              THEN array_remove(ARRAY[tenants.webhook_secret, CASE WHEN tenants.previous_webhook_secret_until > now()
                                                                  THEN tenants.previous_webhook_secret END], NULL)
              ELSE array_remove(ARRAY[endpoints.secret, CASE WHEN endpoints.previous_secret_until > now()
                                                            THEN endpoints.previous_secret END], NULL)
          END AS secrets;

-- insert_attempt --
-- Nothing of the answer is kept where the job is erased. The delivery is locked first, and by erasure too: whoever comes
-- second sees what the other did.
INSERT INTO delivery_attempts (delivery_id, attempt, status, response, error, duration_ms)
SELECT id, %(attempt)s, %(status)s, CASE WHEN body IS NULL THEN NULL ELSE %(response)s::text END,
       CASE WHEN body IS NULL THEN NULL ELSE %(error)s::text END, %(duration_ms)s
FROM deliveries WHERE id = %(id)s FOR UPDATE
ON CONFLICT DO NOTHING;

-- finish_delivery --
-- What is tried again stays as it is: pending, or held, where its endpoint was disabled while the attempt was under way.
-- What was replayed meanwhile, so that its schedule begins elsewhere, is tried again at once unless it arrived.
UPDATE deliveries
SET state = CASE
        WHEN %(state)s::text = 'pending' THEN state
        WHEN %(state)s::text <> 'delivered' AND schedule_from <> %(schedule_from)s THEN state
        ELSE %(state)s::text
    END,
    lease_until = NULL,
    next_attempt_at = now() + CASE
        WHEN schedule_from = %(schedule_from)s THEN coalesce(%(wait)s, interval '0')
        ELSE interval '0'
    END
WHERE id = %(id)s AND state IN ('pending', 'held') AND lease_until IS NOT NULL AND attempts = %(attempt)s
RETURNING id;

-- hold_deliveries --
-- What waits for a disabled endpoint is held. Rows that somebody else has locked are left to the next round.
WITH waiting AS (
    SELECT found.id
    FROM webhook_endpoints AS endpoints CROSS JOIN LATERAL (
        SELECT id FROM deliveries
        WHERE coalesce(endpoint_id, deliveries.tenant_id) = endpoints.id AND state = 'pending'
        LIMIT %(limit)s FOR UPDATE SKIP LOCKED
    ) AS found
    WHERE endpoints.disabled_at IS NOT NULL AND endpoints.deleted_at IS NULL
      AND (%(endpoint_id)s::uuid IS NULL OR endpoints.id = %(endpoint_id)s)
)
UPDATE deliveries SET state = 'held' FROM waiting WHERE deliveries.id = waiting.id;

-- cancel_deliveries --
-- What waits for a removed endpoint never leaves.
WITH waiting AS (
    SELECT found.id
    FROM webhook_endpoints AS endpoints CROSS JOIN LATERAL (
        (SELECT id FROM deliveries
         WHERE coalesce(endpoint_id, deliveries.tenant_id) = endpoints.id AND state = 'pending'
         LIMIT %(limit)s FOR UPDATE SKIP LOCKED)
    ) AS found
    WHERE endpoints.deleted_at IS NOT NULL AND (%(endpoint_id)s::uuid IS NULL OR endpoints.id = %(endpoint_id)s)
    UNION ALL
    SELECT found.id
    FROM webhook_endpoints AS endpoints CROSS JOIN LATERAL (
        (SELECT id FROM deliveries WHERE endpoint_id = endpoints.id AND state = 'held'
         LIMIT %(limit)s FOR UPDATE SKIP LOCKED)
    ) AS found
    WHERE endpoints.deleted_at IS NOT NULL AND (%(endpoint_id)s::uuid IS NULL OR endpoints.id = %(endpoint_id)s)
)
UPDATE deliveries SET state = 'cancelled', lease_until = NULL FROM waiting WHERE deliveries.id = waiting.id;

-- get_delivery --
SELECT * FROM deliveries WHERE id = %(id)s AND tenant_id = %(tenant_id)s;

-- list_attempts --
SELECT attempt, status, response, error, duration_ms, created_at FROM delivery_attempts
WHERE delivery_id = %(id)s ORDER BY attempt;

-- list_deliveries --
-- Newest first; `conditions` are the fragments below.
SELECT deliveries.* FROM deliveries
WHERE deliveries.tenant_id = %(tenant_id)s AND {conditions}
ORDER BY deliveries.id DESC LIMIT %(limit)s;

-- list_deliveries_before_id --
deliveries.id < %(before_id)s

-- list_deliveries_endpoint_id --
deliveries.endpoint_id = %(endpoint_id)s

-- list_deliveries_state --
deliveries.state = %(state)s

-- list_deliveries_event --
deliveries.event = %(event)s

-- list_deliveries_job_id --
deliveries.job_id = %(job_id)s

-- replay_delivery --
-- Due at once, with the schedule from its beginning; one that is under way just now keeps its lease.
UPDATE deliveries
SET state = 'pending', schedule_from = attempts, next_attempt_at = now(),
    lease_until = CASE WHEN state = 'pending' THEN lease_until END
WHERE id = %(id)s AND body IS NOT NULL
RETURNING *;

-- recover_deliveries --
UPDATE deliveries
SET state = 'pending', schedule_from = attempts, next_attempt_at = now(), lease_until = NULL
WHERE id IN (
    SELECT id FROM deliveries
    WHERE endpoint_id = %(endpoint_id)s AND tenant_id = %(tenant_id)s AND id >= uuidv7_floor(%(since)s)
      AND state IN ('exhausted', 'held') AND body IS NOT NULL
    ORDER BY id LIMIT %(limit)s FOR UPDATE
);
