-- insert_tenant --
INSERT INTO tenants (name, webhook_secret) VALUES (%(name)s, %(webhook_secret)s)
ON CONFLICT (name) DO NOTHING
RETURNING id, name, created_at, submissions_per_minute, requests_per_minute, submissions_per_day;

-- set_webhook_secret --
-- The one before goes on signing beside it for a time.
UPDATE tenants
SET webhook_secret = %(webhook_secret)s, previous_webhook_secret = webhook_secret,
    previous_webhook_secret_until = now() + %(overlap)s
WHERE id = %(id)s
RETURNING id, name, created_at, submissions_per_minute, requests_per_minute, submissions_per_day;

-- set_limits --
UPDATE tenants
SET submissions_per_minute = %(submissions_per_minute)s, requests_per_minute = %(requests_per_minute)s,
    submissions_per_day = %(submissions_per_day)s
WHERE id = %(id)s
RETURNING id, name, created_at, submissions_per_minute, requests_per_minute, submissions_per_day;

-- list_tenants --
SELECT id, name, created_at, submissions_per_minute, requests_per_minute, submissions_per_day
FROM tenants ORDER BY id;

-- get_tenant_by_name --
SELECT id, name, created_at, submissions_per_minute, requests_per_minute, submissions_per_day
FROM tenants WHERE name = %(name)s;

-- get_tenant --
SELECT id, name, created_at, submissions_per_minute, requests_per_minute, submissions_per_day
FROM tenants WHERE id = %(id)s;

-- insert_policy --
INSERT INTO policies (tenant_id, version, document) VALUES (%(tenant_id)s, %(version)s, %(document)s);

-- get_policy --
SELECT version, document FROM policies WHERE tenant_id = %(tenant_id)s ORDER BY version DESC LIMIT 1;

-- lock_tenant --
SELECT id FROM tenants WHERE id = %(tenant_id)s FOR NO KEY UPDATE;

-- insert_key --
INSERT INTO keys (tenant_id, name, hash, scopes) VALUES (%(tenant_id)s, %(name)s, %(hash)s, %(scopes)s)
RETURNING id, tenant_id, name, scopes, created_at, last_used_at, revoked_at;

-- list_keys --
SELECT id, tenant_id, name, scopes, created_at, last_used_at, revoked_at
FROM keys WHERE tenant_id = %(tenant_id)s ORDER BY id;

-- revoke_key --
UPDATE keys SET revoked_at = coalesce(revoked_at, now()) WHERE id = %(id)s
RETURNING id, tenant_id, name, scopes, created_at, last_used_at, revoked_at;

-- authenticate --
SELECT keys.id AS key_id, tenant_id, hash, scopes, submissions_per_minute, requests_per_minute, submissions_per_day
FROM keys JOIN tenants ON tenants.id = keys.tenant_id
WHERE hash = %(hash)s AND revoked_at IS NULL;

-- note_key_use --
-- In key order, and past what another process is writing, so that no two ever wait for one another.
WITH used AS (
    SELECT * FROM unnest(%(ids)s::uuid[], %(ages)s::double precision[]) AS used (id, age)
), held AS (
    SELECT keys.id, now() - make_interval(secs => used.age) AS used_at
    FROM keys JOIN used USING (id)
    WHERE last_used_at IS NULL OR last_used_at < now() - make_interval(secs => used.age)
    ORDER BY keys.id FOR NO KEY UPDATE OF keys SKIP LOCKED
)
UPDATE keys SET last_used_at = held.used_at FROM held WHERE keys.id = held.id;
