-- decide_gold_part --
-- The first word about an owner is the last.
INSERT INTO gold_owners (owner, part) VALUES (%(owner)s, %(part)s) ON CONFLICT (owner) DO NOTHING;

-- lock_gold --
SELECT gold_images.*, gold_owners.part FROM gold_images JOIN gold_owners USING (owner)
WHERE sha256 = %(sha256)s FOR UPDATE OF gold_images;

-- add_gold --
-- Where it was removed before, it is there again, as it is described now.
INSERT INTO gold_images (sha256, label, owner, kind, bytes, format, width, height, added_by)
VALUES (
    %(sha256)s, %(label)s, %(owner)s, %(kind)s, %(bytes)s, %(format)s, %(width)s, %(height)s, %(added_by)s
)
ON CONFLICT (sha256) DO UPDATE
SET label = excluded.label, owner = excluded.owner, kind = excluded.kind, added_by = excluded.added_by,
    added_at = now(), removed_by = NULL, removed_at = NULL
WHERE gold_images.removed_at IS NOT NULL
RETURNING id;

-- remove_gold --
UPDATE gold_images SET removed_by = %(by)s, removed_at = now()
WHERE sha256 = %(sha256)s AND removed_at IS NULL RETURNING id;

-- lock_removed_gold --
-- Held while the bytes go, so that whoever adds the picture again waits and then finds them gone.
SELECT 1 FROM gold_images WHERE sha256 = %(sha256)s AND removed_at IS NOT NULL FOR UPDATE;

-- gold_hashes --
SELECT sha256 FROM gold_images WHERE sha256 = ANY(%(hashes)s) AND removed_at IS NULL;

-- gold_rows --
-- In an order that does not depend on when each was added.
SELECT sha256, label, owner, kind, part, pdq FROM gold_images JOIN gold_owners USING (owner)
WHERE removed_at IS NULL AND part = %(part)s ORDER BY sha256;

-- keep_gold_hash --
UPDATE gold_images SET pdq = %(pdq)s WHERE sha256 = %(sha256)s AND removed_at IS NULL;

-- list_gold --
-- Newest first; `conditions` are the fragments below.
SELECT gold_images.*, part FROM gold_images JOIN gold_owners USING (owner)
WHERE removed_at IS NULL AND {conditions} ORDER BY id DESC LIMIT %(limit)s;

-- count_gold --
SELECT part, label, count(*) AS images, count(DISTINCT owner) AS owners
FROM gold_images JOIN gold_owners USING (owner)
WHERE removed_at IS NULL AND {conditions} GROUP BY part, label ORDER BY part, label;

-- list_gold_before_id --
id < %(before_id)s

-- list_gold_label --
label = %(label)s

-- list_gold_part --
part = %(part)s

-- list_gold_owner --
owner = %(owner)s
