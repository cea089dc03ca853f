"""Small folders in the three projects' layouts: human pictures are dark noise, AI pictures bright noise."""

import csv

import numpy as np
from PIL import Image

from services.retrainer.reproduce.order import Order

BRIGHTNESS = {0: 100, 1: 150}


def write(file, label, random, side):
    file.parent.mkdir(parents=True, exist_ok=True)
    noise = np.clip(random.normal(BRIGHTNESS[label], 40, (side, side, 3)), 0, 255)
    Image.fromarray(noise.astype(np.uint8)).save(file, quality=90)


def cifake(folder, *, train=60, test=10):
    random = np.random.default_rng(0)
    for part, count in (("train", train), ("test", test)):
        for label, name in enumerate(("real", "fake")):
            for index in range(count):
                write(folder / part / name / f"{index:04}.jpg", label, random, 32)
    return folder


def artbench(folder, *, train=60, test=8):
    random = np.random.default_rng(0)
    for part, count in (("train", train), ("test", test)):
        for name in ("realism", "AI_LD_realism", "AI_SD_ukiyo_e"):
            for index in range(count):
                write(folder / part / name / f"{index:04}.jpg", int(name.startswith("AI")), random, 48)
    return folder


def aiornot(folder, *, train=40, test=10, ai_value="1", table=True):
    """Without `table` a test picture's name begins with 1 for real, with 0 for AI."""
    random = np.random.default_rng(0)
    for half, count in (("train", train), ("test", test)):
        rows = []
        for index in range(count):
            label = index % 2
            name = f"{index}.jpg" if table or half == "train" else f"{1 - label}_{index}.jpg"
            write(folder / half / name, label, random, 40)
            rows.append({"id": name, "label": ai_value if label else str(1 - int(ai_value))})
        if table or half == "train":
            with (folder / f"{half}.csv").open("w", newline="") as file:
                writer = csv.DictWriter(file, ["id", "label"])
                writer.writeheader()
                writer.writerows(rows)
    return folder


def order(data, out, *, trials=0, seconds=float("inf"), passes=1, lines=None):
    say = (lines if lines is not None else []).append
    return Order(data=str(data), out=out, trials=trials, seconds=seconds, passes=passes, seed=0, say=say)
