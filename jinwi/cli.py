"""The command `jinwi`. Each command says what it takes and hands it to the module that does it.

Those modules are imported in the commands: `jinwi --help` waits for none of them.
"""
# ruff: noqa: PLC0415

import importlib
import math
import os
from datetime import datetime
from pathlib import Path
from types import ModuleType
from typing import Annotated, Literal

import typer

from jinwi import gold_cli, help_ko, index_cli, people_cli, rollout_cli, runs_cli, spot_checks_cli, webhooks_cli
from jinwi.calls import AuditFilters, Filters
from jinwi.korean import KOREAN
from jinwi.options import JsonOption, LangOption, LimitOption, instant
from jinwi.results import Lane, ReviewState, State, Verdict
from jinwi.retraining_results import Mode
from jinwi.session import Complaint, choose, session
from jinwi.terminal import Terminal

app = typer.Typer(
    help="How likely is an image AI-generated? Jinwi gives evidence; a person decides.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
keys = typer.Typer(help="Create, list and revoke API keys.", no_args_is_help=True)
app.add_typer(keys, name="keys")
models = typer.Typer(
    help="List, show, share and import model versions, and say which one scores.", no_args_is_help=True
)
models.add_typer(rollout_cli.app)
app.add_typer(models, name="models")
app.add_typer(gold_cli.app, name="gold")
app.add_typer(webhooks_cli.app, name="webhooks")
app.add_typer(spot_checks_cli.app, name="spot-checks")
app.add_typer(runs_cli.app, name="runs")
app.command()(people_cli.review)
app.add_typer(people_cli.links, name="links")
app.add_typer(people_cli.appeals, name="appeals")
app.add_typer(index_cli.app, name="index")

VersionArgument = Annotated[str, typer.Argument(help="A version, or an alias such as champion.")]
LaneArgument = Annotated[Lane, typer.Argument(help="The lane.")]


def main() -> None:
    command = typer.main.get_command(app)
    if choose(None, os.environ) is KOREAN:
        help_ko.translate(command)
    command()


@app.command()
def verify(
    *,
    inputs: Annotated[list[str], typer.Argument(help="Image files, folders (with all below them) and links.")],
    lane: Annotated[
        Lane | None, typer.Option(help="Who waits for whom; else interactive up to 20 images, bulk above.")
    ] = None,
    evidence: Annotated[
        Literal["basic", "full"] | None,
        typer.Option(help="full: also what each file says of its origin, its score in other forms, where it was seen."),
    ] = None,
    json: JsonOption = False,
    csv: Annotated[Path | None, typer.Option(help="Write a table to this file.")] = None,
    html: Annotated[Path | None, typer.Option(help="Write a contact sheet to this file.")] = None,
    map_folder: Annotated[
        Path | None, typer.Option("--map", help="Write each image under its map of evidence to this folder.")
    ] = None,
    resume: Annotated[
        Path | None,
        typer.Option(help="Journal of the run: begun if absent, else gone on with. Files are known by path."),
    ] = None,
    concurrency: Annotated[int, typer.Option(min=1, max=256, help="Images under way at once.")] = 16,
    lang: LangOption = None,
) -> None:
    """Say how likely images are AI-generated."""
    from jinwi import verify_command

    with session(lang) as terminal:
        order = verify_command.Order(
            arguments=inputs,
            lane=lane,
            json=json,
            evidence=evidence,
            csv=csv,
            html=html,
            map=map_folder,
            resume=resume,
            concurrency=concurrency,
        )
        raise typer.Exit(verify_command.verify(terminal, order))


@app.command()
def jobs(
    *,
    state: Annotated[State | None, typer.Option(help="Only jobs in this state.")] = None,
    verdict: Annotated[Verdict | None, typer.Option(help="Only jobs with this verdict.")] = None,
    review: Annotated[
        ReviewState | None, typer.Option(help="Only jobs of which people say this; disputed ones wait for a reviewer.")
    ] = None,
    external_id: Annotated[str | None, typer.Option(help="Only jobs with this id of yours.")] = None,
    after: Annotated[
        datetime | None,
        typer.Option(parser=instant, metavar="TIME", help="Only jobs created since then (ISO 8601)."),
    ] = None,
    before: Annotated[
        datetime | None,
        typer.Option(parser=instant, metavar="TIME", help="Only jobs created before (ISO 8601)."),
    ] = None,
    limit: LimitOption = 20,
    json: JsonOption = False,
    lang: LangOption = None,
) -> None:
    """List jobs, the newest first."""
    from jinwi import admin_commands

    with session(lang) as terminal:
        filters: Filters = {
            "state": state,
            "verdict": verdict,
            "review": review,
            "external_id": external_id,
            "created_after": after,
            "created_before": before,
        }
        admin_commands.list_jobs(terminal, filters, limit, as_json=json)


@app.command()
def erase(
    job_ids: Annotated[list[str], typer.Argument(metavar="ID...", help="The jobs.")],
    json: JsonOption = False,
    lang: LangOption = None,
) -> None:
    """Erase images and all that is known of them, for good."""
    from jinwi import admin_commands

    with session(lang) as terminal:
        admin_commands.erase(terminal, job_ids, as_json=json)


@app.command()
def similar(
    job_id: Annotated[str, typer.Argument(metavar="ID", help="The job.")],
    json: JsonOption = False,
    lang: LangOption = None,
) -> None:
    """Show other jobs with the same picture, in this or another form."""
    from jinwi import similar as command

    with session(lang) as terminal:
        command.show(terminal, job_id, as_json=json)


@app.command()
def policy(
    *,
    settings: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="NAME=VALUE", help="Change a member, null: to its default; repeatable."),
    ] = None,
    json: JsonOption = False,
    lang: LangOption = None,
) -> None:
    """Show how your tenant is served, and change it: thresholds, domain_cap, evidence and more."""
    from jinwi import policy_command

    with session(lang) as terminal:
        policy_command.policy(terminal, settings or [], as_json=json)


@models.command("list")
def list_models(json: JsonOption = False, lang: LangOption = None) -> None:
    """List the model versions, the newest first."""
    from jinwi import model_commands

    with session(lang) as terminal:
        model_commands.list_models(terminal, as_json=json)


@models.command("show")
def show_model(version: VersionArgument = "champion", json: JsonOption = False, lang: LangOption = None) -> None:
    """Show the card of a version, and what it showed on live traffic."""
    from jinwi import model_commands

    with session(lang) as terminal:
        model_commands.show_model(terminal, version, as_json=json)


@models.command("import")
def import_model(
    *,
    source: Annotated[
        Path, typer.Argument(metavar="FILE", help="An ONNX file, a folder that train or --out made, or a .jinwi file.")
    ],
    card: Annotated[Path | None, typer.Option(help="What the file is and how it reads a picture (YAML).")] = None,
    out: Annotated[Path | None, typer.Option(help="Make the version's folder in here, and send nothing.")] = None,
    promote: Annotated[bool, typer.Option("--promote", help="Let it score from now on.")] = False,
    json: JsonOption = False,
    lang: LangOption = None,
) -> None:
    """Bring a detector: an ONNX file with its card, a version's folder, or the file that export wrote."""
    from jinwi import import_command

    with session(lang) as terminal:
        order = import_command.Order(source=source, card=card, out=out, promote=promote, json=json)
        if import_command.is_archive(source):
            import_command.import_archive(terminal, order)
            return
        versions = _part(terminal, "services.retrainer.bring.version", "models")
        import_command.import_model(terminal, order, versions)


@models.command("changelog")
def show_changelog(
    limit: Annotated[int, typer.Option(min=1, max=200, help="At most so many.")] = 50,
    json: JsonOption = False,
    lang: LangOption = None,
) -> None:
    """Say what became of each version and each refused candidate, as Markdown."""
    from jinwi import admin_commands

    with session(lang) as terminal:
        admin_commands.show_changelog(terminal, limit, as_json=json)


@models.command("export")
def export_model(
    version: VersionArgument = "champion",
    out: Annotated[Path | None, typer.Option(help="The file, or a folder; else NAME-VERSION.jinwi here.")] = None,
    json: JsonOption = False,
    lang: LangOption = None,
) -> None:
    """Write a version to one signed file, which any web server can hand out."""
    from jinwi import share_commands

    with session(lang) as terminal:
        share_commands.export(terminal, version, out, as_json=json)


@models.command("pull")
def pull_model(
    *,
    url: Annotated[str, typer.Argument(metavar="URL", help="Where the file that export wrote lies: https://…")],
    key: Annotated[
        list[Path] | None, typer.Option(help="Trust this public key too (PEM file or folder); repeatable.")
    ] = None,
    promote: Annotated[bool, typer.Option("--promote", help="Let it score from now on.")] = False,
    json: JsonOption = False,
    lang: LangOption = None,
) -> None:
    """Fetch a version from a web server, and register it if a trusted key vouches for it."""
    from jinwi import share_commands

    with session(lang) as terminal:
        share_commands.pull(terminal, url, key or [], promote=promote, as_json=json)


@app.command()
def pause(lane: LaneArgument, json: JsonOption = False, lang: LangOption = None) -> None:
    """Let no job of a lane begin; submissions are still accepted."""
    from jinwi import admin_commands

    with session(lang) as terminal:
        admin_commands.set_paused(terminal, lane, paused=True, as_json=json)


@app.command()
def resume(lane: LaneArgument, json: JsonOption = False, lang: LangOption = None) -> None:
    """Let the jobs of a paused lane begin again."""
    from jinwi import admin_commands

    with session(lang) as terminal:
        admin_commands.set_paused(terminal, lane, paused=False, as_json=json)


@keys.command("create")
def create_key(
    name: Annotated[str, typer.Argument(help="What the key is for.")],
    scope: Annotated[
        list[str], typer.Option(help="What it may do: submit, read, review, label, models, admin; repeatable.")
    ],
    json: JsonOption = False,
    lang: LangOption = None,
) -> None:
    """Create a key, which is shown this once."""
    from jinwi import admin_commands

    with session(lang) as terminal:
        admin_commands.create_key(terminal, name, scope, as_json=json)


@keys.command("list")
def list_keys(json: JsonOption = False, lang: LangOption = None) -> None:
    """List the keys, never their secret part."""
    from jinwi import admin_commands

    with session(lang) as terminal:
        admin_commands.list_keys(terminal, as_json=json)


@keys.command("revoke")
def revoke_key(
    key_id: Annotated[str, typer.Argument(metavar="ID", help="The key's id.")],
    json: JsonOption = False,
    lang: LangOption = None,
) -> None:
    """Revoke a key at once."""
    from jinwi import admin_commands

    with session(lang) as terminal:
        admin_commands.revoke_key(terminal, key_id, as_json=json)


@app.command()
def audit(
    *,
    action: Annotated[str | None, typer.Option(help="Only acts of this kind, such as key.created.")] = None,
    key: Annotated[str | None, typer.Option(metavar="ID", help="Only what was done with this key.")] = None,
    since: Annotated[
        datetime | None,
        typer.Option(parser=instant, metavar="TIME", help="Only acts since then (ISO 8601)."),
    ] = None,
    limit: LimitOption = 20,
    json: JsonOption = False,
    lang: LangOption = None,
) -> None:
    """List what administrators did, the newest first."""
    from jinwi import admin_commands

    with session(lang) as terminal:
        filters: AuditFilters = {"action": action, "key_id": key, "since": since}
        admin_commands.list_acts(terminal, filters, limit, as_json=json)


@app.command()
def up(
    detach: Annotated[bool, typer.Option("--detach", help="Return when the system is ready.")] = False,
    lang: LangOption = None,
) -> None:
    """Start the whole system on this machine."""
    with session(lang) as terminal:
        raise typer.Exit(_part(terminal, "deploy.local.command", "local").up(terminal, detach=detach))


@app.command()
def down(lang: LangOption = None) -> None:
    """Stop the system that `jinwi up --detach` started; the data stay."""
    with session(lang) as terminal:
        raise typer.Exit(_part(terminal, "deploy.local.command", "local").down(terminal))


@app.command()
def retrain(
    *,
    mode: Annotated[
        Mode | None, typer.Option(help="head: the last layer; full: the whole network; mixed: both in turn.")
    ] = None,
    min_samples: Annotated[
        int | None, typer.Option(min=0, help="Train only with so many new samples; else as the server is set.")
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="The same seed and samples give the same weights.")] = 0,
    wait: Annotated[bool, typer.Option("--wait", help="Show the progress, and how the run ends.")] = False,
    json: JsonOption = False,
    lang: LangOption = None,
) -> None:
    """Retrain the champion on what was harvested and on gold; publish what passes the gate."""
    from jinwi import retrain_command

    with session(lang) as terminal:
        order = retrain_command.Order(mode=mode, min_samples=min_samples, seed=seed, wait=wait, json=json)
        raise typer.Exit(retrain_command.retrain(terminal, order))


@app.command()
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
        trainer = _part(terminal, "services.retrainer.training.train", "retrainer")
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


@app.command()
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
    from jinwi import leaks_command

    with session(lang) as terminal:
        sources = _part(terminal, "services.retrainer.sources", "retrainer")
        finder = _part(terminal, "services.retrainer.data.leaks", "retrainer")
        leaks_command.leaks(terminal, sources, finder, data, against or [], as_json=json)


@app.command()
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
    from jinwi import evaluate_command

    with session(lang) as terminal:
        order = evaluate_command.Order(
            model=model, data=data, matched=matched, studies=studies, beside=beside, lane=lane, out=out, json=json
        )
        evaluation = _part(terminal, "services.retrainer.evaluation.run", "retrainer")
        evaluate_command.evaluate(terminal, order, evaluation)


@app.command()
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
        _part(terminal, "services.retrainer.reproduce", "retrainer").reproduce(
            experiment, data=data, out=out, trials=trials, minutes=minutes, passes=passes, seed=seed
        )


def _part(terminal: Terminal, module: str, extra: str) -> ModuleType:
    """A part that an installation has only with `extra`."""
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as exc:
        text = terminal.language.missing_extra.format(module=exc.name, extra=extra)
        raise Complaint(text) from exc
