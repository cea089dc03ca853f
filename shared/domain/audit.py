"""What administrators do, by name: one of these stands in each row of the audit log."""

from enum import StrEnum


class Action(StrEnum):
    TENANT_CREATED = "tenant.created"
    TENANT_LIMITS_CHANGED = "tenant.limits_changed"
    TENANT_SECRET_ROTATED = "tenant.webhook_secret_rotated"  # noqa: S105 - the name of an act
    KEY_CREATED = "key.created"
    KEY_REVOKED = "key.revoked"
    POLICY_CHANGED = "policy.changed"
    MODEL_IMPORTED = "model.imported"
    MODEL_PROMOTED = "model.promoted"
    MODEL_ROLLED_BACK = "model.rolled_back"
    GOLD_ADDED = "gold.added"
    GOLD_REMOVED = "gold.removed"
    SPOT_CHECK_LABELLED = "spot_check.labelled"
    RETRAINING_ASKED = "retraining.asked"
    RETRAINING_CANCELLED = "retraining.cancelled"
    MODEL_SHADOWED = "model.shadowed"
    MODEL_CANARIED = "model.canaried"
    MODEL_STOPPED = "model.stopped"
    MODEL_SET_ASIDE = "model.set_aside"
    MODEL_REMOVED = "model.removed"
    MODELS_FROZEN = "models.frozen"
    MODELS_UNFROZEN = "models.unfrozen"
    LANE_PAUSED = "lane.paused"
    LANE_RESUMED = "lane.resumed"
