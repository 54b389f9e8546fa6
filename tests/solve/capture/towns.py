"""Random tiny programs that count visits, and all their plans at once."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np
import pandas as pd
from scipy import sparse

from placement.judge.visits_certificate import VisitsAsked
from placement.solve.capture.aim import Aim
from placement.values import CoverageProgram
from placement.values.capture import Capture
from placement.values.whole_capture import OUTSIDE, WholeCapture
from tests.solve.instances import layered, random_relocation

WEIGHTS = (Fraction(0), Fraction(1, 4), Fraction(1), Fraction(7, 2), Fraction(2**14))


@dataclass(frozen=True, kw_only=True)
class VisitsTown:
    """A program, its capture and what is asked of visits."""

    program: CoverageProgram
    capture: WholeCapture
    aim: Aim

    @property
    def asked(self) -> VisitsAsked:
        """The same as the judge takes it."""
        new = np.zeros(self.program.n_columns, dtype=bool)
        new[self.aim.new] = True
        aim = self.aim
        asked = {name: getattr(aim, name) for name in ("weight", "floor", "least", "most_idle", "idle_below")}
        return VisitsAsked(capture=self.capture, new=new, **asked)


def random_capture(rng: np.random.Generator, sites: int) -> WholeCapture:
    """Return visits of a few rows: some pull strongly, some not at all, some sites have people at their doors."""
    rows = int(rng.integers(1, 12))
    pull = rng.gamma(1.0, rng.choice([0.2, 1.0, 20.0]), (rows, sites)) * (rng.random((rows, sites)) < 0.6)
    door = rng.uniform(0, 30, sites) * (rng.random(sites) < 0.4)
    mass = rng.uniform(0, 100, rows) * (rng.random(rows) < 0.9)
    capture = Capture(
        site_ids=pd.Index([f"s{k}" for k in range(sites)]), mass=mass, pull=sparse.csr_array(pull), door=door
    )
    return WholeCapture.of(capture, np.arange(sites))


def random_town(seed: int) -> VisitsTown:
    """Return a town with coverage and visits of a like size, and any mix of weight, floor and rule."""
    rng = np.random.default_rng(seed)
    program = random_relocation(seed)
    unit = int(rng.choice([0, 500, 2000]))
    floors = tuple(replace(floor, minimum=floor.minimum * unit) for floor in program.floors)
    program = replace(program, weights=np.asarray(program.weights) * unit, floors=floors)
    program = layered(program, seed) if seed % 3 == 0 else program
    capture = random_capture(rng, program.n_sites)
    columns = np.arange(program.n_columns)
    keeps = columns[: int((program.column_site < 0).sum())]
    today = np.zeros(program.n_sites, dtype=bool)
    today[program.column_site[keeps]] = True
    asks = rng.random() < 0.4
    alone = [capture.station(site, np.zeros(program.n_sites, dtype=bool)) for site in range(program.n_sites)]
    aim = Aim(
        weight=WEIGHTS[int(rng.integers(len(WEIGHTS)))],
        floor=int(capture.total(today) * rng.uniform(0.6, 1.3)) if asks else None,
        least=int(np.median(alone) * rng.uniform(0.3, 1.1)) if rng.random() < 0.4 else None,
        new=columns[2 * keeps.size :],
    )
    return VisitsTown(program=program, capture=capture, aim=aim)


def town_of_few_idle(seed: int) -> VisitsTown:
    """Return a town with a limit on idle stations: those below what is usual alone, or less or more than that."""
    town, rng = random_town(seed), np.random.default_rng([seed, 1])
    nobody = np.zeros(town.program.n_sites, dtype=bool)
    alone = [town.capture.station(site, nobody) for site in range(town.program.n_sites)]
    below = int(np.quantile(alone, rng.uniform(0.1, 0.9)) * rng.uniform(0.6, 1.1)) + 1
    aim = replace(town.aim, most_idle=int(rng.integers(0, 4)), idle_below=below)
    return replace(town, aim=aim)


def best_of_all(town: VisitsTown) -> int | None:
    """Return the value of the best of all plans, counted for all at once; None where none keeps all limits."""
    program, aim = town.program, town.aim
    count = program.n_columns
    plans = (np.arange(2**count)[:, None] >> np.arange(count) & 1).astype(bool)
    keeps = (plans | ~program.required).all(axis=1) & ~(plans & program.excluded).any(axis=1)
    for row in program.linear:
        used = plans[:, row.columns].astype(np.int64) @ row.coefficients
        keeps &= (used <= row.limit) & ((used == row.limit) | (not row.equality))
    plans = plans[keeps]
    at_site = np.zeros((count, program.n_sites), dtype=np.int64)
    placed = np.flatnonzero(program.column_site >= 0)
    at_site[placed, program.column_site[placed]] = 1
    stands = plans @ at_site > 0
    within = stands.astype(np.int64) @ sparse.csr_array(program.covers).astype(np.int64).toarray().T
    covered = within > 0
    weights = np.asarray(program.weights)
    keeps = np.ones(len(plans), dtype=bool)
    for floor in program.floors:
        keeps &= covered[:, floor.rows] @ weights[floor.rows] >= floor.minimum
    visits, stations = _visits(town.capture, stands)
    keeps &= visits >= (aim.floor or 0)
    if aim.least is not None:
        new = np.zeros((len(plans), program.n_sites), dtype=bool)
        for column in aim.new.tolist():
            new[:, program.column_site[column]] |= plans[:, column]
        keeps &= ~(new & (stations < aim.least)).any(axis=1)
    if aim.most_idle is not None:
        keeps &= (stands & (stations < aim.idle_below)).sum(axis=1) <= aim.most_idle
    shares = enumerate(program.layers.tolist())
    worth = sum(((within > before) @ weights) * share for before, share in shares)
    value = worth // 2**20 + plans @ program.column_values
    value += visits * aim.weight.numerator // aim.weight.denominator
    return int(value[keeps].max()) if keeps.any() else None


def _visits(capture: WholeCapture, stands: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return (plans,) all visits rounded down, (plans, sites) those of each site rounded up, thousandths."""
    pull = np.zeros((capture.mass.size, capture.n_sites), dtype=np.int64)
    pull[capture.row_of_entry, capture.site] = capture.pull
    pulled, bits = stands.astype(np.int64) @ pull.T, capture.bits
    home = -(-(capture.mass * OUTSIDE << bits) // (pulled + OUTSIDE))
    total = ((int(capture.mass.sum()) << bits) - home.sum(axis=1) >> bits) + stands @ capture.door
    seen = np.zeros(stands.shape, dtype=np.int64)
    for site in range(capture.n_sites):
        seen[:, site] = -(-(capture.mass * pull[:, site] << bits) // (pulled + OUTSIDE)).sum(axis=1)
    return total, -(-seen >> bits) + capture.door
