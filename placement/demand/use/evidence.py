"""Whether transactions can tell visits at all, and how far off what is predicted was where it could be tried."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import pandas as pd

from placement.notes import Names, Note
from placement.values.immutable import immutable
from placement.values.shown import Shown

LEAST_STATIONS = 8
WEAK_EVIDENCE = 3.0
LEAST_R2 = 0.1
LEAST_HELD = 0.85
"""Where the 90 % intervals of the blocks hold less, all intervals are widened."""

Verdict = Literal["not predictable", "weak", "predicts"]


@immutable
@dataclass(frozen=True, kw_only=True, eq=False)
class UseLevel:
    """Expected use beside the visits that stations see.

    Parameters
    ----------
    expected
        Visits a month that people of the demand points near today's stations would make by survey and trip rates.
    seen
        Visits a month that they make at today's stations, passers-by left out.
    factor, low, high
        Seen over expected, with a 90 % interval.
    """

    expected: float
    seen: float
    factor: float
    low: float
    high: float

    def line(self) -> Note:
        """Return one sentence for the reader."""
        return Note(
            "level: {expected:,.0f} visits a month are expected of people within reach of today's stations, "
            "{seen:,.0f} of the recorded ones are put down to them, passers-by left out: {factor:.2f} "
            "({low:.2f} to {high:.2f})",
            expected=self.expected, seen=self.seen, factor=self.factor, low=self.low, high=self.high,
        )  # fmt: skip

    def _shown(self) -> Shown:
        return f"UseLevel: {self.factor:.2f} ({self.low:.2f} to {self.high:.2f}) of expected use is seen", ()


@immutable
@dataclass(frozen=True, kw_only=True, eq=False)
class UseEvidence:
    """What speaks for the model of use.

    Parameters
    ----------
    stations
        How many have transactions.
    log_bayes_factor
        Of the model against one level for each host kind.
    verdict
        ``not predictable``: nothing is predicted. ``weak``: intervals only. ``predicts``.
    block_r2
        1 less the squared error in blocks over that of one level for all.
    competition_assumed
        How much a new station takes from others is assumed, not measured.
    decay_assumed
        The transactions say nothing of the decay.
    decay_per_min
        Its estimate.
    unseen_hosts
        Host kinds of sites of which no station has transactions.
    widened
        Factor by which intervals were widened, because those of left-out blocks held too little.
    level
        Expected use beside visits.
    """

    stations: int
    log_bayes_factor: float
    verdict: Verdict
    block_r2: float
    competition_assumed: bool
    decay_assumed: bool
    decay_per_min: float
    unseen_hosts: tuple[str, ...]
    widened: float
    level: UseLevel
    _scores: pd.DataFrame = field(repr=False)

    @property
    def scores(self) -> pd.DataFrame:
        """By `method` (``model``, ``constant``, ``nearest``) and `without` (``station``, ``block``).

        `rmse_log`, `median_error` (share), `rank_correlation`, `held` (share of stations in their 90 % interval).
        """
        return self._scores.copy()

    @property
    def predicts(self) -> bool:
        """Whether sites may be ranked by what is predicted."""
        return self.verdict == "predicts"

    def why(self) -> Note:
        """Return why nothing, or nothing but intervals, is said; empty where the model predicts."""
        if self.verdict == "predicts":
            return Note("")
        if self.stations < LEAST_STATIONS:
            return Note(
                "not predictable from these data: {stations} stations with transactions, {least} are the least",
                stations=self.stations, least=LEAST_STATIONS,
            )  # fmt: skip
        if self.verdict == "not predictable":
            return Note(
                "not predictable from these data: one level for each host kind explains the transactions as well "
                "(logarithm of the Bayes factor {bayes:.1f})",
                bayes=self.log_bayes_factor,
            )
        return Note(
            "weak: intervals only, no ranking of sites "
            "(logarithm of the Bayes factor {bayes:.1f}, R2 of left-out areas {r2:.2f}); "
            "opening hours, floor space and counters at the doors would help",
            bayes=self.log_bayes_factor, r2=self.block_r2,
        )  # fmt: skip

    def lines(self) -> tuple[Note, ...]:
        """Return what a reader needs beside the figures, one sentence a line."""
        said = [self.why()] if self.why() else []
        if self.stations >= LEAST_STATIONS:
            said.append(self._errors())
        if self.verdict != "not predictable":
            said += self._assumptions()
        return (*said, self.level.line())

    def record(self) -> dict[str, object]:
        """Return the evidence as plain values."""
        rows = self._scores.round(4).reset_index().to_dict(orient="records")
        level = self.level
        return {
            "verdict": self.verdict,
            "stations": self.stations,
            "log_bayes_factor": round(self.log_bayes_factor, 3),
            "scores": rows,
            "competition_assumed": self.competition_assumed,
            "decay_assumed": self.decay_assumed,
            "decay_per_min": round(self.decay_per_min, 4),
            "unseen_hosts": list(self.unseen_hosts),
            "widened": round(self.widened, 3),
            "level": {name: round(getattr(level, name), 3) for name in ("expected", "seen", "factor", "low", "high")},
        }

    def _errors(self) -> Note:
        errors, model = self._scores["rmse_log"], self._scores.loc[("model", "station")]

        def beside(without: str) -> Note:
            """Return the model's error without a station, or without its area, beside those of the baselines."""
            own = {"own": errors.loc[("model", without)], "level": errors.loc[("constant", without)]}
            near = ("nearest", without)
            if near not in errors.index:
                return Note("{own:.2f} (one level for all {level:.2f})", **own)
            form = "{own:.2f} (one level for all {level:.2f}, nearest stations {nearest:.2f})"
            return Note(form, **own, nearest=errors.loc[near])

        return Note(
            "visits of {stations} stations, each predicted without its own record: off by {error:.0%} in the median, "
            "rank correlation {rank:.2f}, 90 % intervals hold {held:.0%}; error of the logarithm {each}, "
            "whole areas left out {areas}; logarithm of the Bayes factor {bayes:.1f}",
            stations=self.stations, error=model["median_error"], rank=model["rank_correlation"], held=model["held"],
            each=beside("station"), areas=beside("block"), bayes=self.log_bayes_factor,
        )  # fmt: skip

    def _assumptions(self) -> list[Note]:
        said = []
        if self.competition_assumed:
            said.append(Note("how much a new station takes from others is assumed, not measured"))
        if self.decay_assumed:
            said.append(Note("decay assumed {decay:.2f} a minute (not seen in the data)", decay=self.decay_per_min))
        if self.unseen_hosts:
            names = Names(map(Note, self.unseen_hosts), len(self.unseen_hosts))
            said.append(Note("no station of these host kinds has transactions: {hosts}", hosts=names))
        if self.widened > 1:
            form = "intervals are widened by {factor:.2f}: those of left-out areas held too little"
            said.append(Note(form, factor=self.widened))
        return said

    def _shown(self) -> Shown:
        return f"UseEvidence: {self.verdict}, {self.stations} stations", [("", line) for line in self.lines()]


def verdict(stations: int, log_bayes_factor: float, block_r2: float) -> Verdict:
    """Return when to speak.

    Examples
    --------
    >>> verdict(40, -0.5, 0.3), verdict(7, 9.0, 0.3)
    ('not predictable', 'not predictable')
    >>> verdict(40, 2.0, 0.3), verdict(40, 9.0, 0.0), verdict(40, 9.0, 0.3)
    ('weak', 'weak', 'predicts')
    """
    if stations < LEAST_STATIONS or log_bayes_factor <= 0:
        return "not predictable"
    return "predicts" if log_bayes_factor > WEAK_EVIDENCE and block_r2 >= LEAST_R2 else "weak"


def block_r2(scores: pd.DataFrame) -> float:
    """Return 1 less the squared error of the model in blocks over that of one level for all."""
    errors = scores["rmse_log"]
    return float(1.0 - np.square(errors.loc[("model", "block")] / errors.loc[("constant", "block")]))
