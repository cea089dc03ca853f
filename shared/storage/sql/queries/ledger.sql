-- due_for_decision --
-- Lent jobs without a lasting decision: those that an operator's reviewer labelled, and of the confident ones (DESIGN:
-- <= 0.20 or >= 0.80, verdict not held back) the share by lot. Whom the quarantine kept out is considered again, and a
-- label that came later is a new decision.
SELECT lent.id, lent.tenant_id, lent.sha256, lent.lane, lent.score, lent.verdict, lent.result, lent.created_at,
       extract(epoch FROM now() - lent.created_at)::double precision / 86400 AS age_days, judged.label AS operator
FROM lent_jobs AS lent
LEFT JOIN LATERAL (
    SELECT label FROM spot_checks WHERE job_id = lent.id AND decided_at IS NOT NULL ORDER BY decided_at DESC LIMIT 1
) AS judged ON true
WHERE lent.id >= uuidv7_floor(now() - %(window)s) AND lent.id > %(after)s AND lent.sha256 IS NOT NULL
  AND (judged.label IS NOT NULL
       OR (lot_of(lent.id) < %(share)s AND lent.verdict <> 'uncertain' AND (lent.score <= 0.20 OR lent.score >= 0.80)))
  AND NOT EXISTS (SELECT FROM regression_cases WHERE job_id = lent.id)
  AND NOT EXISTS (
      SELECT FROM ledger
      WHERE ledger.job_id = lent.id
        AND (ledger.run_id = %(run_id)s
             OR (ledger.refusal IS DISTINCT FROM 'quarantine' AND ledger.refusal IS DISTINCT FROM 'withdrawn'
                 AND (judged.label IS NULL OR ledger.source = 'gold')))
  )
ORDER BY lent.id LIMIT %(limit)s;

-- insert_decision --
-- Under a lock on the job, so that none is written of a job that is being erased. No row: it is erased, or this run has
-- decided already. What is not lent any more is refused whatever was decided.
WITH held AS (
    SELECT id, tenant_id, state FROM jobs WHERE id = %(job_id)s FOR SHARE
), lent AS (
    SELECT held.id, held.tenant_id, EXISTS (SELECT FROM lent_jobs WHERE id = %(job_id)s) AS now FROM held
    WHERE held.state = 'done'
)
INSERT INTO ledger (run_id, job_id, tenant_id, source, refusal, sha256, pdq, model, score, label, weight, detail)
SELECT %(run_id)s, lent.id, lent.tenant_id, %(source)s, CASE WHEN lent.now THEN %(refusal)s ELSE 'withdrawn' END,
       %(sha256)s, %(pdq)s, %(model)s, %(score)s, CASE WHEN lent.now THEN %(label)s::double precision END,
       CASE WHEN lent.now THEN %(weight)s::double precision ELSE 0 END, %(detail)s
FROM lent
ON CONFLICT (run_id, job_id) DO NOTHING
RETURNING refusal;

-- count_decisions --
SELECT refusal, count(*) AS decisions FROM ledger WHERE run_id = %(run_id)s GROUP BY refusal;

-- count_newest_decisions --
-- Of the run that decided last.
SELECT refusal, count(*) AS decisions FROM ledger
WHERE run_id = (SELECT run_id FROM ledger ORDER BY id DESC LIMIT 1) GROUP BY refusal;

-- is_lent --
SELECT EXISTS (SELECT FROM lent_jobs WHERE id = %(job_id)s) AS lent;

-- runs_of_job --
SELECT DISTINCT snapshots.id, snapshots.run_id
FROM ledger JOIN snapshot_samples ON ledger_id = ledger.id JOIN snapshots ON snapshots.id = snapshot_id
WHERE ledger.job_id = %(job_id)s AND ledger.tenant_id = %(tenant_id)s ORDER BY snapshots.id;

-- harvested_hashes --
-- Of what earlier runs admitted and is still lent, but for jobs that are considered anew.
SELECT DISTINCT ledger.pdq FROM ledger JOIN lent_jobs AS lent ON lent.id = ledger.job_id
WHERE ledger.refusal IS NULL AND ledger.run_id <> %(run_id)s AND ledger.pdq IS NOT NULL
  AND ledger.job_id <> ALL(%(considered)s);

-- keep_look --
-- No row for a job that was erased meanwhile.
INSERT INTO looks (job_id, tenant_id, run_id, pdq, scores, second_score, embedding)
SELECT id, tenant_id, %(run_id)s, %(pdq)s, %(scores)s, %(second_score)s, %(embedding)s
FROM jobs WHERE id = %(job_id)s AND state = 'done' FOR SHARE
ON CONFLICT (job_id) DO UPDATE
SET run_id = excluded.run_id, pdq = excluded.pdq, scores = excluded.scores, second_score = excluded.second_score,
    embedding = excluded.embedding;

-- looks_of_run --
SELECT job_id, pdq, scores, second_score, embedding FROM looks WHERE run_id = %(run_id)s;

-- forget_looks --
-- Of this run, which has decided, and of all that ended otherwise.
DELETE FROM looks;
