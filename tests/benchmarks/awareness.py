"""How often awareness intervals hold, and what a shared effect gains: ``python -m tests.benchmarks.awareness``.

Prints a Markdown table, a row a kind of survey: share of the 90 % intervals that hold the truth by age, and the root
mean square error by age beside that of each age estimated by itself. ``--surveys 500`` takes some 20 minutes.
"""

from __future__ import annotations

import argparse
from dataclasses import replace

import numpy as np

from placement.demand import estimate_awareness
from tests.demand.surveys import SurveyPlan, holds, in_shape

FEW = ((1, 8), (1, 8))
CELLS = {
    "young many, old few": (SurveyPlan(asked=((30, 60), (5, 12))), None),
    "the same, 40 districts further apart": (SurveyPlan(districts=40, shared_sd=0.5, asked=((30, 60), (5, 12))), None),
    "ages go ways of their own": (SurveyPlan(shared_sd=0.1, own_sd=0.1), None),
    "one age, clusters, ICC 0.05": (SurveyPlan(ages=1, icc=0.05), None),
    "one age, clusters, ICC 0.1": (SurveyPlan(ages=1, icc=0.1), None),
    "one age, deff 1.9 stated, ICC 0.1": (SurveyPlan(ages=1, icc=0.1), 1.9),
    "two ages, clusters, ICC 0.05": (SurveyPlan(icc=0.05), None),
    "two ages, clusters, ICC 0.1": (SurveyPlan(icc=0.1), None),
    "weights follow the answers": (SurveyPlan(ages=1, weights="answers"), None),
    "weights follow strata": (SurveyPlan(ages=1, weights="strata"), None),
    "weights follow strata, two ages": (SurveyPlan(weights="strata"), None),
    "1-8 answers, one age, 60 districts far apart": (SurveyPlan(districts=60, ages=1, shared_sd=0.5, asked=FEW), None),
    "1-8 answers, one age": (SurveyPlan(ages=1, asked=FEW), None),
    "1-8 answers, two ages": (SurveyPlan(asked=FEW), None),
}


def cell(plan: SurveyPlan, deff: float | None, surveys: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return (ages,) shares held, errors, and errors age by age."""
    rng = np.random.default_rng(0)
    held, errors, alone = [], [], []
    for _ in range(surveys):
        truth, survey = plan.draw(rng)
        frame = (
            survey.drop(columns="cluster").groupby(["district", "age_group"], sort=False, as_index=False).sum()
            if deff
            else survey
        )
        found = estimate_awareness(frame, deff=deff)
        held.append(holds(found, truth))
        errors.append((in_shape(found, "mean", truth.shape) - truth) ** 2)
        if plan.ages > 1:
            parts = [estimate_awareness(part) for _, part in frame.groupby("age_group", sort=False)]
            means = np.column_stack([part.table["mean"].to_numpy(dtype=float) for part in parts])
            alone.append((means - truth) ** 2)
    root = np.sqrt(np.mean(errors, axis=(0, 1)))
    return np.mean(held, axis=0), root, np.sqrt(np.mean(alone, axis=(0, 1))) if alone else root


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--surveys", type=int, default=500)
    parser.add_argument("--only", default="")
    given = parser.parse_args()
    print("| survey | intervals hold | RMSE | age by age |\n|---|---|---|---|")
    for name, (plan, deff) in CELLS.items():
        if given.only not in name:
            continue
        told = cell(replace(plan), deff, given.surveys)
        written = [
            " / ".join(form.format(value) for value in part)
            for form, part in zip(("{:.1%}", "{:.4f}", "{:.4f}"), told, strict=True)
        ]
        print(f"| {name} | {' | '.join(written)} |", flush=True)


if __name__ == "__main__":
    main()
