"""The whole corpus through the real decoder: `python -m tests.corpus`, about two minutes; ends with 1 on a breach."""

import argparse
import json
import sys
from pathlib import Path

from tests.corpus import inputs
from tests.corpus.trial import Report, run


def main() -> None:
    asked = _arguments()
    report = run(inputs.whole(asked.mutants))
    sys.stdout.write(f"{summary(report)}\n")
    if asked.out:
        asked.out.write_text(json.dumps(report.document(), indent=2) + "\n", encoding="utf-8")
    sys.exit(bool(report.breaches))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.corpus", description=__doc__)
    parser.add_argument("--mutants", type=int, default=inputs.MUTANTS, help="damaged files made of each sound one")
    parser.add_argument("--out", type=Path, help="write the figures here, as JSON")
    return parser.parse_args()


def summary(report: Report) -> str:
    seconds, slow = report.slowest
    header_seconds, header_slow = report.slowest_header
    most, large = report.largest
    lines = [
        f"inputs              {report.inputs:,} in {report.seconds:.0f} s",
        f"decoded             {report.decoded:,}",
        *(f"refused             {count:,} {reason}" for reason, count in report.refused.most_common()),
        f"crashes contained   {len(report.deaths)}",
        *(f"                    {name}: {detail}" for name, detail in report.deaths),
        *(f"header check        {count:,} {said}" for said, count in report.header.most_common()),
        f"slowest             {seconds:.2f} s: {slow}",
        f"slowest header      {header_seconds * 1000:.0f} ms: {header_slow}",
        f"most memory         {most >> 20} MiB resident: {large}",
        f"stricter at door    {len(report.stricter)}",
        *(f"                    {line}" for line in report.stricter),
        f"promises broken     {len(report.breaches)}",
        *(f"                    {line}" for line in report.breaches),
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    main()
