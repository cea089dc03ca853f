"""How each architecture is trained unless the command says otherwise."""

import math
from dataclasses import replace

from services.retrainer import networks
from services.retrainer.fitting.fit import Recipe
from services.retrainer.networks import hf
from shared.errors import ConfigurationError

# The seeds' networks take AdamW alone, nearest to what their authors did.
PLAIN = Recipe(arch="", side=0, passes=18, batch=128, learning_rate=1e-3, convolution_rate=None, weight_decay=0.01)

# A pretrained backbone is moved little: at the rate of the others it forgets in the first pass what it came with.
TUNED = replace(PLAIN, passes=6, batch=32, learning_rate=3e-5)

OURS = {
    "jinwi-cnn": Recipe(arch="", side=96, passes=10, batch=64, smoothing=0.05, owner_power=0.0, texture=True),
    "jinwi-cnn-32": Recipe(arch="", side=32, passes=30, batch=256, mixed=0.5),
}


LARGEST_BATCH = 1024
LEAST_STEPS = 2000
"""Of a recipe whose batches grow: with fewer, they cost more than they save."""


def recipe(arch: str, *, passes: float | None = None, seed: int = 0, head_only: bool = False) -> Recipe:
    """The recipe of `arch`; raises ConfigurationError for an unknown one, or one that has no head of its own."""
    side = networks.architecture(arch).side
    tuned = arch.startswith(hf.PREFIX) and not head_only
    found = TUNED if tuned else OURS.get(arch, PLAIN)
    if head_only and not arch.startswith(hf.PREFIX):
        raise ConfigurationError(f"--head-only is for hf:NAME_OR_DIR; {arch} has no pretrained backbone to leave alone")
    return replace(
        found, arch=arch, side=found.side or side, passes=passes or found.passes, seed=seed, head_only=head_only
    )


def for_accelerator(recipe: Recipe, pictures: int) -> Recipe:
    """Batches doubled while LEAST_STEPS steps remain, for an accelerator idles on small ones.

    Rates grow with the root of a batch, as the noise of a gradient falls (Malladi et al., NeurIPS 2022, arXiv
    2205.10287). A pretrained backbone keeps its batches: how much memory it needs nobody knows here.
    """
    if recipe.arch.startswith(hf.PREFIX):
        return recipe
    batch = recipe.batch
    while 2 * batch <= LARGEST_BATCH and recipe.passes * pictures / (2 * batch) >= LEAST_STEPS:
        batch *= 2
    grown = math.sqrt(batch / recipe.batch)
    convolutions = None if recipe.convolution_rate is None else recipe.convolution_rate * grown
    return replace(recipe, batch=batch, learning_rate=recipe.learning_rate * grown, convolution_rate=convolutions)
