-- insert_reference_picture --
INSERT INTO reference_pictures (tenant_id, index_name, sha256, name, pdq, quality)
VALUES (%(tenant_id)s, %(index)s, %(sha256)s, %(name)s, %(pdq)s, %(quality)s)
ON CONFLICT (tenant_id, index_name, sha256) DO UPDATE SET name = excluded.name;

-- find_references --
WITH near AS (
    SELECT index_name, sha256, distance FROM near_references(%(tenant_id)s, %(pdq)s, %(near)s) WHERE %(sure)s
    UNION
    SELECT index_name, sha256, 0 FROM reference_pictures WHERE tenant_id = %(tenant_id)s AND sha256 = %(sha256)s
)
SELECT held.index_name AS index, held.name, near.distance, held.sha256 = %(sha256)s AS same_file
FROM near
JOIN reference_pictures AS held USING (index_name, sha256)
WHERE held.tenant_id = %(tenant_id)s
ORDER BY near.distance, held.index_name, held.name LIMIT %(limit)s;

-- list_reference_indexes --
SELECT index_name AS name, count(*) AS pictures, max(created_at) AS changed_at
FROM reference_pictures WHERE tenant_id = %(tenant_id)s
GROUP BY index_name ORDER BY index_name;

-- delete_reference_index --
DELETE FROM reference_pictures WHERE tenant_id = %(tenant_id)s AND index_name = %(index)s;
