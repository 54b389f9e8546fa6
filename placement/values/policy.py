"""The objective and the limits of a plan: money, counts, coverage floors."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, replace
from fractions import Fraction
from typing import Any

from placement.errors import InputError
from placement.values.checks import MOST_FEN, Faults, shown
from placement.values.immutable import immutable
from placement.values.limits import (
    A_YEAR,
    BUDGET_LINES,
    BY_KIND,
    COUNTED,
    FLOORS,
    IDLE_BELOW,
    MONEY,
    MOST_MACHINES,
    MOST_RATIO,
    MOST_RESERVE,
    MOST_SPACING_M,
    MOST_YEARS,
    ON_RESERVE,
    ON_VISITS,
    TARGETS,
)
from placement.values.objectives import LEAST_COST, OBJECTIVES, VISITS, known_objective
from placement.values.phases import MOST_COUNT, Phase, checked_phases
from placement.values.policy_checks import least_cost_faults, outreach_faults, phase_faults
from placement.values.presets import PRESETS, against
from placement.values.publicity import Guides, Publicity
from placement.values.shown import Shown, headline_of, listed_briefly

_RATIOS = {
    **dict.fromkeys(("visits_weight", "visits_floor"), Fraction(MOST_RATIO)),
    **dict.fromkeys(ON_RESERVE, MOST_RESERVE),
    "spacing_m": Fraction(MOST_SPACING_M),
}
"""Numbers that are kept exact, and how large each may be."""

_FEN_A_YUAN = 100
_YUAN = {f"{line}_yuan": f"{line}_fen" for line in BUDGET_LINES}


@immutable
@dataclass(frozen=True, kw_only=True)
class Policy:
    """What the plan is for, and its limits; None = no limit.

    Parameters
    ----------
    objective
        Name of what is maximised: one of the models that are registered (:mod:`placement.models`).
    purchase_fen, install_fen, move_fen, remove_fen, close_fen, capital_fen
        Caps of the budget lines that are spent once, and of their sum, whole fen; :meth:`from_yuan` takes yuan.
    rent_fen, network_fen, maintenance_fen, staff_fen, guides_fen, publicity_fen, running_fen
        Caps of those of a year, and of their sum, whole fen a year.
    total_fen
        Cap of capital and the running costs of `horizon_years` as they are worth today
        (:mod:`placement.economics.lines` has the formula), whole fen; it needs `horizon_years`.
    horizon_years, discount_rate
        How many years of running costs the total counts, 1 to 50, and by what share money is worth less a year later,
        0..1, exact. A year's costs fall due at its end.
    max_stations
        Stations that stand after the plan.
    max_moves
        Stations that move. It limits nothing else: with ``max_moves=0`` one may still close and another open.
    max_opens, max_closes
        New stations bought, and stations given up whose machines do not move.
    max_changes
        Moves, opens and closes together; a move counts once.
    max_machines
        Machines that stand at one station after the plan, where its site has room for them: machines are then bought,
        moved, taken away and kept up one by one, and the four limits above count machines moved, bought, taken away,
        and all three; `max_opens` and `max_closes` also limit by how many the stations grow or fall. None: stations
        are counted, whatever machines they have (:mod:`placement.models.machines`).
    max_by_host, max_by_chain
        Stations that stand after the plan at sites of one host, and of one chain.
    spacing_m
        Stations of which at least one is opened or moved there are at least so many metres apart, along the streets; in
        a straight line where there are none. Two that stand today may both stay.
    min_reach_new
        Weight, visits a month, that must be within reach of each site to which a station comes, whoever else serves it.
    district_floors, age_floors, period_floors
        Least share (0..1) of the weight to be covered, by (parent) district, age group and period of the day. Where the
        standard has steps, weight counts as they say.
    coverage_floor, keep_share
        Least share (0..1) of all weight to be covered, and of the weight that today's stations cover: 1 is not less
        than today. Both are exact; beside "coverage" as the objective they only tell what would have to give way.
    visits_weight
        What a predicted visit a month is worth beside a covered visit a month of the objective, >= 0, exact. None: the
        default rule.
    visits_floor
        Least predicted visits of the plan, as a share of those that today's stations are predicted, >= 0, exact: 1 is
        not fewer than today.
    min_visits_new
        Predicted visits a month that each station opened or moved must see.
    backup_share
        Part of the weight, 0 to 1/2, that counts only where two stations are within reach, exact.
    outage_probability
        Probability, 0 to 1/2, that a station is out of order, exact: coverage is then expected coverage.
    publicity_levels
        What may be spent on publicity, by area, and what it does; None: nothing is.
    guide_uptake
        What a guide at a station does; None: there are none. What one is paid is an item of the costs.
    max_idle
        Stations that stand after the plan and are predicted fewer visits a month than `idle_below`; one that sees up to
        a thousandth more counts too.
    visits_machine_month
        Visits a month that one machine can take: figures then tell who is served; no limit of the plan. None: any.
    idle_below
        Visits a month below which a station is counted as idle, in figures and by `max_idle`.
    phases
        Years of the plan, each with limits of its own. Those above hold too: of what is spent once and of actions, for
        all phases together; of what a year costs, `max_stations` and limits by what a site is, after each phase; floors
        after the last. Coverage counts after each phase, from year to year less by `discount_rate`.

    Raises
    ------
    InputError
        Listing an objective that is not registered, every amount that is no whole number of fen, every count that is
        no whole number, every floor that is no share and every weight that is no number >= 0.
    """

    objective: str = "coverage"
    purchase_fen: int | None = None
    install_fen: int | None = None
    move_fen: int | None = None
    remove_fen: int | None = None
    close_fen: int | None = None
    capital_fen: int | None = None
    rent_fen: int | None = None
    network_fen: int | None = None
    maintenance_fen: int | None = None
    staff_fen: int | None = None
    guides_fen: int | None = None
    publicity_fen: int | None = None
    running_fen: int | None = None
    total_fen: int | None = None
    horizon_years: int | None = None
    discount_rate: Fraction = Fraction(0)
    max_stations: int | None = None
    max_moves: int | None = None
    max_opens: int | None = None
    max_closes: int | None = None
    max_changes: int | None = None
    max_machines: int | None = None
    max_by_host: Mapping[str, int] = field(default_factory=dict)
    max_by_chain: Mapping[str, int] = field(default_factory=dict)
    spacing_m: Fraction | None = None
    min_reach_new: int | None = None
    district_floors: Mapping[str, Fraction] = field(default_factory=dict)
    age_floors: Mapping[str, Fraction] = field(default_factory=dict)
    period_floors: Mapping[str, Fraction] = field(default_factory=dict)
    coverage_floor: Fraction | None = None
    keep_share: Fraction | None = None
    visits_weight: Fraction | None = None
    visits_floor: Fraction | None = None
    min_visits_new: int | None = None
    max_idle: int | None = None
    backup_share: Fraction | None = None
    outage_probability: Fraction | None = None
    publicity_levels: Publicity | None = None
    guide_uptake: Guides | None = None
    visits_machine_month: int | None = None
    idle_below: int = IDLE_BELOW
    phases: tuple[Phase, ...] = ()

    def __post_init__(self) -> None:
        faults = Faults("policy")
        if not known_objective(self.objective):
            known = ", ".join(OBJECTIVES)
            faults.add(f"objective is {shown(self.objective)}", row="objective", remedy=f"give one of: {known}")
        remedy = f"give whole fen, or Policy.from_yuan({{}}=...); 1 yuan is {_FEN_A_YUAN} fen"
        for name in MONEY:
            if getattr(self, name) is not None:
                said = remedy.format(name.removesuffix("_fen"))
                number = faults.whole(name, getattr(self, name), most=MOST_FEN, remedy=said)
                object.__setattr__(self, name, number)
        self._check_years(faults)
        outreach_faults(faults, self)
        self._exact(faults)
        object.__setattr__(self, "phases", checked_phases(faults, self.phases))
        phase_faults(faults, self)
        for name in (*COUNTED, "min_reach_new", "min_visits_new", "max_idle", "idle_below"):
            if getattr(self, name) is not None or name == "idle_below":
                object.__setattr__(self, name, faults.whole(name, getattr(self, name), most=MOST_COUNT))
        for name, most in (("visits_machine_month", MOST_COUNT), ("max_machines", MOST_MACHINES)):
            if getattr(self, name) is not None:
                object.__setattr__(self, name, faults.whole(name, getattr(self, name), least=1, most=most))
        for name, exact in _BY_NAME.items():
            object.__setattr__(self, name, faults.by_name(name, getattr(self, name), exact))
        faults.raise_any()

    def _check_years(self, faults: Faults) -> None:
        object.__setattr__(self, "discount_rate", faults.share("discount_rate", self.discount_rate))
        if self.horizon_years is not None:
            years = faults.whole("horizon_years", self.horizon_years, least=1, most=MOST_YEARS)
            object.__setattr__(self, "horizon_years", years)
        elif self.total_fen is not None:
            problem = "total_fen counts running costs of some years, and none are told"
            faults.add(problem, row="total_fen", remedy="give horizon_years too")

    def _exact(self, faults: Faults) -> None:
        """Make exact what is a weight, a share or a length, or say why not."""
        for name, most in _RATIOS.items():
            if getattr(self, name) is not None:
                object.__setattr__(self, name, faults.ratio(name, getattr(self, name), most=most))
        for name in TARGETS:
            if getattr(self, name) is not None:
                object.__setattr__(self, name, faults.share(name, getattr(self, name)))
        for name in ON_RESERVE:
            if getattr(self, name) and self.objective == VISITS:
                faults.add(f"{name} has no effect where visits are the objective", row=name, remedy="remove it")
        if self.objective == LEAST_COST:
            least_cost_faults(faults, self)

    @classmethod
    def from_yuan(cls, **limits: Any) -> Policy:
        """Return a policy whose budget caps are given in yuan, with at most two decimals.

        Parameters
        ----------
        limits
            As in the class, and caps by the names of :data:`BUDGET_LINES`: yuan once or yuan a year, as int, float
            (taken as it is written), Decimal or Fraction; None = no limit.

        Examples
        --------
        >>> Policy.from_yuan(capital=500_000, running=1234.5).running_fen
        123450
        """
        faults = Faults("policy")
        caps = {name: limits.pop(name) for name in BUDGET_LINES if name in limits}
        given = {name: amount for name, amount in caps.items() if amount is not None}
        fen: dict[str, Any] = {f"{name}_fen": faults.fen_of_yuan(name, amount) for name, amount in given.items()}
        faults.raise_any()
        both = sorted(set(limits) & set(MONEY))
        if both:
            raise InputError.single("policy", f"{both[0]} is given besides yuan", row=both[0], remedy="give one")
        return cls(**fen, **limits)

    @classmethod
    def from_preset(cls, preset: str, **limits: Any) -> Policy:
        """Return the policy of a preset, "free", "expansion" or "relocation", with further limits.

        Parameters
        ----------
        preset
            A name of :data:`placement.values.presets.PRESETS`, which has the limits that it sets.
        limits
            As in the class; one that contradicts the preset is a fault.

        Examples
        --------
        >>> Policy.from_preset("expansion", max_opens=4).max_closes
        0
        """
        faults = Faults("policy")
        faults.known("preset", {preset}, "the presets", PRESETS, "preset")
        faults.raise_any()
        for name, (given, value) in against(preset, limits).items():
            problem = f"{name} is {shown(given)}, and the preset {preset} sets it to {value}"
            faults.add(problem, row=name, remedy="leave it out, or the preset")
        faults.raise_any()
        return cls(**{**PRESETS[preset], **limits})

    def _shown(self) -> Shown:
        caps = [(name, self.cap_fen(name), "yuan a year" if name in A_YEAR else "yuan") for name in BUDGET_LINES]
        rows = [(name, f"at most {fen / _FEN_A_YUAN:,.2f} {unit}") for name, fen, unit in caps if fen is not None]
        if self.horizon_years is not None:
            rows.append(("total", f"over {self.horizon_years} years at {float(self.discount_rate):.2%} a year"))
        limits = [(name, getattr(self, name)) for name in COUNTED]
        rows += [(name, f"{limit:,}") for name, limit in limits if limit is not None]
        if self.max_machines is not None:
            rows.append(("machines of a station", f"at most {self.max_machines:,}"))
        ratios = (("visits weight", self.visits_weight), ("visits floor", self.visits_floor))
        rows += [(name, f"{float(ratio):g}") for name, ratio in ratios if ratio is not None]
        for name, most in (each for kind in BY_KIND for each in getattr(self, kind).items()):
            rows.append((f"stations of {name}", f"at most {most:,}"))
        if self.spacing_m is not None:
            rows.append(("spacing", f"at least {float(self.spacing_m):g} m"))
        if self.min_reach_new is not None:
            rows.append(("new stations", f"at least {self.min_reach_new:,} visits a month within reach"))
        rows += [
            (name.replace("_", " "), f"{float(getattr(self, name)):g}") for name in ON_RESERVE if getattr(self, name)
        ]
        if self.min_visits_new is not None:
            rows.append(("new stations", f"at least {self.min_visits_new:,} visits a month"))
        rows += [
            (name, headline_of(getattr(self, name)))
            for name in ("publicity_levels", "guide_uptake")
            if getattr(self, name) is not None
        ]
        if self.max_idle is not None:
            rows.append(("idle stations", f"at most {self.max_idle:,} below {self.idle_below:,} visits a month"))
        rows += [
            (name.replace("_", " "), f"at least {float(getattr(self, name)):.1%}")
            for name in TARGETS
            if getattr(self, name) is not None
        ]
        rows += [("phases", listed_briefly(each.name for each in self.phases))] if self.phases else []
        for what, shares in ((what, getattr(self, name)) for name, what in FLOORS.items()):
            if shares:
                said = listed_briefly(f"{name} {float(least):.1%}" for name, least in shares.items())
                rows.append((f"least in each {what}", said))
        return "Policy" if rows else "Policy: no limits", rows

    def cap_fen(self, line: str) -> int | None:
        """Return the cap of a budget line, fen; None where it has none."""
        cap: int | None = getattr(self, f"{line}_fen", None)
        return cap

    @property
    def on_visits(self) -> tuple[str, ...]:
        """Names of the settings given that need predicted visits."""
        return tuple(name for name in ON_VISITS if getattr(self, name) is not None)

    @property
    def outreach(self) -> bool:
        """Whether a plan may spend on publicity or guides."""
        return self.publicity_levels is not None or self.guide_uptake is not None

    @property
    def limits_on_visits(self) -> tuple[str, ...]:
        """Names of the limits given that need predicted visits."""
        return tuple(name for name in self.on_visits if name != "visits_weight")

    def but(self, **changes: Any) -> Policy:
        """Return the policy with some limits changed; None takes a limit away.

        Parameters
        ----------
        changes
            Limits as in the class; `capital_yuan`, `running_yuan` and the like are caps in yuan, with at most two
            decimals.

        Raises
        ------
        InputError
            Listing every amount, count, floor or name that is none.

        Examples
        --------
        >>> Policy(capital_fen=100, max_moves=3).but(capital_yuan=500_000).capital_fen
        50000000
        """
        faults = Faults("policy")
        known = {each.name for each in fields(self)}
        faults.known("but", set(changes) - set(_YUAN), "the limits of a policy", known | set(_YUAN), "limit")
        for name in sorted(set(changes) & set(_YUAN)):
            yuan, own = changes.pop(name), _YUAN[name]
            if own in changes:
                faults.add(f"{own} is given besides {name}", row=name, remedy="give one")
            changes[own] = None if yuan is None else faults.fen_of_yuan(name, yuan)
        faults.raise_any()
        return replace(self, **changes)


def _count(faults: Faults, name: str, value: object) -> int | None:
    return faults.whole(name, value, most=MOST_COUNT)


_BY_NAME: Mapping[str, Callable[[Faults, str, Any], Any]] = {
    **dict.fromkeys(FLOORS, Faults.share),
    **dict.fromkeys(BY_KIND, _count),
}
"""Settings by name, and what makes an exact number of each."""
