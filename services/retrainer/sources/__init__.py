"""Data sets by what a user types: `PATH`, `LAYOUT:PATH` or either with `?option=value&option=value`.

    images-train.tar                                 the layout is recognised
    images-train.tar?notes=docs/data/images-train.csv
    human_only:photos                                people made all of it
    train.csv?path_column=id&ai_value=1&root=train   a table; ai_value must be said

PATH is a folder, a tar archive (plain, gzip, bzip2 or xz) or a CSV file. Each layout is a module here; its `read`
names its options. May import data.
"""

import inspect
import re
from collections.abc import Callable, Iterable
from pathlib import Path
from urllib.parse import parse_qsl

from services.retrainer.data.samples import Dataset, joined
from services.retrainer.sources import table
from services.retrainer.sources.artbench import ARTBENCH
from services.retrainer.sources.cifake import CIFAKE
from services.retrainer.sources.crops import CROPS
from services.retrainer.sources.files import Files, open_files
from services.retrainer.sources.folders import FOLDERS
from services.retrainer.sources.human_only import HUMAN_ONLY
from services.retrainer.sources.layout import Layout
from shared.errors import ConfigurationError

# Special ones first: the first that fits is taken.
LAYOUTS = {layout.name: layout for layout in (CROPS, CIFAKE, ARTBENCH, FOLDERS, HUMAN_ONLY)}
SPEC = re.compile(rf"(?:(?P<layout>{'|'.join(LAYOUTS)}|table):)?(?P<path>[^?]+)(?:\?(?P<options>.*))?")

Option = str | Path


def open_datasets(specs: Iterable[str | Path]) -> Dataset:
    """Several as one."""
    return joined(open_dataset(spec) for spec in specs)


def open_dataset(spec: str | Path, **options: Option) -> Dataset:
    """One data set; `options` add to those in `spec`. Raises ConfigurationError."""
    match = SPEC.fullmatch(str(spec))
    if match is None:
        raise ConfigurationError(f"{str(spec)!r} is no data set: write PATH, LAYOUT:PATH or PATH?option=value")
    layout, path = match["layout"], Path(match["path"]).expanduser()
    options = dict(parse_qsl(match["options"] or "", keep_blank_values=True)) | options
    if layout == "table" or (layout is None and path.suffix.lower() == ".csv"):
        return _read(table.read, path, "table", options)
    files = open_files(path)
    chosen = LAYOUTS[layout] if layout else _recognised(files, path)
    return _read(chosen.read, files, chosen.name, options)


def shown(spec: str | Path) -> str:
    """`spec` without the folder that its data lie in."""
    match = SPEC.fullmatch(str(spec))
    return str(spec) if match is None else str(spec).replace(match["path"], Path(match["path"]).name, 1)


def _recognised(files: Files, path: Path) -> Layout:
    fitting = next((layout for layout in LAYOUTS.values() if layout.fits(files)), None)
    if fitting is None:
        looked_for = "; ".join(f"{layout.name}: {layout.looks_for}" for layout in LAYOUTS.values())
        raise ConfigurationError(
            f"{path} is in no layout that is known ({len(files.images)} pictures). Looked for {looked_for}; table: "
            "give the CSV file itself"
        )
    return fitting


def _read(read: Callable[..., Dataset], source: Files | Path, layout: str, options: dict[str, Option]) -> Dataset:
    known = [name for name, par in inspect.signature(read).parameters.items() if par.kind is par.KEYWORD_ONLY]
    unknown = sorted(set(options) - set(known))
    if unknown:
        raise ConfigurationError(f"{layout} has no option {unknown[0]!r}; it has {', '.join(known) or 'none'}")
    return read(source, **options)
