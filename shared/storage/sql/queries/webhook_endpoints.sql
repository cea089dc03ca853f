-- insert_endpoint --
INSERT INTO webhook_endpoints (tenant_id, url, events, description, secret, disabled_at, disabled_reason)
VALUES (%(tenant_id)s, %(url)s, %(events)s, %(description)s, %(secret)s,
        CASE WHEN %(enabled)s THEN NULL ELSE now() END, CASE WHEN %(enabled)s THEN NULL ELSE 'requested' END)
RETURNING *;

-- count_endpoints --
SELECT count(*) AS present FROM webhook_endpoints WHERE tenant_id = %(tenant_id)s AND deleted_at IS NULL;

-- list_endpoints --
SELECT * FROM webhook_endpoints WHERE tenant_id = %(tenant_id)s AND deleted_at IS NULL ORDER BY id;

-- get_endpoint --
SELECT * FROM webhook_endpoints WHERE id = %(id)s AND tenant_id = %(tenant_id)s AND deleted_at IS NULL;

-- lock_endpoint --
SELECT * FROM webhook_endpoints
WHERE id = %(id)s AND tenant_id = %(tenant_id)s AND deleted_at IS NULL FOR NO KEY UPDATE;

-- list_receivers --
SELECT id, tenant_id, url, events, disabled_at FROM webhook_endpoints
WHERE tenant_id = ANY(%(tenant_ids)s) AND deleted_at IS NULL ORDER BY id;

-- list_all_receivers --
-- Of every tenant.
SELECT id, tenant_id, url, events, disabled_at FROM webhook_endpoints WHERE deleted_at IS NULL ORDER BY id;

-- change_endpoint --
-- Another address, or being enabled again, begins the count of failures anew.
UPDATE webhook_endpoints
SET url = %(url)s, events = %(events)s, description = %(description)s,
    failing_since = CASE WHEN url = %(url)s AND (disabled_at IS NULL OR NOT %(enabled)s) THEN failing_since END,
    disabled_at = CASE WHEN %(enabled)s THEN NULL ELSE coalesce(disabled_at, now()) END,
    disabled_reason = CASE WHEN %(enabled)s THEN NULL ELSE coalesce(disabled_reason, 'requested') END
WHERE id = %(id)s
RETURNING *;

-- rotate_endpoint_secret --
UPDATE webhook_endpoints
SET secret = %(secret)s, previous_secret = secret, previous_secret_until = now() + %(overlap)s
WHERE id = %(id)s AND tenant_id = %(tenant_id)s AND deleted_at IS NULL
RETURNING *;

-- remove_endpoint --
UPDATE webhook_endpoints
SET deleted_at = now(), url = '', description = NULL, secret = '', previous_secret = NULL, previous_secret_until = NULL
WHERE id = %(id)s AND tenant_id = %(tenant_id)s AND deleted_at IS NULL
RETURNING id;

-- note_endpoint_failed --
UPDATE webhook_endpoints SET failing_since = now() WHERE id = %(id)s AND url = %(url)s AND failing_since IS NULL;

-- note_endpoint_delivered --
UPDATE webhook_endpoints SET failing_since = NULL WHERE id = %(id)s AND url = %(url)s AND failing_since IS NOT NULL;

-- disable_endpoint --
-- Unless it has another address by now, or something was delivered meanwhile.
UPDATE webhook_endpoints SET disabled_at = now(), disabled_reason = %(reason)s
WHERE id = %(id)s AND url = %(url)s AND disabled_at IS NULL AND deleted_at IS NULL
  AND (%(reason)s <> 'failing' OR failing_since < now() - %(disable_after)s::interval)
RETURNING *;

-- forget_removed_endpoints --
-- Nothing waits for them any more, and no transaction that still took them for present can be open.
DELETE FROM webhook_endpoints
WHERE deleted_at < now() - interval '1 hour' AND NOT EXISTS (
    SELECT FROM deliveries
    WHERE coalesce(deliveries.endpoint_id, deliveries.tenant_id) = webhook_endpoints.id AND state = 'pending'
) AND NOT EXISTS (
    SELECT FROM deliveries WHERE deliveries.endpoint_id = webhook_endpoints.id AND state = 'held'
);

-- count_disabled_endpoints --
SELECT reasons.reason, count(endpoints.id) AS disabled
FROM (VALUES ('gone'), ('failing'), ('requested')) AS reasons (reason)
LEFT JOIN webhook_endpoints AS endpoints
    ON endpoints.disabled_reason = reasons.reason AND endpoints.deleted_at IS NULL
GROUP BY reasons.reason;
