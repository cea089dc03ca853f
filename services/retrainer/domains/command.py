r"""`python -m services.retrainer.domains`: a version that tells kinds of pictures apart, with its record there.

A trained version becomes the same one with a domains.npz and what its card says of it:

    python -m services.retrainer.domains runs/1.2.1 --out shipped --version 1.2.2 --run runs/1.2.1.run \
        --data 'images-train.tar?notes=docs/data/images-train.csv&owners=docs/data/owners.csv' \
        --whole 'seen owners=images-test.tar?notes=docs/data/images-kinds.csv' \
        --whole 'unseen owners=images-unseen.tar?notes=docs/data/images-kinds.csv'

`--run` is the folder of its training, where the scores lie that left the owner out; `--data` what it was trained on, in
the same order. What was embedded before the command was stopped is kept: give it again to go on.
"""

import argparse
import hashlib
import sys
from collections.abc import Mapping, Sequence
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from services.retrainer import sources
from services.retrainer.data.samples import HUMAN, Dataset
from services.retrainer.domains.chapter import chapter
from services.retrainer.domains.confusion import Judged, confusion
from services.retrainer.domains.file import DomainFile, assembled, numbered, taken_for
from services.retrainer.domains.fit import LeftOut, Strings, fit, fit_left_out
from services.retrainer.domains.labels import domains_of
from services.retrainer.domains.limits import least, named
from services.retrainer.domains.range import measured, reach_of
from services.retrainer.domains.records import Counted, first
from services.retrainer.domains.strangers import SEEDS, strangers
from services.retrainer.fitting.slice import log
from services.retrainer.gold.looks import Look, embedded
from services.retrainer.training.left_out import Seen
from services.retrainer.versions.embedded import PLAIN, RAW, Embedded
from services.retrainer.versions.place import place, require_free
from services.retrainer.versions.stage import GUARD, Change, read_set, stage
from shared.domain.job import Lane
from shared.domain.model_card import ModelCard
from shared.errors import ConfigurationError, ModelRefused
from shared.imaging.prepare import prepare
from shared.scoring.calibration import probability
from shared.scoring.domains import Domains
from shared.scoring.picture import Picture
from shared.scoring.session import Model

CELLS = (PLAIN, RAW)

LIMIT = (
    "It tells kinds of pictures apart badly, for it was made blind to colour and subject: what it takes a picture for "
    "finds the record that fits, and says little about the picture."
)


def main(arguments: Sequence[str] | None = None) -> None:
    asked = _arguments(arguments)
    try:
        with log(asked.out / f"{asked.version}.run" / "domains.txt", anew=False) as say:
            whole = dict(_named(text) for text in asked.whole)
            target = with_domains(
                asked.directory, asked.version, asked.out, data=asked.data, run=asked.run, whole=whole
            )
            say(f"published {target}: domains.npz has {(target / 'domains.npz').stat().st_size:,} bytes")
    except (ConfigurationError, ModelRefused) as exc:
        sys.exit(str(exc))


def with_domains(
    directory: Path, version: str, out: Path, *, data: Sequence[str], run: Path, whole: Mapping[str, str]
) -> Path:
    """`out`/`version`: the version of `directory` that was trained in the folder `run` on `data`, with a domains.npz.

    `whole` are sets of whole pictures, by what the card calls them, whose confusion matrices it gets too. Raises
    ConfigurationError for data that cannot be read or do not fit `run`, or a version that is there; ModelRefused for a
    directory that would not load.
    """
    require_free(out, version)
    model = Model.load(directory, provider="cpu", threads=1)
    cache = out / f"{version}.run"
    dataset = sources.open_datasets(data)
    looks = {pair: _embedded(model, dataset, *pair, cache) for pair in product(CELLS, Lane)}
    rows = Embedded.joined(list(looks.values()))
    left_out = fit_left_out(rows)
    if left_out is None:
        raise ConfigurationError("the pictures are of too few owners or domains to leave any of them out")
    said, truths = left_out(rows.vectors, rows.owners), domains_of(rows.kinds)
    limits = least(said, truths, rows.owners)
    taken = {lane: named(left_out(looks[PLAIN, lane].vectors, dataset.owners), limits) for lane in Lane}
    records, pictures = _records(dataset, taken, run, model.card)
    range_ = measured(left_out, rows.vectors, rows.owners, reach_of(directory, rows.vectors.shape[1]))
    made = DomainFile(
        domains=assembled(fit(rows), limits, range_, records),
        pictures=pictures,
        judged=_judged(looks[PLAIN, Lane.BULK], taken),
    )
    told = chapter(made, model.card.thresholds, read_set(directory, GUARD))
    for name, spec in whole.items():
        seen = _embedded(model, sources.open_dataset(spec), RAW, Lane.INTERACTIVE, cache)
        told["measured"][f"whole, interactive, {name}"] = _whole(made.domains, seen)
    told["unfamiliar"] = _unfamiliar(model, made.domains, left_out, rows)
    card = {
        "domains": told,
        "training": {**model.card.document["training"], "domains_fitted_on": _source(dataset)},
        "limits": [*(limit for limit in model.card.document.get("limits", ()) if limit != LIMIT), LIMIT],
    }
    return place(stage(directory, out, Change(version=version, domains=made.content(), card=card)), out)


def _embedded(model: Model, dataset: Dataset, cell: str, lane: Lane, cache: Path) -> Embedded:
    """Of every picture the view that the left-out scores are of, or the picture as it came."""
    found = embedded(
        model,
        [
            Look(
                file=sample.read, picture=sample.name, label=sample.label, owner=sample.owner, kind=sample.kind,
                cell=cell, lane=lane,
            )
            for sample in dataset.samples
        ],
        cache,
    )  # fmt: skip
    assert found is not None
    return found


def _records(dataset: Dataset, taken: Mapping[Lane, Strings], run: Path, card: ModelCard) -> Counted:
    human = dataset.labels == HUMAN
    names = np.array([hashlib.sha256(sample.read()).hexdigest()[:16] for sample in dataset.samples], np.str_)
    scores = {lane: _left_out_scores(run, lane, card, len(dataset))[human] for lane in Lane}
    return first(names[human], dataset.owners[human], {lane: said[human] for lane, said in taken.items()}, scores)


def _left_out_scores(run: Path, lane: Lane, card: ModelCard, count: int) -> NDArray[np.float64]:
    """Of the first matched view of each picture, [N], by networks that never saw its owner, calibrated as the card
    does.
    """
    files = sorted(run.glob(f"left-out-{lane.value}-matched-*.npz"))
    if len(files) != 1:
        raise ConfigurationError(f"{run} holds {len(files)} files of left-out scores in the {lane.value} lane")
    seen = Seen.load(files[0])
    if len(seen.logits) != count:
        raise ConfigurationError(f"{files[0]} has scores of {len(seen.logits)} pictures, and the data hold {count}")
    pairs = zip(seen.logits[:, 0], seen.short_sides[:, 0].tolist(), strict=True)
    return np.array([float(probability(logit, card.calibration.of(lane, side))) for logit, side in pairs])


def _judged(rows: Embedded, taken: Mapping[Lane, Strings]) -> Judged:
    return Judged(
        truths=np.tile(domains_of(rows.kinds), len(taken)),
        said=np.concatenate(list(taken.values())),
        lanes=np.repeat([lane.value for lane in taken], len(rows)),
        owners=np.tile(numbered(rows.owners), len(taken)),
    )


def _whole(domains: Domains, rows: Embedded) -> dict[str, Any]:
    """The confusion matrix, and the share that seems unfamiliar."""
    judged = Judged(
        truths=domains_of(rows.kinds),
        said=taken_for(domains, rows.vectors),
        lanes=rows.lanes,
        owners=numbered(rows.owners),
    )
    far = domains.range.distances(domains.standard(rows.vectors)) > domains.range.farthest
    return {**confusion(judged), "unfamiliar": round(float(far.mean()), 4)}


def _unfamiliar(model: Model, domains: Domains, left_out: LeftOut, rows: Embedded) -> dict[str, Any]:
    """The share of each kind of strangers that is beyond the limit, both lanes, by their names; and how many there are
    of each.
    """
    shares = {}
    for name, images in strangers().items():
        vectors = np.concatenate([_vector(model, *pair) for pair in product(images, Lane)])
        far = domains.range.distances(domains.standard(vectors)) > domains.range.farthest
        shares[name] = round(float(far.mean()), 2)
    return {"made": shares, "looks_of_each": 2 * SEEDS, "owners_left_out": len(left_out.fold_of), "of": len(rows)}


def _vector(model: Model, image: Image.Image, lane: Lane) -> NDArray[np.float32]:
    pixels = prepare(image, model.card.input, lane)
    return model.embed_pictures([Picture(pixels=pixels, width=image.width, height=image.height, lane=lane)])


def _source(dataset: Dataset) -> str:
    return f"{len(dataset):,} pictures of {len(np.unique(dataset.owners))} owners, matched and as they came, both lanes"


def _named(text: str) -> tuple[str, str]:
    name, _, spec = text.partition("=")
    if not spec:
        raise ConfigurationError(f"--whole {text!r}: write NAME=DATA")
    return name, spec


def _arguments(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m services.retrainer.domains",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("directory", type=Path, help="the version that gets it")
    parser.add_argument("--version", required=True, help="what it is called with it, MAJOR.MINOR.PATCH")
    parser.add_argument("--out", type=Path, required=True, help="where VERSION becomes a folder")
    parser.add_argument("--data", action="append", required=True, metavar="DATA", help="what it was trained on")
    parser.add_argument("--run", type=Path, required=True, help="the folder of its training: VERSION.run")
    parser.add_argument("--whole", action="append", default=[], metavar="NAME=DATA", help="whole pictures that judge")
    return parser.parse_args(arguments)
