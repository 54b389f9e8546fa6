"""What it costs to say how sure floors are: ``python -m tests.benchmarks.floors``, of the shipped study.

Prints a Markdown table: processor time of the draws of its demand, the first time (what districts say of awareness and
uptake together is worked out once) and again, and the part that is kept by today's stations.
"""

from __future__ import annotations

import time
from pathlib import Path

from placement.pipeline.study_case import prepare
from placement.plan.floors import DRAWS, kept_floors
from placement.study import read_study

ROOT = Path(__file__).parents[2]


def main() -> None:
    """Print the table."""
    case = prepare(read_study(ROOT / "data" / "hankou"))
    print("| draws | seconds | floors kept today |\n|---|---|---|")
    for _ in range(2):
        begun = time.process_time()
        found = kept_floors(case, case.standing)
        spent = time.process_time() - begun
        told = ", ".join(f"{each.name} {each.kept:.0%}" for each in found)
        print(f"| {DRAWS} | {spent:.2f} | {told} |")


if __name__ == "__main__":
    main()
