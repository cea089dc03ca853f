"""Links that a request names: refused before anything is kept, by the rule that holds when they are reached for."""

from collections.abc import Sequence

from services.api.errors import refusal
from shared.domain.link import IpNetwork, check_link
from shared.errors import LinkRefused


def check_links(allowed: Sequence[IpNetwork], **links: str | None) -> None:
    """Raise the Problem that names the field of a link which is malformed or leads where nobody may go."""
    for field, link in links.items():
        if link is not None:
            try:
                check_link(link, allowed=allowed)
            except LinkRefused as exc:
                raise refusal(exc, field) from exc
