"""The documents agree with the code and with one another."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy import reference
from jinwi.cli import app as command_line
from services.api.errors import PROBLEMS
from services.api.main import create_app
from shared import scoring
from shared.config import CLIENT_VARIABLES, Settings, variable
from shared.domain.job import REASONS

ROOT = Path(__file__).parents[2]
READMES = [ROOT / "README.md", ROOT / "README.ko.md"]
DOCUMENTS = [*READMES, *sorted((ROOT / "docs").rglob("*.md"))]

in_each_document = pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))


def text(path: str | Path) -> str:
    return (ROOT / path).read_text(encoding="utf-8")


def first_cells(page: str) -> set[str]:
    """What stands in backticks at the beginning of the page's table rows."""
    return set(re.findall(r"^\| `([^`]+)` \|", page, re.MULTILINE))


def commands(document: Path) -> str:
    return "\n".join(re.findall(r"^```sh\n(.*?)^```", text(document), re.MULTILINE | re.DOTALL))


def anchors(page: str) -> set[str]:
    """As GitHub makes them of headings."""
    headings = re.findall(r"^#+ (.+)$", page, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def routes() -> Iterator[str]:
    for path, methods in create_app(Settings()).openapi()["paths"].items():
        yield from (f"{method.upper()} {path}" for method in methods)


def test_the_api_reference_has_a_heading_for_each_route_and_no_other():
    headings = re.findall(r"^### `([A-Z]+ /[^`]*)`$", text("docs/reference/api.md"), re.MULTILINE)
    assert sorted(headings) == sorted(routes())


def test_the_error_reference_lists_each_problem_and_each_reason():
    assert first_cells(text("docs/reference/errors.md")) == {*PROBLEMS, *REASONS}


def test_the_metrics_reference_names_each_metric_and_no_other():
    defined = set(re.findall(r'"(jinwi_[a-z_]+)"', text("shared/metrics.py") + text("shared/stored_metrics.py")))
    named = {name.removesuffix("_total") for name in first_cells(text("docs/reference/metrics.md"))}
    assert {name for name in named if name.startswith("jinwi_")} == defined


def test_the_metrics_reference_names_each_alert():
    defined = set(re.findall(r"alert: (\w+)", text("deploy/prometheus/alerts.yml")))
    assert {name for name in first_cells(text("docs/reference/metrics.md")) if name.startswith("Jinwi")} == defined


@pytest.mark.parametrize("file", reference.FILES, ids=lambda path: path.name)
def test_the_settings_reference_is_the_one_that_the_code_writes(file):
    assert file.read_text(encoding="utf-8") == reference.FILES[file](), "run `make reference`"


@in_each_document
def test_every_relative_link_leads_somewhere(document):
    for target, anchor in re.findall(r"\]\((?!https?:)([^)#]*)#?([^)]*)\)", text(document)):
        leads_to = document.parent / target if target else document
        assert leads_to.exists(), target
        assert not anchor or anchor in anchors(text(leads_to)), f"{target}#{anchor}"


@in_each_document
def test_every_variable_is_a_setting_or_one_of_the_compose_file(document):
    known = {variable(name) for name in Settings.model_fields} | CLIENT_VARIABLES
    known |= set(re.findall(r"\$\{(JINWI_[A-Z0-9_]+)", text("docker-compose.yml")))
    assert set(re.findall(r"JINWI_[A-Z0-9_]+", text(document))) <= known


@in_each_document
def test_every_command_exists(document):
    named = set(re.findall(r"(?:^|\s)jinwi ([a-z-]+)", commands(document)))
    registered = {command.name or command.callback.__name__ for command in command_line.registered_commands}
    assert named <= registered | {group.name for group in command_line.registered_groups}
    targets = set(re.findall(r"^([a-z]+):", text("Makefile"), re.MULTILINE))
    assert set(re.findall(r"(?:^|\s)make ([a-z]+)", commands(document))) <= targets


@pytest.mark.parametrize("readme", READMES, ids=lambda path: path.name)
def test_a_readme_states_the_figures_of_the_shipped_card(readme):
    card = json.loads((scoring.shipped()[-1] / "card.json").read_text(encoding="utf-8"))
    accused, matched = card["false_accusation_rate"], card["metrics"]["matched, interactive"]
    figures = [
        f"{matched['figures']['roc_auc']['value']:.2f}",
        f"{accused['n']:,}",
        *(f"{accused[name] * 100:.1f}" for name in ("value", "low", "high")),
        f"{matched['verdicts']['ai_likely_ai']['value'] * 100:.0f} %",
    ]
    for figure in figures:
        assert re.search(rf"\b{re.escape(figure)}", text(readme)), figure


def test_both_readmes_have_the_same_sections():
    english, korean = (re.findall(r"^#+ ", text(readme), re.MULTILINE) for readme in READMES)
    assert english == korean
