"""ImageFolder trees, read by the names of their folders.

- The class is the folder nearest the root that is called human, real, 0_real or nature, or ai, fake or 1_fake.
- Where no folder says AI, every folder beside those of human pictures is a generator: `human/…`, `GENERATOR/…`.
- Folders above the class name the generator of its AI pictures (`GENERATOR/ai/…`, as GenImage and CNNDetection).
- The first folder below the class or generator is the owner; without one, the SHA-256 of the file.
- train, val (valid, validation) or test, anywhere above the class or right below it, is the part.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from services.retrainer.data.samples import AI, HUMAN, Dataset, Sample
from services.retrainer.sources.files import Files
from services.retrainer.sources.layout import Layout
from services.retrainer.sources.words import CLASSES, PARTS
from shared.errors import ConfigurationError


@dataclass(frozen=True, kw_only=True, slots=True)
class Place:
    """Where a picture lies: `above` and `below` are the folders around that of its class; no label where none says."""

    label: int | None
    part: str
    above: Sequence[str]
    below: Sequence[str]


def fits(files: Files) -> bool:
    return any(_place(name).label is not None for name in files.images)


def read(files: Files) -> Dataset:
    """Raises ConfigurationError where a picture lies outside the classes."""
    places = {name: _place(name) for name in files.images}
    labels = {place.label for place in places.values()}
    if not labels & {HUMAN, AI}:
        raise ConfigurationError(f"{files.name} has no folder called {', '.join(CLASSES)}: not an ImageFolder tree")
    if AI not in labels:
        places = {name: _of_a_generator(place) if place.label is None else place for name, place in places.items()}
    outside = [name for name, place in places.items() if place.label is None]
    if outside:
        raise ConfigurationError(
            f"{files.name}: {len(outside)} pictures lie outside the folders of the classes, {outside[0]} the first; "
            "move them into one or away"
        )
    return Dataset(files.name, [_sample(files, name, place) for name, place in places.items()])


def _place(name: str) -> Place:
    folders = list(PurePosixPath(name).parts[:-1])
    at = next((index for index, folder in enumerate(folders) if folder.lower() in CLASSES), len(folders))
    label = CLASSES[folders[at].lower()] if at < len(folders) else None
    part = next((index for index, folder in enumerate(folders[: at + 2]) if folder.lower() in PARTS), None)
    return Place(
        label=label,
        part="" if part is None else PARTS[folders[part].lower()],
        above=[folder for index, folder in enumerate(folders[:at]) if index != part],
        below=[folder for index, folder in enumerate(folders) if index > at and index != part],
    )


def _of_a_generator(place: Place) -> Place:
    """`GENERATOR/…`: its folder stands for the class."""
    if not place.above:
        return place
    return Place(label=AI, part=place.part, above=place.above[:1], below=place.above[1:])


def _sample(files: Files, name: str, place: Place) -> Sample:
    assert place.label is not None
    return Sample(
        name=name,
        label=place.label,
        owner=place.below[0] if place.below else files.digest(name),
        read=files.readers[name],
        generator="/".join(place.above) if place.label == AI else "",
        part=place.part,
    )


FOLDERS = Layout(
    name="folders",
    looks_for="folders called human, real, 0_real or nature, with ai, fake, 1_fake or a generator's name beside them",
    fits=fits,
    read=read,
)
