"""Trainings of a network under settings, each logged as one line of JSON."""

import hashlib
import json
import math
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from services.retrainer import networks
from services.retrainer.fitting.fit import Fit, Say
from services.retrainer.fitting.recipes import PLAIN
from services.retrainer.fitting.stream import Passes
from services.retrainer.reproduce.figures import Figures, figures
from services.retrainer.reproduce.parts import Parts
from services.retrainer.training.trained import logits, parameters

Logits = NDArray[np.float32]


@dataclass(frozen=True, kw_only=True, slots=True)
class Trial:
    """`options` are the network's; the same settings and data give the same weights."""

    name: str
    arch: str
    options: Mapping[str, Any] = field(default_factory=dict)
    learning_rate: float = PLAIN.learning_rate
    passes: float = PLAIN.passes
    seed: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class Outcome:
    """`validation` and `test` as `figures` gives them; the logits are of the two parts' pictures in order."""

    trial: Trial
    parameters: int
    seconds: float
    validation: Figures
    test: Figures
    validation_logits: Logits
    test_logits: Logits


class Trials:
    """Trains one trial after the other, for at most `seconds` in all; begun again in the same folder, it goes on.

    `log.jsonl` has a line for each trial that is done. With `weights` their networks are kept too.
    """

    def __init__(self, folder: Path, *, seconds: float = math.inf, weights: bool = False, say: Say) -> None:
        self.folder = folder
        self._weights = weights
        self._log = folder / "log.jsonl"
        self._until = time.monotonic() + seconds
        self._say = say
        folder.mkdir(parents=True, exist_ok=True)
        lines = self._log.read_text(encoding="utf-8").splitlines() if self._log.exists() else []
        self._done = {record["key"]: record for record in map(json.loads, lines)}

    def outcome(self, trial: Trial, parts: Parts) -> Outcome | None:
        """Of a trial of this or an earlier run; None where the time is over before its training is."""
        key = _key(trial, parts)
        if key not in self._done and not self._run(trial, parts, key):
            return None
        record = self._done[key]
        with np.load(self._file(key, "logits.npz")) as logits:
            return Outcome(
                trial=trial,
                validation_logits=logits["validation"],
                test_logits=logits["test"],
                **{name: record[name] for name in ("parameters", "seconds", "validation", "test")},
            )

    def has_network(self, trial: Trial, parts: Parts) -> bool:
        """Whether the trial was trained with `weights`."""
        return self._file(_key(trial, parts), "weights.pt").exists()

    def network(self, trial: Trial, parts: Parts) -> nn.Module:
        """The trained network of a trial that is done; needs `weights`."""
        network = _untrained(trial, parts.side)
        network.load_state_dict(torch.load(self._file(_key(trial, parts), "weights.pt"), weights_only=True))
        return network.eval()

    def _run(self, trial: Trial, parts: Parts, key: str) -> bool:
        left = self._until - time.monotonic()
        if left <= 0:
            return False
        self._say(f"{trial.name}: {_settings(trial)}")
        checkpoint = self._file(key, "checkpoint.pt")
        fit = _fit(trial, parts, checkpoint, self._say)
        fit.resume()
        fit.run(seconds=left)
        if not fit.finished:
            return False
        network = fit.result()
        read = {name: logits(network, getattr(parts, name).pixels) for name in ("validation", "test")}
        np.savez(self._file(key, "logits.npz"), **read)
        if self._weights:
            torch.save(network.state_dict(), self._file(key, "weights.pt"))
        self._write(
            {
                "key": key,
                **asdict(trial),
                "side": parts.side,
                "data": parts.fingerprint,
                "parameters": parameters(network),
                "seconds": round(fit.progress.seconds, 1),
                **{name: figures(getattr(parts, name).dataset.labels, of_part) for name, of_part in read.items()},
            }
        )
        checkpoint.unlink()
        return True

    def _write(self, record: dict[str, Any]) -> None:
        with self._log.open("a", encoding="utf-8") as file:
            file.write(json.dumps(record, ensure_ascii=False) + "\n")
        self._done[record["key"]] = record
        self._say(
            f"  accuracy {record['validation']['accuracy']:.4f} in validation, {record['test']['accuracy']:.4f} in test"
        )

    def _file(self, key: str, name: str) -> Path:
        return self.folder / f"{key}.{name}"


def _key(trial: Trial, parts: Parts) -> str:
    """What a trial's files are called by: all that its result depends on, and not its name."""
    settings = {**asdict(trial), "name": "", "side": parts.side, "data": parts.fingerprint}
    return hashlib.sha256(json.dumps(settings, sort_keys=True).encode()).hexdigest()[:12]


def _settings(trial: Trial) -> str:
    options = "".join(f", {name} {value}" for name, value in trial.options.items())
    return f"{trial.arch}{options}, learning rate {trial.learning_rate:.2g}, {trial.passes:g} passes"


def _untrained(trial: Trial, side: int) -> nn.Module:
    torch.manual_seed(trial.seed)
    return networks.build(trial.arch, side=side, **trial.options)


def _fit(trial: Trial, parts: Parts, checkpoint: Path, say: Say) -> Fit:
    recipe = replace(
        PLAIN,
        arch=trial.arch,
        side=parts.side,
        passes=trial.passes,
        learning_rate=trial.learning_rate,
        seed=trial.seed,
    )
    train = parts.train
    stream = Passes(pixels=train.pixels, labels=train.dataset.labels, batch_size=recipe.batch, seed=trial.seed)
    network = _untrained(trial, parts.side)
    return Fit(network, stream, recipe, data=parts.fingerprint, checkpoint=checkpoint, say=say)
