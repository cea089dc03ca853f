-- Limits of tenants, when keys were last used, and what administrators did.

-- null: as the installation's settings say; 0: no limit.
ALTER TABLE tenants
    ADD COLUMN submissions_per_minute integer CHECK (submissions_per_minute >= 0),
    ADD COLUMN requests_per_minute integer CHECK (requests_per_minute >= 0),
    ADD COLUMN submissions_per_day integer CHECK (submissions_per_day >= 0);

-- The operator's own tenant, which the set-up makes, has none; nor has the one that an earlier set-up made.
UPDATE tenants SET submissions_per_minute = 0, requests_per_minute = 0, submissions_per_day = 0 WHERE name = 'default';

ALTER TABLE keys ADD COLUMN last_used_at timestamptz;

-- One row for each act, written by the transaction that does it. `key_id` is null where the set-up did it; `tenant_id` is
-- whom it was done for, null where it holds for all.
CREATE TABLE audit_log (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    at timestamptz NOT NULL DEFAULT now(),
    key_id uuid REFERENCES keys,
    tenant_id uuid REFERENCES tenants,
    action text NOT NULL,
    subject text NOT NULL,
    details jsonb NOT NULL DEFAULT '{}'
);
CREATE INDEX audit_log_of_key ON audit_log (key_id, id DESC);
CREATE INDEX audit_log_of_action ON audit_log (action, id DESC);

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON audit_log FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER append_only_as_a_whole BEFORE TRUNCATE ON audit_log
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
