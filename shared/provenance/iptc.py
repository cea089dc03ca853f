"""What IPTC fields say: DigitalSourceType and credit, in XMP (Photo Metadata 2025.1) or in old records (IIM 4.2)."""

from collections.abc import Iterator, Mapping

from shared.domain.provenance import Claim, Finding, Kind, Strength
from shared.provenance import xmp
from shared.provenance.blocks import Block
from shared.provenance.digital_source import claim_of, term
from shared.provenance.said import Said

# Photo Metadata 2025.1 adds the fields on AI.
_AI_FIELDS = {
    "AISystemUsed": "system",
    "AISystemVersionUsed": "system_version",
    "AIPromptInformation": "prompt",
    "AIPromptWriterName": "prompt_writer",
}
_CREDIT, _BYLINE, _SOURCE, _RECORD = 110, 80, 115, 2
_AI_CREDITS = ("made with google ai", "edited with google ai", "imagined with ai", "made with ai", "ai generated")
_EDITED_CREDITS = ("edited with",)


def findings(said: Said) -> Iterator[Finding]:
    for packet in said.xmp:
        yield from _of_xmp(packet.where, packet.properties)
    for block in said.iim:
        yield from _of_iim(block)


def _of_xmp(where: str, said: Mapping[str, str]) -> Iterator[Finding]:
    source = said.get(f"{xmp.IPTC_EXTENSION}DigitalSourceType") or said.get(
        f"{xmp.IPTC_EXTENSION}DigitalSourcefileType"
    )
    about = {
        name: said[f"{xmp.IPTC_EXTENSION}{tag}"]
        for tag, name in _AI_FIELDS.items()
        if f"{xmp.IPTC_EXTENSION}{tag}" in said
    }
    credit = said.get(f"{xmp.PHOTOSHOP}Credit")
    claim = claim_of(source) or (Claim.AI if "system" in about else _claim_of_credit(credit))
    if claim is not None:
        details = {
            "digital_source_type": term(source) or None,
            "credit": credit,
            "creator": said.get(f"{xmp.DUBLIN_CORE}creator"),
            "tool": said.get(f"{xmp.BASIC}CreatorTool"),
            **about,
        }
        yield _finding(claim, f"{where}, XMP", details)


def _of_iim(block: Block) -> Iterator[Finding]:
    records = _records(block.data)
    claim = _claim_of_credit(records.get(_CREDIT)) or _claim_of_credit(records.get(_SOURCE))
    if claim is not None:
        details = {"credit": records.get(_CREDIT), "source": records.get(_SOURCE), "creator": records.get(_BYLINE)}
        yield _finding(claim, f"{block.where}, IPTC-IIM", details)


def _finding(claim: Claim, where: str, details: Mapping[str, str | None]) -> Finding:
    given = {name: value for name, value in details.items() if value}
    return Finding(kind=Kind.IPTC, claim=claim, strength=Strength.UNSIGNED, where=where, details=given)


def _claim_of_credit(credit: str | None) -> Claim | None:
    """A credit line counts where it names AI: others are a person's or an agency's name."""
    said = (credit or "").casefold()
    if not any(line in said for line in _AI_CREDITS):
        return None
    return Claim.EDITED_WITH_AI if said.startswith(_EDITED_CREDITS) else Claim.AI


def _records(data: bytes) -> Mapping[int, str]:
    """The datasets of the application record, each at its first place: 0x1C, record, number, length, text."""
    found: dict[int, str] = {}
    at = 0
    while at + 5 <= len(data) and data[at] == 0x1C:
        record, number, size = data[at + 1], data[at + 2], int.from_bytes(data[at + 3 : at + 5], "big")
        if record == _RECORD:
            found.setdefault(number, data[at + 5 : at + 5 + size].decode("utf-8", "replace"))
        at += 5 + size
    return found
