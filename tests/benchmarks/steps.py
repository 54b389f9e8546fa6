"""How long the shipped study takes with a standard in steps: ``python -m tests.benchmarks.steps``."""

from __future__ import annotations

import time
import warnings

import placement as pl
from tests.conftest import REPOSITORY

STEPS = [(10, 1), (15, 0.6), (20, 0.25)]
"""Minutes, and the share that counts."""
LIMIT_S = 150.0


def main() -> None:
    """Print the plan without floors and without visits, and its processor seconds."""
    warnings.simplefilter("ignore")
    steps = [{"threshold_min": minutes, "share": share} for minutes, share in STEPS]
    study = pl.read_study(REPOSITORY / "data" / "hankou")
    case = pl.prepare(study.with_settings({"travel.threshold_min": None, "travel.step": steps}))
    policy = case.policy.but(visits_weight=0, district_floors={}, age_floors={})
    begun = time.process_time()
    plan = pl.optimise(case, policy, case.options.but(time_limit_s=LIMIT_S, threads=1))
    print(f"{time.process_time() - begun:.1f} s of processor time")
    print(plan)


if __name__ == "__main__":
    main()
