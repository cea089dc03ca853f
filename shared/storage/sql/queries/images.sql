-- lock_object --
-- Take the object's row for this transaction, making it where it is new; the collector then waits or has finished.
INSERT INTO objects (tenant_id, sha256, bytes, format, width, height)
VALUES (%(tenant_id)s, %(sha256)s, %(bytes)s, %(format)s, %(width)s, %(height)s)
ON CONFLICT (tenant_id, sha256) DO UPDATE SET bytes = excluded.bytes, format = excluded.format;

-- hold_object --
SELECT sha256 FROM objects WHERE tenant_id = %(tenant_id)s AND sha256 = %(sha256)s FOR UPDATE;

-- refer_to_object --
UPDATE objects SET refs = refs + 1 WHERE tenant_id = %(tenant_id)s AND sha256 = %(sha256)s;

-- describe_object --
-- What the decoder found; the header that the API read may have left the sides open.
UPDATE objects SET width = %(width)s, height = %(height)s
WHERE tenant_id = %(tenant_id)s AND sha256 = %(sha256)s AND (width, height) IS DISTINCT FROM (%(width)s, %(height)s);

-- leave_object --
UPDATE objects SET refs = refs - 1 WHERE tenant_id = %(tenant_id)s AND sha256 = %(sha256)s;

-- lock_unreferenced_objects --
SELECT tenant_id, sha256 FROM objects WHERE refs = 0 ORDER BY created_at LIMIT %(limit)s FOR UPDATE SKIP LOCKED;

-- forget_object --
DELETE FROM objects WHERE tenant_id = %(tenant_id)s AND sha256 = %(sha256)s AND refs = 0;

-- adopt_orphans --
-- Bytes in the store that no row knows (an API that died before its commit): unreferenced, so collected next. Young
-- ones are left alone, for their upload's transaction may still be on its way.
INSERT INTO objects (tenant_id, sha256, bytes, format)
SELECT found.tenant_id, found.sha256, found.bytes, 'unknown'
FROM unnest(%(tenants)s::uuid[], %(hashes)s::bytea[], %(sizes)s::bigint[], %(modified)s::timestamptz[])
    AS found (tenant_id, sha256, bytes, modified)
JOIN tenants ON tenants.id = found.tenant_id
WHERE found.modified < now() - %(age)s
ON CONFLICT DO NOTHING;
