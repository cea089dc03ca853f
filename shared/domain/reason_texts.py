"""Why a verdict is held back and why a job failed, in Korean: one wording for the pages and the terminal.

In English the service says it itself.
"""

from collections.abc import Callable, Mapping
from typing import Any

from shared.domain.domain_texts import DomainTexts
from shared.domain.domains import FEWEST

OF_KINDS = frozenset({"domain_record", "domain_unmeasured"})
"""Reasons that are said of a kind, with the figures of its record."""

KOREAN: Mapping[str, str] = {
    "undecodable": "파일이 손상되었거나 잘려서 그림을 읽을 수 없습니다.",
    "unsupported_format": "JPEG, PNG, WebP, GIF, AVIF, HEIC 이미지가 아닙니다.",
    "too_many_pixels": "이 서버가 받는 것보다 픽셀 수가 많습니다.",
    "too_large": "이 서버가 받는 것보다 파일이 큽니다.",
    "not_an_image": "링크가 이미지로 이어지지 않습니다.",
    "unreachable": "링크에서 이미지를 가져올 수 없습니다.",
    "forbidden_address": "이 서버가 가져오지 않는 주소로 이어지는 링크입니다.",
    "object_missing": "저장된 이미지가 없어 점수를 낼 수 없습니다.",
    "object_damaged": "저장된 이미지가 접수된 것과 달라 점수를 낼 수 없습니다.",
    "decoder_died": "그림을 읽으려 할 때마다 디코더가 멈췄습니다.",
    "crashed": "이 그림만 따로 처리할 때마다 작업 프로세스가 멈췄습니다.",
    "internal": "시도할 때마다 예상하지 못한 오류가 났습니다.",
    "edited_with_ai": "파일 안의 신뢰할 수 있는 서명이 AI로 편집한 그림이라고 합니다. 얼마나 편집했는지 살펴보세요.",
    "out_of_range": "모델을 측정한 크기의 범위를 벗어나는 이미지라 판정을 보류합니다.",
    "blank": "거의 한 가지 색뿐이라 판단할 내용이 없는 이미지입니다.",
    "unfamiliar": "모델을 측정할 때 쓴 어떤 그림과도 닮지 않아 판정을 보류합니다.",
    "domain_unmeasured": "모델을 측정할 때 쓴 이런 종류의 사람 작품이 {fewest}점도 안 되어({n}점) 판정을 보류합니다.",
    "domain_record": "이런 종류의 사람 작품 {n}점 가운데 {rate}를 AI로 보인다고 했는데, 정책이 허용하는 {cap}보다 많아 "
    "판정을 보류합니다.",
}


def reason(
    code: str,
    known: Mapping[str, str],
    found: Mapping[str, Any] | None,
    texts: DomainTexts,
    share: Callable[[float], str],
) -> str | None:
    """The text that `known` has of a code; None where it has none, or a figure of it is missing.

    `found` is `evidence.domain` of the result, None where there is none; `share` writes a number in [0, 1] as a
    percentage.
    """
    text = known.get(code)
    if text is None or code not in OF_KINDS:
        return text
    if not found:
        return None
    name, record = found["name"], found["record"]
    figures = text.format(n=f"{record['images']:,}", rate=share(record["rate"]), cap=share(found["cap"]), fewest=FEWEST)
    return f"{texts.taken_for.get(name, texts.names.get(name, name))} {figures}"
