"""The commands that need no server: they train and judge versions; `services.retrainer` does it."""
# ruff: noqa: PLC0415

import math
from pathlib import Path
from typing import Annotated, Literal

import typer

from jinwi.cli.extras import part
from jinwi.cli.options import JsonOption, LangOption
from jinwi.session import session


def train(
    *,
    arch: Annotated[str, typer.Option(help="The network, by its name.")],
    data: Annotated[list[str], typer.Option(help="Labelled images: PATH, LAYOUT:PATH, PATH?option=value.")],
    version: Annotated[str, typer.Option(help="MAJOR.MINOR.PATCH of the version to make.")],
    out: Annotated[Path, typer.Option(help="Folder in which the version gets its own.")],
    passes: Annotated[
        float | None, typer.Option(min=0.01, help="Passes over the images; the network's own if not said.")
    ] = None,
    minutes: Annotated[float | None, typer.Option(help="End this slice after so long; --resume goes on.")] = None,
    seed: Annotated[int, typer.Option(help="The same seed and data give the same weights.")] = 0,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with an interrupted training.")] = False,
    loaders: Annotated[int, typer.Option(min=0, help="Processes that prepare batches beside the training.")] = 0,
    only: Annotated[list[str] | None, typer.Option(help="Work on this part alone: fold-0, …, final.")] = None,
    head_only: Annotated[bool, typer.Option("--head-only", help="Of hf: train the head, leave the backbone.")] = False,
    lang: LangOption = None,
) -> None:
    """Train a model version on labelled images."""
    with session(lang) as terminal:
        trainer = part(terminal, "services.retrainer.training.train", "retrainer")
        trainer.train_version(
            arch=arch,
            data=data,
            version=version,
            out=out,
            passes=passes,
            minutes=minutes,
            seed=seed,
            resume=resume,
            loaders=loaders,
            only=only,
            head_only=head_only,
        )


def leaks(
    *,
    data: Annotated[list[str], typer.Argument(help="Labelled images: PATH, LAYOUT:PATH, PATH?option=value.")],
    against: Annotated[
        list[str] | None, typer.Option(help="Compare with these; without it, owners with each other.")
    ] = None,
    json: JsonOption = False,
    lang: LangOption = None,
) -> None:
    """Find pictures that two data sets, or two owners of one, share: whole, cropped or rescaled."""
    from jinwi.commands import leaks as commands

    with session(lang) as terminal:
        sources = part(terminal, "services.retrainer.sources", "retrainer")
        finder = part(terminal, "services.retrainer.data.leaks", "retrainer")
        commands.leaks(terminal, sources, finder, data, against or [], as_json=json)


def evaluate(
    *,
    model: Annotated[str, typer.Argument(help="A version's folder, or the number of a shipped version.")],
    data: Annotated[list[str], typer.Argument(help="Labelled images: PATH, LAYOUT:PATH, PATH?option=value.")],
    matched: Annotated[
        bool, typer.Option("--matched", help="Judge first where shape, size, grid and codec say nothing.")
    ] = False,
    studies: Annotated[
        bool, typer.Option("--studies", help="Add robustness, portraits, composites, sensitivity and files.")
    ] = False,
    beside: Annotated[
        str | None,
        typer.Option(metavar="MODEL", help="Another version: how the two differ, which suits when. Adds --studies."),
    ] = None,
    lane: Annotated[
        Literal["bulk", "interactive"], typer.Option(help="The lane whose tiles the model reads.")
    ] = "interactive",
    out: Annotated[Path, typer.Option(help="Folder for report.html and report.json.")] = Path("evaluation"),
    json: JsonOption = False,
    lang: LangOption = None,
) -> None:
    """Judge a model version on labelled images, beside what needs no model."""
    from jinwi.commands import evaluate as commands

    with session(lang) as terminal:
        order = commands.Order(
            model=model, data=data, matched=matched, studies=studies, beside=beside, lane=lane, out=out, json=json
        )
        evaluation = part(terminal, "services.retrainer.evaluation.run", "retrainer")
        commands.evaluate(terminal, order, evaluation)


def reproduce(
    *,
    experiment: Annotated[Literal["cifake", "aiornot", "artbench"], typer.Argument(help="Whose experiment.")],
    data: Annotated[str, typer.Option(help="Its images, laid out as they are published.")],
    out: Annotated[Path, typer.Option(help="Folder for the report and the log of trials.")],
    trials: Annotated[int, typer.Option(min=0, help="Trials of random settings after the experiment's own.")] = 0,
    minutes: Annotated[float, typer.Option(help="Stop after so long; the same command goes on.")] = math.inf,
    passes: Annotated[float, typer.Option(min=0.01, help="Passes of each network over the images.")] = 10,
    seed: Annotated[int, typer.Option(help="The same seed and data give the same weights.")] = 0,
    lang: LangOption = None,
) -> None:
    """Run a published experiment again and set its figures beside ours."""
    with session(lang) as terminal:
        part(terminal, "services.retrainer.reproduce", "retrainer").reproduce(
            experiment, data=data, out=out, trials=trials, minutes=minutes, passes=passes, seed=seed
        )
