import string
from dataclasses import fields

import pytest
import typer

from jinwi.cli import app
from jinwi.results.evidence import Claim, Kind, Strength
from jinwi.results.jobs import Failure, Reason, State, Verdict
from jinwi.session import choose
from jinwi.texts import help_ko
from jinwi.texts.english import ENGLISH
from jinwi.texts.korean import KOREAN
from jinwi.texts.language import Code, Language
from services.api.errors import PROBLEMS, type_of
from shared.domain.job import REASONS
from shared.domain.verdict import ADVISORY

TEXTS = [each.name for each in fields(Language) if each.type is str]


def blanks(text: str) -> set[str | None]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


@pytest.mark.parametrize("name", TEXTS)
def test_both_languages_say_the_same_things(name):
    assert getattr(KOREAN, name)
    assert blanks(getattr(KOREAN, name)) == blanks(getattr(ENGLISH, name))


@pytest.mark.parametrize("language", [ENGLISH, KOREAN], ids=["en", "ko"])
def test_every_verdict_and_state_has_its_word(language):
    assert set(language.verdicts) == set(Verdict)
    assert set(language.states) == set(State)


@pytest.mark.parametrize("language", [ENGLISH, KOREAN], ids=["en", "ko"])
def test_every_finding_has_its_sentences(language):
    said = language.finding
    assert set(said.kinds) == set(Kind)
    assert set(said.claims) == set(Claim)
    assert set(said.strengths) == set(Strength)


def test_the_advisory_is_the_one_in_every_result():
    assert ENGLISH.advisory == ADVISORY


def test_percents_add_up_to_100():
    for thousandth in range(1001):
        ai, human = ENGLISH.percents(thousandth / 1000)
        assert sum(int(text.strip("<>% ")) for text in (ai, human)) == 100


@pytest.mark.parametrize("probability", [0.0, 0.0049, 0.995, 1.0])
def test_no_percentage_claims_certainty(probability):
    assert sorted(ENGLISH.percents(probability)) == ["< 1 %", "> 99 %"]


@pytest.mark.parametrize("kind", PROBLEMS)
def test_every_problem_is_explained_in_korean_and_in_the_servers_english(kind):
    problem = {"type": type_of(kind), "title": "Title", "detail": "The {server}'s own words."}
    assert ENGLISH.problem(problem) == "The {server}'s own words."
    assert KOREAN.problem(problem) not in {"", "The {server}'s own words."}


def test_a_problem_not_known_yet_is_shown_as_the_server_says_it():
    assert KOREAN.problem({"type": "about:blank", "title": "Title"}) == "Title"


def test_the_probabilities_are_named_as_agreed():
    ai, human = KOREAN.percents(0.51)
    assert f"{KOREAN.ai_probability} {ai}" == "AI 생성 확률 51 %"
    assert f"{KOREAN.human_probability} {human}" == "인간 제작 확률 49 %"


@pytest.mark.parametrize("reason", REASONS)
def test_every_failure_is_explained_in_korean_and_in_the_servers_english(reason):
    failure = Failure(reason=reason, detail="The server's own words.")
    assert ENGLISH.reason(failure) == "The server's own words."
    assert KOREAN.reason(failure) not in {"", "The server's own words."}


def test_a_reason_not_known_yet_is_shown_as_the_server_says_it():
    assert KOREAN.reason(Reason(code="brand_new", detail="Words.")) == "Words."


@pytest.mark.parametrize(
    ("asked", "environment", "chosen"),
    [
        (Code.KO, {"LANG": "en_US.UTF-8"}, KOREAN),
        (Code.EN, {"LANG": "ko_KR.UTF-8"}, ENGLISH),
        (None, {"LANG": "ko_KR.UTF-8"}, KOREAN),
        (None, {"LANG": "ko_KR.UTF-8", "LC_ALL": "C"}, ENGLISH),
        (None, {"LANG": "en_US.UTF-8", "LC_ALL": "", "LC_MESSAGES": "ko_KR"}, KOREAN),
        (None, {"LANG": "fr_FR.UTF-8"}, ENGLISH),
        (None, {}, ENGLISH),
    ],
)
def test_the_language_is_the_one_asked_for_else_the_locales(asked, environment, chosen):
    assert choose(asked, environment) is chosen


def helps(command):
    yield command.help
    yield from (parameter.help for parameter in command.params if getattr(parameter, "help", None))
    for subcommand in getattr(command, "commands", {}).values():
        yield from helps(subcommand)


def test_every_help_text_has_its_korean_and_none_is_left_over():
    assert set(helps(typer.main.get_command(app))) - {"Show this message and exit."} == set(help_ko.HELP)


def test_the_help_is_put_into_korean_throughout():
    command = typer.main.get_command(app)
    help_ko.translate(command)
    assert set(helps(command)) - {"Show this message and exit."} == set(help_ko.HELP.values())
