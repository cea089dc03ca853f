-- insert_model --
INSERT INTO model_versions (version, name, sha256, card, manifest, origin, signed_by, run_id)
VALUES (
    %(version)s, %(name)s, %(sha256)s, %(card)s, %(manifest)s, %(origin)s, %(signed_by)s, %(run_id)s
)
ON CONFLICT (version) DO NOTHING RETURNING version;

-- get_model --
SELECT model_versions.*, model_states.state, model_states.since,
       ARRAY(SELECT alias FROM model_aliases WHERE model_aliases.version = model_versions.version) AS aliases
FROM model_versions JOIN model_states USING (version)
WHERE version = coalesce((SELECT version FROM model_aliases WHERE alias = %(version)s), %(version)s);

-- list_models --
SELECT model_versions.*, model_states.state, model_states.since,
       ARRAY(SELECT alias FROM model_aliases WHERE model_aliases.version = model_versions.version) AS aliases
FROM model_versions JOIN model_states USING (version) ORDER BY created_at DESC;

-- hold_model --
-- Until the transaction ends the version is not removed.
SELECT version FROM model_versions WHERE version = %(version)s FOR KEY SHARE;

-- hold_model_to_remove --
SELECT version FROM model_versions WHERE version = %(version)s FOR UPDATE;

-- get_removed_model --
-- The latest of that number, as `get_model` would show it.
SELECT version, name, sha256, card, manifest, origin, signed_by, run_id, created_at,
       'removed' AS state, removed_at AS since, false AS automatic, '{}'::text[] AS aliases
FROM removed_versions WHERE version = %(version)s ORDER BY id DESC LIMIT 1;

-- list_removed_numbers --
SELECT DISTINCT version FROM removed_versions
WHERE NOT EXISTS (SELECT FROM model_versions WHERE model_versions.version = removed_versions.version);

-- keep_removed_model --
INSERT INTO removed_versions
    (version, name, sha256, card, manifest, origin, signed_by, run_id, created_at, removed_by)
SELECT version, name, sha256, card, manifest, origin, signed_by, run_id, created_at, %(by)s
FROM model_versions WHERE version = %(version)s;

-- delete_model --
DELETE FROM model_versions WHERE version = %(version)s;

-- forget_drift_of_model --
-- The number may be given to other files, whose scores are others.
WITH forgotten AS (DELETE FROM score_references WHERE version = %(version)s)
DELETE FROM drift WHERE version = %(version)s;

-- lock_shipped --
LOCK TABLE shipped_versions IN SHARE ROW EXCLUSIVE MODE;

-- forget_shipped --
DELETE FROM shipped_versions;

-- note_shipped --
INSERT INTO shipped_versions (version, manifest) SELECT key, value FROM json_each(%(manifests)s);

-- is_shipped --
-- By its files: other ones may hold the number of a shipped version.
SELECT FROM model_versions JOIN shipped_versions USING (version)
WHERE version = %(version)s AND model_versions.manifest::jsonb = shipped_versions.manifest::jsonb;

-- list_pinning_tenants --
SELECT tenant_id FROM (
    SELECT DISTINCT ON (tenant_id) tenant_id, document FROM policies ORDER BY tenant_id, version DESC
) AS current
WHERE document ->> 'model' = %(version)s ORDER BY tenant_id;

-- list_runs_from_model --
SELECT id FROM retraining_runs WHERE champion = %(version)s AND state IN ('queued', 'running') ORDER BY id;

-- registered_sha256 --
SELECT version, sha256 FROM model_versions WHERE version = ANY(%(versions)s);

-- set_alias --
INSERT INTO model_aliases (alias, version) VALUES (%(alias)s, %(version)s)
ON CONFLICT (alias) DO UPDATE SET version = excluded.version, changed_at = now();

-- lock_aliases --
LOCK TABLE model_aliases IN SHARE ROW EXCLUSIVE MODE;

-- drop_alias --
DELETE FROM model_aliases WHERE alias = %(alias)s;

-- lock_numbers --
-- One run at a time looks which number is next, and none while a version is registered.
LOCK TABLE version_reservations IN SHARE ROW EXCLUSIVE MODE;

-- reserved_number --
SELECT version FROM version_reservations WHERE run_id = %(run_id)s;

-- used_numbers --
SELECT version, name FROM model_versions
UNION ALL
SELECT version, name FROM removed_versions
UNION ALL
SELECT version, NULL FROM version_reservations;

-- reserved_for --
-- A run that has ended needs its number no more: what it published holds it by itself.
SELECT run_id FROM version_reservations JOIN retraining_runs ON retraining_runs.id = run_id
WHERE version_reservations.version = %(version)s AND state IN ('queued', 'running');

-- reserve_number --
INSERT INTO version_reservations (version, run_id) VALUES (%(version)s, %(run_id)s);
