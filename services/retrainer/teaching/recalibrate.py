"""The calibration of a retrained version: fitted on gold out of fold, and corrected by what gold flatters.

Gold's pictures trained the network that embeds them. Its logits part their classes better there than on new pictures,
and a temperature fitted on them would promise too much. By how much, the champion tells: its calibration was fitted on
pictures whose owners it had never seen. What the same fit on gold makes of the champion's logits is therefore mapped to
what the champion's card says, and the retrained version's fit goes through the same map.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from services.retrainer.statistics.calibrate import calibrate_by_tier
from services.retrainer.versions.embedded import Embedded
from shared.domain.job import Lane
from shared.domain.model_card import Calibration, CalibrationTable, Tier
from shared.errors import ConfigurationError


def recalibrated(
    gold: Embedded,
    champion: NDArray[np.float32],
    retrained: NDArray[np.float32],
    table: CalibrationTable,
) -> tuple[CalibrationTable, str]:
    """The calibration of a version whose logits for `gold` are `retrained`, float32 [N], each of a head that never saw
    the row's owner; those of the champion, whose calibration is `table`, are `champion`. With it a word on how.

    A lane in which either's logits do not rise with the share of AI pictures keeps the champion's.
    """
    tiers, kept = {}, []
    for lane in Lane:
        rows = gold.lanes == lane.value
        try:
            tiers[lane] = _lane(gold.rows(rows), champion[rows], retrained[rows], table.tiers[lane])
        except (ConfigurationError, ValueError, FloatingPointError):
            tiers[lane] = tuple(table.tiers[lane])
            kept.append(lane.value)
    said = "on gold, out of fold by owner, through the map that makes the champion's fit on gold its card's"
    return CalibrationTable(tiers=tiers), f"{said}; {' and '.join(kept)} keeps the champion's" if kept else said


def _lane(
    gold: Embedded, champion: NDArray[np.float32], retrained: NDArray[np.float32], tiers: Sequence[Tier]
) -> tuple[Tier, ...]:
    bounds = [tier.max_short_side for tier in tiers if tier.max_short_side is not None]
    fitted = [
        calibrate_by_tier(logits, gold.labels, gold.short_sides, bounds, gold.owners)
        for logits in (champion, retrained)
    ]
    return tuple(
        Tier(
            max_short_side=said.max_short_side, calibration=_mapped(said.calibration, old.calibration, new.calibration)
        )
        for said, old, new in zip(tiers, *fitted, strict=True)
    )


def _mapped(said: Calibration, old: Calibration, new: Calibration) -> Calibration:
    """`new`'s log-odds x / t + b through the line that takes `old`'s to those that the card `said`."""
    rise = old.temperature / said.temperature
    return Calibration(
        temperature=new.temperature / rise,
        bias=said.bias + rise * (new.bias - old.bias),
    )
