"""What a user asks a reproduction for."""

from dataclasses import dataclass
from pathlib import Path

from services.retrainer.fitting.fit import Say


@dataclass(frozen=True, kw_only=True, slots=True)
class Order:
    """`data` as `sources.open_dataset` takes it. `trials` by chance follow those of the experiment.

    Every network sees the data `passes` times.
    """

    data: str
    out: Path
    trials: int
    seconds: float
    passes: float
    seed: int
    say: Say

    @property
    def store(self) -> Path:
        """Decoded pixels."""
        return self.out / "pixels"

    @property
    def runs(self) -> Path:
        """What `Trials` keeps."""
        return self.out / "trials"
