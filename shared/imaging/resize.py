"""The whole picture at the size a model reads."""

from PIL import Image

from shared.domain.model_card import InputSpec


def resize(image: Image.Image, spec: InputSpec) -> Image.Image:
    """Resize with the filter that the card names; a picture of that size already stays as it is."""
    size = (spec.width, spec.height)
    if image.size == size:
        return image
    return image.resize(size, Image.Resampling[spec.resample.upper()])
