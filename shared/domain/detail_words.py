"""Words for the codes that a finding's details hold, in both languages.

Actions and failures are those of C2PA 2.2 (sections 18.15 and 15.2), sources the IPTC's NewsCodes for
`digitalsourcetype`. What is not here is shown as it is: vocabularies grow, and anyone may add to them.
"""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class DetailWords:
    """Texts with {names} are filled in with `str.format`."""

    codes: Mapping[str, Mapping[str, str]]
    """By the name of the member that holds the code, then by the code."""
    coded: str
    """A failure in words, with its code, by which the specification knows it."""
    source: str
    agent: str
    at: str
    then: str
    """Between one action and the next."""
    ingredient: str
    untitled: str
    yes: str
    no: str


ENGLISH = DetailWords(
    codes={
        "action": {
            "c2pa.addedText": "text added",
            "c2pa.adjustedColor": "colours adjusted",
            "c2pa.changedSpeed": "speed changed",
            "c2pa.color_adjustments": "colours adjusted",
            "c2pa.converted": "converted",
            "c2pa.created": "created",
            "c2pa.cropped": "cropped",
            "c2pa.deleted": "a part deleted",
            "c2pa.drawing": "drawn on",
            "c2pa.dubbed": "dubbed",
            "c2pa.edited": "edited",
            "c2pa.edited.metadata": "metadata edited",
            "c2pa.enhanced": "enhanced",
            "c2pa.filtered": "filtered",
            "c2pa.opened": "opened",
            "c2pa.orientation": "turned",
            "c2pa.placed": "something placed into it",
            "c2pa.published": "published",
            "c2pa.redacted": "entries of the manifest redacted",
            "c2pa.removed": "something taken out of it",
            "c2pa.repackaged": "packed into another file",
            "c2pa.resized": "resized",
            "c2pa.resized.proportional": "resized, sides in proportion",
            "c2pa.transcoded": "encoded anew",
            "c2pa.translated": "translated",
            "c2pa.trimmed": "trimmed",
            "c2pa.unknown": "something unknown done",
            "c2pa.watermarked": "watermarked",
            "c2pa.watermarked.bound": "watermarked",
            "c2pa.watermarked.unbound": "watermarked",
        },
        "digital_source_type": {
            "algorithmicMedia": "made by an algorithm that learned from no pictures",
            "algorithmicallyEnhanced": "altered by an algorithm",
            "composite": "composed of several elements",
            "compositeCapture": "composed of captured elements",
            "compositeSynthetic": "composed, synthetic elements among them",
            "compositeWithTrainedAlgorithmicMedia": "edited with generative AI",
            "computationalCapture": "captured by a camera, several frames made one",
            "dataDrivenMedia": "made from data",
            "digitalArt": "digital art",
            "digitalCapture": "captured by a digital camera",
            "digitalCreation": "created by a person with digital tools",
            "humanEdits": "edited by a person",
            "minorHumanEdits": "edited a little by a person",
            "negativeFilm": "digitised from a negative on film",
            "positiveFilm": "digitised from a positive on film",
            "print": "digitised from a print",
            "screenCapture": "screen capture",
            "softwareImage": "created with software",
            "trainedAlgorithmicMedia": "created by generative AI",
            "virtualRecording": "recorded in a virtual world",
        },
        "relationship": {
            "componentOf": "placed into it",
            "inputTo": "given to the program as input",
            "parentOf": "the picture that was worked on",
        },
        "problems": {
            "algorithm.unsupported": "its algorithm is not supported",
            "assertion.bmffHash.mismatch": "the file's bytes are not those that were signed",
            "assertion.boxesHash.mismatch": "the file's bytes are not those that were signed",
            "assertion.dataHash.mismatch": "the file's bytes are not those that were signed",
            "assertion.hashedURI.mismatch": "a part of the manifest is not the one that was signed",
            "assertion.missing": "a part of the manifest is missing",
            "assertion.undeclared": "the manifest holds a part that was not signed",
            "claim.hardBindings.missing": "nothing ties the manifest to this file",
            "claim.malformed": "the statement that was signed is malformed",
            "claim.missing": "the statement that was signed is missing",
            "claimSignature.mismatch": "the signature does not fit the manifest",
            "claimSignature.missing": "the signature is missing",
            "claimSignature.outsideValidity": "signed at a time for which the certificate is not valid",
            "general.error": "checking it failed",
            "manifest.inaccessible": "the manifest is not in the file",
            "manifest.unreadable": "the manifest cannot be read",
            "signingCredential.invalid": "the certificate is not valid for signing this",
            "signingCredential.ocsp.revoked": "the certificate was revoked",
        },
    },
    coded="{words} ({code})",
    source=" (digital source: {source})",
    agent=" by {agent}",
    at=", {at}",
    then="; then ",
    ingredient="{title} ({relationship})",
    untitled="untitled",
    yes="yes",
    no="no",
)

KOREAN = DetailWords(
    codes={
        "action": {
            "c2pa.addedText": "글자 넣기",
            "c2pa.adjustedColor": "색 보정",
            "c2pa.changedSpeed": "속도 변경",
            "c2pa.color_adjustments": "색 보정",
            "c2pa.converted": "형식 변환",
            "c2pa.created": "생성",
            "c2pa.cropped": "잘라 내기",
            "c2pa.deleted": "일부 삭제",
            "c2pa.drawing": "그려 넣기",
            "c2pa.dubbed": "더빙",
            "c2pa.edited": "편집",
            "c2pa.edited.metadata": "메타데이터 편집",
            "c2pa.enhanced": "화질 개선",
            "c2pa.filtered": "필터 적용",
            "c2pa.opened": "열기",
            "c2pa.orientation": "방향 변경",
            "c2pa.placed": "다른 요소 넣기",
            "c2pa.published": "게시",
            "c2pa.redacted": "매니페스트 항목 가리기",
            "c2pa.removed": "요소 빼기",
            "c2pa.repackaged": "다른 파일로 옮겨 담기",
            "c2pa.resized": "크기 변경",
            "c2pa.resized.proportional": "비율을 유지한 크기 변경",
            "c2pa.transcoded": "다시 인코딩",
            "c2pa.translated": "번역",
            "c2pa.trimmed": "앞뒤 잘라 내기",
            "c2pa.unknown": "알 수 없는 작업",
            "c2pa.watermarked": "워터마크 넣기",
            "c2pa.watermarked.bound": "워터마크 넣기",
            "c2pa.watermarked.unbound": "워터마크 넣기",
        },
        "digital_source_type": {
            "algorithmicMedia": "그림을 학습하지 않은 알고리즘으로 만듦",
            "algorithmicallyEnhanced": "알고리즘으로 보정함",
            "composite": "여러 요소를 합성함",
            "compositeCapture": "촬영한 요소를 합성함",
            "compositeSynthetic": "합성 요소가 섞여 있음",
            "compositeWithTrainedAlgorithmicMedia": "생성형 AI로 편집함",
            "computationalCapture": "카메라가 여러 장을 찍어 한 장으로 합침",
            "dataDrivenMedia": "데이터로 만듦",
            "digitalArt": "디지털 아트",
            "digitalCapture": "디지털카메라로 촬영함",
            "digitalCreation": "사람이 디지털 도구로 만듦",
            "humanEdits": "사람이 편집함",
            "minorHumanEdits": "사람이 조금 편집함",
            "negativeFilm": "네거티브 필름을 스캔함",
            "positiveFilm": "포지티브 필름을 스캔함",
            "print": "인쇄물이나 인화물을 스캔함",
            "screenCapture": "화면 캡처",
            "softwareImage": "소프트웨어로 만듦",
            "trainedAlgorithmicMedia": "생성형 AI로 만듦",
            "virtualRecording": "가상 공간을 녹화함",
        },
        "relationship": {
            "componentOf": "안에 넣은 것",
            "inputTo": "프로그램에 입력한 것",
            "parentOf": "작업의 바탕이 된 그림",
        },
        "problems": {
            "algorithm.unsupported": "지원하지 않는 알고리즘",
            "assertion.bmffHash.mismatch": "파일 내용이 서명할 때와 다름",
            "assertion.boxesHash.mismatch": "파일 내용이 서명할 때와 다름",
            "assertion.dataHash.mismatch": "파일 내용이 서명할 때와 다름",
            "assertion.hashedURI.mismatch": "매니페스트의 일부가 서명할 때와 다름",
            "assertion.missing": "매니페스트의 일부가 없음",
            "assertion.undeclared": "매니페스트에 서명하지 않은 부분이 있음",
            "claim.hardBindings.missing": "매니페스트가 이 파일의 것이라는 연결 정보가 없음",
            "claim.malformed": "서명한 내용의 형식이 잘못됨",
            "claim.missing": "서명한 내용이 없음",
            "claimSignature.mismatch": "서명이 매니페스트와 맞지 않음",
            "claimSignature.missing": "서명이 없음",
            "claimSignature.outsideValidity": "인증서의 유효 기간 밖에 서명함",
            "general.error": "확인하는 중에 오류가 남",
            "manifest.inaccessible": "매니페스트가 파일 안에 없음",
            "manifest.unreadable": "매니페스트를 읽을 수 없음",
            "signingCredential.invalid": "이런 서명에 쓸 수 없는 인증서",
            "signingCredential.ocsp.revoked": "폐기된 인증서",
        },
    },
    coded="{words}({code})",
    source="(디지털 출처: {source})",
    agent=", {agent}",
    at=", {at}",
    then="; 이어서 ",
    ingredient="{title}({relationship})",
    untitled="제목 없음",
    yes="예",
    no="아니요",
)
