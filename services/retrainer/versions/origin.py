"""What a card may say of the pictures that a version learned from, and therefore of the version's limits."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from shared.domain.model_card import ImageRange, InputSpec

CIFAKE_SHA256 = "85c200f301cd3e2cb0a426d73c99d4926ca39dd288b299158b7563b397a56887"
"""`Dataset.fingerprint` of CIFAKE, complete: of pictures that are not named here only what can be counted is known."""

PICTURES_SHA256 = "6f33ab76fd3583bad97d04490f6313f85165dadda2a12bf82820ba61c7d4d2ef"
"""That of `images-train` and `images-train-2` together, with the notes in docs/data/."""

EVEN_ODDS = (
    "Its probability assumes that half of the pictures it is asked about are AI-generated. Where fewer are, "
    "more of its accusations are false."
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Origin:
    """`model` is the name of models of this origin, `data` what the card says of the data set."""

    model: str
    description: str
    data: Mapping[str, str]
    range: ImageRange
    limits: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Counted:
    """What can be counted of any data set: labels uint8 [N] (1 = AI) of its parts, `sides` int32 [N, 2] of those
    tested on, in px.
    """

    name: str
    sha256: str
    trained: Sequence[NDArray[np.uint8]]
    tested: Sequence[NDArray[np.uint8]]
    sides: NDArray[np.int32]


CIFAKE = Origin(
    model="jinwi-cifake",
    description="Tells small photographs from small pictures by Stable Diffusion 1.4, and knows nothing of pictures of "
    "ordinary size.",
    data={
        "name": "CIFAKE: Real and AI-Generated Synthetic Images",
        "authors": "Jordan J. Bird and Ahmad Lotfi; human images: CIFAR-10, Alex Krizhevsky, Vinod Nair and "
        "Geoffrey Hinton",
        "licence": "MIT",
        "url": "https://www.kaggle.com/datasets/birdy654/cifake-real-and-ai-generated-synthetic-images",
        "images": "120,000 pictures of 32 × 32 px as JPEG: 60,000 photographs of ten kinds of things (CIFAR-10) and "
        "60,000 pictures of the same kinds from Stable Diffusion 1.4; 100,000 to train, 20,000 to test.",
    },
    range=ImageRange(
        min_side=32,
        max_side=32,
        statement="This model only ever saw pictures of 32 × 32 pixels from one generator; what it says about any "
        "other picture is a guess.",
    ),
    limits=(
        (
            "It saw AI pictures of one generator only, Stable Diffusion 1.4 of 2022. "
            "Any other generator is unknown to it, and many it will miss."
        ),
        (
            "It saw 32 × 32 pixels only. A larger picture is shrunk to that size first, which removes most of what "
            "gives a generator away: its score is then a guess, and the verdict stays uncertain."
        ),
        (
            "Its human pictures are small photographs of aeroplanes, cars, birds, cats, deer, dogs, frogs, horses, "
            "ships and lorries (CIFAR-10). It knows no drawings, paintings, screenshots, documents, portraits or "
            "edited photographs."
        ),
        "Both classes were JPEGs of one quality. Another compression, blur or noise may change the score.",
        (
            "Part of what it learned is how the colours of the data set's two halves differ, and not how a generator "
            "draws: a few colour statistics of a picture, without any shape, tell them apart four times in five."
        ),
        EVEN_ODDS,
    ),
)

PICTURES = Origin(
    model="jinwi",
    description="Tells pictures made by people from pictures made by generators, photographs and art, by their "
    "texture. It reads neither what a picture shows nor its palette nor its metadata.",
    data={
        "name": "Jinwi's collection of crops, two parts",
        "authors": "72 collections of people's pictures from before mid-2021 (commit dates or camera EXIF), among them "
        "samples of ImageNet, BSDS500, FFHQ, paintings of the Louvre, Wesnoth, Pepper&Carrot, "
        "photographers' portfolios, wallpapers and scans; 37 collections of AI pictures, proved by generation "
        "parameters in the file, a README or file names, among them eight diffusers models on one list of prompts, "
        "nine generators of 2022, StyleGAN2, DALL-E 2 and 3, Midjourney 4 and 6, Stable Diffusion 1 to 3.5, PixArt, "
        "Flux, Z-Image, GPT Image and Gemini's image models",
        "licence": "as each source states: ImageNet's sample, BSDS, the Louvre's pictures and several galleries and "
        "portfolios state none; FFHQ its own terms; Wesnoth GPL; Pepper&Carrot CC BY; most AI "
        "galleries MIT, CC0, Apache-2.0 or none. Used to train and to measure, never redistributed",
        "url": "docs/data/README.md",
        "images": "6,938 crops of 256 px, JPEG quality 92 in both classes: 3,665 by people, 3,273 AI-generated; some "
        "were shrunk by a random factor before. 93 others were dropped by eye: text, interfaces, captions, blanks.",
    },
    range=ImageRange(
        min_side=128,
        max_side=30_000,
        statement="This model was measured on pictures whose shorter side has 128 px and more; what it says about a "
        "smaller one is a guess. A larger one than 1024 px is shrunk to that first.",
    ),
    limits=(
        (
            "It errs often. On collections that it never saw it ranks an AI picture above a human-made one about three "
            "times in four, not more: most verdicts are uncertain, and must be."
        ),
        (
            "It is weakest on portraits: people's portraits look to it like those of StyleGAN, and on pixel art and "
            "enlarged or filtered pictures, whose texture a program made."
        ),
        (
            "Few comics, maps, scans, screenshots and 3D renders by people are among what it was measured on: where a "
            "kind counts fewer than 30 pictures, its rate of false accusations there is not known."
        ),
        (
            "It saw 37 collections of AI pictures. A generator that draws unlike all of these is unknown to it, and "
            "many it will miss; new ones appear every month."
        ),
        (
            "Compression, rescaling, blur and noise take away what it reads: on collections that it knows, shifted "
            "colours cost 0.11 of ROC AUC, strong noise 0.12, a quarter of the size 0.03, JPEG quality 40 0.02."
        ),
        (
            "Its thresholds and rates rest on crops of 256 px and views of about 130 to 200 px. Whole pictures were "
            "few and at most 1024 px long; a larger one is shrunk until its shorter side has 1024 px, and was not "
            "measured."
        ),
        "It was not measured on face swaps and not trained on pictures that are AI-generated in part only.",
        "Not for deciding alone about a person's work, grade, prize, account or honesty.",
        EVEN_ODDS,
    ),
)

KNOWN = {CIFAKE_SHA256: CIFAKE, PICTURES_SHA256: PICTURES}


def origin(images: Counted, spec: InputSpec) -> Origin:
    """A data set that is known by its hash, under whatever name; else what can be counted."""
    return KNOWN.get(images.sha256) or _counted(images, spec)


def _counted(images: Counted, spec: InputSpec) -> Origin:
    low, high = int(images.sides.min()), int(images.sides.max())
    sides = f"{low} px" if low == high else f"{low} to {high} px"
    size = f"{spec.width} × {spec.height} px"
    resized = f"resized to {size}" if spec.views is None else f"shrunk and read in tiles of {size}"
    trained = _classes(images.trained)
    return Origin(
        model="jinwi-custom",
        description=f"Tells the human-made from the AI-generated pictures of the data set {images.name!r}.",
        data={
            "name": images.name,
            "licence": "unknown",
            "images": f"{trained} to train; {_classes(images.tested)} to test, with sides of {sides}.",
        },
        range=ImageRange(
            min_side=low,
            max_side=high,
            statement=f"This model was measured only on pictures of the data set {images.name!r} with sides of "
            f"{sides}, {resized}; what it says about any other picture is a guess.",
        ),
        limits=(
            (
                f"It saw the pictures of {images.name!r} only. What they show and which generators made them is not "
                "recorded here; any other subject or generator may be unknown to it."
            ),
            f"Every picture is {resized}; the detail that a larger one loses cannot count.",
            (
                "Whether it learned how generators draw, or another difference between the two halves of its data, "
                "such as subject, size, colour or compression, was not examined."
            ),
            "How compression, blur or noise change its score was not measured.",
            EVEN_ODDS,
        ),
    )


def _classes(parts: Sequence[NDArray[np.uint8]]) -> str:
    ai = sum(int(labels.sum()) for labels in parts)
    return f"{sum(map(len, parts)) - ai:,} human-made and {ai:,} AI-generated pictures"
