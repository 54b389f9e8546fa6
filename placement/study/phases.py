"""`[[phase]]`: the years of a plan, each with limits of its own."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import AfterValidator, Field

from placement.study.fields import Called, Fen, Flag
from placement.study.section import Section
from placement.values.limits import ON_RESERVE, ON_VISITS, TARGETS
from placement.values.objectives import COVERAGE
from placement.values.phases import MOST_COUNT, PHASE_COUNTS, PHASE_MONEY, Phase, phase_problems

if TYPE_CHECKING:
    from placement.study import Study

_Stations = Annotated[int, Field(ge=0, le=MOST_COUNT, strict=True), Called(unit="stations")]
_ONCE, _A_YEAR = Called(unit="yuan, once"), Called(unit="yuan a year")


def _named(value: str) -> str:
    if not value.strip():
        raise ValueError("is empty: give a text, such as 2027")
    return value


class PhaseSection(Section):
    """`[[phase]]`: one year of the plan, with its own limits; those of `[budget]` and `[policy]` hold beside them.

    Amounts once and actions there are those of all phases together; amounts a year, `max_stations` and limits by what a
    site is hold after each phase, floors after the last. Kept in fen.
    """

    name: Annotated[str, AfterValidator(_named), Called("text")]
    """What the phase is called, such as "pilot" or "2027"."""
    carry_over: Flag = False
    """Whether what is left of `capital` may be spent in the next phase."""
    purchase: Annotated[Fen, _ONCE] | None = None
    """For the machines of stations opened in it."""
    install: Annotated[Fen, _ONCE] | None = None
    """For putting up stations opened and moved in it."""
    move: Annotated[Fen, _ONCE] | None = None
    """For its moves."""
    remove: Annotated[Fen, _ONCE] | None = None
    """For taking away the machines of stations closed in it."""
    close: Annotated[Fen, _ONCE] | None = None
    """For the contracts of stations closed in it."""
    capital: Annotated[Fen, _ONCE] | None = None
    """For these five together."""
    rent: Annotated[Fen, _A_YEAR] | None = None
    """For rent of the stations that stand after it."""
    network: Annotated[Fen, _A_YEAR] | None = None
    """For their lines to the network."""
    maintenance: Annotated[Fen, _A_YEAR] | None = None
    """For their maintenance."""
    staff: Annotated[Fen, _A_YEAR] | None = None
    """For their staff."""
    running: Annotated[Fen, _A_YEAR] | None = None
    """For these four together."""
    max_stations: _Stations | None = None
    """That stand after the phase."""
    max_moves: _Stations | None = None
    """Moved in it."""
    max_opens: _Stations | None = None
    """Bought and opened in it."""
    max_closes: _Stations | None = None
    """Closed in it."""
    max_changes: _Stations | None = None
    """Moved, opened and closed in it, all three together."""


def phase_of(section: PhaseSection) -> Phase:
    """Return the limits of a phase as a policy takes them."""
    fen: dict[str, Any] = {name: getattr(section, name.removesuffix("_fen")) for name in PHASE_MONEY}
    counts: dict[str, Any] = {name: getattr(section, name) for name in PHASE_COUNTS}
    return Phase(name=section.name, carry_over=section.carry_over, **fen, **counts)


def section_of(phase: Phase) -> PhaseSection:
    """Return the section that says a phase."""
    fen = {name.removesuffix("_fen"): getattr(phase, name) for name in PHASE_MONEY}
    counts = {name: getattr(phase, name) for name in PHASE_COUNTS}
    given = {name: value for name, value in {**fen, **counts}.items() if value is not None}
    return PhaseSection.model_construct(name=phase.name, carry_over=phase.carry_over, **given)


def phase_faults(study: Study) -> Iterator[str]:
    """Yield what is wrong with the phases of a study: with them together, and beside what else it asks."""
    phases: Sequence[PhaseSection] = study.phase
    if not phases:
        return
    columns: list[list[Any]] = [[getattr(each, name) for each in phases] for name in ("name", "capital", "carry_over")]
    yield from (f"phase: {problem.replace('; ', ': ')}" for problem in phase_problems(*columns))
    policy, budget = study.policy, study.budget
    asked = {
        "travel.step": study.travel.step,
        "budget.total": budget.total,
        "budget.horizon_years": budget.horizon_years,
        **{f"policy.{name}": getattr(policy, name) for name in _NOT_BESIDE},
        "policy.objective": policy.objective != COVERAGE,
    }
    named = [key for key, value in asked.items() if value]
    if named:
        yield f"plans in phases maximise plain coverage: remove {', '.join(named)}, or the phases"


_NOT_BESIDE = ("max_machines", *TARGETS, *ON_VISITS, *ON_RESERVE)
"""Settings of the policy that a plan in phases cannot take in."""
