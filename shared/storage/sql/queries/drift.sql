-- busiest_tenants --
SELECT tenant_id::text AS tenant FROM jobs
WHERE id >= uuidv7_floor(now() - %(window)s::interval) AND state = 'done'
GROUP BY tenant_id ORDER BY count(*) DESC, tenant_id LIMIT %(most)s;

-- score_histograms --
-- Of the jobs of the window that are done, by tenant (the busiest by name, the rest as one, and all together) and version.
WITH scored AS MATERIALIZED (
    SELECT id, CASE WHEN tenant_id::text = ANY(%(busiest)s) THEN tenant_id::text ELSE 'other' END AS tenant,
           result #>> '{model,version}' AS version, verdict, least(width_bucket(score, 0, 1, 10), 10) AS bin
    FROM jobs
    WHERE id >= uuidv7_floor(now() - %(window)s::interval) AND state = 'done' AND score IS NOT NULL
)
SELECT coalesce(tenant, 'all') AS tenant, version, bin, count(*) AS scored,
       count(*) FILTER (WHERE verdict = 'uncertain') AS uncertain
FROM scored WHERE version IS NOT NULL
GROUP BY GROUPING SETS ((tenant, version, bin), (version, bin));

-- overturned_by_tenant --
-- Decided verdicts that were reviewed within the window, whenever they were given; the latest review of each.
SELECT coalesce(tenant, 'all') AS tenant, version, count(*) AS reviewed, count(*) FILTER (WHERE wrong) AS overturned
FROM (
    SELECT CASE WHEN jobs.tenant_id::text = ANY(%(busiest)s) THEN jobs.tenant_id::text ELSE 'other' END AS tenant,
           jobs.result #>> '{model,version}' AS version, (jobs.verdict = 'likely_ai') <> (latest.label = 'ai') AS wrong
    FROM (
        SELECT DISTINCT ON (job_id) job_id, label FROM reviews
        WHERE id >= uuidv7_floor(now() - %(window)s::interval) ORDER BY job_id, id DESC
    ) AS latest
    JOIN jobs ON jobs.id = latest.job_id AND jobs.state = 'done'
    WHERE latest.label IN ('human', 'ai') AND jobs.verdict IN ('likely_human', 'likely_ai')
) AS judged
WHERE version IS NOT NULL
GROUP BY GROUPING SETS ((tenant, version), (version));

-- list_references --
SELECT tenant, version, bins FROM score_references;

-- insert_reference --
INSERT INTO score_references (tenant, version, bins) VALUES (%(tenant)s, %(version)s, %(bins)s) ON CONFLICT DO NOTHING;

-- first_scores --
-- Histogram of the first scores of the window; ids are in the order of submission.
SELECT bin, count(*) AS scored
FROM (
    SELECT least(width_bucket(score, 0, 1, 10), 10) AS bin FROM jobs
    WHERE id >= uuidv7_floor(now() - %(window)s::interval) AND state = 'done' AND score IS NOT NULL
      AND result #>> '{model,version}' = %(version)s
      AND (%(tenant)s = 'all' OR tenant_id::text = %(tenant)s
           OR (%(tenant)s = 'other' AND tenant_id::text <> ALL(%(busiest)s)))
    ORDER BY id LIMIT %(most)s
) AS first
GROUP BY bin;

-- clear_drift --
DELETE FROM drift;

-- insert_drift --
INSERT INTO drift (tenant, version, scored, psi, uncertain, reviewed, overturned)
VALUES (%(tenant)s, %(version)s, %(scored)s, %(psi)s, %(uncertain)s, %(reviewed)s, %(overturned)s);

-- list_drift --
SELECT * FROM drift ORDER BY tenant, version;
