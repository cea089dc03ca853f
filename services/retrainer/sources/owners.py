"""Who stands behind a group of crops.

A group is named after the public repository its pictures were found in, MAKER+REPOSITORY, or after a known set. One
maker's groups are one owner, by rule:

- the owner is what stands before the first `+`;
- `photo_` and `art_` in front and `_manual` behind say how a part was collected, and are left out;
- a family of sets of one making is one owner: `t2i_*` (eight models, the same prompts), `libretro*` (scans of boxes).

What no rule can know, such as one maker under two names, a table says: a CSV file of `owner,same_as`.
"""

import csv
import re
from pathlib import Path

from shared.errors import ConfigurationError

FAMILIES = ("t2i", "libretro")
COLLECTED = re.compile(r"^(photo|art)_|_manual$")


def owner_of(group: str) -> str:
    """By the rules above, before any table."""
    name = COLLECTED.sub("", group.partition("+")[0])
    return next((family for family in FAMILIES if re.match(rf"{family}[_-]", name)), name)


def read_same(path: Path) -> dict[str, str]:
    """Owner → the owner it is the same as; chains are followed. Raises ConfigurationError."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            same = {row["owner"]: row["same_as"] for row in csv.DictReader(file)}
    except (OSError, UnicodeDecodeError, csv.Error, KeyError) as exc:
        raise ConfigurationError(f"owners: {path} is no CSV file of owner,same_as: {exc!r}") from exc
    return {owner: _end(owner, same, path) for owner in same}


def _end(owner: str, same: dict[str, str], path: Path) -> str:
    seen = {owner}
    while (owner := same[owner]) in same:
        if owner in seen:
            raise ConfigurationError(f"owners: {path} goes round in a circle at {owner!r}")
        seen.add(owner)
    return owner
