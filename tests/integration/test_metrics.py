"""What the metrics reference says of each metric, against what is shown: kind, labels, and the values of labels."""

import re
from pathlib import Path

from prometheus_client.metrics import MetricWrapperBase

from shared import metrics
from shared.domain.lifecycle import VersionState
from shared.domain.retraining import RunOutcome, RunStage, RunState
from shared.stored_metrics import DatabaseCollector

PAGE = (Path(__file__).parents[2] / "docs/reference/metrics.md").read_text(encoding="utf-8")


def rows() -> dict[str, list[str]]:
    """The cells of each row of a table that names a metric, by that name."""
    found = re.findall(r"^\| `(jinwi_\w+)` \|(.*)\|$", PAGE, re.MULTILINE)
    return {name: [cell.strip() for cell in cells.split("|")] for name, cells in found}


def labels(cell: str) -> list[str]:
    return re.findall(r"`(\w+)`", cell)


def test_what_postgres_knows_is_shown_with_the_kind_and_the_labels_that_the_reference_says(database):
    shown = {family.name: (family.type, list(family._labelnames)) for family in DatabaseCollector(database).collect()}
    said = {
        name.removesuffix("_total"): (cells[0], labels(cells[1])) for name, cells in rows().items() if len(cells) == 3
    }
    assert said == shown


def test_what_processes_measure_has_the_labels_that_the_reference_says():
    measured = {
        metric._name: list(metric._labelnames)
        for metric in vars(metrics).values()
        if isinstance(metric, MetricWrapperBase)
    }
    said = {name.removesuffix("_total"): labels(cells[0]) for name, cells in rows().items() if len(cells) == 2}
    assert said == measured


def test_the_values_of_labels_that_the_reference_names_are_those_that_there_are():
    cells = rows()
    outcomes = {*RunOutcome, RunState.FAILED, RunState.CANCELLED}
    assert set(labels(cells["jinwi_retraining_runs_total"][2])) == {str(outcome) for outcome in outcomes}
    assert set(labels(cells["jinwi_retraining_stage"][2])) == {str(stage) for stage in RunStage}
    assert set(labels(cells["jinwi_model_state"][2])) <= {str(state) for state in VersionState}
