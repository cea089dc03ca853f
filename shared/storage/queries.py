"""Every statement, by the name in its `-- name --` header, from the files in `sql/queries`."""

import re
from importlib import resources

HEADER = re.compile(r"^-- (\w+) --$", re.MULTILINE)


def load() -> dict[str, bytes]:
    """All statements as bytes (psycopg takes literal strings or bytes); raises ValueError on a name used twice."""
    statements: dict[str, bytes] = {}
    for file in sorted(resources.files("shared.storage").joinpath("sql/queries").iterdir(), key=lambda f: f.name):
        parts = HEADER.split(file.read_text(encoding="utf-8"))
        for name, text in zip(parts[1::2], parts[2::2], strict=True):
            if name in statements:
                raise ValueError(f"{file.name}: a second statement is called {name}")
            statements[name] = text.strip().rstrip(";").encode()
    return statements


QUERIES = load()
