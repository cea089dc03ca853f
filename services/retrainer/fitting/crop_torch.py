"""Training crops made on an accelerator, a batch at a time, by the plans that Pillow would carry out one by one.

Resizing, blur, colour, noise and JPEG are computed on the device. WebP is not JPEG with other numbers: those rounds go
through Pillow, in threads. What differs from Pillow's crops is where numbers are rounded on the way.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from services.retrainer.fitting import crop_pillow
from services.retrainer.fitting.crop_plan import FILTERS, UNSHARP_THRESHOLD, Pixels, Plan, Planned, Round
from services.retrainer.fitting.jpeg_torch import jpeg
from services.retrainer.fitting.resample_torch import blurring, both_ways, resizing

AT_ONCE = 128
"""Windows that are resized together: they are brought to the width of the widest."""

ENCODERS = 8
"""Threads for WebP."""

GREY = (19595 / 65536, 38470 / 65536, 7471 / 65536)
"""Of red, green and blue, as Pillow weighs them (ITU-R BT.601)."""

Step = Callable[[Tensor, Sequence[Plan]], Tensor]


@torch.no_grad()
def crops(planned: Planned, device: torch.device) -> Tensor:
    """Uint8 [B, side, side, 3] on `device`."""
    windows, plans = planned.windows, planned.plans
    parts = [slice(start, start + AT_ONCE) for start in range(0, len(plans), AT_ONCE)]
    images = torch.cat([_resized(windows[part], plans[part], device) for part in parts])
    for happens, step in STEPS:
        _where(images, plans, happens, step)
    for index in range(max(len(plan.rounds) for plan in plans)):
        _compress(images, plans, index)
    return _placed(images, plans)


def _where(images: Tensor, plans: Sequence[Plan], happens: Callable[[Plan], bool], step: Step) -> None:
    """`step` for those of the images whose plan says so, in place."""
    rows = [row for row, plan in enumerate(plans) if happens(plan)]
    if rows:
        images[rows] = step(images[rows], [plans[row] for row in rows])


def _resized(windows: Sequence[Pixels], plans: Sequence[Plan], device: torch.device) -> Tensor:
    """Float32 [N, 3, size, size] of whole numbers."""
    sides = [len(window) for window in windows]
    wide = np.zeros((len(windows), max(sides), max(sides), 3), np.uint8)
    for row, window in enumerate(windows):
        wide[row, : len(window), : len(window)] = window
    # At native pixels a box is the window itself.
    resamples = [Image.Resampling.BOX if plan.resample is None else FILTERS[plan.resample] for plan in plans]
    pictures = torch.from_numpy(wide).to(device).permute(0, 3, 1, 2).to(torch.float32)
    return both_ways(pictures, resizing(sides, resamples, plans[0].size, device))


def _blurred(images: Tensor, plans: Sequence[Plan]) -> Tensor:
    deviations = [plan.blur for plan in plans if plan.blur is not None]
    return both_ways(images, blurring(deviations, images.shape[2], images.device))


def _sharpened(images: Tensor, plans: Sequence[Plan]) -> Tensor:
    """Unsharp mask."""
    radii, percents = zip(*(plan.sharpen for plan in plans if plan.sharpen is not None), strict=True)
    lost = images - both_ways(images, blurring(radii, images.shape[2], images.device))
    gained = torch.trunc(lost * _of_each(percents, images) / 100)
    return torch.where(lost.abs() > UNSHARP_THRESHOLD, images + gained, images).clamp(0, 255)


def _coloured(images: Tensor, plans: Sequence[Plan]) -> Tensor:
    """Brightness, contrast, saturation: away from black, from the mean grey and from grey."""
    brightness, contrast, saturation = zip(*(plan.colour for plan in plans if plan.colour is not None), strict=True)
    images = _blended(torch.zeros_like(images), images, brightness)
    mean = torch.floor(_grey(images).mean((1, 2, 3), keepdim=True) + 0.5)
    images = _blended(mean, images, contrast)
    return _blended(_grey(images), images, saturation)


def _blended(start: Tensor, images: Tensor, factors: Sequence[float]) -> Tensor:
    return torch.floor((start + _of_each(factors, images) * (images - start)).clamp(0, 255))


def _grey(images: Tensor) -> Tensor:
    weights = torch.tensor(GREY, device=images.device)[:, None, None]
    return torch.floor((images * weights).sum(1, keepdim=True) + 0.5)


def _noisy(images: Tensor, plans: Sequence[Plan]) -> Tensor:
    noise = np.stack([plan.noise for plan in plans if plan.noise is not None]).astype(np.float32)
    return torch.floor((images + torch.from_numpy(noise).to(images.device).permute(0, 3, 1, 2)).clamp(0, 255))


def _of_each(values: Sequence[float], images: Tensor) -> Tensor:
    return torch.tensor(values, device=images.device, dtype=torch.float32)[:, None, None, None]


STEPS: tuple[tuple[Callable[[Plan], bool], Step], ...] = (
    (lambda plan: plan.blur is not None, _blurred),
    (lambda plan: plan.sharpen is not None, _sharpened),
    (lambda plan: plan.colour is not None, _coloured),
    (lambda plan: plan.grey, lambda images, _: _grey(images).expand_as(images)),
    (lambda plan: plan.noise is not None, _noisy),
)


def _compress(images: Tensor, plans: Sequence[Plan], index: int) -> None:
    """Round `index` of those that have so many, in place."""
    rounds = {row: plan.rounds[index] for row, plan in enumerate(plans) if len(plan.rounds) > index}
    webp = [row for row, one in rounds.items() if one.webp]
    if webp:
        images[webp] = _through_pillow(images[webp], [rounds[row] for row in webp])
    for subsampling in (0, 2):
        rows = [row for row, one in rounds.items() if not one.webp and one.subsampling == subsampling]
        if rows:
            qualities = torch.tensor([rounds[row].quality for row in rows], device=images.device)
            images[rows] = jpeg(images[rows], qualities, halved=subsampling == 2)
    for row, one in rounds.items():
        if any(one.rolled):
            images[row] = images[row].roll(one.rolled, (1, 2))


def _through_pillow(images: Tensor, rounds: Sequence[Round]) -> Tensor:
    pixels = images.to(torch.uint8).permute(0, 2, 3, 1).cpu().numpy()
    with ThreadPoolExecutor(ENCODERS) as pool:
        done = list(pool.map(_encoded, pixels, rounds))
    return torch.from_numpy(np.stack(done)).to(images.device).permute(0, 3, 1, 2).to(torch.float32)


def _encoded(pixels: Pixels, one: Round) -> Pixels:
    return np.asarray(crop_pillow.compressed(Image.fromarray(pixels), one))


def _placed(images: Tensor, plans: Sequence[Plan]) -> Tensor:
    """Crops cut at their corners, mirrored, turned and masked: uint8 [N, side, side, 3]."""
    side, device = plans[0].side, images.device
    corners = torch.tensor([plan.corner for plan in plans], device=device)
    places = corners[:, :, None] + torch.arange(side, device=device)
    every = torch.arange(len(plans), device=device)[:, None, None]
    placed = images.to(torch.uint8).permute(0, 2, 3, 1)[every, places[:, 0, :, None], places[:, 1, None, :]]
    for mirrored in (False, True):
        for quarters in range(4):
            rows = [row for row, plan in enumerate(plans) if (plan.mirrored, plan.quarters) == (mirrored, quarters)]
            if rows:
                turned = placed[rows].flip(2) if mirrored else placed[rows]
                placed[rows] = torch.rot90(turned, quarters, (1, 2))
    for row, mask in ((row, plan.mask) for row, plan in enumerate(plans) if plan.mask is not None):
        placed[row, mask.top : mask.top + mask.side, mask.left : mask.left + mask.side] = mask.grey
    return placed
