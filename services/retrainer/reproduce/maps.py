"""Where the network of a trial looks, on a few pictures."""

from PIL import Image

from services.retrainer.data.pictures import picture
from services.retrainer.data.samples import AI, Dataset
from services.retrainer.robustness.detector import Detector
from services.retrainer.robustness.overlay import overlay, scale_of
from services.retrainer.robustness.sheet import Reading, Tile, sheet


def contact_sheet(detector: Detector, dataset: Dataset) -> Image.Image:
    """A row for each picture of `dataset`: its score, and beside it its map by Grad-CAM, all on one scale of colour.

    `detector` must draw maps, as those of `judge` do.
    """
    pictures = [picture(sample) for sample in dataset.samples]
    scored = detector.score(pictures)
    assert scored.maps is not None
    scale = scale_of(scored.maps)
    names = [f"{'AI' if sample.label == AI else 'human'}\n{sample.name}" for sample in dataset.samples]
    readings = [Reading(words=detector.words(score), probability=score) for score in scored.probabilities.tolist()]
    tiles = [
        [Tile(picture=image, readings=[reading]), Tile(picture=overlay(image, evidence, scale))]
        for image, reading, evidence in zip(pictures, readings, scored.maps, strict=True)
    ]
    note = f"{detector.name}: orange leans AI, green leans human."
    return sheet(["picture", "Grad-CAM"], list(zip(names, tiles, strict=True)), note=note)
