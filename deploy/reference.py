"""Every setting for people to read: `python -m deploy.reference` writes `.env.example` and the page in docs/."""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from pydantic import SecretStr

from shared.config import Settings, variable

ROOT = Path(__file__).parents[1]


class Setting(NamedTuple):
    name: str
    default: str
    meaning: str


# Read by the SDK and the command line, which import nothing of ours.
CLIENT_SETTINGS = (
    Setting("JINWI_URL", "http://127.0.0.1:8000", "Where clients find the API."),
    Setting("JINWI_API_KEY", "", "Key that clients send; the command line finds the one in JINWI_HOME by itself."),
)


def settings() -> Iterator[Setting]:
    for name, field in Settings.model_fields.items():
        yield Setting(variable(name), _text(field.default), field.description or "")
    yield from CLIENT_SETTINGS


def env_example() -> str:
    head = "# Every setting with its default. Docker Compose reads a copy named `.env`; else export what you change.\n"
    return head + "".join(f"\n# {meaning}\n# {name}={default}\n" for name, default, meaning in settings())


def page() -> str:
    rows = "".join(
        f"| `{name}` | {f'`{default}`' if default else ''} | {meaning} |\n" for name, default, meaning in settings()
    )
    return f"""# Settings

Environment variables; an empty one is as if it were not set. A secret may instead be a file in `/run/secrets`, named
like the variable in small letters. A variable that begins with `JINWI_` and is none of these is named at start. The
embedded stack (`make up`) sets those of its own servers itself.

| variable | default | what it is |
|---|---|---|
{rows}"""


FILES = {ROOT / ".env.example": env_example, ROOT / "docs" / "reference" / "settings.md": page}


def _text(default: object) -> str:
    """As it would stand in the environment."""
    match default:
        case None | ():
            return ""
        case bool():
            return str(default).lower()
        case SecretStr():
            return default.get_secret_value()
        case _:
            return str(default)


if __name__ == "__main__":
    for file, content in FILES.items():
        file.write_text(content(), encoding="utf-8")
