"""What a file says of its own origin: findings beside the score, never mixed into it."""

import math
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from shared.domain.verdict import Reason, Verdict

MOST_FINDINGS = 16
"""More are not kept: whoever wants to be believed needs one."""

DETAIL_CHARACTERS = 4000
"""All names and texts of one finding's details together."""

_TEXT_CHARACTERS = 2000
_NAME_CHARACTERS = 64
_MEMBERS = 32
_DEPTH = 4
_WIDEST_NUMBER = 2**53  # beyond it a JavaScript reader sees another number

# What turns the direction of a line round may make a person read what is not written (Unicode TR 9, section 2).
_DIRECTIONS = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_REPLACEMENT = "\ufffd"


class Kind(StrEnum):
    """Where the finding comes from."""

    C2PA = "c2pa"
    IPTC = "iptc"
    EXIF = "exif"
    GENERATOR = "generator"


class Claim(StrEnum):
    """What the finding says; `edited`: software made or changed the picture, and nothing is said of AI."""

    AI = "ai"
    EDITED_WITH_AI = "edited_with_ai"
    CAMERA = "camera"
    EDITED = "edited"


class Strength(StrEnum):
    """Who could have faked it: whoever holds a key on the operator's list, whoever holds any key, anyone."""

    SIGNED_TRUSTED = "signed_trusted"
    SIGNED = "signed"
    UNSIGNED = "unsigned"


@dataclass(frozen=True, kw_only=True, slots=True)
class Finding:
    """One thing that the file says. `where` in the file it stands; `details` are cleaned and bounded."""

    kind: Kind
    claim: Claim
    strength: Strength
    where: str
    details: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        object.__setattr__(self, "where", clean(self.where, 200))
        object.__setattr__(self, "details", bounded(self.details))

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> "Finding":
        """Read what `document` wrote; raises KeyError, TypeError, AttributeError or ValueError when it is none."""
        return cls(
            kind=Kind(document["kind"]),
            claim=Claim(document["claim"]),
            strength=Strength(document["strength"]),
            where=document["where"],
            details=document["details"],
        )

    def document(self) -> dict[str, Any]:
        return {
            "kind": self.kind.value,
            "claim": self.claim.value,
            "strength": self.strength.value,
            "where": self.where,
            "details": dict(self.details),
        }


def clean(text: str, most: int = _TEXT_CHARACTERS) -> str:
    """`text` without what could break a database, a page or a terminal, at most `most` characters long.

    Control characters (line feeds stay), halves of surrogate pairs and marks that turn the direction of a line
    become U+FFFD.
    """
    cut = text if len(text) <= most else text[: most - 1] + "…"
    if cut.isprintable():  # nearly all are, and none of those is unsafe
        return cut
    return "".join(_REPLACEMENT if _is_unsafe(character) else character for character in cut)


def _is_unsafe(character: str) -> bool:
    if character.isprintable() or character == "\n":
        return False
    return character in _DIRECTIONS or unicodedata.category(character) in {"Cc", "Cs", "Zl", "Zp"}


def bounded(details: Mapping[str, Any]) -> dict[str, Any]:
    """`details` as JSON that every reader can keep and show: few members, shallow, short and clean."""
    kept = _Bounds().keep(details, _DEPTH)
    assert isinstance(kept, dict)
    return kept


class _Bounds:
    """Spends the characters of one finding, in the order in which they are met."""

    def __init__(self) -> None:
        self._left = DETAIL_CHARACTERS

    def keep(self, value: Any, depth: int) -> Any:
        """None for what is too deep, or no JSON."""
        kept: Any = None
        match value:
            case str():
                kept = self._text(value, _TEXT_CHARACTERS)
            case bool():
                kept = value
            case int():
                kept = value if abs(value) <= _WIDEST_NUMBER else self._text(_digits(value), _NAME_CHARACTERS)
            case float() if math.isfinite(value):
                kept = value
            case Mapping() if depth:
                members = list(value.items())[:_MEMBERS]
                kept = {
                    self._text(str(name), _NAME_CHARACTERS): self.keep(member, depth - 1)
                    for name, member in members
                    if self._left > 0
                }
            case list() | tuple() if depth:
                kept = [self.keep(member, depth - 1) for member in value[:_MEMBERS] if self._left > 0]
        return kept

    def _text(self, text: str, most: int) -> str:
        kept = clean(text, max(1, min(most, self._left)))
        self._left -= len(kept)
        return kept


def _digits(number: int) -> str:
    """Python refuses to write out very long numbers."""
    return str(number) if number.bit_length() < 512 else "a number of very many digits"


def strongest(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """As many as are kept, the strongest first: no crowd of weak ones hides a signature."""
    order = list(Strength)
    return tuple(sorted(findings, key=lambda finding: order.index(finding.strength))[:MOST_FINDINGS])


def settle(findings: Iterable[Finding]) -> tuple[Verdict, tuple[Reason, ...]] | None:
    """The verdict that a signed and trusted finding sets where the tenant's policy is `decide`; None: none does.

    A picture that was edited with AI is neither: a person has to see how much of it.
    """
    claims = {finding.claim for finding in findings if finding.strength is Strength.SIGNED_TRUSTED}
    if Claim.AI in claims:
        return Verdict.LIKELY_AI, ()
    if Claim.EDITED_WITH_AI in claims:
        return Verdict.UNCERTAIN, (EDITED_WITH_AI,)
    if Claim.CAMERA in claims:
        return Verdict.LIKELY_HUMAN, ()
    return None


EDITED_WITH_AI = Reason(
    code="edited_with_ai",
    detail="A trusted signature in the file says that AI was used to edit this picture: look at how much of it.",
)
