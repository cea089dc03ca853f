"""The card of the newest shipped version as a page in docs/: `python -m services.retrainer.versions.shipped_page`.

What card.md tells, and after it what only card.json does: whom the version accuses, what it misses, what needs no
model.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from services.retrainer.versions.card_text import markdown
from shared import scoring

PAGE = Path(__file__).parents[3] / "docs" / "reference" / "shipped-model.md"

WORST = 12
"""Generators shown, those that are missed most."""

HEAD = """# The model that ships

Written by `make reference` from the card of the newest version in this distribution. `jinwi models show VERSION`
prints any version's card, `--json` all of it. What the words mean: [train](../how-to/train.md#what-is-measured).
"""

PRIOR = """## Another share of AI pictures

Its probabilities hold where {prior:.0%} of the pictures are AI-generated. Where another share *s* is, a score *p* means

```
odds = p / (1 − p) × s / (1 − s){odds}
probability = odds / (1 + odds)
```

so that a score of 0.8 means {rare:.0%} where one picture in a hundred is AI-generated, and {common:.0%} where nine in
ten are.
"""


def page(card: Mapping[str, Any]) -> str:
    """Markdown."""
    return "\n".join([HEAD, _demoted(markdown(card)), _prior(card["prior"]), *_groups(card["metrics"])])


def _demoted(text: str) -> str:
    return re.sub(r"^#", "##", text, flags=re.MULTILINE)


def _prior(prior: float) -> str:
    odds = (1 - prior) / prior

    def meaning(share: float) -> float:
        found = 0.8 / 0.2 * share / (1 - share) * odds
        return found / (1 + found)

    factor = "" if odds == 1 else f" × {odds:g}"
    return PRIOR.format(prior=prior, odds=factor, rare=meaning(0.01), common=meaning(0.9))


def _groups(metrics: Mapping[str, Any]) -> Iterator[str]:
    """Of each lane in the matched view, owners left out."""
    for name, measured in metrics.items():
        if not name.startswith("matched") or "figures" not in measured:
            continue
        yield from (f"## {name[0].upper()}{name[1:]}, owners left out", "", *_whole(measured), "")
        kinds, owners = measured["false_likely_ai_by_kind"], measured["false_likely_ai_by_owner_of_60"]
        yield from ("### People's pictures called likely AI, by kind", "", *_table(kinds), "")
        yield from ("### The same, by owner of sixty views or more", "", *_table(owners), "")
        generators = measured["found_likely_ai_by_generator"]
        yield from ("### AI pictures called likely AI, by generator", "", *_table(generators[:WORST]), "")
        if len(generators) > WORST:
            yield from (f"{len(generators) - WORST} more, of which it finds more, stand in card.json.", "")


def _whole(measured: Mapping[str, Any]) -> Iterator[str]:
    verdicts, sure = measured["verdicts"], measured["reliability"]
    yield from ("| | |", "|---|---|")
    rows = {
        "ROC AUC": measured["figures"]["roc_auc"],
        "ROC AUC, every owner weighing the same": measured["figures"]["roc_auc_by_owner"],
        "average precision": measured["figures"]["average_precision"],
        "calibration: slope (1 is right)": sure["slope"],
        "calibration: intercept (0 is right)": sure["intercept"],
        **{f"null: ROC AUC of {name}": null["roc_auc"] for name, null in measured["nulls"].items()},
    }
    yield from (f"| {name} | {_interval(figure, '{:.3f}')} |" for name, figure in rows.items())
    yield f"| calibration error; of a perfect model | {sure['expected_calibration_error']:.3f}; {sure['floor']:.3f} |"
    for name, verdict in {"people's pictures": "human_likely_ai", "AI pictures": "ai_likely_ai"}.items():
        yield f"| {name} called likely AI | {_interval(verdicts[verdict], '{:.1%}')} |"


def _table(groups: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """As they stand in the card: those that it errs on most come first."""
    yield from ("| | pictures | owners | called likely AI |", "|---|---|---|---|")
    for group in groups:
        rate = _interval(group["rate"], "{:.1%}")
        yield f"| {group['name'] or 'not stated'} | {group['images']:,} | {group['owners']} | {rate} |"


def _interval(found: Mapping[str, float], form: str) -> str:
    value = form.format(found["value"])
    if found.get("low") is None:
        return value
    return f"{value} ({form.format(found['low'])} to {form.format(found['high'])})"


def newest() -> str:
    """The page of the newest shipped version."""
    return page(json.loads((scoring.shipped()[-1] / "card.json").read_text(encoding="utf-8")))


if __name__ == "__main__":
    PAGE.write_text(newest(), encoding="utf-8")
