"""Where a picture was seen before, in this or another form."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self

from jinwi.results.jobs import Verdict
from jinwi.results.reviews import Label


@dataclass(frozen=True, kw_only=True, slots=True)
class TwinReview:
    """What a person said of a similar job, the newest."""

    label: Label
    reason: str
    reviewer: str
    created_at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class Twin:
    """Another job whose image is the same picture: `distance` of 256 bits of their perceptual hashes differ."""

    job_id: str
    distance: int
    same_file: bool
    external_id: str | None
    ai_probability: float
    verdict: Verdict
    model_version: str | None
    finished_at: datetime
    review: TwinReview | None

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> Self:
        said = document["review"]
        return cls(
            job_id=document["job_id"],
            distance=document["distance"],
            same_file=document["same_file"],
            external_id=document["external_id"],
            ai_probability=document["ai_probability"],
            verdict=Verdict(document["verdict"]),
            model_version=document["model"],
            finished_at=datetime.fromisoformat(document["finished_at"]),
            review=said
            and TwinReview(
                label=Label(said["label"]),
                reason=said["reason"],
                reviewer=said["reviewer"],
                created_at=datetime.fromisoformat(said["created_at"]),
            ),
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Reference:
    """A near picture of an index of the tenant's own. That it is near is no proof that a model was trained on it.

    `distance` of 256 bits of the hashes differ; `near_by_hash` is whether that makes it the same picture.
    `embedding_distance` is 0 for the same, about 0.33 for unrelated pictures, None where it is not known;
    `embedding_likeness` says it in a word: "close", "loose" or "far".
    """

    index: str
    name: str
    distance: int
    same_file: bool
    near_by_hash: bool
    embedding_distance: float | None
    embedding_likeness: str | None

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> Self:
        return cls(**{name: document[name] for name in cls.__dataclass_fields__})


@dataclass(frozen=True, kw_only=True, slots=True)
class Similar:
    """Other jobs that show the picture: those that a person reviewed first, then the nearest.

    `pdq` is its perceptual hash in hexadecimal digits, `quality` 0 … 100. Where it is not `sure`, there is too little
    in the picture to tell it again, and only the very same file was looked for.
    """

    pdq: str
    quality: int
    sure: bool
    jobs: tuple[Twin, ...]
    references: tuple[Reference, ...]
    """The nearest pictures of the tenant's own indexes: by hash, then by embedding."""
    searched: int
    """How many references the picture's embedding was compared with."""
    unsearched: int
    """How many it could not be compared with."""
    document: Mapping[str, Any]

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> Self:
        return cls(
            pdq=document["pdq"],
            quality=document["quality"],
            sure=document["sure"],
            jobs=tuple(Twin.from_document(each) for each in document["jobs"]),
            references=tuple(Reference.from_document(each) for each in document["references"]),
            searched=document["references_searched"],
            unsearched=document["references_unsearched"],
            document=document,
        )
