"""How a registered version comes into service and out of it: its states, and the moves between them."""

import hashlib
from collections.abc import Mapping
from enum import StrEnum

from shared.errors import IllegalTransition


class VersionState(StrEnum):
    """`available`: not in the loop. `shadow`: scores beside the champion, answers nothing. `canary`: answers a share.

    `retired`: was champion. `stopped`: taken out of shadow or canary, by its figures or by a person. `removed`: its
    files are gone; its card and its moves stay.
    """

    AVAILABLE = "available"
    SHADOW = "shadow"
    CANARY = "canary"
    CHAMPION = "champion"
    RETIRED = "retired"
    STOPPED = "stopped"
    REMOVED = "removed"


CHALLENGING = frozenset({VersionState.SHADOW, VersionState.CANARY})
"""The states of the challenger, of which there is one at most."""

# The database holds the same table (migration 0013, `is_legal_model_move`); a contract test compares.
MOVES: Mapping[VersionState, frozenset[VersionState]] = {
    VersionState.AVAILABLE: frozenset(
        {VersionState.SHADOW, VersionState.CANARY, VersionState.CHAMPION, VersionState.REMOVED}
    ),
    VersionState.SHADOW: frozenset(
        {VersionState.AVAILABLE, VersionState.CANARY, VersionState.CHAMPION, VersionState.STOPPED}
    ),
    VersionState.CANARY: frozenset({VersionState.AVAILABLE, VersionState.CHAMPION, VersionState.STOPPED}),
    VersionState.CHAMPION: frozenset({VersionState.RETIRED}),
    VersionState.RETIRED: frozenset({VersionState.SHADOW, VersionState.CHAMPION, VersionState.REMOVED}),
    VersionState.STOPPED: frozenset({VersionState.SHADOW, VersionState.CHAMPION, VersionState.REMOVED}),
    VersionState.REMOVED: frozenset(),
}


def require_move(before: VersionState, after: VersionState) -> None:
    """Raise `IllegalTransition` unless a version may go from `before` to `after`."""
    if after not in MOVES[before]:
        raise IllegalTransition(f"a version cannot go from {before} to {after}")


def falls_in(share: float, sha256: bytes, version: str, phase: VersionState) -> bool:
    """Whether the picture with this SHA-256 belongs to the `share` in [0, 1] that this version gets in this phase.

    The same for every job with this picture, whoever sends it and whichever worker asks; another share for another
    version, so that it is not the same pictures that bear every trial.
    """
    drawn = hashlib.sha256(f"{version} {phase} ".encode() + sha256).digest()
    return int.from_bytes(drawn[:8]) < share * 2**64
