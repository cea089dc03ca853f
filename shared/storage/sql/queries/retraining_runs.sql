-- insert_retraining_run --
INSERT INTO retraining_runs (state, mode, min_samples, seed, requested_by, idempotency_key)
VALUES ('queued', %(mode)s, %(min_samples)s, %(seed)s, %(requested_by)s, %(idempotency_key)s)
ON CONFLICT (requested_by, idempotency_key) WHERE idempotency_key IS NOT NULL DO NOTHING
RETURNING *, NULL::uuid AS waits_for;

-- get_run_by_key --
SELECT *, NULL::uuid AS waits_for FROM retraining_runs
WHERE requested_by = %(requested_by)s AND idempotency_key = %(idempotency_key)s;

-- lock_retraining --
SELECT pg_advisory_xact_lock(hashtext('retraining_runs'));

-- has_queued_run --
SELECT EXISTS (SELECT 1 FROM retraining_runs WHERE state = 'queued') AS found;

-- has_consent --
-- Whether any tenant lends its jobs now; what was lent before it took that back counts no more.
SELECT EXISTS (
    SELECT 1 FROM tenants CROSS JOIN LATERAL (
        SELECT document FROM policies WHERE policies.tenant_id = tenants.id ORDER BY version DESC LIMIT 1
    ) AS policy WHERE (policy.document ->> 'allow_training')::boolean
) AS found;

-- get_run --
SELECT *, (
    SELECT other.id FROM retraining_runs AS other
    WHERE retraining_runs.state = 'queued' AND other.state IN ('running', 'queued')
      AND (other.state = 'running' OR other.id < retraining_runs.id) AND other.id <> retraining_runs.id
    ORDER BY other.state = 'running' DESC, other.id DESC LIMIT 1
) AS waits_for
FROM retraining_runs WHERE id = %(id)s;

-- list_runs --
SELECT *, (
    SELECT other.id FROM retraining_runs AS other
    WHERE retraining_runs.state = 'queued' AND other.state IN ('running', 'queued')
      AND (other.state = 'running' OR other.id < retraining_runs.id) AND other.id <> retraining_runs.id
    ORDER BY other.state = 'running' DESC, other.id DESC LIMIT 1
) AS waits_for
FROM retraining_runs WHERE %(before_id)s::uuid IS NULL OR id < %(before_id)s
ORDER BY id DESC LIMIT %(limit)s;

-- has_run_to_do --
SELECT EXISTS (SELECT 1 FROM retraining_runs WHERE state IN ('queued', 'running')) AS found;

-- claim_run --
-- By the holder of the advisory lock alone, so that a run that is `running` was abandoned; such a one goes first.
UPDATE retraining_runs SET
    state = 'running',
    stage = coalesce(stage, 'harvest'),
    fence = fence + 1,
    attempts = attempts + 1,
    champion = coalesce(champion, (SELECT version FROM model_aliases WHERE alias = 'champion')),
    started_at = coalesce(started_at, now()),
    heartbeat_at = now()
WHERE id = (
    SELECT id FROM retraining_runs WHERE state IN ('queued', 'running')
    ORDER BY state = 'running' DESC, id LIMIT 1 FOR UPDATE
) RETURNING *, NULL::uuid AS waits_for;

-- run_beats --
-- What an attempt says on its way to where those before it were is passed over: it is told from one that gets further.
UPDATE retraining_runs AS run SET
    heartbeat_at = now(),
    attempts = CASE WHEN %(done)s > reached.done THEN 1 ELSE attempts END,
    progress = CASE WHEN %(done)s >= reached.done THEN %(progress)s ELSE progress END
FROM (
    SELECT id, CASE progress ->> 'stage' WHEN %(stage)s THEN (progress ->> 'done')::integer ELSE 0 END AS done
    FROM retraining_runs WHERE id = %(id)s
) AS reached
WHERE run.id = reached.id AND state = 'running' AND fence = %(fence)s RETURNING cancel_requested;

-- keep_stage_result --
-- `next` is the stage that begins now.
UPDATE retraining_runs SET
    harvest = coalesce(%(harvest)s, harvest),
    snapshot = coalesce(%(snapshot)s, snapshot),
    candidate = coalesce(%(candidate)s, candidate),
    evaluation = coalesce(%(evaluation)s, evaluation),
    judgement = coalesce(%(judgement)s, judgement),
    stage = %(next)s, attempts = 1, progress = NULL, heartbeat_at = now()
WHERE id = %(id)s AND state = 'running' AND fence = %(fence)s RETURNING id;

-- rewind_run --
-- Its files are not here (another machine, a folder that was emptied), or other code wrote them: from `stage`, train or
-- evaluate, on it is done anew.
UPDATE retraining_runs SET
    stage = %(stage)s,
    candidate = CASE %(stage)s WHEN 'evaluate' THEN candidate END,
    evaluation = NULL, judgement = NULL, progress = NULL
WHERE id = %(id)s AND state = 'running' AND fence = %(fence)s RETURNING id;

-- release_run --
UPDATE retraining_runs SET state = 'queued', attempts = attempts - 1, heartbeat_at = NULL
WHERE id = %(id)s AND state = 'running' AND fence = %(fence)s RETURNING id;

-- end_run --
UPDATE retraining_runs SET
    state = %(state)s,
    outcome = %(outcome)s,
    detail = %(detail)s,
    failure_reason = %(failure_reason)s,
    failure = %(failure)s,
    snapshot = coalesce(%(snapshot)s, snapshot),
    judgement = coalesce(%(judgement)s, judgement),
    version = %(version)s,
    progress = NULL,
    finished_at = now()
WHERE id = %(id)s AND state = 'running' AND fence = %(fence)s RETURNING id;

-- cancel_run --
UPDATE retraining_runs SET
    state = CASE state WHEN 'queued' THEN 'cancelled' ELSE state END,
    finished_at = CASE state WHEN 'queued' THEN now() END,
    cancel_requested = true
WHERE id = %(id)s AND state IN ('queued', 'running') RETURNING *, NULL::uuid AS waits_for;

-- note_retrainer --
INSERT INTO retrainers (name, schedule_seconds) VALUES (%(name)s, %(schedule_seconds)s)
ON CONFLICT (name) DO UPDATE SET seen_at = now(), schedule_seconds = excluded.schedule_seconds;

-- forget_retrainers --
DELETE FROM retrainers WHERE seen_at < now() - interval '1 day';

-- remove_retrainer --
DELETE FROM retrainers WHERE name = %(name)s;

-- has_live_retrainer --
SELECT EXISTS (SELECT 1 FROM retrainers WHERE seen_at > now() - %(within)s) AS found;

-- count_runs --
SELECT coalesce(outcome, state) AS outcome, count(*) AS runs FROM retraining_runs GROUP BY 1;

-- retraining_now --
SELECT
    (SELECT count(*) FROM retrainers WHERE seen_at > now() - %(within)s) AS retrainers,
    (SELECT max(schedule_seconds) FROM retrainers) AS schedule_seconds,
    (SELECT extract(epoch FROM now() - max(finished_at)) FROM retraining_runs WHERE state = 'finished')
        AS since_finished_seconds,
    (SELECT extract(epoch FROM now() - min(created_at)) FROM retraining_runs WHERE state IN ('queued', 'running'))
        AS oldest_waiting_seconds,
    (SELECT row_to_json(run) FROM (
        SELECT stage, progress FROM retraining_runs WHERE state = 'running' LIMIT 1
    ) AS run) AS running;

-- count_new_samples --
-- Lent samples of the run's snapshot, and gold, that no candidate was judged with yet.
SELECT (
    SELECT count(*) FROM snapshots JOIN snapshot_samples ON snapshot_id = snapshots.id
    JOIN ledger ON ledger.id = ledger_id
    WHERE snapshots.run_id = %(id)s AND ledger.withdrawn_at IS NULL AND NOT EXISTS (
        SELECT FROM snapshot_samples AS earlier JOIN snapshots AS taken ON taken.id = earlier.snapshot_id
        JOIN retraining_runs AS run ON run.id = taken.run_id
        WHERE earlier.ledger_id = ledger.id AND run.id <> %(id)s AND run.judgement IS NOT NULL
    )
) + (
    SELECT count(*) FROM unnest(%(gold)s::text[]) AS digest WHERE NOT EXISTS (
        SELECT FROM snapshots JOIN retraining_runs AS run ON run.id = snapshots.run_id
        WHERE run.id <> %(id)s AND run.judgement IS NOT NULL AND (manifest -> 'gold')::jsonb ? digest
    )
) AS new;

-- count_guard_uses --
SELECT count(*) AS uses FROM retraining_runs
WHERE id <> %(id)s AND judgement IS NOT NULL AND evaluation ->> 'guard' = %(guard)s;
