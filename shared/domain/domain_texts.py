"""What a result says of a picture's kind and of the model's record there, in both languages: one wording for all."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from shared.domain.domains import FEWEST, KINDS, Domain, percent


@dataclass(frozen=True, kw_only=True, slots=True)
class DomainTexts:
    """Texts with {names} are filled in with `str.format`; shares among them have their percent sign."""

    names: Mapping[str, str]
    """Kinds by the name of their domain; one that is not here is shown as it is."""
    taken_for: Mapping[str, str]
    record: str
    unmeasured: str
    unfamiliar: str
    source: str
    chart: str
    cap: str


def sentences(found: Mapping[str, Any], texts: DomainTexts, share: Callable[[float], str]) -> Iterator[str]:
    """`evidence.domain` of a result for a person; `share` writes a number in [0, 1] as a percentage."""
    name = found["name"]
    # How sure the head is stays out: it is not calibrated, and 29 % would read as doubt where it is right in half.
    yield texts.taken_for.get(name, texts.names.get(name, name))
    yield record_sentence(found["record"], texts, share)
    if not found["familiar"]:
        yield texts.unfamiliar


def record_sentence(record: Mapping[str, Any], texts: DomainTexts, share: Callable[[float], str]) -> str:
    """How often the model wrongs people there; where it was hardly measured, that it was not."""
    low, high = record["interval"]
    text = texts.record if is_measured(record) else texts.unmeasured
    return text.format(n=f"{record['images']:,}", rate=share(record["rate"]), low=percent(low), high=share(high))


def is_measured(record: Mapping[str, Any]) -> bool:
    return bool(record["images"] >= FEWEST)


def per_cent(share: float) -> str:
    """In plain text."""
    return f"{percent(share)} %"


ENGLISH = DomainTexts(
    names={
        Domain.PHOTOGRAPH: "photograph",
        Domain.PORTRAIT: "portrait",
        Domain.PAINTING: "painting",
        Domain.ILLUSTRATION: "illustration",
        Domain.RENDER: "3D render",
        Domain.GRAPHIC: "graphic",
        Domain.SCREENSHOT: "screenshot or text",
        Domain.OTHER: "no telling",
    },
    taken_for={
        **{domain: f"The model takes this for {kind}." for domain, kind in KINDS.items()},
        Domain.OTHER: "The model cannot tell what kind of picture this is.",
    },
    record="Of {n} such pictures by people it called {rate} AI (95 % interval {low} to {high}).",
    unmeasured="How often it calls such pictures by people AI is not known: it was measured on too few of them ({n}).",
    unfamiliar="This picture is unlike anything that the model was measured on.",
    source="The kind is the model's own guess and can be wrong. The record comes from the collections that it was "
    "measured on (owners: {owners}), each judged without having learnt from its owner. Other pictures may fare "
    "otherwise.",
    chart="People's pictures of this kind called AI: {rate}, 95 % interval {low} to {high}. The policy allows {cap}.",
    cap="allowed: {cap}",
)

KOREAN = DomainTexts(
    names={
        Domain.PHOTOGRAPH: "사진",
        Domain.PORTRAIT: "인물 사진",
        Domain.PAINTING: "회화",
        Domain.ILLUSTRATION: "일러스트",
        Domain.RENDER: "3D 렌더링",
        Domain.GRAPHIC: "그래픽",
        Domain.SCREENSHOT: "화면 캡처나 글",
        Domain.OTHER: "알 수 없음",
    },
    taken_for={
        Domain.PHOTOGRAPH: "모델은 이 그림을 사진으로 봅니다.",
        Domain.PORTRAIT: "모델은 이 그림을 인물 사진으로 봅니다.",
        Domain.PAINTING: "모델은 이 그림을 회화로 봅니다.",
        Domain.ILLUSTRATION: "모델은 이 그림을 일러스트로 봅니다.",
        Domain.RENDER: "모델은 이 그림을 3D 렌더링으로 봅니다.",
        Domain.GRAPHIC: "모델은 이 그림을 그래픽으로 봅니다.",
        Domain.SCREENSHOT: "모델은 이 그림을 화면 캡처나 글로 봅니다.",
        Domain.OTHER: "모델은 이 그림이 어떤 종류인지 구별하지 못합니다.",
    },
    record="이런 종류의 사람 작품 {n}점 가운데 {rate}를 AI로 보인다고 했습니다(95 % 신뢰 구간 {low}~{high}).",
    unmeasured="이런 종류의 사람 작품을 얼마나 자주 AI로 보인다고 하는지는 알 수 없습니다. 측정에 쓴 작품이 너무 "
    "적습니다({n}점).",
    unfamiliar="모델을 측정할 때 쓴 어떤 그림과도 닮지 않은 그림입니다.",
    source="종류는 모델의 추측이라 틀릴 수 있습니다. 기록은 측정에 쓴 그림에서 나온 것이며(소유자 {owners}명), "
    "그림마다 그 소유자의 그림을 배우지 않은 상태에서 판정했습니다. 다른 그림에서는 다를 수 있습니다.",
    chart="이런 종류의 사람 작품을 AI로 보인다고 한 비율: {rate}, 95 % 신뢰 구간 {low}~{high}. 정책의 허용 한도 {cap}.",
    cap="허용 한도 {cap}",
)
