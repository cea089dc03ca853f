-- get_state --
SELECT model_states.*, model_versions.origin
FROM model_states JOIN model_versions USING (version)
WHERE version = coalesce((SELECT version FROM model_aliases WHERE alias = %(version)s), %(version)s);

-- get_champion_state --
SELECT * FROM model_states WHERE state = 'champion';

-- get_challenger_state --
SELECT model_states.*, clock_timestamp() - since AS waited FROM model_states WHERE state IN ('shadow', 'canary');

-- move_state --
UPDATE model_states
SET state = %(after)s, since = clock_timestamp(), automatic = %(automatic)s, run_id = coalesce(%(run_id)s, run_id)
WHERE version = %(version)s
RETURNING *;

-- insert_move --
INSERT INTO model_moves (version, before, after, key_id, why, numbers, run_id)
VALUES (%(version)s, %(before)s, %(after)s, %(key_id)s, %(why)s, %(numbers)s, %(run_id)s);

-- list_moves --
SELECT * FROM model_moves WHERE version = %(version)s ORDER BY id DESC LIMIT 100;

-- count_moves --
SELECT after AS state, key_id IS NULL AS automatic, count(*) AS moves FROM model_moves GROUP BY after, key_id IS NULL;

-- get_freeze --
SELECT frozen, since, why FROM model_freeze;

-- set_freeze --
UPDATE model_freeze SET frozen = %(frozen)s, since = now(), why = %(why)s
RETURNING frozen, since, why;
