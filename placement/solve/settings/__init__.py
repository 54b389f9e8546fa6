"""The numbers that decide how the engine spends its time: one value, handed down from the call to every room.

None of them decides what is true: whatever they are, a bound is recomputed in integers and a certificate checked by
somebody else. They decide how soon the bound is tight and the plan good. Numbers that proofs rest on (scales, widths in
bits, tolerances of what a solver is believed) are no settings and stand beside what they are about.

Examples
--------
>>> settings = EngineSettings.of({"plans": {"epochs": 8}})
>>> settings, settings.plans.epochs, settings.tree.at_once
(EngineSettings(plans.epochs=8), 8, 2)
>>> EngineSettings.of({"plans": {"epoch": 8}, "tree": {"at_once": 0}})
Traceback (most recent call last):
...
placement.errors.InputError: 2 faults in the input
  1. solve.engine [plans.epoch]: no such number -> did you mean epochs?
  2. solve.engine [tree.at_once]: at_once is 0 -> use a whole number, at least 1 and at most 1e+15
"""

from __future__ import annotations

import hashlib
import json
import tomllib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any, Self

from placement.errors import Fault, InputError
from placement.solve.settings.checks import TABLE, Group, nearest
from placement.solve.settings.plans import PlanSettings
from placement.solve.settings.publicity import PublicitySettings
from placement.solve.settings.rooms import BoundSettings, CutSettings, LpSettings, ProgramSettings, TieSettings
from placement.solve.settings.stages import LargeSettings, RootSettings, SimplexSettings, StrongSettings, TreeSettings
from placement.solve.settings.visits import VisitsSettings

__all__ = [
    "DEFAULTS",
    "TABLE",
    "BoundSettings",
    "CutSettings",
    "EngineSettings",
    "LargeSettings",
    "LpSettings",
    "PlanSettings",
    "ProgramSettings",
    "PublicitySettings",
    "RootSettings",
    "SimplexSettings",
    "StrongSettings",
    "TieSettings",
    "TreeSettings",
    "VisitsSettings",
]


@dataclass(frozen=True, kw_only=True, repr=False)
class EngineSettings:
    """All numbers of the engine, in groups named after the rooms and stages they belong to.

    Parameters
    ----------
    program, bounds, cuts, lp, plans, ties
        Of the rooms.
    root, large, tree, simplex, strong
        Of the stages: the root, the root of large programs, branch and bound, its nodes by simplex steps, and how these
        are branched.
    visits, publicity
        Of plans that count predicted visits, and of those that spend on publicity.
    """

    program: ProgramSettings = field(default_factory=ProgramSettings)
    bounds: BoundSettings = field(default_factory=BoundSettings)
    cuts: CutSettings = field(default_factory=CutSettings)
    lp: LpSettings = field(default_factory=LpSettings)
    plans: PlanSettings = field(default_factory=PlanSettings)
    ties: TieSettings = field(default_factory=TieSettings)
    root: RootSettings = field(default_factory=RootSettings)
    large: LargeSettings = field(default_factory=LargeSettings)
    tree: TreeSettings = field(default_factory=TreeSettings)
    simplex: SimplexSettings = field(default_factory=SimplexSettings)
    strong: StrongSettings = field(default_factory=StrongSettings)
    visits: VisitsSettings = field(default_factory=VisitsSettings)
    publicity: PublicitySettings = field(default_factory=PublicitySettings)

    @classmethod
    def of(cls, groups: Mapping[str, Any]) -> Self:
        """Return the settings with some numbers replaced, given as ``{group: {name: number}}``.

        Raises
        ------
        InputError
            With every group and number that there is not, and every number that is out of its range.
        """
        kinds = {each.name: each.default_factory for each in fields(cls)}
        made: dict[str, Group] = {}
        faults: list[Fault] = []
        for name, numbers in groups.items():
            kind: Any = kinds.get(name)
            if kind is None:
                remedy = nearest(name, list(kinds))
                faults.append(Fault(table=TABLE, row=name, problem="no such group", remedy=remedy))
            elif not isinstance(numbers, Mapping):
                remedy = f"write [{TABLE}.{name}] and a number a line below it"
                faults.append(Fault(table=TABLE, row=name, problem=f"{name} is {numbers!r}, no group", remedy=remedy))
            else:
                try:
                    made[name] = kind.of(numbers)
                except InputError as error:
                    faults += error.faults
        if faults:
            raise InputError(faults)
        return cls(**made)  # type: ignore[arg-type]

    @classmethod
    def from_toml(cls, path: str | Path) -> Self:
        """Return the settings of a TOML file: a table for each group, and in it what is not as by default.

        Raises
        ------
        InputError
            Where the file is missing or no TOML, and as :meth:`of` does.
        """
        try:
            return cls.of(tomllib.loads(Path(path).read_text(encoding="utf-8")))
        except OSError as error:
            raise InputError.single(str(path), f"cannot be read: {error}", remedy="name a TOML file") from error
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise InputError.single(str(path), f"is no TOML: {error}", remedy="write [plans] and epochs = 8") from error

    def changed(self) -> dict[str, dict[str, Any]]:
        """Return the numbers that are not the default ones, as :meth:`of` takes them."""
        changed = {each.name: getattr(self, each.name).changed() for each in fields(self)}
        return {name: numbers for name, numbers in changed.items() if numbers}

    def to_toml(self) -> str:
        """Return the numbers that are not the default ones as :meth:`from_toml` reads them."""
        lines: list[str] = []
        for group, numbers in self.changed().items():
            lines += [f"[{group}]", *(f"{name} = {_written(value)}" for name, value in numbers.items()), ""]
        return "\n".join(lines)

    @property
    def digest(self) -> str:
        """Twelve hexadecimal digits that tell these numbers from all others."""
        return hashlib.sha256(json.dumps(asdict(self), sort_keys=True).encode()).hexdigest()[:12]

    def __repr__(self) -> str:
        changed = [f"{group}.{name}={value!r}" for group, of in self.changed().items() for name, value in of.items()]
        return f"{type(self).__name__}({', '.join(changed)})"


def _written(value: Any) -> str:
    return json.dumps(list(value) if isinstance(value, tuple) else value)


DEFAULTS = EngineSettings()
"""What every part of the engine uses where it is told nothing else."""
