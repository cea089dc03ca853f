"""Every text that the command line says to a person, in English and Korean."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from jinwi.results import Failure, Reason, State, Verdict


class Code(StrEnum):
    EN = "en"
    KO = "ko"


@dataclass(frozen=True, kw_only=True, slots=True)
class Language:
    """Texts with {names} are filled in with `str.format`."""

    code: Code
    ai_probability: str
    human_probability: str
    percent: str
    verdicts: Mapping[Verdict, str]
    states: Mapping[State, str]
    advisory: str

    file: str
    verdict: str
    why: str
    job: str
    state: str
    created: str
    external_id: str
    lane: str
    paused: str
    running: str
    version: str
    aliases: str
    name: str
    key: str
    scopes: str
    revoked: str
    refused: str

    verifying: str
    counts: str
    skipped: str
    nothing: str
    not_found: str
    more_rows: str
    summary: str
    expectation: str
    no_expectation: str
    sheet_title: str
    interrupted: str
    go_on: str
    key_once: str

    cannot_reach: str
    no_key: str
    bad_key: str
    forbidden: str
    busy: str
    missing_extra: str
    not_a_journal: str
    other_server: str

    known: Mapping[str, str] = field(default_factory=dict)
    """Reasons by their code, where the server's own English is not to be shown."""

    def percents(self, ai_probability: float) -> tuple[str, str]:
        """The AI and the human probability in whole percent, which add up to 100."""
        ai = round(100 * ai_probability)
        return self.percent.format(ai), self.percent.format(100 - ai)

    def reason(self, reason: Reason | Failure) -> str:
        code = reason.code if isinstance(reason, Reason) else reason.reason
        return self.known.get(code, reason.detail)


ENGLISH = Language(
    code=Code.EN,
    ai_probability="AI probability",
    human_probability="Human probability",
    percent="{} %",
    verdicts={
        Verdict.LIKELY_HUMAN: "likely made by a person",
        Verdict.UNCERTAIN: "uncertain",
        Verdict.LIKELY_AI: "likely AI-generated",
    },
    states={state: state.value for state in State},
    advisory="Supporting evidence only. A person decides.",
    file="File",
    verdict="Verdict",
    why="Reasons",
    job="Job",
    state="State",
    created="Created",
    external_id="External id",
    lane="Lane",
    paused="paused",
    running="running",
    version="Version",
    aliases="Aliases",
    name="Name",
    key="Key",
    scopes="Scopes",
    revoked="revoked",
    refused="refused",
    verifying="Verifying",
    counts="AI {likely_ai} · uncertain {uncertain} · human {likely_human} · failed {failed}",
    skipped="Skipped, not a JPEG, PNG, WebP, GIF, AVIF or HEIC image: {name}",
    nothing="No image found.",
    not_found="No such file or folder: {name}",
    more_rows="… and {count} more; --json, --csv and --html hold them all.",
    summary="Images: {total}. Likely AI-generated {likely_ai}, uncertain {uncertain}, "
    "likely made by a person {likely_human}, without an answer {failed}.",
    expectation="If every one of these {count} images were made by a person, about {value} of them "
    "({low} to {high}) would still be called likely AI-generated: a rate measured on {n} images.",
    no_expectation="The model's card states no rate of false accusations, so how many of these verdicts "
    "wrong a person is not known.",
    sheet_title="Jinwi contact sheet",
    interrupted="Interrupted.",
    go_on="Run it again with --resume {journal} to go on.",
    key_once="This key is shown once. Keep it safe.",
    cannot_reach="Cannot reach {url}: is it running? Start it with `make up`, or set JINWI_URL.",
    no_key="No API key: set JINWI_API_KEY, or run where `jinwi up` wrote the file {path}.",
    bad_key="The server does not accept this API key. `jinwi up` writes one to {path}; JINWI_API_KEY goes before it.",
    forbidden="This API key may not do that: {detail}",
    busy="{url} stays too busy ({detail}). Try again later.",
    missing_extra="{module} is not installed. In the folder of Jinwi's source: pip install '.[{extra}]'",
    not_a_journal="{path} is not a journal of `jinwi verify --resume`: name another file.",
    other_server="{path} belongs to {url}: name another file, or set JINWI_URL.",
)

KOREAN = Language(
    code=Code.KO,
    ai_probability="AI 생성 확률",
    human_probability="인간 제작 확률",
    percent="{} %",
    verdicts={
        Verdict.LIKELY_HUMAN: "사람이 만든 것으로 보임",
        Verdict.UNCERTAIN: "불확실",
        Verdict.LIKELY_AI: "AI가 만든 것으로 보임",
    },
    states={
        State.QUEUED: "대기 중",
        State.RUNNING: "처리 중",
        State.DONE: "완료",
        State.FAILED: "실패",
        State.DEAD: "중단",
        State.ERASED: "삭제됨",
    },
    advisory="참고 자료일 뿐이며 판단은 사람이 합니다.",
    file="파일",
    verdict="판정",
    why="이유",
    job="작업",
    state="상태",
    created="접수 시각",
    external_id="외부 ID",
    lane="레인",
    paused="일시 중지",
    running="처리 중",
    version="버전",
    aliases="별칭",
    name="이름",
    key="키",
    scopes="권한",
    revoked="폐기됨",
    refused="거절됨",
    verifying="검증 중",
    counts="AI {likely_ai} · 불확실 {uncertain} · 사람 {likely_human} · 실패 {failed}",
    skipped="건너뜀, JPEG, PNG, WebP, GIF, AVIF, HEIC 이미지가 아님: {name}",
    nothing="이미지를 찾지 못했습니다.",
    not_found="파일이나 폴더가 없습니다: {name}",
    more_rows="… 외 {count}개. 전체는 --json, --csv, --html 로 볼 수 있습니다.",
    summary="이미지 {total}개: AI가 만든 것으로 보임 {likely_ai}개, 불확실 {uncertain}개, "
    "사람이 만든 것으로 보임 {likely_human}개, 결과 없음 {failed}개.",
    expectation="이 이미지 {count}개를 모두 사람이 만들었다고 해도 약 {value}개({low}~{high}개)는 "
    "AI가 만든 것으로 잘못 판정될 수 있습니다. 이미지 {n}개로 측정한 비율입니다.",
    no_expectation="모델 카드에 오판율이 없어, 사람이 만든 이미지가 얼마나 잘못 판정되었는지 알 수 없습니다.",
    sheet_title="진위 결과표",
    interrupted="중단되었습니다.",
    go_on="--resume {journal} 로 다시 실행하면 이어집니다.",
    key_once="이 키는 한 번만 표시됩니다. 안전하게 보관하세요.",
    cannot_reach="{url} 에 연결할 수 없습니다. 실행 중인가요? `make up` 으로 시작하거나 JINWI_URL 을 설정하세요.",
    no_key="API 키가 없습니다. JINWI_API_KEY 를 설정하거나, `jinwi up` 이 {path} 파일을 만든 폴더에서 실행하세요.",
    bad_key="서버가 이 API 키를 받아들이지 않습니다. `jinwi up` 은 키를 {path} 에 쓰며, JINWI_API_KEY 가 우선합니다.",
    forbidden="이 API 키로는 할 수 없는 일입니다: {detail}",
    busy="{url} 이(가) 계속 바쁩니다({detail}). 나중에 다시 시도하세요.",
    missing_extra="{module} 이(가) 설치되어 있지 않습니다. 진위 소스 폴더에서 실행하세요: pip install '.[{extra}]'",
    not_a_journal="{path} 은(는) `jinwi verify --resume` 기록 파일이 아닙니다. 다른 파일을 지정하세요.",
    other_server="{path} 은(는) {url} 의 기록입니다. 다른 파일을 지정하거나 JINWI_URL 을 설정하세요.",
    known={
        "undecodable": "파일이 손상되었거나 잘려서 그림을 읽을 수 없습니다.",
        "unsupported_format": "JPEG, PNG, WebP, GIF, AVIF, HEIC 이미지가 아닙니다.",
        "too_many_pixels": "이 서버가 받는 것보다 픽셀 수가 많습니다.",
        "too_large": "이 서버가 받는 것보다 파일이 큽니다.",
        "not_an_image": "링크가 이미지로 이어지지 않습니다.",
        "unreachable": "링크를 가져올 수 없습니다.",
        "forbidden_address": "이 서버가 가져오지 않는 주소로 이어지는 링크입니다.",
        "object_missing": "저장된 이미지가 없어 점수를 낼 수 없습니다.",
        "object_damaged": "저장된 이미지가 접수된 것과 달라 점수를 낼 수 없습니다.",
        "decoder_died": "시도할 때마다 그림을 읽다가 디코더가 멈췄습니다.",
        "crashed": "이 그림만 따로 처리할 때마다 작업 프로세스가 멈췄습니다.",
        "internal": "시도할 때마다 예상하지 못한 오류가 났습니다.",
        "out_of_range": "모델을 측정한 범위를 벗어난 크기의 이미지라 판정을 보류합니다.",
    },
)

LANGUAGES: Mapping[Code, Language] = {Code.EN: ENGLISH, Code.KO: KOREAN}


def choose(asked: Code | None, environment: Mapping[str, str]) -> Language:
    """The language asked for, else that of LC_ALL, LC_MESSAGES or LANG (POSIX, in that order), else English."""
    if asked:
        return LANGUAGES[asked]
    locale = next((environment[name] for name in ("LC_ALL", "LC_MESSAGES", "LANG") if environment.get(name)), "")
    return KOREAN if locale.lower().startswith("ko") else ENGLISH
