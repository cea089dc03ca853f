"""The challenger beside the champion: which pictures it answers or only scores, and what both said of them."""

import time
from collections.abc import Sequence
from dataclasses import replace

import structlog

from services.worker.models import ModelShelf
from services.worker.scored import Decoded, picture, result_document
from shared.decoding.decoder import Decoder, Prepared
from shared.domain.job import Claim, Outcome
from shared.domain.lifecycle import VersionState, falls_in
from shared.domain.rollout import Plan
from shared.errors import JinwiError, Outage
from shared.metrics import CHALLENGER_PICTURES, count
from shared.scoring.session import Model
from shared.storage import comparisons
from shared.storage.comparisons import Compared
from shared.storage.db import Database

ERROR_LENGTH = 200
"""Characters of an error that are kept."""

log = structlog.get_logger("worker")


class Challenge:
    """One scoring process's part in trying a challenger. Nothing in here fails a job, or is raised to its caller."""

    def __init__(self, *, database: Database, decoder: Decoder, shelf: ModelShelf, plan: Plan) -> None:
        self._database = database
        self._decoder = decoder
        self._shelf = shelf
        self._plan = plan

    def warm_up(self) -> None:
        if challenger := self._shelf.challenger():
            try:
                self._shelf.load(challenger.version)
            except JinwiError as exc:
                log.warning("challenger_unfit", version=challenger.version, error=str(exc))

    def draw(self, item: Decoded) -> Decoded:
        """The same job under the challenger where it is the canary's to answer.

        Whose worker died over it before is the champion's, and counts as the challenger's error.
        """
        version = self._drawn(item, VersionState.CANARY)
        if version is None:
            return item
        if item.claim.suspect:
            return replace(item, trouble="crashed: the worker ended while the challenger was to answer")
        try:
            model = self._shelf.load(version)
            return replace(item, model=model, prepared=self._prepare(item, model), champion=item)
        except Exception as exc:  # noqa: BLE001 - whatever the challenger meets, the champion answers
            return item if _is_outage_of_ours(exc) else replace(item, trouble=_told(version, exc))

    def fall_back(self, item: Decoded, error: Exception) -> Decoded | None:
        """The same job under the champion; None where it is not the challenger that failed on it."""
        if item.champion is None:
            return None
        return replace(item.champion, trouble=_told(item.model.card.version, error))

    def compare(self, scored: Sequence[tuple[Decoded, Outcome]], deadline: float) -> None:
        """Score finished jobs by the other version as well, and keep what both said.

        What is due after `deadline` (of time.monotonic()) is left out: the message must end.
        """
        compared = []
        # In the order of their hashes, or two processes with the same pictures wait for one another's rows.
        for item, outcome in sorted(scored, key=lambda pair: pair[0].claim.sha256 or b""):
            if time.monotonic() >= deadline:
                break
            try:
                if found := self._compared(item, outcome):
                    compared.append(found)
            except Exception as exc:  # noqa: BLE001 - the job is done
                log.warning("comparison_failed", job_id=str(item.claim.id), error=repr(exc))
        if not compared:
            return
        try:
            with self._database.transaction() as connection:
                comparisons.add(connection, compared)
        except Outage as exc:
            log.warning("comparison_lost", pictures=len(compared), error=exc.detail)
        for one in compared:
            count(CHALLENGER_PICTURES, one.phase, "failed" if one.error else "scored")

    def _compared(self, item: Decoded, outcome: Outcome) -> Compared | None:
        if item.champion is not None:
            return self._beside_canary(item, item.champion, outcome)
        canary = self._drawn(item, VersionState.CANARY)
        if item.trouble and canary:
            return replace(_alone(canary, VersionState.CANARY, item, outcome), error=item.trouble)
        shadow = self._drawn(item, VersionState.SHADOW)
        return self._in_shadow(shadow, item, outcome) if shadow else None

    def _beside_canary(self, item: Decoded, champion: Decoded, outcome: Outcome) -> Compared:
        """The challenger answered; the champion's score stands beside."""
        assert outcome.result is not None
        score, verdict = _say(champion)
        return Compared(
            challenger=item.model.card.version,
            phase=VersionState.CANARY,
            job_id=item.claim.id,
            score=outcome.result["ai_probability"],
            verdict=outcome.result["verdict"],
            champion=champion.model.card.version,
            champion_score=score,
            champion_verdict=verdict,
        )

    def _in_shadow(self, version: str, item: Decoded, outcome: Outcome) -> Compared:
        answered = _alone(version, VersionState.SHADOW, item, outcome)
        try:
            model = self._shelf.load(version)
            score, verdict = _say(replace(item, model=model, prepared=self._prepare(item, model)))
        except Exception as exc:
            if _is_outage_of_ours(exc):
                raise
            return replace(answered, error=_told(version, exc))
        return replace(answered, score=score, verdict=verdict)

    def _drawn(self, item: Decoded, phase: VersionState) -> str | None:
        """The challenger's version where this job is of its share in this phase. A tenant's pin is kept out of it."""
        challenger = self._shelf.challenger()
        if challenger is None or challenger.state is not phase or not _is_eligible(item.claim):
            return None
        assert item.claim.sha256 is not None
        drawn = falls_in(self._plan.share(phase), item.claim.sha256, challenger.version, phase)
        return challenger.version if drawn and item.model.card.version != challenger.version else None

    def _prepare(self, item: Decoded, model: Model) -> Prepared:
        """The picture as `model` wants it: decoded once more only where that is not what the champion wants."""
        if model.card.input == item.model.card.input:
            return item.prepared
        return self._decoder.decode(item.data, model.card.input, item.claim.lane)


def _is_outage_of_ours(error: Exception) -> bool:
    """A database or object store that is away says nothing of a challenger."""
    return isinstance(error, Outage) and error.part != "model"


def _is_eligible(claim: Claim) -> bool:
    return claim.sha256 is not None and claim.reference_index is None and claim.policy.get("model") is None


def _say(item: Decoded) -> tuple[float, str]:
    """Score and verdict under the item's model, as its job's result would say them."""
    [score] = item.model.score_pictures([picture(item)])
    result = result_document(item, score)
    return result["ai_probability"], result["verdict"]


def _alone(version: str, phase: VersionState, item: Decoded, outcome: Outcome) -> Compared:
    """What the champion answered, with nothing of the challenger's yet."""
    assert outcome.result is not None
    return Compared(
        challenger=version,
        phase=phase,
        job_id=item.claim.id,
        champion=item.model.card.version,
        champion_score=outcome.result["ai_probability"],
        champion_verdict=outcome.result["verdict"],
    )


def _told(version: str, error: Exception) -> str:
    """The error as it is kept, once it is logged."""
    text = f"{type(error).__name__}: {error}"[:ERROR_LENGTH]
    log.warning("challenger_failed", version=version, error=text)
    return text
