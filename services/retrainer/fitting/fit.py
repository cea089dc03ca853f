"""The training loop: the same recipe, data and threads give the same weights, in one run or in slices."""

import copy
import math
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import binary_cross_entropy_with_logits

from services.retrainer import networks
from services.retrainer.fitting.crop_plan import Planned
from services.retrainer.fitting.crop_torch import crops
from services.retrainer.fitting.device import accelerator
from services.retrainer.fitting.loader import batches
from services.retrainer.fitting.muon import Muon
from services.retrainer.fitting.stream import Batch, Stream
from shared.errors import ConfigurationError

Say = Callable[[str], None]
Watch = Callable[[nn.Module], str]

WARM_UP = 0.05
"""Of all steps: the learning rate rises from 0."""

AVERAGED = 0.999
"""Of the running mean of weights at every step; less in the first thousand (Polyak & Juditsky 1992)."""

SAY_SECONDS = SAVE_SECONDS = 60.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Recipe:
    """Rates rise and then fall by half a cosine over `passes` of the data.

    Muon moves convolutions at `convolution_rate`, AdamW all else at `learning_rate`; a `convolution_rate` of None
    leaves all to AdamW. `smoothing` draws the labels towards one half; `head_only` leaves the backbone of an `hf:`
    network as it came. Where owners are left out, an owner of n pictures is drawn in proportion to n^`owner_power`,
    and `texture` adds a line over texture statistics; elsewhere CutMix makes a share `mixed` of the batches. All
    chance comes from `seed` and the step.
    """

    arch: str
    side: int
    passes: float
    batch: int = 64
    learning_rate: float = 2e-3
    convolution_rate: float | None = 0.02
    weight_decay: float = 0.05
    smoothing: float = 0.0
    head_only: bool = False
    owner_power: float = 0.5
    texture: bool = False
    mixed: float = 0.0
    seed: int = 0

    @property
    def shown(self) -> str:
        """The architecture, without a path of this machine."""
        folder = Path(self.arch.removeprefix("hf:"))
        return f"hf:{folder.name}" if self.arch.startswith("hf:") and folder.is_dir() else self.arch

    def build(self) -> nn.Module:
        """An untrained network, its weights drawn from `seed`."""
        torch.manual_seed(self.seed)
        options = {"head_only": True} if self.head_only else {}
        return networks.build(self.arch, side=self.side, **options)


@dataclass(kw_only=True, slots=True)
class Progress:
    """`mean` are the averaged weights, which are the result; `seconds` were spent on `step` steps."""

    step: int = 0
    seconds: float = 0.0
    loss: float = math.nan
    mean: dict[str, Tensor] | None = None


class Fit:
    """A network in training. `run` goes on for a slice of time; `finished` says whether it is done."""

    def __init__(
        self,
        network: nn.Module,
        stream: Stream,
        recipe: Recipe,
        *,
        data: str,
        checkpoint: Path,
        say: Say,
        watch: Watch | None = None,
    ) -> None:
        """`data` identifies what `stream` shows: a checkpoint of other data is refused.

        `watch` says how the averaged weights do, each time that a tenth of the recipe is done.
        """
        self.device = accelerator()
        self.network = network.to(self.device).to(memory_format=torch.channels_last)
        self.stream = stream
        self.recipe = recipe
        self.steps = max(1, round(recipe.passes * stream.steps_per_pass))
        self.progress = Progress()
        self._run = {"recipe": asdict(recipe), "data": data}
        self._checkpoint = checkpoint
        self._say = say
        self._watch = watch
        self._optimizers = _optimizers(self.network, recipe)
        self._learnt = _learnt(self.network)

    @property
    def finished(self) -> bool:
        return self.progress.step >= self.steps

    def resume(self) -> None:
        """Go on from the checkpoint if there is one; raises ConfigurationError where it is of another run."""
        if not self._checkpoint.exists():
            return
        saved = torch.load(self._checkpoint, weights_only=True, map_location=self.device)
        if saved["run"] != self._run:
            raise ConfigurationError(
                f"{self._checkpoint} is of another recipe or other data; train without --resume to start anew"
            )
        self.network.load_state_dict({**self.network.state_dict(), **saved["network"]})
        for optimizer, state in zip(self._optimizers, saved["optimizers"], strict=True):
            optimizer.load_state_dict(state)
        self.progress = Progress(**saved["progress"])
        self._say(f"resumed after step {self.progress.step:,} of {self.steps:,}")

    def run(self, *, seconds: float = math.inf, loaders: int = 0) -> None:
        """Train until the recipe is done or `seconds` have passed; the checkpoint then holds what was reached."""
        started, before = time.monotonic(), self.progress.seconds
        said = saved = started
        tenth = max(1, self.steps // 10)
        self.network.train()
        for batch in batches(self.stream, self.progress.step, self.steps, loaders=loaders):
            self._step(batch)
            now = time.monotonic()
            self.progress.seconds = before + now - started
            on_tenth = self.progress.step % tenth == 0
            if on_tenth or self.finished or now - said >= SAY_SECONDS:
                said = now
                self._say(self._line())
            if on_tenth and self._watch:
                self._say(self._watch(self._averaged()))
            if now - saved >= SAVE_SECONDS:
                saved = now
                self.save()
            if now - started >= seconds:
                break
        self.save()

    def result(self) -> nn.Module:
        """A copy of the network with the averaged weights, on the CPU, ready to score."""
        return self._averaged().to("cpu")

    def save(self) -> None:
        """Whole or not at all: a run that is killed while it writes keeps the checkpoint before."""
        self._checkpoint.parent.mkdir(parents=True, exist_ok=True)
        partial = self._checkpoint.with_suffix(".partial")
        optimizers = [optimizer.state_dict() for optimizer in self._optimizers]
        state = {"network": self._state(), "optimizers": optimizers}
        torch.save({"run": self._run, **state, "progress": asdict(self.progress)}, partial)
        partial.replace(self._checkpoint)

    def _step(self, batch: Batch | Planned) -> None:
        progress, recipe = self.progress, self.recipe
        for group in (group for optimizer in self._optimizers for group in optimizer.param_groups):
            group["lr"] = group["highest"] * _rate(progress.step / self.steps)
        torch.manual_seed(int(np.random.default_rng([recipe.seed, progress.step]).integers(2**63)))  # dropout
        pixels, labels = self._received(batch)
        with autocast(self.device):
            logits = self.network(pixels).logit
        loss = binary_cross_entropy_with_logits(logits.float(), labels * (1 - recipe.smoothing) + recipe.smoothing / 2)
        self.network.zero_grad()
        loss.backward()
        for optimizer in self._optimizers:
            optimizer.step()
        progress.step += 1
        progress.loss = _running(progress.loss, loss.item(), progress.step)
        self._average()

    def _received(self, batch: Batch | Planned) -> tuple[Tensor, Tensor]:
        """Pixels and labels, on the device; crops that were only planned are made there."""
        if isinstance(batch, Planned):
            return crops(batch, self.device), torch.from_numpy(batch.labels).to(self.device)
        pixels, labels = batch
        return torch.from_numpy(pixels).to(self.device), torch.from_numpy(labels).to(self.device)

    @torch.no_grad()
    def _average(self) -> None:
        """Batch normalisation's statistics are averaged like weights; its counters are taken as they are."""
        state = self._state()
        if self.progress.mean is None:
            self.progress.mean = {name: tensor.clone() for name, tensor in state.items()}
            return
        kept = min(AVERAGED, (1 + self.progress.step) / (10 + self.progress.step))
        for name, tensor in state.items():
            if tensor.is_floating_point():
                self.progress.mean[name].lerp_(tensor, 1 - kept)
            else:
                self.progress.mean[name].copy_(tensor)

    def _averaged(self) -> nn.Module:
        averaged = copy.deepcopy(self.network).eval()
        averaged.load_state_dict({**self.network.state_dict(), **(self.progress.mean or {})})
        return averaged

    def _state(self) -> dict[str, Tensor]:
        """What training changes: a backbone that stays as it came is not averaged, and fills no checkpoint."""
        state = self.network.state_dict()
        return {name: state[name] for name in self._learnt}

    def _line(self) -> str:
        progress = self.progress
        pace = progress.step / progress.seconds
        shown = progress.step / self.stream.steps_per_pass
        return (
            f"step {progress.step:6,}/{self.steps:,}  {shown:.1f} passes  loss {progress.loss:.4f}  "
            f"{pace * self.recipe.batch:,.0f} images/s  {(self.steps - progress.step) / pace / 60:.1f} min left"
        )


def autocast(device: torch.device) -> torch.autocast:
    """bfloat16 where the processor multiplies it faster than float32, which halves a step; else as it is."""
    faster = device.type == "cuda" or torch.ops.mkldnn._is_mkldnn_bf16_supported()  # noqa: SLF001
    return torch.autocast(device.type, torch.bfloat16, enabled=faster)


def _learnt(network: nn.Module) -> list[str]:
    """Names in the network's state, without those of modules whose weights are all frozen."""
    frozen = tuple(
        f"{name}."
        for name, module in network.named_modules()
        if name and any(True for _ in module.parameters()) and not any(w.requires_grad for w in module.parameters())
    )
    return [name for name in network.state_dict() if not name.startswith(frozen)]


def _optimizers(network: nn.Module, recipe: Recipe) -> list[torch.optim.Optimizer]:
    """Weight decay on what multiplies, not on biases and normalisation; each group knows its `highest` rate."""
    weights = [weight for weight in network.parameters() if weight.requires_grad]
    of_muon = [weight for weight in weights if weight.ndim == 4 and recipe.convolution_rate is not None]
    taken = set(map(id, of_muon))
    multiplying = [weight for weight in weights if weight.ndim > 1 and id(weight) not in taken]
    adding = [weight for weight in weights if weight.ndim <= 1]
    rest = [{"params": multiplying, "weight_decay": recipe.weight_decay}, {"params": adding, "weight_decay": 0.0}]
    optimizers: list[torch.optim.Optimizer] = [torch.optim.AdamW(rest, lr=recipe.learning_rate)]
    if of_muon:
        assert recipe.convolution_rate is not None
        optimizers.append(Muon(of_muon, lr=recipe.convolution_rate, weight_decay=recipe.weight_decay))
    for group in (group for optimizer in optimizers for group in optimizer.param_groups):
        group["highest"] = group["lr"]
    return optimizers


def _rate(done: float) -> float:
    """Up to 1 over the warm-up, then half a cosine to 0 (Loshchilov & Hutter, "SGDR", ICLR 2017)."""
    return min(1.0, done / WARM_UP) * 0.5 * (1 + math.cos(math.pi * done))


def _running(mean: float, value: float, step: int) -> float:
    """Over the last fifty steps, about; over all while there are fewer."""
    return value if step == 1 else mean + max(0.02, 1 / step) * (value - mean)
