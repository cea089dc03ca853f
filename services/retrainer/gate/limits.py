"""What a candidate may lose, and how much must be known to say so."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class Limits:
    """All shares lie in [0, 1]; `ratio`s are candidate to champion.

    The primary rules hold with 95 % confidence, one-sided: `max_fpr` is where the partial ROC AUC ends,
    `partial_auroc` what may be lost of it, `accused` how many more of the human pictures may be called AI as far as
    the interval reaches, and `accused_measured` as was measured. The rest stops a catastrophe and no more: it is
    judged by what was measured, without an interval, and so is wide.
    """

    draws: int = 1000
    max_fpr: float = 0.10
    partial_auroc: float = 0.02
    accused: float = 0.02
    accused_measured: float = 0.005
    least_pictures: int = 50
    """Of each class, for the primary rules."""
    least_owners: int = 5
    """Of each class: fewer do not say what the next one is like."""

    kind_more: float = 0.10
    """Of a kind's human pictures called AI, above the champion's share."""
    least_of_kind: int = 30
    found_less: float = 0.10
    """Of the AI pictures called AI, below another version's share. Who never accuses would pass everything else."""

    calibration_error: float = 0.05
    """Above the champion's expected calibration error."""
    slope: float = 2.0
    """Factor by which the calibration's slope may miss 1, up or down, or the champion's where that misses by more."""

    cell_drop: float = 0.05
    """Of ROC AUC, from a version's plain pictures to the same ones degraded."""
    cell_drop_more: float = 0.02
    """Above the champion's worst drop, where that allows more."""
    cell_less: float = 0.05
    """Of ROC AUC, below the champion's in the same cell."""
    least_in_cell: int = 30
    """Pictures of each class; of a canary's pictures, of both together."""

    negative_flips: float = 0.15
    """Of all plain views, right before and wrong now. A detector that errs on a third loses a tenth so by being trained
    anew, and wins more."""
    trigger_more: float = 0.05
    """Of the pictures stamped with a canary, whose verdict moves, above the champion's share."""
    latency_ratio: float = 1.5
    latency_more_ms: float = 5.0
    """So much more is borne whatever the ratio: of a network of microseconds a ratio measures the machine's mood."""
    size_ratio: float = 1.5

    def __post_init__(self) -> None:
        if self.draws < 1000:
            raise ValueError(f"draws must be 1000 or more, got {self.draws}")
        if not 0 < self.max_fpr <= 1:
            raise ValueError(f"max_fpr must lie in (0, 1], got {self.max_fpr}")
