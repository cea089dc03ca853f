"""What is said where a limit cannot be applied."""

from shared.domain.gate import Ruling


def unjudged(name: str, why: str, *, subjects: tuple[str, ...] = ()) -> Ruling:
    """A limit that cannot be judged passes, and says so: the primary rules have judged the whole.

    One does not: see `cells.triggers` for a network that was moved.
    """
    detail = f"{why} Not judged, and no reason to refuse."
    return Ruling(name=name, passed=True, value=None, limit=None, detail=detail, judged=False, subjects=subjects)
