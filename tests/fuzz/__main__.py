"""The fuzzer by hand: ``python -m tests.fuzz --cases 50000`` or ``python -m tests.fuzz --seed 17 --cases 1``."""

from __future__ import annotations

import argparse
import time

from tests.fuzz.cases import Broken, run

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("--seed", type=int, default=0, help="number of the first case")
parser.add_argument("--cases", type=int, default=2000)
given = parser.parse_args()

begun, accepted = time.perf_counter(), 0
broken: list[Broken] = []
for start in range(given.seed, given.seed + given.cases, 500):
    found, well = run(range(start, min(start + 500, given.seed + given.cases)))
    broken, accepted = broken + found, accepted + well
    for each in found:
        print(each, flush=True)
print(f"{given.cases} cases, {accepted} accepted, {len(broken)} broken, {time.perf_counter() - begun:.0f} s")
