"""What the commands about reviews, links and appeals say, in both languages."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class PeopleTexts:
    """Texts with {names} are filled in with `str.format`."""

    reviews: str
    review_states: Mapping[str, str]
    by_person: str
    said: Mapping[str, str]
    """Verdicts: the model's, and people's."""
    votes: str
    votes_value: str
    second_opinion: str
    bad_check: str

    link: str
    link_once: str
    expires: str
    never: str
    open: str
    revoked: str
    over: str

    appeal: str
    appeal_states: Mapping[str, str]
    against: str
    message: str
    contact: str
    files: str
    reason: str
    reviewer: str
    made: str
    decided: str
    saved: str
    unopened: str
    more_appeals: str


ENGLISH = PeopleTexts(
    reviews="Reviews",
    review_states={
        "none": "not reviewed",
        "confirmed": "confirmed",
        "overturned": "overturned",
        "disputed": "disputed",
        "decided": "decided",
    },
    by_person="Verdict by people",
    said={
        "likely_human": "likely made by a person",
        "uncertain": "uncertain",
        "likely_ai": "likely AI-generated",
        "human": "made by a person",
        "ai": "AI-generated",
        "disputed": "disputed",
    },
    votes="Votes",
    votes_value="human {human}, AI {ai}, unsure {unsure}",
    second_opinion="As many say human as say AI: ask a further reviewer.",
    bad_check="{text} is not ITEM=SEEN: items are {items}, and what was seen there is {ticks}.",
    link="Link",
    link_once="The link is shown this once. Whoever has it sees the picture and its result, and may appeal.",
    expires="Ends",
    never="when it is revoked",
    open="open",
    revoked="revoked",
    over="over",
    appeal="Appeal",
    appeal_states={"open": "open", "upheld": "upheld", "overturned": "overturned"},
    against="Against",
    message="Message",
    contact="Contact",
    files="Files",
    reason="Reviewer's reason",
    reviewer="Reviewer",
    made="Made",
    decided="Decided",
    saved="Files written to {folder}: {count:,}.",
    unopened="Nobody has opened these files: treat them as any that a stranger sends.",
    more_appeals="There are more than these {limit:,}: ask for them with --limit.",
)

KOREAN = PeopleTexts(
    reviews="검토",
    review_states={
        "none": "검토 전",
        "confirmed": "확인됨",
        "overturned": "뒤집힘",
        "disputed": "의견이 엇갈림",
        "decided": "판단함",
    },
    by_person="사람의 판정",
    said={
        "likely_human": "사람이 만든 것으로 보임",
        "uncertain": "불확실",
        "likely_ai": "AI가 만든 것으로 보임",
        "human": "사람이 만듦",
        "ai": "AI가 만듦",
        "disputed": "의견이 엇갈림",
    },
    votes="의견",
    votes_value="사람 {human}, AI {ai}, 확신 없음 {unsure}",
    second_opinion="의견이 반으로 갈렸습니다. 다른 검토자의 의견을 구하세요.",
    bad_check="{text}: 항목=결과 형식이 아닙니다. 항목은 {items}, 결과는 {ticks}입니다.",
    link="링크",
    link_once="링크는 지금 한 번만 표시됩니다. 링크가 있으면 누구나 이미지와 결과를 보고 이의를 제기할 수 있습니다.",
    expires="기한",
    never="취소할 때까지",
    open="열림",
    revoked="취소됨",
    over="기한 지남",
    appeal="이의 제기",
    appeal_states={"open": "접수됨", "upheld": "판정 유지", "overturned": "판정 뒤집힘"},
    against="대상 판정",
    message="메시지",
    contact="연락처",
    files="파일",
    reason="검토자의 이유",
    reviewer="검토자",
    made="제기한 시각",
    decided="결정한 시각",
    saved="{folder} 폴더에 쓴 파일: {count:,}개.",
    unopened="아무도 열어 보지 않은 파일입니다. 모르는 사람이 보낸 파일처럼 다루세요.",
    more_appeals="{limit:,}건보다 더 있습니다. --limit 로 더 볼 수 있습니다.",
)
