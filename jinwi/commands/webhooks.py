"""The commands `jinwi webhooks …`; `as_json` prints one JSON document a line."""

from collections.abc import Sequence
from datetime import datetime
from itertools import islice

from jinwi.calls.webhooks import DeliveryFilters
from jinwi.commands.connection import open_client
from jinwi.results.webhooks import Attempt, Delivery, Webhook
from jinwi.terminal import Terminal, local_time, print_lines


def add(terminal: Terminal, url: str, events: Sequence[str] | None, description: str | None, *, as_json: bool) -> None:
    with open_client(terminal) as client:
        webhook = client.webhooks.add(url, events=events or None, description=description)
    _show_secret(terminal, webhook, as_json=as_json)


def rotate(terminal: Terminal, webhook_id: str, *, as_json: bool) -> None:
    with open_client(terminal) as client:
        webhook = client.webhooks.rotate_secret(webhook_id)
    _show_secret(terminal, webhook, as_json=as_json)
    if not as_json and webhook.previous_secret_until:
        terminal.note(terminal.language.both_sign.format(until=local_time(webhook.previous_secret_until)))


def _show_secret(terminal: Terminal, webhook: Webhook, *, as_json: bool) -> None:
    if as_json:
        print_lines([webhook.document])
        return
    language = terminal.language
    rows = [[language.webhook, webhook.id], [language.signature_key, webhook.secret or ""]]
    terminal.table([language.entry, language.value], rows)
    terminal.note(language.signature_key_once)


def list_all(terminal: Terminal, *, as_json: bool) -> None:
    with open_client(terminal) as client:
        webhooks = client.webhooks.list()
    if as_json:
        print_lines(webhook.document for webhook in webhooks)
        return
    language = terminal.language
    rows = [[webhook.id, webhook.url, _events(terminal, webhook), _state(terminal, webhook)] for webhook in webhooks]
    terminal.table([language.webhook, language.address, language.events, language.state], rows)


def show(terminal: Terminal, webhook_id: str, *, as_json: bool) -> None:
    with open_client(terminal) as client:
        webhook = client.webhooks.get(webhook_id)
    _show(terminal, webhook, as_json=as_json)


def enable(terminal: Terminal, webhook_id: str, *, as_json: bool) -> None:
    with open_client(terminal) as client:
        webhook = client.webhooks.enable(webhook_id)
    _show(terminal, webhook, as_json=as_json)
    if not as_json:
        terminal.note(terminal.language.recover_held.format(id=webhook.id))


def remove(terminal: Terminal, webhook_id: str, *, as_json: bool) -> None:
    with open_client(terminal) as client:
        webhook = client.webhooks.remove(webhook_id)
    if as_json:
        print_lines([webhook.document])
    else:
        terminal.say(terminal.language.webhook_removed.format(id=webhook.id))


def _show(terminal: Terminal, webhook: Webhook, *, as_json: bool) -> None:
    if as_json:
        print_lines([webhook.document])
        return
    language = terminal.language
    rows = [
        [language.webhook, webhook.id],
        [language.address, webhook.url],
        [language.events, _events(terminal, webhook)],
        [language.description, webhook.description or ""],
        [language.state, _state(terminal, webhook)],
        [language.failing_since, local_time(webhook.failing_since) if webhook.failing_since else ""],
        [language.created_key, local_time(webhook.created_at)],
    ]
    terminal.table([language.entry, language.value], rows)


def list_deliveries(
    terminal: Terminal, webhook_id: str | None, filters: DeliveryFilters, limit: int, *, as_json: bool
) -> None:
    with open_client(terminal) as client:
        deliveries = client.webhooks.deliveries(webhook_id, limit=limit + 1, **filters)
        shown = islice(deliveries, limit)
        if as_json:
            print_lines(delivery.document for delivery in shown)
        else:
            _print_deliveries(terminal, list(shown))
        if next(deliveries, None):
            terminal.note(terminal.language.more_deliveries.format(limit=limit))


def list_attempts(terminal: Terminal, delivery_id: str, *, as_json: bool) -> None:
    with open_client(terminal) as client:
        delivery = client.webhooks.delivery(delivery_id)
    if as_json:
        print_lines([delivery.document])
        return
    language = terminal.language
    headings = [language.attempt, language.status, language.milliseconds, language.at, language.answer]
    terminal.table(headings, [_attempt_row(one) for one in delivery.history], right=2)


def replay(terminal: Terminal, delivery_id: str, *, as_json: bool) -> None:
    with open_client(terminal) as client:
        delivery = client.webhooks.replay(delivery_id)
    if as_json:
        print_lines([delivery.document])
    else:
        _print_deliveries(terminal, [delivery])


def recover(terminal: Terminal, webhook_id: str, since: datetime, *, as_json: bool) -> None:
    with open_client(terminal) as client:
        count = client.webhooks.recover(webhook_id, since)
    if as_json:
        print_lines([{"recovered": count}])
    else:
        terminal.say(terminal.language.recovered.format(count=count))


def _events(terminal: Terminal, webhook: Webhook) -> str:
    return terminal.language.all_events if webhook.events is None else ", ".join(webhook.events)


def _state(terminal: Terminal, webhook: Webhook) -> str:
    language = terminal.language
    if webhook.enabled:
        return language.enabled if webhook.failing_since is None else language.failing
    return language.disabled.get(str(webhook.disabled_reason), str(webhook.disabled_reason))


def _print_deliveries(terminal: Terminal, deliveries: Sequence[Delivery]) -> None:
    language = terminal.language
    headings = [
        language.delivery,
        language.attempts,
        language.event,
        language.state,
        language.job,
        language.created_key,
        language.address,
    ]
    rows = [
        [
            one.id,
            str(one.attempts),
            one.event,
            language.delivery_states.get(one.state, one.state),
            one.job_id or "",
            local_time(one.created_at),
            one.url,
        ]
        for one in deliveries
    ]
    terminal.table(headings, rows, right=1)


def _attempt_row(one: Attempt) -> list[str]:
    status = "–" if one.status is None else str(one.status)
    answer = one.error if one.status is None else one.response
    return [str(one.attempt), status, f"{one.duration_ms:,.0f}", local_time(one.created_at), answer or ""]
