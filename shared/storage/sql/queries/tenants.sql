-- insert_tenant --
INSERT INTO tenants (name, webhook_secret) VALUES (%(name)s, %(webhook_secret)s)
ON CONFLICT (name) DO NOTHING RETURNING id, name, created_at;

-- set_webhook_secret --
-- The one before goes on signing beside it for a time.
UPDATE tenants
SET webhook_secret = %(webhook_secret)s, previous_webhook_secret = webhook_secret,
    previous_webhook_secret_until = now() + %(overlap)s
WHERE id = %(id)s RETURNING id, name, created_at;

-- list_tenants --
SELECT id, name, created_at FROM tenants ORDER BY id;

-- get_tenant_by_name --
SELECT id, name, created_at FROM tenants WHERE name = %(name)s;

-- get_tenant --
SELECT id, name, created_at FROM tenants WHERE id = %(id)s;

-- insert_policy --
INSERT INTO policies (tenant_id, version, document) VALUES (%(tenant_id)s, %(version)s, %(document)s);

-- get_policy --
SELECT version, document FROM policies WHERE tenant_id = %(tenant_id)s ORDER BY version DESC LIMIT 1;

-- lock_tenant --
SELECT id FROM tenants WHERE id = %(tenant_id)s FOR NO KEY UPDATE;

-- insert_key --
INSERT INTO keys (tenant_id, name, hash, scopes) VALUES (%(tenant_id)s, %(name)s, %(hash)s, %(scopes)s)
RETURNING id, tenant_id, name, scopes, created_at, revoked_at;

-- list_keys --
SELECT id, tenant_id, name, scopes, created_at, revoked_at FROM keys WHERE tenant_id = %(tenant_id)s ORDER BY id;

-- revoke_key --
UPDATE keys SET revoked_at = coalesce(revoked_at, now()) WHERE id = %(id)s
RETURNING id, tenant_id, name, scopes, created_at, revoked_at;

-- authenticate --
SELECT id AS key_id, tenant_id, scopes FROM keys WHERE hash = %(hash)s AND revoked_at IS NULL;
