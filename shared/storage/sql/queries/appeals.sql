-- count_appeals --
SELECT count(*) AS appeals FROM appeals WHERE job_id = %(id)s AND tenant_id = %(tenant_id)s;

-- insert_appeal --
INSERT INTO appeals (tenant_id, job_id, link_id, verdict, message, contact)
VALUES (%(tenant_id)s, %(job_id)s, %(link_id)s, %(verdict)s, %(message)s, %(contact)s)
RETURNING *;

-- lock_kept_object --
-- As lock_object, for bytes that are not known to be an image: what an image's row says stays.
INSERT INTO objects (tenant_id, sha256, bytes, format) VALUES (%(tenant_id)s, %(sha256)s, %(bytes)s, 'unknown')
ON CONFLICT (tenant_id, sha256) DO UPDATE SET bytes = excluded.bytes;

-- insert_appeal_file --
INSERT INTO appeal_files (appeal_id, number, tenant_id, job_id, name, bytes, sha256)
VALUES (%(appeal_id)s, %(number)s, %(tenant_id)s, %(job_id)s, %(name)s, %(bytes)s, %(sha256)s);

-- list_appeal_files --
SELECT * FROM appeal_files WHERE appeal_id = %(appeal_id)s ORDER BY number;

-- get_appeal --
SELECT * FROM appeals WHERE id = %(id)s AND tenant_id = %(tenant_id)s;

-- lock_job_of_appeal --
SELECT id FROM jobs WHERE id = (SELECT job_id FROM appeals WHERE id = %(id)s AND tenant_id = %(tenant_id)s) FOR UPDATE;

-- lock_appeal --
SELECT * FROM appeals WHERE id = %(id)s AND tenant_id = %(tenant_id)s FOR UPDATE;

-- decide_appeal --
UPDATE appeals
SET state = %(state)s, outcome_reason = %(reason)s, reviewer = %(reviewer)s, decided_at = clock_timestamp()
WHERE id = %(id)s
RETURNING *;

-- list_appeals_of_job --
SELECT * FROM appeals WHERE job_id = %(id)s AND tenant_id = %(tenant_id)s ORDER BY id;

-- list_appeals --
-- Newest first; `conditions` are the fragments below.
SELECT * FROM appeals WHERE tenant_id = %(tenant_id)s AND {conditions} ORDER BY id DESC LIMIT %(limit)s;

-- list_appeals_before_id --
id < %(before_id)s

-- list_appeals_state --
state = %(state)s

-- list_appeals_job_id --
job_id = %(job_id)s
