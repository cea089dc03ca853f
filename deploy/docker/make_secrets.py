"""Makes the passwords and the model key of the Compose stack, once: `python -m deploy.docker.make_secrets`.

Each is a file in a volume that only containers mount, so that nobody invents, types or commits one. A file that is
there already is left alone: a second start finds the same passwords, and whoever has their own puts them there first.
"""

import secrets
import sys
from collections.abc import Sequence
from pathlib import Path

from shared.config import SECRETS_DIRECTORY
from shared.pem import make_key_pair

NAMES = ("jinwi_postgres_password", "jinwi_redis_password", "jinwi_s3_secret_key")

SIGNING_DIRECTORY = Path("/run/signing")
"""Of the private key, in a volume that only the set-up and the retrainer mount."""

READABLE = 0o440
"""By our user, and by the group that the containers of Postgres and Redis are given beside their own."""


def make(folder: Path, names: Sequence[str] = NAMES) -> list[str]:
    """Write the secrets that are missing; their names."""
    missing = [name for name in names if not (folder / name).exists()]
    for name in missing:
        partial = folder / f".{name}"
        partial.touch(mode=0o600)
        partial.write_text(f"{secrets.token_urlsafe(32)}\n", encoding="ascii")
        partial.chmod(READABLE)
        partial.rename(folder / name)
    return missing


def make_keys(private: Path, public: Path) -> list[str]:
    """Make the pair that signs model versions unless there is one: `model_key.pem` and `model_key.pub`."""
    made = make_key_pair(private / "model_key.pem", public / "model_key.pub", public_mode=READABLE)
    return ["model_key.pem"] if made else []


def main() -> None:
    try:
        made = [*make(SECRETS_DIRECTORY), *make_keys(SIGNING_DIRECTORY, SECRETS_DIRECTORY)]
    except OSError as exc:
        sys.exit(
            f"secrets: {SECRETS_DIRECTORY} and {SIGNING_DIRECTORY} must be volumes that this user may write to: {exc}"
        )
    print(f"secrets: {', '.join(made) or 'none'} made in {SECRETS_DIRECTORY}")  # noqa: T201 - read with `logs`


if __name__ == "__main__":
    main()
