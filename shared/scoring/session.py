"""A verified model file, ready to score: the one place that runs ONNX."""

import hashlib
import io
import os
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import repeat
from pathlib import Path
from typing import Any, Literal

import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray
from onnxruntime.capi import onnxruntime_pybind11_state as ort_errors

from shared.domain.job import Lane
from shared.domain.model_card import ModelCard
from shared.errors import ConfigurationError, ModelRefused, Outage, Unscorable
from shared.scoring.calibration import probability
from shared.scoring.card import read_card
from shared.scoring.domains import DOMAINS, Domains
from shared.scoring.manifest import read_verified
from shared.scoring.picture import Picture, Score, embedded, judge
from shared.scoring.space import Space, spaces

Provider = Literal["cpu", "cuda"]

GOLDEN_TOLERANCE = 1e-3
"""Largest difference from a golden output, in logits.

Processors sum float32 in different orders: that moves a logit by about 1e-5. A wrong weight, channel order or
scale moves it by more than 1e-1. And 1e-3 in the logit is at most 2.5e-4 in the probability.
"""

EMBEDDING_TOLERANCE = 1e-2
"""The same for a number of an embedding, or a hundredth of it: a rare statistic's deviations are large where its
rounding is too, and the head gives such a one little weight."""

PIXELS_AT_ONCE = 1 << 18
"""Most pixels of one inference, unless one tile has more.

Memory grows with them and speed does not: with `jinwi-cnn` at 224 px, 5 tiles at once take 50 MB and 20 take 210 MB,
at 16 ms a tile either way.
"""

# ONNX Runtime's exceptions share no base of their own.
ORT_ERRORS = (
    ort_errors.EPFail,
    ort_errors.Fail,
    ort_errors.InvalidArgument,
    ort_errors.InvalidGraph,
    ort_errors.InvalidProtobuf,
    ort_errors.NotImplemented,
    ort_errors.RuntimeException,
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Scores:
    """Of N tiles: logits float32 [N], calibrated probabilities float64 [N], maps float32 [N, h, w] or None."""

    logits: NDArray[np.float32]
    probabilities: NDArray[np.float64]
    maps: NDArray[np.float32] | None


class Model:
    """Belongs to the process that loaded it: ONNX Runtime's threads do not survive a fork."""

    def __init__(
        self, session: ort.InferenceSession, card: ModelCard, sha256: str, golden: Mapping[str, NDArray[Any]]
    ) -> None:
        self.card = card
        self.sha256 = sha256
        self.spaces: Mapping[Lane, Space] = {}
        """Where its embeddings lie, by lane; empty where they can be compared with none."""
        self.domains: Domains | None = None
        """What it tells of the kind of a picture; None for a version that was brought or made before 1.2.0."""
        self._session = session
        self._golden = golden
        self._outputs = [output.name for output in session.get_outputs()]
        self._scored = [name for name in self._outputs if name != "embedding"]
        self._pid = os.getpid()
        self._calibration = card.calibration.of(Lane.INTERACTIVE, min(card.input.width, card.input.height))

    @classmethod
    def load(cls, directory: Path, *, provider: Provider, threads: int) -> "Model":
        """Load a version directory; raises ModelRefused unless hashes, card, contract and golden outputs hold.

        Raises ConfigurationError where this ONNX Runtime or this machine cannot run on `provider`.
        """
        files = read_verified(directory)
        if missing := {"model.onnx", "card.json", "golden.npz"} - files.keys():
            raise ModelRefused(f"{directory}: {', '.join(sorted(missing))} is not in the manifest")
        session = _open(files["model.onnx"], provider, threads)
        card = read_card(session.get_modelmeta().custom_metadata_map, files["card.json"])
        _require_contract(session, card)
        golden = _read_golden(files["golden.npz"])
        model = cls(session, card, hashlib.sha256(files["model.onnx"]).hexdigest(), golden)
        model._require_golden()
        model.spaces = spaces(files, card)
        if DOMAINS in files:
            model.domains = Domains.load(files[DOMAINS], card.embedding_size)
        return model

    def score(self, pixels: NDArray[np.uint8]) -> Scores:
        """Score tiles, uint8 [N, H, W, 3] RGB with H and W of the card, in as few inferences as memory allows.

        Each tile is calibrated as a picture of its size in the interactive lane. Where inference fails, raises
        Unscorable if it is for these tiles, and Outage if it fails on the golden inputs too.
        """
        named = self._run_or_blame(self._scored, pixels)
        return Scores(
            logits=named["logit"],
            probabilities=probability(named["logit"], self._calibration),
            maps=named.get("map"),
        )

    def score_pictures(self, pictures: Sequence[Picture]) -> list[Score]:
        """Score pictures by all their tiles, with their embeddings; raises as `score` does."""
        if not pictures:
            return []
        named = self._run_or_blame(self._outputs, np.concatenate([picture.pixels for picture in pictures]))
        ends = np.cumsum([len(picture.pixels) for picture in pictures])[:-1]
        outputs = (
            np.split(named[name], ends) if name in named else repeat(None, len(pictures))
            for name in ("logit", "map", "embedding")
        )
        return [judge(*own, card=self.card) for own in zip(pictures, *outputs, strict=True)]

    @property
    def draws_maps(self) -> bool:
        """Whether it gives maps."""
        return "map" in self._outputs

    @property
    def embeds(self) -> bool:
        """Whether it gives embeddings."""
        return self._outputs != self._scored

    def embed_pictures(self, pictures: Sequence[Picture]) -> NDArray[np.float32]:
        """What the head sees of each picture, float32 [P, D]: the mean of its tiles' embeddings by the weights of the
        plan, so that the head makes of it the picture's logit.

        Raises ConfigurationError where the model gives none, and else as `score` does.
        """
        if not self.embeds:
            raise ConfigurationError(
                f"{self.card.name} {self.card.version} gives no embeddings: it was brought, or made before 1.1.1"
            )
        if not pictures:
            return np.empty((0, self.card.embedding_size or 0), np.float32)
        pixels = np.concatenate([picture.pixels for picture in pictures])
        tiles = self._run_or_blame(["embedding"], pixels)["embedding"]
        ends = np.cumsum([len(picture.pixels) for picture in pictures])[:-1]
        return np.stack([embedded(*own, card=self.card) for own in zip(pictures, np.split(tiles, ends), strict=True)])

    def _run_or_blame(self, outputs: Sequence[str], pixels: NDArray[np.uint8]) -> dict[str, NDArray[np.float32]]:
        """As `_run`; what fails while the model is still itself is the tiles' own doing."""
        try:
            return self._run(outputs, pixels)
        except Outage as exc:
            try:
                self._require_golden()
            except ModelRefused:
                raise exc from None
            raise Unscorable("internal", f"{self.card.name} {self.card.version} fails on this picture.") from exc

    def _run(self, outputs: Sequence[str], pixels: NDArray[np.uint8]) -> dict[str, NDArray[np.float32]]:
        """These outputs for tiles, by name; raises Outage when inference fails."""
        if os.getpid() != self._pid:
            raise RuntimeError("this model was loaded in another process; load it after the fork")
        if pixels.dtype != np.uint8 or pixels.shape[1:] != (self.card.input.height, self.card.input.width, 3):
            raise ValueError(f"pixels are {pixels.dtype} {pixels.shape}, not what {self.card.input} says")
        most = max(1, PIXELS_AT_ONCE // (self.card.input.height * self.card.input.width))
        parts = [self._infer(outputs, pixels[start : start + most]) for start in range(0, max(1, len(pixels)), most)]
        return dict(zip(outputs, map(np.concatenate, zip(*parts, strict=True)), strict=True))

    def _infer(self, outputs: Sequence[str], pixels: NDArray[np.uint8]) -> list[NDArray[np.float32]]:
        try:
            values: list[NDArray[np.float32]] = self._session.run(list(outputs), {"pixels": pixels})
        except ORT_ERRORS as exc:
            raise Outage("model", str(exc)) from exc
        return values

    def _require_golden(self) -> None:
        try:
            outputs = self._run(self._outputs, self._golden["pixels"])
            expected = {name: self._golden[name] for name in outputs}
        except (Outage, KeyError, ValueError) as exc:
            raise ModelRefused(f"golden.npz does not fit the model: {exc}") from exc
        for name, actual in outputs.items():
            within = EMBEDDING_TOLERANCE if name == "embedding" else GOLDEN_TOLERANCE
            relative = EMBEDDING_TOLERANCE if name == "embedding" else 0
            same = actual.shape == expected[name].shape and actual.size > 0
            if not same or not np.allclose(actual, expected[name], rtol=relative, atol=within):
                raise ModelRefused(f"the model does not give the {name} that golden.npz holds")


def _open(content: bytes, provider: Provider, threads: int) -> ort.InferenceSession:
    # TF32 keeps 10 bits of mantissa: a GPU would then miss the golden outputs.
    name, settings = {
        "cpu": ("CPUExecutionProvider", {}),
        "cuda": ("CUDAExecutionProvider", {"use_tf32": "0"}),
    }[provider]
    unusable = ConfigurationError(
        f"JINWI_ONNX_PROVIDER is {provider}, which cannot run here: install the extra `gpu` and its driver, or set cpu"
    )
    if name not in ort.get_available_providers():
        raise unusable
    try:
        session = ort.InferenceSession(content, _options(threads), providers=[(name, settings)])
    except ORT_ERRORS as exc:
        raise ModelRefused(f"ONNX Runtime cannot load model.onnx: {exc}") from exc
    # Where the libraries of a provider are missing, ONNX Runtime would go on with the CPU.
    if session.get_providers()[0] != name:
        raise unusable
    return session


def _options(threads: int) -> ort.SessionOptions:
    options = ort.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.execution_mode = ort.ExecutionMode.ORT_SEQUENTIAL
    options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_ENABLE_ALL
    # Spinning threads take the cores from the other processes of this host.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return options


def _require_contract(session: ort.InferenceSession, card: ModelCard) -> None:
    """`pixels` uint8 [N, H, W, 3] in; `logit` float32 [N] and perhaps `map` float32 [N, h, w] and `embedding` float32
    [N, D] out; N free.
    """
    found = {tensor.name: tensor for tensor in (*session.get_inputs(), *session.get_outputs())}
    if found.keys() - {"map", "embedding"} != {"pixels", "logit"} or len(session.get_inputs()) != 1:
        raise ModelRefused(f"the model's tensors are {', '.join(found)}, not pixels, logit and perhaps map, embedding")
    expected = {
        "pixels": ("tensor(uint8)", 4),
        "logit": ("tensor(float)", 1),
        "map": ("tensor(float)", 3),
        "embedding": ("tensor(float)", 2),
    }
    for name, tensor in found.items():
        kind, rank = expected[name]
        if tensor.type != kind or len(tensor.shape) != rank or isinstance(tensor.shape[0], int):
            raise ModelRefused(
                f"the model's {name} is {tensor.type} {tensor.shape}, not {kind} of {rank} dimensions, the first free"
            )
    if found["pixels"].shape[1:] != [card.input.height, card.input.width, 3]:
        sides = f"{card.input.height}×{card.input.width}×3"
        raise ModelRefused(f"the model takes {found['pixels'].shape}, its card says {sides}")
    size = found["embedding"].shape[1] if "embedding" in found else None
    if size != card.embedding_size:
        raise ModelRefused(f"the model's embedding has {size} numbers, its card says {card.embedding_size}")


def _read_golden(content: bytes) -> dict[str, NDArray[Any]]:
    try:
        with np.load(io.BytesIO(content), allow_pickle=False) as archive:
            return dict(archive)
    except (OSError, ValueError, zipfile.BadZipFile) as exc:
        raise ModelRefused(f"golden.npz cannot be read: {exc}") from exc
