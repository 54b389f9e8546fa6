"""Raw questionnaires, one row a respondent, tabulated into a survey of counts with a list of what was unusable."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from placement.demand.checks import require_columns
from placement.demand.settings import GENERAL
from placement.demand.survey import EVERYBODY
from placement.errors import InputError
from placement.values.immutable import immutable
from placement.values.shown import Shown

YES = frozenset({"yes", "y", "true", "1", "1.0", "是", "有", "知道", "听说过", "使用过"})
NO = frozenset({"no", "n", "false", "0", "0.0", "否", "没有", "不知道", "没听说过", "未使用过"})


@immutable
@dataclass(frozen=True, kw_only=True, eq=False)
class Tabulation:
    """Counts of a survey, ready for :func:`placement.demand.estimate_awareness`."""

    _survey: pd.DataFrame = field(repr=False)
    _unusable: pd.DataFrame = field(repr=False)

    @property
    def survey(self) -> pd.DataFrame:
        """`district`, `age_group`, `asked`, `aware`; where they were given `used`, `satisfied`, `weight`, `cluster`.

        `satisfied` counts among those who used the service and answered. With weights, a district and age group has
        one row for each weight and cluster.
        """
        return self._survey.copy()

    @property
    def unusable(self) -> pd.DataFrame:
        """Respondents left out, by their index in the input: `column`, `value`, `reason`."""
        return self._unusable.copy()

    def _shown(self) -> Shown:
        asked = int(self._survey["asked"].sum())
        return f"Tabulation: {asked:,} respondents in {len(self._survey):,} rows, {len(self._unusable):,} left out", ()


def tabulate_questionnaires(answers: pd.DataFrame, *, age_bands: Mapping[str, float] | None = None) -> Tabulation:
    """Tabulate questionnaires.

    Parameters
    ----------
    answers
        One row a respondent: `district`, `heard` (yes or no; see :data:`YES`, :data:`NO`), optional `age` (years, or
        `age_group` by name), `used`, `satisfied` (yes or no, empty where not asked), `weight`,
        `cluster` (where they were asked).
    age_bands
        Lowest age of each special age group, e.g. ``{"elderly": 60}``; younger ones are ``general``. Without it, and
        without a column `age_group`, ages are not told apart.

    Returns
    -------
    Tabulation
        A respondent without a usable district, age, answer to `heard`, weight or cluster is left out and listed; so is
        one who used what they never heard of. An unusable answer to `used` counts as unusable too: uptake must have
        the same people as awareness.

    Raises
    ------
    InputError
        If a column is missing or no respondent is usable.

    Examples
    --------
    >>> answers = pd.DataFrame({"district": ["A", "A", ""], "heard": ["yes", "no", "yes"], "age": [30, 71, 40]})
    >>> table = tabulate_questionnaires(answers, age_bands={"elderly": 60})
    >>> table.survey[["district", "age_group", "asked", "aware"]].values.tolist()
    [['A', 'general', 1, 1], ['A', 'elderly', 1, 0]]
    >>> table.unusable["reason"].tolist()
    ['no district']
    """
    require_columns("survey", answers, ["district", "heard"] + (["age"] if age_bands else []))
    log = _Log(answers)
    frame = pd.DataFrame(index=answers.index)
    frame["district"] = answers["district"].astype("string").str.strip().replace("", pd.NA)
    log.mark(frame["district"].isna(), "district", "no district")
    frame["age_group"] = _age_groups(answers, age_bands, log)
    frame["heard"] = _yes_no(answers, "heard", log, required=True)
    for column in ("used", "satisfied"):
        if column in answers.columns:
            # Who never heard of it was not asked whether they used it: an empty answer is a no.
            asked = frame["heard"] == 1 if column == "used" else pd.Series(False, index=frame.index)
            frame[column] = _yes_no(answers, column, log, required=asked)
    if "used" in frame.columns:
        log.mark((frame["used"] == 1) & (frame["heard"] == 0), "used", "used but never heard of")
    if "weight" in answers.columns:
        frame["weight"] = pd.to_numeric(answers["weight"], errors="coerce")
        log.mark(~(np.isfinite(frame["weight"]) & (frame["weight"] > 0)), "weight", "weight is not above 0")
    if "cluster" in answers.columns:
        frame["cluster"] = answers["cluster"].astype("string").str.strip().replace("", pd.NA)
        log.mark(frame["cluster"].isna(), "cluster", "no cluster")
    usable = frame[~log.bad]
    if usable.empty:
        raise InputError.single("survey", "no questionnaire is usable", remedy="see the reasons in the columns")
    return Tabulation(_survey=_count(usable), _unusable=log.table())


class _Log:
    """Marks respondents that cannot be used; the first reason against each is kept."""

    def __init__(self, answers: pd.DataFrame) -> None:
        self.answers = answers
        self.bad = pd.Series(False, index=answers.index)
        self._parts: list[pd.DataFrame] = []

    def mark(self, wrong: pd.Series, column: str, reason: str) -> None:
        """Note a reason against the respondents in `wrong` that have none yet."""
        new = wrong.fillna(True).astype(bool) & ~self.bad
        values = self.answers.loc[new, column]
        self._parts.append(pd.DataFrame({"column": column, "value": values.astype(object), "reason": reason}))
        self.bad = self.bad | new

    def table(self) -> pd.DataFrame:
        """Return (column, value, reason) of every respondent left out, in the order of the answers."""
        found = [part for part in self._parts if len(part)]
        if not found:
            return pd.DataFrame(columns=["column", "value", "reason"])
        return pd.concat(found).sort_index()


def _age_groups(answers: pd.DataFrame, age_bands: Mapping[str, float] | None, log: _Log) -> pd.Series:
    if age_bands:
        age = pd.to_numeric(answers["age"], errors="coerce")
        log.mark(~((age >= 0) & (age <= 120)), "age", "age is not within 0..120")
        groups = pd.Series(GENERAL, index=answers.index)
        for name, lowest in sorted(age_bands.items(), key=lambda band: band[1]):
            groups = groups.mask(age >= lowest, name)
        return groups
    if "age_group" in answers.columns:
        groups = answers["age_group"].astype("string").str.strip().replace("", pd.NA)
        log.mark(groups.isna(), "age_group", "no age group")
        return groups
    return pd.Series(EVERYBODY, index=answers.index)


def _yes_no(answers: pd.DataFrame, column: str, log: _Log, *, required: bool | pd.Series) -> pd.Series:
    """Return 1, 0 or NaN; an answer that is neither yes, no nor empty is marked, an empty one where it is required."""
    text = answers[column].astype("string").str.strip().str.lower()
    empty = text.isna() | (text == "")
    known = text.isin(YES | NO)
    log.mark(~known & ~empty, column, "neither yes nor no")
    log.mark(empty & required, column, "no answer")
    return text.isin(YES).astype(float).mask(empty)


def _count(usable: pd.DataFrame) -> pd.DataFrame:
    keys = ["district", "age_group"] + [name for name in ("weight", "cluster") if name in usable.columns]
    groups = usable.groupby(keys, sort=False)
    table = pd.DataFrame({"asked": groups.size(), "aware": groups["heard"].sum().astype(int)})
    for column in ("used", "satisfied"):
        if column in usable.columns:
            table[column] = groups[column].sum().astype(int)
    table = table.reset_index()
    return table.astype({"district": object, "age_group": object})
