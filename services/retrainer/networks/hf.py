"""`hf:NAME_OR_DIR`: an image backbone of the transformers library under a head of one logit."""

import copy
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from services.retrainer.networks.outputs import Outputs, headed
from shared.errors import ConfigurationError

PREFIX = "hf:"

FILES = ("*.json", "*.safetensors")
"""What is fetched from the hub: no pickled weights and no code."""

NOT_LEARNT = ("pooler", "mask_token")
"""Weights that a checkpoint may lack: those of a pooling layer, which is then left out, and of a training task."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Source:
    """A backbone's files and how it wants its pictures: (pixels × `scale` - `mean`) / `std`, `side` px square."""

    name: str
    folder: Path
    side: int
    scale: float
    mean: tuple[float, ...]
    std: tuple[float, ...]

    @classmethod
    def find(cls, name: str) -> "Source":
        """`name` is a folder as `save_pretrained` leaves it, or a model on the hub (once fetched, its copy here).

        Raises ConfigurationError for anything else, and where the library is missing.
        """
        _library()
        folder = Path(name) if Path(name).is_dir() else _fetched(name)
        settings = _image_processor(folder, name)
        return cls(
            name=folder.resolve().name if folder == Path(name) else name,
            folder=folder,
            side=_side(settings, name),
            scale=settings.get("rescale_factor", 1 / 255) if settings.get("do_rescale", True) else 1.0,
            mean=_channels(settings, "image_mean", 0.0),
            std=_channels(settings, "image_std", 1.0),
        )

    @property
    def description(self) -> str:
        """For the card; of a folder it tells the last part of the path alone."""
        return (
            f"{self.name}, a backbone of the transformers library, {self.side} px, under a head of one logit on its "
            "pooled embedding."
        )


class HfClassifier(nn.Module):
    """`pixels` uint8 [N, side, side, 3] RGB to Outputs, the logit above 0 for AI-generated.

    With `head_only` the backbone is frozen as it came: no weight, batch statistic or dropout of it changes.
    """

    mean: Tensor
    std: Tensor

    def __init__(self, source: Source, *, side: int, head_only: bool = False, dropout: float = 0.0) -> None:
        super().__init__()
        self.head_only = head_only
        self.scale = source.scale
        for name in ("mean", "std"):
            self.register_buffer(name, torch.tensor(getattr(source, name)).reshape(3, 1, 1), persistent=False)
        self.backbone, self.pools = _backbone(source)
        self.backbone.requires_grad_(not head_only)
        hidden, embedding = self._shapes(source.name, side)
        self.has_tokens = len(hidden) == 3
        self.dropout = nn.Dropout(dropout)
        self.head = nn.Linear(embedding[1], 1)

    def forward(self, pixels: Tensor) -> Outputs:
        return headed(self.head, self._embedding(self._run(pixels)), self.dropout)

    def train(self, mode: bool = True) -> "HfClassifier":
        super().train(mode)
        if self.head_only:
            self.backbone.eval()
        return self

    def with_head(self, weight: Tensor, bias: Tensor) -> "HfClassifier":
        """The same backbone, not a copy, under another head: `weight` [1, C], `bias` [1]."""
        other = copy.copy(self)
        other._modules = dict(self._modules)  # noqa: SLF001 - a shallow copy of a module shares its table of parts
        other.head = nn.Linear(weight.shape[1], 1)
        other.head.load_state_dict({"weight": weight, "bias": bias})
        return other

    @property
    def last_block(self) -> nn.Module | None:
        """A transformer's last block, whose input is [N, tokens, C]; None for convolutional backbones."""
        lists = [module for module in self.backbone.modules() if isinstance(module, nn.ModuleList) and len(module)]
        return lists[-1][-1] if self.has_tokens and lists else None

    def _run(self, pixels: Tensor) -> Any:
        picture = (pixels.permute(0, 3, 1, 2).to(torch.float32) * self.scale - self.mean) / self.std
        return self.backbone(pixel_values=picture)

    def _embedding(self, output: Any) -> Tensor:
        """Float32 [N, C]: as the backbone pools, else the mean over positions."""
        if self.pools and output.get("pooler_output") is not None:
            return output.pooler_output.flatten(1)
        hidden: Tensor = output.last_hidden_state
        return hidden.mean(1) if hidden.ndim == 3 else hidden.mean((2, 3))

    def _shapes(self, name: str, side: int) -> tuple[torch.Size, torch.Size]:
        """Of the last hidden state and of the embedding, for one picture."""
        try:
            with torch.no_grad():
                output = self.backbone.eval() and self._run(torch.zeros(1, side, side, 3, dtype=torch.uint8))
        except (RuntimeError, ValueError) as exc:
            raise ConfigurationError(f"hf:{name} cannot take pictures of {side} px: {exc}") from exc
        return output.last_hidden_state.shape, self._embedding(output).shape


def _library() -> Any:
    try:
        import transformers  # noqa: PLC0415 - seconds, and megabytes that only these networks need
    except ModuleNotFoundError as exc:
        raise ConfigurationError("hf: networks need the transformers library: install the extra `hf`") from exc
    return transformers


def _fetched(name: str) -> Path:
    from huggingface_hub import snapshot_download  # noqa: PLC0415 - comes with transformers

    try:
        return Path(snapshot_download(name, allow_patterns=list(FILES)))
    except (OSError, ValueError) as exc:
        raise ConfigurationError(
            f"hf:{name} is neither a folder nor a model that the hub gives from here ({_first_line(exc)}). Where "
            "there is no network, fetch its files elsewhere and name their folder: hf:FOLDER"
        ) from exc


def _backbone(source: Source) -> tuple[nn.Module, bool]:
    """The backbone in float32, and whether its own pooling can be used."""
    try:
        model, report = _library().AutoModel.from_pretrained(
            source.folder, dtype=torch.float32, use_safetensors=True, local_files_only=True, output_loading_info=True
        )
    except (OSError, ValueError) as exc:
        raise ConfigurationError(f"hf:{source.name} cannot be loaded: {_first_line(exc)}") from exc
    missing = sorted(key for key in report["missing_keys"] if not any(part in key for part in NOT_LEARNT))
    if missing:
        raise ConfigurationError(
            f"hf:{source.name} lacks {len(missing)} weights, such as {missing[0]}: name a complete model"
        )
    vision = getattr(model, "vision_model", model)  # of models of pictures and text, such as SigLIP
    if vision.main_input_name != "pixel_values":
        raise ConfigurationError(f"hf:{source.name} is no image backbone: it takes {vision.main_input_name}")
    return vision, not any("pooler" in key for key in report["missing_keys"])


def _image_processor(folder: Path, name: str) -> Mapping[str, Any]:
    for file, part in (("preprocessor_config.json", None), ("processor_config.json", "image_processor")):
        if (folder / file).is_file():
            document = json.loads((folder / file).read_text(encoding="utf-8"))
            return document[part] if part else document
    raise ConfigurationError(
        f"hf:{name} has no preprocessor_config.json, with size, mean and deviation: save its image processor in it"
    )


def _side(settings: Mapping[str, Any], name: str) -> int:
    """The side of what enters the network: older files state a number, newer ones each side or the shorter one."""
    crops = settings.get("do_center_crop", "crop_size" in settings)
    size = settings.get("crop_size" if crops else "size")
    sides = set(size.values()) if isinstance(size, Mapping) else {size}
    if len(sides) != 1 or not all(isinstance(side, int) for side in sides):
        raise ConfigurationError(f"hf:{name}: its image processor's size must be one square, got {size}")
    return sides.pop()


def _channels(settings: Mapping[str, Any], name: str, default: float) -> tuple[float, ...]:
    given = settings.get(name) if settings.get("do_normalize", True) else None
    return tuple(given or (default,) * 3)


def _first_line(exc: Exception) -> str:
    return str(exc).partition("\n")[0]
