-- changelog_versions --
-- The newest versions, removed ones too, what made each and who brought it.
SELECT version, name, origin, signed_by, all_versions.created_at AS at, run_id, removed_at, description,
    (SELECT keys.name FROM audit_log JOIN keys ON keys.id = audit_log.key_id
     WHERE action = 'model.imported' AND subject = version ORDER BY audit_log.id DESC LIMIT 1) AS imported_by
FROM (
    SELECT version, name, origin, signed_by, created_at, run_id, NULL::timestamptz AS removed_at,
        card ->> 'description' AS description
    FROM model_versions
    UNION ALL
    SELECT version, name, origin, signed_by, created_at, run_id, removed_at, card ->> 'description'
    FROM removed_versions
) AS all_versions
ORDER BY all_versions.created_at DESC, version DESC LIMIT %(limit)s;

-- changelog_runs --
-- Runs that made a candidate, whole.
SELECT to_jsonb(retraining_runs) AS run, reserved.version AS reserved
FROM retraining_runs LEFT JOIN version_reservations AS reserved ON reserved.run_id = retraining_runs.id
WHERE outcome = 'refused' OR retraining_runs.id = ANY(%(runs)s)
ORDER BY retraining_runs.id DESC LIMIT %(limit)s;

-- changelog_moves --
SELECT version, before, after, why, numbers, at, keys.name AS by
FROM model_moves LEFT JOIN keys ON keys.id = model_moves.key_id
WHERE version = ANY(%(versions)s) ORDER BY model_moves.id;
