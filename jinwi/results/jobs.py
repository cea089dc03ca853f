"""What the server says, typed. Every document keeps its raw JSON in `document`."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Self


class State(StrEnum):
    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    DEAD = "dead"
    ERASED = "erased"


class Lane(StrEnum):
    INTERACTIVE = "interactive"
    BULK = "bulk"


class Verdict(StrEnum):
    LIKELY_HUMAN = "likely_human"
    UNCERTAIN = "uncertain"
    LIKELY_AI = "likely_ai"


class Basis(StrEnum):
    """What a verdict rests on: the probability, or a signed and trusted statement in the file."""

    MODEL = "model"
    PROVENANCE = "provenance"


class Kind(StrEnum):
    """Where a finding comes from."""

    C2PA = "c2pa"
    IPTC = "iptc"
    EXIF = "exif"
    GENERATOR = "generator"


class Claim(StrEnum):
    """What a finding says; `edited`: software made or changed the picture, and nothing is said of AI."""

    AI = "ai"
    EDITED_WITH_AI = "edited_with_ai"
    CAMERA = "camera"
    EDITED = "edited"


class Strength(StrEnum):
    """Who could have faked a finding: a signer whom the installation trusts, anyone with a key, anyone."""

    SIGNED_TRUSTED = "signed_trusted"
    SIGNED = "signed"
    UNSIGNED = "unsigned"


class Domain(StrEnum):
    """What kind of picture a model takes a picture for; `other`: none of these, or no telling which."""

    PHOTOGRAPH = "photograph"
    PORTRAIT = "portrait"
    PAINTING = "painting"
    ILLUSTRATION = "illustration"
    RENDER = "render"
    GRAPHIC = "graphic"
    SCREENSHOT = "screenshot"
    OTHER = "other"


class Label(StrEnum):
    """What a person says of an image in a review."""

    HUMAN = "human"
    AI = "ai"
    UNSURE = "unsure"


class ReviewState(StrEnum):
    """What people made of a verdict; `decided`: the model had left it open."""

    NONE = "none"
    CONFIRMED = "confirmed"
    OVERTURNED = "overturned"
    DISPUTED = "disputed"
    DECIDED = "decided"


class Item(StrEnum):
    """Where a reviewer looks."""

    LIGHTING = "lighting"
    SHADOWS = "shadows"
    BACKGROUND = "background"
    TEXTURE = "texture"
    TEXT = "text"
    HANDS = "hands"


class Tick(StrEnum):
    """What a reviewer saw there."""

    OK = "ok"
    ODD = "odd"
    UNCLEAR = "unclear"


FINAL = frozenset({State.DONE, State.FAILED, State.DEAD, State.ERASED})


@dataclass(frozen=True, kw_only=True, slots=True)
class Thresholds:
    """A probability ≤ `likely_human` is likely human, one ≥ `likely_ai` likely AI; both in [0, 1]."""

    likely_human: float
    likely_ai: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Reason:
    """Why a verdict is uncertain although the probability alone would say more."""

    code: str
    detail: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Finding:
    """One thing that the file says of its own origin, `where` in it, and how far that can be trusted."""

    kind: Kind
    claim: Claim
    strength: Strength
    where: str
    details: Mapping[str, Any]

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> Self:
        return cls(
            kind=Kind(document["kind"]),
            claim=Claim(document["claim"]),
            strength=Strength(document["strength"]),
            where=document["where"],
            details=document["details"],
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Stability:
    """The image scored again in `n` other forms: between which probabilities, and how many verdicts were others."""

    n: int
    low: float
    high: float
    flips: int

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> Self:
        return cls(n=document["n"], low=document["low"], high=document["high"], flips=document["flips"])


@dataclass(frozen=True, kw_only=True, slots=True)
class DomainView:
    """What the model takes the picture for, with which probability in [0, 1], and its record with such pictures.

    Of `images` by people, of `owners` owners, it called `called_ai` likely AI; `low` and `high` bound that share, 95 %
    interval. Above `cap`, as the tenant's policy says, none is called so.
    """

    domain: Domain
    probability: float
    familiar: bool
    """False: unlike anything that the model was measured on."""
    images: int
    owners: int
    called_ai: int
    rate: float
    low: float
    high: float
    cap: float

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> Self:
        record = document["record"]
        low, high = record["interval"]
        return cls(
            domain=Domain(document["name"]),
            probability=document["probability"],
            familiar=document["familiar"],
            images=record["images"],
            owners=record["owners"],
            called_ai=record["called_ai"],
            rate=record["rate"],
            low=low,
            high=high,
            cap=document["cap"],
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Result:
    """A calibrated answer: `ai_probability` + `human_probability` = 1. Evidence for a person who decides."""

    ai_probability: float
    human_probability: float
    verdict: Verdict
    basis: Basis
    thresholds: Thresholds
    reasons: tuple[Reason, ...]
    model_version: str
    map: str | None
    """Path of the map of evidence, which `map_png` of a client reads; None where the model drew none."""
    provenance: tuple[Finding, ...]
    """What the file says of its own origin; that there is nothing says nothing."""
    provenance_complete: bool | None
    """False where a limit or a damaged part ended the reading; None in a result from before it was read."""
    domain: DomainView | None
    """None where the model says nothing of kinds, and in a result from before."""
    stability: Stability | None
    """None unless full evidence was asked for, or where there was no time for it."""

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> Self:
        thresholds, evidence = document["thresholds"], document["evidence"]
        return cls(
            ai_probability=document["ai_probability"],
            human_probability=document["human_probability"],
            verdict=Verdict(document["verdict"]),
            basis=Basis(document.get("basis", Basis.MODEL)),
            thresholds=Thresholds(likely_human=thresholds["likely_human"], likely_ai=thresholds["likely_ai"]),
            reasons=tuple(Reason(code=each["code"], detail=each["detail"]) for each in document["reasons"]),
            model_version=document["model"]["version"],
            map=evidence.get("map"),
            provenance=tuple(Finding.from_document(each) for each in evidence.get("provenance", ())),
            provenance_complete=evidence.get("provenance_complete"),
            domain=DomainView.from_document(evidence["domain"]) if evidence.get("domain") else None,
            stability=Stability.from_document(evidence["stability"]) if evidence.get("stability") else None,
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Reviewed:
    """What people made of a verdict, which stays as it was. `votes` are by label, of one each reviewer."""

    state: ReviewState
    verdict_by_person: str | None
    """`human` or `ai`: where set, it holds for the tenant."""
    votes: Mapping[str, int]

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> Self:
        return cls(
            state=ReviewState(document["state"]),
            verdict_by_person=document["verdict_by_person"],
            votes=document["votes"],
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Failure:
    """Why a job `failed` or is `dead`: one word for programs, a sentence for people."""

    reason: str
    detail: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Job:
    """One image to verify. `result` is set when `done`, `error` when `failed` or `dead`."""

    id: str
    state: State
    lane: Lane
    external_id: str | None
    metadata: Mapping[str, Any]
    url: str | None
    result: Result | None
    reviewed: Reviewed | None
    """None from a server that does not say."""
    error: Failure | None
    created_at: datetime
    finished_at: datetime | None
    document: Mapping[str, Any]

    @property
    def final(self) -> bool:
        return self.state in FINAL

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> Self:
        """Read a job document; raises KeyError, TypeError or ValueError when it is none."""
        result, error, finished_at = document["result"], document["error"], document["finished_at"]
        return cls(
            id=document["id"],
            state=State(document["state"]),
            lane=Lane(document["lane"]),
            external_id=document["external_id"],
            metadata=document["metadata"],
            url=document["url"],
            result=Result.from_document(result) if result else None,
            reviewed=Reviewed.from_document(document["reviewed"]) if document.get("reviewed") else None,
            error=Failure(reason=error["reason"], detail=error["detail"]) if error else None,
            created_at=datetime.fromisoformat(document["created_at"]),
            finished_at=datetime.fromisoformat(finished_at) if finished_at else None,
            document=document,
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Page:
    """Some jobs of a list, and the cursor of the next page; None on the last."""

    jobs: tuple[Job, ...]
    next_cursor: str | None

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> Self:
        jobs = tuple(Job.from_document(each) for each in document["jobs"])
        return cls(jobs=jobs, next_cursor=document["next_cursor"])


@dataclass(frozen=True, kw_only=True, slots=True)
class Rate:
    """A measured share in [0, 1] of `n` cases, with its confidence interval."""

    value: float
    low: float
    high: float
    n: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Model:
    """A model version, the aliases that point to it, and its card: what it says of itself."""

    version: str
    aliases: tuple[str, ...]
    card: Mapping[str, Any]
    document: Mapping[str, Any]

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> Self:
        return cls(
            version=document["version"],
            aliases=tuple(document["aliases"]),
            card=document["card"],
            document=document,
        )

    @property
    def thresholds(self) -> Thresholds | None:
        """Those at which the card's rates were measured; None where the card does not say."""
        thresholds = self.card.get("thresholds")
        if not thresholds:
            return None
        return Thresholds(likely_human=thresholds["likely_human"], likely_ai=thresholds["likely_ai"])

    @property
    def false_accusation_rate(self) -> Rate | None:
        """The share of human-made images that it called likely AI; None where the card does not say."""
        rate = self.card.get("false_accusation_rate")
        if not rate:
            return None
        return Rate(value=rate["value"], low=rate["low"], high=rate["high"], n=rate["n"])
