"""Version directories of the laboratory are immutable: written beside, then moved into place whole.

Those that a running installation makes are published by `loop.publication`.
"""

import shutil
from pathlib import Path

from shared.domain.model_card import SEMVER
from shared.errors import ConfigurationError
from shared.scoring.session import Model


def require_free(out: Path, version: str) -> Path:
    """The place of `version` under `out`; raises ConfigurationError when it is taken, or no version."""
    if not SEMVER.fullmatch(version):
        raise ConfigurationError(f"{version!r} is no version: it must be MAJOR.MINOR.PATCH, as in 1.0.0")
    target = out / version
    if target.exists():
        raise ConfigurationError(f"{target} exists; a version is never overwritten, choose the next number")
    return target


def staging(out: Path, version: str) -> Path:
    """An empty directory beside the version's place, on the same file system."""
    directory = out / f"{version}.staging"
    shutil.rmtree(directory, ignore_errors=True)
    directory.mkdir(parents=True)
    return directory


def place(staged: Path, out: Path) -> Path:
    """Move a complete version directory to the place of its version; raises ModelRefused if it would not load."""
    version = Model.load(staged, provider="cpu", threads=1).card.version
    return staged.rename(require_free(out, version))
