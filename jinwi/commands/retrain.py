"""`jinwi retrain` and `jinwi runs …`: ask for a run, watch it, say how it ended."""

from dataclasses import dataclass
from itertools import islice
from typing import Any

from rich.progress import BarColumn, Progress, TextColumn

from jinwi.client import Client
from jinwi.commands.connection import open_client
from jinwi.results.retraining import Mode, Run, RunState
from jinwi.terminal import Terminal, local_time, print_lines
from jinwi.texts.language import Language

NOTICE = "notice"
"""The weight of a ruling that refuses nothing and asks for something."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Order:
    """What `jinwi retrain` was asked for; None: as the server is set."""

    mode: Mode | None
    min_samples: int | None
    seed: int
    wait: bool
    json: bool


def retrain(terminal: Terminal, order: Order) -> int:
    """The exit code: 0 for every outcome, 1 where the run failed or was cancelled."""
    with open_client(terminal) as client:
        run = client.retraining.start(mode=order.mode, min_samples=order.min_samples, seed=order.seed)
        if order.wait:
            run = _watch(terminal, client, run, quiet=order.json and terminal.out.is_terminal)
    if order.json:
        print_lines([run.document])
    else:
        _show(terminal, run)
        if not order.wait:
            terminal.note(terminal.language.run_asked_for.format(id=run.id))
    return 1 if run.state in {RunState.FAILED, RunState.CANCELLED} else 0


def list_runs(terminal: Terminal, limit: int, *, as_json: bool) -> None:
    language = terminal.language
    with open_client(terminal) as client:
        runs = client.retraining.list(limit=limit + 1)
        shown = list(islice(runs, limit))
        if as_json:
            print_lines(run.document for run in shown)
        else:
            rows = [[run.id, run.mode, _standing(language, run), local_time(run.created_at)] for run in shown]
            terminal.table([language.run, language.mode, language.state, language.created], rows)
        if next(runs, None):
            terminal.note(language.more_runs.format(limit=limit))


def show(terminal: Terminal, run_id: str, *, as_json: bool) -> None:
    with open_client(terminal) as client:
        run = client.retraining.get(run_id)
    print_lines([run.document]) if as_json else _show(terminal, run)


def cancel(terminal: Terminal, run_id: str, *, as_json: bool) -> None:
    with open_client(terminal) as client:
        run = client.retraining.cancel(run_id)
    print_lines([run.document]) if as_json else _show(terminal, run)


def _watch(terminal: Terminal, client: Client, run: Run, *, quiet: bool) -> Run:
    """Until it has ended; with a line of progress on standard error, where that is a terminal."""
    bar = Progress(
        TextColumn("{task.description}"),
        BarColumn(bar_width=20),
        TextColumn("{task.fields[figures]}"),
        console=terminal.err,
        disable=quiet or not terminal.err.is_terminal,
        transient=True,
    )
    with bar:
        task = bar.add_task("", total=None, figures="")

        def tell(run: Run) -> None:
            bar.update(task, **_bar(terminal.language, run))

        return client.retraining.wait(run, tell=tell)


def _bar(language: Language, run: Run) -> dict[str, Any]:
    """What the line of progress says of a run."""
    progress = run.progress
    if progress is None:
        return {"description": _standing(language, run), "total": None, "figures": ""}
    figures = [language.steps.format(done=progress.done, total=progress.total)] if progress.total else []
    if progress.loss is not None:
        figures.append(language.loss.format(progress.loss))
    if progress.eta_seconds is not None:
        figures.append(language.eta.format(_clock(progress.eta_seconds)))
    return {
        "description": language.stages[progress.stage],
        "total": progress.total or None,
        "completed": progress.done,
        "figures": " · ".join(figures),
    }


def _show(terminal: Terminal, run: Run) -> None:
    language = terminal.language
    rows = [[language.run, run.id], [language.mode, run.mode], [language.state, _standing(language, run)]]
    rows += [[language.version, run.version]] if run.version else []
    rows += [[language.why, language.run_failures[run.failure_reason]]] if run.failure_reason else []
    rows += [[language.detail, said]] if (said := run.failure or run.detail) else []
    if run.harvest:
        rows += [
            [language.considered, f"{run.harvest['considered']:,}"],
            [language.admitted, f"{run.harvest['admitted']:,}"],
            *([f"{language.refused}: {reason}", f"{count:,}"] for reason, count in run.harvest["refused"].items()),
        ]
    terminal.table([language.entry, language.value], rows)
    failed = [ruling for ruling in run.rulings if not ruling.passed]
    for notice in (ruling for ruling in failed if ruling.weight == NOTICE):
        terminal.note(notice.detail)
    if failed := [ruling for ruling in failed if ruling.weight != NOTICE]:
        headings = [language.ruling, language.value, language.limit, language.why]
        terminal.table(headings, [[r.name, _figure(r.value), _figure(r.limit), r.detail] for r in failed], right=2)


def _standing(language: Language, run: Run) -> str:
    """Its outcome, or else its state, with what it waits for or where it is."""
    if run.outcome:
        return language.outcomes[run.outcome]
    if run.waits_for:
        return language.run_waits.format(id=run.waits_for)
    if run.state is RunState.RUNNING and run.stage:
        return language.stages[run.stage]
    return language.run_states[run.state]


def _figure(value: float | None) -> str:
    return "–" if value is None else f"{value:.4g}"


def _clock(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
