-- fold_count_changes --
WITH changes AS (
    DELETE FROM job_count_changes RETURNING *
), sums AS (
    SELECT state, stage, lane, sum(present) AS present, sum(entered) AS entered
    FROM changes GROUP BY state, stage, lane
)
INSERT INTO job_counts SELECT * FROM sums
ON CONFLICT (state, stage, lane) DO UPDATE
SET present = job_counts.present + excluded.present, entered = job_counts.entered + excluded.entered;

-- count_jobs --
SELECT state, stage, lane, sum(present)::bigint AS present, sum(entered)::bigint AS entered
FROM (SELECT * FROM job_counts UNION ALL SELECT * FROM job_count_changes) AS counted
GROUP BY state, stage, lane;

-- oldest_queued --
SELECT stages.stage, lanes.lane, lanes.paused, extract(epoch FROM now() - oldest.created_at)::double precision AS seconds
FROM (VALUES ('fetch'), ('score')) AS stages (stage)
CROSS JOIN lanes
LEFT JOIN LATERAL (
    SELECT created_at FROM jobs
    WHERE state = 'queued' AND jobs.stage = stages.stage AND jobs.lane = lanes.lane ORDER BY id LIMIT 1
) AS oldest ON true;

-- pending_deliveries --
SELECT count(*) AS pending, extract(epoch FROM now() - min(created_at))::double precision AS oldest_seconds
FROM deliveries WHERE state = 'pending';

-- list_lanes --
SELECT lane, paused FROM lanes ORDER BY lane DESC;

-- set_lane --
UPDATE lanes SET paused = %(paused)s WHERE lane = %(lane)s RETURNING lane, paused;

-- count_held_by_appeals --
-- By the time in the id, as retention itself looks; an erased job has no appeals.
SELECT count(DISTINCT appeals.job_id) AS held
FROM tenants
CROSS JOIN LATERAL (
    SELECT (document ->> 'retention_days')::integer AS days FROM policies
    WHERE policies.tenant_id = tenants.id ORDER BY version DESC LIMIT 1
) AS policy
JOIN appeals ON appeals.tenant_id = tenants.id AND appeals.state = 'open'
    AND appeals.job_id < uuidv7_floor(now() - make_interval(days => policy.days))
WHERE policy.days IS NOT NULL;
