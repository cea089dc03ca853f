"""The commands `jinwi webhooks …`: what each takes; `jinwi.commands.webhooks` does it."""
# ruff: noqa: PLC0415

from datetime import datetime
from typing import Annotated

import typer

from jinwi.calls.webhooks import DeliveryFilters
from jinwi.cli.options import JsonOption, LangOption, LimitOption, instant
from jinwi.results.webhooks import DeliveryState, Event
from jinwi.session import session

app = typer.Typer(help="Add, watch and mend webhooks: signed messages to a server of yours.", no_args_is_help=True)

WebhookArgument = Annotated[str, typer.Argument(metavar="ID", help="The webhook's id.")]
DeliveryArgument = Annotated[str, typer.Argument(metavar="ID", help="The delivery's id.")]


@app.command("add")
def add(
    *,
    url: Annotated[str, typer.Argument(help="Where events are posted.")],
    event: Annotated[list[Event] | None, typer.Option(help="Only this event; repeatable. Else all of them.")] = None,
    description: Annotated[str | None, typer.Option(help="Your own words for it.")] = None,
    json: JsonOption = False,
    lang: LangOption = None,
) -> None:
    """Add a webhook; its secret is shown this once."""
    from jinwi.commands import webhooks as commands

    with session(lang) as terminal:
        commands.add(terminal, url, event, description, as_json=json)


@app.command("list")
def list_webhooks(json: JsonOption = False, lang: LangOption = None) -> None:
    """List the webhooks, the oldest first."""
    from jinwi.commands import webhooks as commands

    with session(lang) as terminal:
        commands.list_all(terminal, as_json=json)


@app.command("show")
def show(webhook_id: WebhookArgument, json: JsonOption = False, lang: LangOption = None) -> None:
    """Show a webhook, and since when it fails."""
    from jinwi.commands import webhooks as commands

    with session(lang) as terminal:
        commands.show(terminal, webhook_id, as_json=json)


@app.command("rotate")
def rotate(webhook_id: WebhookArgument, json: JsonOption = False, lang: LangOption = None) -> None:
    """Replace the secret, which is shown this once; for a day the old one signs as well."""
    from jinwi.commands import webhooks as commands

    with session(lang) as terminal:
        commands.rotate(terminal, webhook_id, as_json=json)


@app.command("enable")
def enable(webhook_id: WebhookArgument, json: JsonOption = False, lang: LangOption = None) -> None:
    """Send to a disabled webhook again."""
    from jinwi.commands import webhooks as commands

    with session(lang) as terminal:
        commands.enable(terminal, webhook_id, as_json=json)


@app.command("remove")
def remove(webhook_id: WebhookArgument, json: JsonOption = False, lang: LangOption = None) -> None:
    """Remove a webhook; what waits for it is cancelled."""
    from jinwi.commands import webhooks as commands

    with session(lang) as terminal:
        commands.remove(terminal, webhook_id, as_json=json)


@app.command("deliveries")
def deliveries(
    *,
    webhook_id: Annotated[
        str | None, typer.Argument(metavar="[ID]", help="The webhook's id; else all, callbacks too.")
    ] = None,
    state: Annotated[DeliveryState | None, typer.Option(help="Only deliveries in this state.")] = None,
    event: Annotated[Event | None, typer.Option(help="Only this event.")] = None,
    job: Annotated[str | None, typer.Option(metavar="ID", help="Only of this job.")] = None,
    limit: LimitOption = 20,
    json: JsonOption = False,
    lang: LangOption = None,
) -> None:
    """List what was or is to be sent, the newest first."""
    from jinwi.commands import webhooks as commands

    with session(lang) as terminal:
        filters: DeliveryFilters = {"state": state, "event": event, "job_id": job}
        commands.list_deliveries(terminal, webhook_id, filters, limit, as_json=json)


@app.command("attempts")
def attempts(delivery_id: DeliveryArgument, json: JsonOption = False, lang: LangOption = None) -> None:
    """List the attempts of a delivery and what was answered."""
    from jinwi.commands import webhooks as commands

    with session(lang) as terminal:
        commands.list_attempts(terminal, delivery_id, as_json=json)


@app.command("replay")
def replay(delivery_id: DeliveryArgument, json: JsonOption = False, lang: LangOption = None) -> None:
    """Send a delivery again at once, under the same id."""
    from jinwi.commands import webhooks as commands

    with session(lang) as terminal:
        commands.replay(terminal, delivery_id, as_json=json)


@app.command("recover")
def recover(
    *,
    webhook_id: WebhookArgument,
    since: Annotated[
        datetime,
        typer.Option(parser=instant, metavar="TIME", help="What was announced then or later (ISO 8601)."),
    ],
    json: JsonOption = False,
    lang: LangOption = None,
) -> None:
    """Send again what was given up or held since a time."""
    from jinwi.commands import webhooks as commands

    with session(lang) as terminal:
        commands.recover(terminal, webhook_id, since, as_json=json)
