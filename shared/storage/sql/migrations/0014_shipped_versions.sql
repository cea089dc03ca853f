-- What the release comes with whose set-up ran last: that set-up would register it again, so it is not removed.
CREATE TABLE shipped_versions (
    version text PRIMARY KEY,
    manifest json NOT NULL
);

-- Until the first set-up of this release has run, which applies this and then says what it comes with.
INSERT INTO shipped_versions (version, manifest)
SELECT version, manifest FROM model_versions WHERE origin = 'shipped';
