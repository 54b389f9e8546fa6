"""What the log of today's network says of each station, and what to do about it: proposals, never decisions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from placement.analysis.exchange import Exchanges
from placement.analysis.proposals import proposal
from placement.analysis.redundancy import Redundancy, residents
from placement.case import Case
from placement.demand.performance import PerformanceRules, StationLog, Verdicts, judge_stations
from placement.demand.performance.log import STOOD_BEFORE
from placement.errors import InputError
from placement.notes import Note
from placement.plan.standing import Question
from placement.values import Evaluation
from placement.values.arrays import BoolArray, FloatArray
from placement.values.evaluation import MONTH_COLUMNS, STATION_COLUMNS

_FEN_A_YUAN, _MONTHS_A_YEAR = 100, 12
_LEAST_TREND = 6
"""Months from which on a trend is told."""
_TAIL = 1.6449
"""Of the normal distribution: 90 % lie within."""


def evaluate(
    case: Case,
    *,
    transactions: pd.DataFrame | None = None,
    expected: pd.DataFrame | None = None,
    capacity: float | None = None,
    rules: PerformanceRules | None = None,
) -> Evaluation:
    """Return what the log of today's stations says of each of them.

    Parameters
    ----------
    case
        What plans are made from; today's stations are those that stand in it.
    transactions
        `site_id`, `month` (``YYYY-MM``), `transactions`, optional `pages` and `outage_hours`; None: those of the
        study behind the case.
    expected
        By ``site_id``, `model`: visits a month that a station there should see, learnt *without its own record*, with
        `low` and `high` (90 %); None: what the study's model of use says of each station without it. Stations that
        are not in it get no verdict.
    capacity
        Visits a month that one machine can take; None: not known, and utilisation is not told.
    rules
        What is idle, overloaded, faulty, and how sure that must be.

    Raises
    ------
    InputError, AlignmentError
        If there are no transactions, or listing their faults.
    """
    rules = rules or PerformanceRules()
    table = case.transactions if transactions is None else transactions
    if table is None:
        raise InputError.single("usage", "there are no transactions", remedy="give inputs.usage, or transactions=...")
    should = case.expected_alone if expected is None else expected
    network = _Network.of(case, table, should, capacity, rules)
    stations, proposals = network.stations()
    return Evaluation(
        stations=stations,
        proposals=proposals,
        months=network.months(),
        season=dict(zip(network.log.months, map(float, network.verdicts.season), strict=True)),
        spread=network.verdicts.spread,
        error=network.error,
        weak=network.verdicts.weak,
        false_share=rules.false_share,
        simulated=case.simulated_transactions,
        notes=tuple(network.notes()),
    )


@dataclass(frozen=True, kw_only=True, eq=False)
class _Network:
    """Everything that the tables are made from; stations in the order of the log."""

    case: Case
    log: StationLog
    rules: PerformanceRules
    expected: pd.DataFrame
    error: float | None
    capacity: FloatArray | None
    verdicts: Verdicts
    usage: pd.DataFrame
    redundancy: Redundancy
    exchanges: Exchanges

    @classmethod
    def of(
        cls,
        case: Case,
        table: pd.DataFrame,
        should: pd.DataFrame | None,
        capacity: float | None,
        rules: PerformanceRules,
    ) -> _Network:
        """Judge the stations of a table of transactions, and count what each reaches."""
        standing = case.standing
        stations = case.sites.table[standing]
        log = StationLog.of(table, stations)
        nothing = pd.DataFrame(columns=["model", "low", "high"], dtype=float)
        expected = (nothing if should is None else should).reindex(log.ids)
        machines = stations["machines"].reindex(log.ids).to_numpy(dtype=float)
        limit = None if capacity is None else capacity * machines
        error = _error(nothing if should is None else should)
        means = expected["model"].to_numpy(dtype=float)
        question = Question.of(case)
        return cls(
            case=case,
            log=log,
            rules=rules,
            expected=expected,
            error=error,
            capacity=limit,
            verdicts=judge_stations(log, means, error=error, capacity=limit, rules=rules),
            usage=table.assign(site_id=table["site_id"].astype(str)),
            redundancy=Redundancy.of(question, standing),
            exchanges=Exchanges.of(question, standing),
        )

    def stations(self) -> tuple[pd.DataFrame, dict[str, str]]:
        """Return the table of stations, and by site id what to do."""
        rows = [self._row(at) for at in range(len(self.log.ids))]
        proposals = {row["site_id"]: row["do"] for row in rows}
        return pd.DataFrame(rows, columns=list(STATION_COLUMNS)), proposals

    def months(self) -> pd.DataFrame:
        """Return the table of stations and months."""
        station, month = np.nonzero(self.log.live)
        columns = {
            "site_id": self.log.ids[station],
            "month": np.array(self.log.months)[month],
            "transactions": self.log.counts[station, month].astype(np.int64),
            "level": self.verdicts.own[station, month],
            "down": self.verdicts.down[station, month],
        }
        return pd.DataFrame(columns, columns=list(MONTH_COLUMNS))

    def notes(self) -> list[Note]:
        """Return what could not be said, and why."""
        found, rules = self.verdicts.found, self.rules
        notes = []
        if len(self.log.months) < rules.log_months:
            given = {"months": len(self.log.months), "least": rules.log_months}
            notes.append(Note("the log has {months} months, {least} are needed for verdicts", **given))
        elif not any(each in {"idle", "overloaded", "faulty", "normal"} for each in found):
            least = rules.fewest_stations
            notes.append(Note("fewer than {least} stations can be compared: no verdicts", least=least))
        if self.verdicts.weak:
            off = self.verdicts.spread if self.error is None else self.error
            sentence = "predictions are off by a factor of {factor:.2f}: only the clearest cases are called overloaded"
            notes.append(Note(sentence, factor=float(np.exp(off))))
        silent = sorted(set(self.case.sites.ids[self.case.standing]) - set(self.log.ids))
        if silent:
            sentence = "{count} stations have no transactions on record, {first} first"
            notes.append(Note(sentence, count=len(silent), first=str(silent[0])))
        return notes

    def _row(self, at: int) -> dict[str, Any]:
        row = {"site_id": str(self.log.ids[at]), "found": self.verdicts.found[at]}
        row |= self._seen(at) | self._service(at) | self._reached(at)
        return row | {"do": proposal(row, self.rules, self.case.policy.idle_below)}

    def _seen(self, at: int) -> dict[str, Any]:
        verdicts, log, live = self.verdicts, self.log, self.log.live[at]
        season = np.where(np.isfinite(verdicts.season), verdicts.season, 1.0)
        in_service = (season * log.exposure[at])[live].sum()
        down = verdicts.down[at]
        lost = np.maximum(verdicts.own[at] - log.counts[at], 0.0)[down].sum() if down.any() else 0.0
        age = int(log.age[at].max())
        return {
            "visits": float(log.counts[at][live].sum() / in_service) if in_service > 0 else np.nan,
            "expected": float(self.expected["model"].iloc[at]),
            "expected_low": float(self.expected["low"].iloc[at]),
            "expected_high": float(self.expected["high"].iloc[at]),
            "ratio": float(verdicts.ratio[at]),
            "ratio_low": float(verdicts.low[at]),
            "ratio_high": float(verdicts.high[at]),
            "p_idle": float(verdicts.idle[at]),
            "p_overloaded": float(verdicts.overloaded[at]),
            "months": int(live.sum()),
            "months_down": int(down.sum()),
            "lost_down": float(lost),
            "growth_a_year": _growth(log.counts[at], season * log.exposure[at], live & ~down),
            "age_months": np.nan if age >= STOOD_BEFORE else float(age),
        }

    def _service(self, at: int) -> dict[str, Any]:
        log, live = self.log, self.log.live[at]
        rows = self.usage[self.usage["site_id"] == log.ids[at]]
        visits, months = log.counts[at][live].sum(), int(live.sum())
        pages = float(rows["pages"].sum()) if "pages" in rows else np.nan
        out = float(rows["outage_hours"].sum()) if "outage_hours" in rows else np.nan
        running = int(self.case.costs.running[self.case.sites.ids.get_loc(log.ids[at])]) / _FEN_A_YUAN
        room = None if self.capacity is None else self.capacity[at] * log.exposure[at][live].sum()
        return {
            "utilisation": np.nan if not room else float(visits / room),
            "pages_a_visit": pages / visits if visits else np.nan,
            "outage_hours": out / months,
            "downtime": float(1.0 - log.exposure[at][live].mean()) if "outage_hours" in rows else np.nan,
            "running_yuan": running,
            "yuan_a_visit": running / (visits / months * _MONTHS_A_YEAR) if visits else np.nan,
        }

    def _reached(self, at: int) -> dict[str, Any]:
        case, found = self.case, self.redundancy
        position = int(case.sites.ids.get_loc(self.log.ids[at]))
        number = int(np.searchsorted(found.sites, position))
        reach, only, twin = found.reach[number], found.only[number], int(found.twin[number])
        alone = np.arange(len(case.sites)) == position
        mine = case.coverage.reached(alone)
        to, gains = self._move(position)
        return {
            "reach": float(reach),
            "reach_only": float(only),
            "elsewhere": float(1.0 - only / reach) if reach else np.nan,
            "people": residents(case, mine),
            "people_only": residents(case, mine & ~case.coverage.reached(case.standing & ~alone)),
            "twin": str(case.sites.ids[found.sites[twin]]) if twin >= 0 else "",
            "twin_share": float(found.shared[number]),
            "move_to": to,
            "move_gains": gains,
        }

    def _move(self, position: int) -> tuple[str, float]:
        """Return the site where the station would reach most, all others standing, and what that is more."""
        ids, found = self.case.sites.ids, self.exchanges
        free: BoolArray = ~self.case.standing & (self.case.sites.table["status"].to_numpy() != "excluded")
        covered = found.fresh + found.shared[[position]].toarray().ravel() - found.lost[position]
        gains = np.where(free, covered / found.question.model.scale, -np.inf)
        best = int(np.argmax(gains)) if gains.size else 0
        if not gains.size or not gains[best] > 0:
            return "", np.nan
        return str(ids[best]), float(gains[best])


def _error(should: pd.DataFrame) -> float | None:
    """Return the standard deviation of the logarithm of what is expected, the middle of all stations."""
    if not len(should) or not {"low", "high"} <= set(should.columns):
        return None
    spans = np.log(should["high"].to_numpy(dtype=float) / should["low"].to_numpy(dtype=float))
    spans = spans[np.isfinite(spans)]
    return float(np.median(spans) / (2.0 * _TAIL)) if spans.size else None


def _growth(counts: FloatArray, weight: FloatArray, used: BoolArray) -> float:
    """Return the share by which visits change in a year: the slope of their logarithm, months weighted by visits."""
    if used.sum() < _LEAST_TREND:
        return float("nan")
    month = np.flatnonzero(used).astype(float)
    logs = np.log((counts[used] + 0.5) / np.maximum(weight[used], 1e-9))
    mass = counts[used] + 0.5
    middle = np.average(month, weights=mass)
    slope = np.sum(mass * (month - middle) * logs) / np.sum(mass * (month - middle) ** 2)
    return float(np.expm1(_MONTHS_A_YEAR * slope))
