"""What the foreign graph itself says of some pictures, prepared here by numpy and not by the wrapping."""

import numpy as np
from numpy.typing import NDArray

from services.retrainer.bring.card import Output, Preprocess
from services.retrainer.bring.graph import Graph
from shared.errors import ModelRefused
from shared.scoring.foreign import ForeignGraph

SLACK = 1e-3
"""By how much rounding may carry a probability out of [0, 1]."""


def answers(graph: Graph, preprocess: Preprocess, pixels: NDArray[np.uint8]) -> NDArray[np.float64]:
    """The graph's numbers for `pixels`, uint8 [N, H, W, 3], as [N, K]; each picture is asked for alone."""
    foreign = ForeignGraph(graph.content)
    asked = prepared(pixels, preprocess)
    if graph.of_bytes:
        asked = asked.astype(np.uint8)
    rows = [foreign.run(np.repeat(one[np.newaxis], graph.batch, axis=0), graph.output) for one in asked]
    if any(row.ndim == 0 or row.shape[0] != graph.batch or row.dtype != np.float32 for row in rows):
        raise ModelRefused(
            f"output {graph.output} is {rows[0].dtype} {list(rows[0].shape)}: it must be float32 with a row for each "
            "picture"
        )
    return np.stack([row[0].ravel() for row in rows]).astype(np.float64)


def prepared(pixels: NDArray[np.uint8], preprocess: Preprocess) -> NDArray[np.float32]:
    """`pixels`, uint8 [N, H, W, 3] RGB, as the card says that the graph reads them."""
    values = pixels.astype(np.float32)
    if preprocess.channels == "BGR":
        values = values[..., ::-1]
    if preprocess.scale == "0..1":
        values = values / np.float32(255)
    values = (values - np.array(preprocess.mean, np.float32)) / np.array(preprocess.std, np.float32)
    return np.ascontiguousarray(values.transpose(0, 3, 1, 2) if preprocess.layout == "NCHW" else values)


def require_sense(numbers: NDArray[np.float64], output: Output) -> None:
    """Raise ModelRefused unless `numbers`, float [N, K], tell pictures apart and fit the card's `output`."""
    count = numbers.shape[1]
    if (numbers == numbers[0]).all():
        raise ModelRefused(
            f"the graph gives the same for {len(numbers)} unlike pictures: mend preprocess.scale, mean and std"
        )
    if not output.of_classes and count != 1:
        raise ModelRefused(
            f"the graph gives {count} numbers for a picture, so output.kind is no {output.kind}: class_logits or "
            "class_probabilities, with ai_class"
        )
    if output.of_classes and not 1 <= len(set(output.ai_class or ()) & set(range(count))) < count:
        raise ModelRefused(f"the graph gives {count} numbers: output.ai_class must name some of 0 to {count - 1}")
    if output.of_classes and max(output.ai_class or ()) >= count:
        raise ModelRefused(f"output.ai_class names {max(output.ai_class or ())}, and the graph's last is {count - 1}")
    if output.speaks_in_probabilities and not (numbers.min() >= -SLACK and numbers.max() <= 1 + SLACK):
        raise ModelRefused(
            f"output {output.kind} reaches from {numbers.min():.3g} to {numbers.max():.3g}, which no probability does: "
            "mend output.kind"
        )


def spoken(numbers: NDArray[np.float64], output: Output) -> NDArray[np.float64]:
    """`numbers`, [N, K], as one number a picture: a logit, or for the kinds that are probabilities one of those."""
    if not output.of_classes:
        value = numbers[:, 0]
        if output.rises_with_ai:
            return value
        return 1 - value if output.kind == "probability" else -value
    is_ai = np.isin(np.arange(numbers.shape[1]), output.ai_class)
    if output.kind == "class_probabilities":
        return numbers[:, is_ai].sum(1) / numbers.sum(1)
    return np.logaddexp.reduce(numbers[:, is_ai], 1) - np.logaddexp.reduce(numbers[:, ~is_ai], 1)
