"""AI-ArtBench: ArtBench-10's paintings in ten styles, and the same styles from two diffusion models.

Its artists are not known, so an owner is a style in one maker's hands ("realism", "AI_SD_realism"): thirty owners.
Leaving one out asks for a new style, or a new maker of a style, and not for a new artist; an artist's works stand on
both sides of the official split.
"""

import re

from services.retrainer.data.samples import AI, HUMAN, Dataset, Sample
from services.retrainer.sources.files import Files
from services.retrainer.sources.layout import Layout
from shared.errors import ConfigurationError

STYLES = (
    "art_nouveau",
    "baroque",
    "expressionism",
    "impressionism",
    "post_impressionism",
    "realism",
    "renaissance",
    "romanticism",
    "surrealism",
    "ukiyo_e",
)
GENERATORS = {"AI_LD_": "Latent Diffusion", "AI_SD_": "Stable Diffusion"}
FOLDER = re.compile(rf"({'|'.join(GENERATORS)})?({'|'.join(STYLES)})")
PATH = re.compile(rf"(train|test)/({FOLDER.pattern})/[^/]+")


def fits(files: Files) -> bool:
    return any(match[3] for match in map(PATH.fullmatch, files.readers) if match)


def read(files: Files) -> Dataset:
    """Files outside the layout are left alone; kind is always "painting"."""
    samples = [_sample(files, name) for name in files.images if PATH.fullmatch(name)]
    if len({sample.label for sample in samples}) < 2:
        raise ConfigurationError(
            f"{files.name} lacks {{train,test}}/STYLE or {{train,test}}/AI_{{LD,SD}}_STYLE, STYLE one of "
            f"{', '.join(STYLES)}: not in AI-ArtBench's layout"
        )
    return Dataset(files.name, samples)


def _sample(files: Files, name: str) -> Sample:
    part, folder, _ = name.split("/")
    generator = GENERATORS.get(folder[:6], "")
    return Sample(
        name=name,
        label=AI if generator else HUMAN,
        owner=folder,
        read=files.readers[name],
        kind="painting",
        generator=generator,
        part=part,
    )


ARTBENCH = Layout(
    name="artbench",
    looks_for="{train,test}/{STYLE,AI_LD_STYLE,AI_SD_STYLE}/*",
    fits=fits,
    read=read,
)
