-- Endpoints: addresses of a tenant that hear of all its jobs, beside the `callback_url` of a single one.

CREATE TABLE webhook_endpoints (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    tenant_id uuid NOT NULL REFERENCES tenants,
    url text NOT NULL,
    -- Null: all, also those that are added later.
    events text[],
    description text,
    secret text NOT NULL,
    -- Signs beside the new one for a time, so that a receiver may change over when it likes.
    previous_secret text,
    previous_secret_until timestamptz,
    -- Since its first failure after which nothing was delivered.
    failing_since timestamptz,
    disabled_at timestamptz,
    disabled_reason text CHECK (disabled_reason IN ('gone', 'failing', 'requested')),
    -- A removed endpoint stays until what waits for it is cancelled; housekeeping drops it.
    deleted_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT now(),
    CHECK ((disabled_at IS NULL) = (disabled_reason IS NULL))
);
CREATE INDEX webhook_endpoints_of_tenant ON webhook_endpoints (tenant_id, id);
CREATE INDEX webhook_endpoints_closed ON webhook_endpoints (id) WHERE disabled_at IS NOT NULL OR deleted_at IS NOT NULL;

ALTER TABLE tenants
    ADD COLUMN previous_webhook_secret text,
    ADD COLUMN previous_webhook_secret_until timestamptz;

-- `held`: announced while the endpoint is disabled. The new check admits more than the old one, under which every row
-- was written, so that none has to be read again.
ALTER TABLE deliveries
    ALTER COLUMN job_id DROP NOT NULL,
    -- Null: the job's callback_url.
    ADD COLUMN endpoint_id uuid,
    -- Attempts made before the schedule began anew, by a replay.
    ADD COLUMN schedule_from integer NOT NULL DEFAULT 0,
    DROP CONSTRAINT deliveries_state_check,
    ADD CONSTRAINT deliveries_state_check
        CHECK (state IN ('pending', 'held', 'delivered', 'exhausted', 'cancelled')) NOT VALID;

-- A receiver is an endpoint, or the callbacks of a tenant together.
CREATE INDEX deliveries_due_of_receiver ON deliveries ((coalesce(endpoint_id, tenant_id)), next_attempt_at)
    WHERE state = 'pending';
DROP INDEX deliveries_due;
CREATE INDEX deliveries_held ON deliveries (endpoint_id) WHERE state = 'held';
CREATE INDEX deliveries_of_tenant ON deliveries (tenant_id, id DESC);
CREATE INDEX deliveries_of_endpoint ON deliveries (endpoint_id, id DESC) WHERE endpoint_id IS NOT NULL;
CREATE INDEX deliveries_undelivered ON deliveries (tenant_id, state, id DESC) WHERE state <> 'delivered';
