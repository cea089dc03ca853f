-- samples_now --
-- What the newest decision about each lent job admits. `is_new`: no snapshot holds it yet.
SELECT ledger.id, ledger.job_id, ledger.tenant_id, ledger.source, ledger.sha256, ledger.pdq, ledger.label,
       ledger.weight, ledger.seal, NOT EXISTS (SELECT FROM snapshot_samples WHERE ledger_id = ledger.id) AS is_new
FROM (
    SELECT DISTINCT ON (job_id) * FROM ledger ORDER BY job_id, id DESC
) AS ledger JOIN lent_jobs AS lent ON lent.id = ledger.job_id
WHERE ledger.refusal IS NULL AND ledger.withdrawn_at IS NULL
  AND NOT EXISTS (SELECT FROM regression_cases WHERE job_id = ledger.job_id)
ORDER BY ledger.id;

-- insert_snapshot --
INSERT INTO snapshots (run_id, manifest, sha256, prevalence_low, prevalence_high)
VALUES (%(run_id)s, %(manifest)s, %(sha256)s, %(low)s, %(high)s)
RETURNING id, run_id, manifest, sha256, created_at;

-- insert_snapshot_samples --
INSERT INTO snapshot_samples (snapshot_id, ledger_id) SELECT %(snapshot_id)s, unnest(%(ledger_ids)s::uuid[]);

-- get_snapshot --
SELECT id, run_id, manifest, sha256, created_at FROM snapshots WHERE run_id = %(run_id)s;

-- samples_of_snapshot --
-- Those that are still lent: a job erased, or a consent withdrawn, since the snapshot was taken is left out.
SELECT ledger.id, ledger.job_id, ledger.tenant_id, ledger.source, ledger.sha256, ledger.label, ledger.weight,
       ledger.seal
FROM snapshot_samples JOIN ledger ON ledger.id = ledger_id JOIN lent_jobs AS lent ON lent.id = ledger.job_id
WHERE snapshot_id = %(snapshot_id)s AND ledger.withdrawn_at IS NULL
ORDER BY ledger.id;

-- newest_prevalence --
SELECT prevalence_low AS low, prevalence_high AS high FROM snapshots ORDER BY id DESC LIMIT 1;
