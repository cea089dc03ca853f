"""Training crops as Pillow makes them."""

import io

import numpy as np
from PIL import Image, ImageEnhance, ImageFilter

from services.retrainer.fitting.crop_plan import FILTERS, UNSHARP_THRESHOLD, Pixels, Plan, Round


def crop(picture: Pixels, plan: Plan) -> Pixels:
    """`plan` of a picture, uint8 [H, W, 3], as uint8 [side, side, 3]."""
    image = Image.fromarray(plan.cut(picture))
    if plan.resample is not None:
        image = image.resize((plan.size, plan.size), FILTERS[plan.resample])
    image = _filtered(image, plan)
    for one in plan.rounds:
        image = rolled(compressed(image, one), one)
    top, left = plan.corner
    pixels = np.asarray(image)[top : top + plan.side, left : left + plan.side]
    return _masked(np.rot90(pixels[:, ::-1] if plan.mirrored else pixels, plan.quarters), plan)


def compressed(image: Image.Image, one: Round) -> Image.Image:
    file = io.BytesIO()
    if one.webp:
        image.save(file, "WEBP", quality=one.quality, method=0)
    else:
        image.save(file, "JPEG", quality=one.quality, subsampling=one.subsampling)
    return Image.open(file).convert("RGB")


def rolled(image: Image.Image, one: Round) -> Image.Image:
    return Image.fromarray(np.roll(np.asarray(image), one.rolled, (0, 1))) if any(one.rolled) else image


def _filtered(image: Image.Image, plan: Plan) -> Image.Image:
    if plan.blur is not None:
        image = image.filter(ImageFilter.GaussianBlur(plan.blur))
    if plan.sharpen is not None:
        image = image.filter(ImageFilter.UnsharpMask(*plan.sharpen, UNSHARP_THRESHOLD))
    if plan.colour is not None:
        enhancers = (ImageEnhance.Brightness, ImageEnhance.Contrast, ImageEnhance.Color)
        for enhance, factor in zip(enhancers, plan.colour, strict=True):
            image = enhance(image).enhance(factor)
    if plan.grey:
        image = image.convert("L").convert("RGB")
    if plan.noise is not None:
        image = Image.fromarray(np.clip(np.asarray(image, np.float32) + plan.noise, 0, 255).astype(np.uint8))
    return image


def _masked(pixels: Pixels, plan: Plan) -> Pixels:
    if plan.mask is None:
        return pixels
    mask, pixels = plan.mask, pixels.copy()
    pixels[mask.top : mask.top + mask.side, mask.left : mask.left + mask.side] = mask.grey
    return pixels
