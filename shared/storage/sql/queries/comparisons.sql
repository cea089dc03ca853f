-- insert_comparison --
-- No row for a job that was erased meanwhile, which the lock keeps from happening until this is committed; and one row a
-- picture, the first.
INSERT INTO shadow_scores (
    challenger, phase, sha256, job_id, tenant_id, lane, score, verdict, champion, champion_score, champion_verdict, error
)
SELECT %(challenger)s, %(phase)s, jobs.sha256, jobs.id, jobs.tenant_id, jobs.lane, %(score)s, %(verdict)s, %(champion)s,
       %(champion_score)s, %(champion_verdict)s, %(error)s
FROM jobs
WHERE jobs.id = %(job_id)s AND jobs.state <> 'erased' AND jobs.sha256 IS NOT NULL FOR SHARE
ON CONFLICT (challenger, phase, sha256) DO NOTHING;

-- count_comparisons --
-- The latest pictures by both verdicts and both tenths of [0, 1] (1 to 10), and those that the challenger failed on.
SELECT champion_verdict, verdict, least(width_bucket(champion_score, 0, 1, 10), 10) AS champion_bin,
       least(width_bucket(score, 0, 1, 10), 10) AS bin, error IS NOT NULL AS failed, count(*) AS pictures
FROM (
    SELECT * FROM shadow_scores WHERE challenger = %(challenger)s AND phase = %(phase)s
    ORDER BY created_at DESC LIMIT %(most)s
) AS latest
GROUP BY 1, 2, 3, 4, 5;

-- count_compared_tenants --
SELECT count(*) AS tenants
FROM (
    SELECT DISTINCT tenant_id FROM (
        SELECT tenant_id FROM shadow_scores WHERE challenger = %(challenger)s AND phase = %(phase)s
        ORDER BY created_at DESC LIMIT %(most)s
    ) AS latest
) AS found;

-- count_overturned --
-- Of decided verdicts under these versions, the latest review of each since then.
SELECT jobs.result #>> '{model,version}' AS version, count(*) AS reviewed,
       count(*) FILTER (WHERE (jobs.verdict = 'likely_ai') <> (latest.label = 'ai')) AS overturned
FROM (
    SELECT DISTINCT ON (job_id) job_id, label FROM reviews
    WHERE id >= uuidv7_floor(%(since)s) ORDER BY job_id, id DESC
) AS latest
JOIN jobs ON jobs.id = latest.job_id AND jobs.state = 'done'
WHERE latest.label IN ('human', 'ai') AND jobs.verdict IN ('likely_human', 'likely_ai')
  AND jobs.id >= uuidv7_floor(%(since)s)
  AND jobs.result #>> '{model,version}' = ANY(%(versions)s)
GROUP BY 1;

-- clear_comparisons --
DELETE FROM shadow_scores WHERE challenger = %(challenger)s;

-- forget_comparisons --
DELETE FROM shadow_scores WHERE created_at < now() - make_interval(days => %(days)s);
