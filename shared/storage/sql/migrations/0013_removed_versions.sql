-- What stays of a version that was removed, and why a retraining run failed, in a word.

-- The card, for results go on naming the version, and what descends from it goes on asking for its parent. Its files are
-- gone. A number may be given again, by an import or a release: then it has a row here for each time that it went.
CREATE TABLE removed_versions (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    version text NOT NULL,
    name text NOT NULL,
    sha256 bytea NOT NULL,
    card json NOT NULL,
    manifest json NOT NULL,
    origin text NOT NULL,
    signed_by text,
    run_id uuid REFERENCES retraining_runs,
    created_at timestamptz NOT NULL,
    removed_by uuid REFERENCES keys,
    removed_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX removed_versions_of_number ON removed_versions (version, id DESC);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON removed_versions FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER append_only_as_a_whole BEFORE TRUNCATE ON removed_versions
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- `shared.domain.lifecycle.MOVES` again.
CREATE OR REPLACE FUNCTION is_legal_model_move(before text, after text) RETURNS boolean
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
    SELECT CASE before
        WHEN 'available' THEN after IN ('shadow', 'canary', 'champion', 'removed')
        WHEN 'shadow' THEN after IN ('available', 'canary', 'champion', 'stopped')
        WHEN 'canary' THEN after IN ('available', 'champion', 'stopped')
        WHEN 'champion' THEN after = 'retired'
        WHEN 'retired' THEN after IN ('shadow', 'champion', 'removed')
        WHEN 'stopped' THEN after IN ('shadow', 'champion', 'removed')
        ELSE false
    END
$$;

-- Null: the run did not fail, or the code before this one ended it. `shared.domain.retraining.RunFailure` has the words.
ALTER TABLE retraining_runs ADD COLUMN failure_reason text;
