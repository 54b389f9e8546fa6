"""``plan.json``: a plan as a file that other programs can rely on.

:class:`PlanFile` is the format. The published JSON schema, ``plan.schema.json`` beside this module, is derived from it.

The bytes of a plan depend on nothing but the plan: keys are sorted, actions stand in the order of
:func:`ordered_actions`, every float is rounded as :func:`~placement.report.parts.rounded` does, amounts of money are
yuan with at most two decimals (whole fen inside), and there are no dates or wall times.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, ClassVar, Literal

import pandas as pd
from pydantic import Field, JsonValue, ValidationError

from placement.errors import Fault, InputError
from placement.pipeline.assumptions import Assumption
from placement.report.goods import warnings_of
from placement.report.parts import (
    Amount,
    Fingerprint,
    Id,
    Machines,
    Part,
    PlanFormatError,
    Quantity,
    SparePart,
    Word,
    Words,
    rounded,
)
from placement.report.plan_capacity import CapacityPart, capacity_from_part, capacity_to_dict
from placement.report.plan_coverage import CoveragePart, coverages_from_part, coverages_to_dict
from placement.report.plan_fairness import FairnessPart, fairness_to_dict
from placement.report.plan_goods import (
    FrontierPart,
    GainsPart,
    ValuedPart,
    VisitsPart,
    goods_from_parts,
    goods_to_dict,
)
from placement.report.plan_machines import MachinesPart, machines_from_part, machines_to_dict
from placement.report.plan_money import (
    BudgetPart,
    LimitPart,
    budget_from_parts,
    budget_to_list,
    fen,
    limits_from_parts,
    limits_to_list,
    yuan,
)
from placement.report.plan_outreach import OutreachPart
from placement.report.plan_phases import PhasesPart, phases_from_part, phases_to_dict
from placement.report.plan_reserve import ReservePart
from placement.report.plan_sure import (
    AssumptionPart,
    KeptFloorPart,
    assumptions_to_list,
    floors_from_parts,
    floors_to_list,
)
from placement.report.strict_json import read_regular, strict_json
from placement.report.text import texts
from placement.study import Override
from placement.values import Frontier, Plan
from placement.values.plan import ACTION_COLUMNS

PLAN_FILE = "plan.json"
SCHEMA = "placement/plan/3"
MOST_BYTES = 2**28
"""A larger file is no plan."""
ACTION_ORDER = ("open", "move", "grow", "shrink", "close", "keep")
"""Order of the actions in every table: what changes first."""


class ActionPart(SparePart):
    """What happens at one station. A move is named by its destination."""

    SPARED: ClassVar[tuple[str, ...]] = ("phase",)

    site_id: Id
    action: Literal["keep", "grow", "shrink", "move", "close", "open"] = Field(
        description="Stations grow and shrink, and none moves, where `machines` are counted one by one."
    )
    from_site_id: Id | None = Field(description="Where the machines of a move come from; null for other actions.")
    machines_before: Machines
    machines_after: Machines
    cost: Amount = Field(description="Capital cost in yuan, at most two decimals.")
    phase: Id | None = Field(default=None, description="Of a plan in phases: when it happens; absent for keep.")


class SolvePart(Part):
    """How the plan was found."""

    solver: str
    asked_gap: float = Field(ge=0, le=1, description="Gap at which the run was allowed to stop.")
    tie_broken: bool = Field(
        description="Among equal optima the plan with fewest actions, then least money, then shortest moves, "
        "then lowest ids was taken."
    )
    interrupted: bool = Field(
        default=False, description="The run was stopped by hand: the best plan and bound known then."
    )


class OverridePart(Part):
    """A setting that the run did not take from the study file, named and written as there; null = not given."""

    key: Id
    study: JsonValue = Field(description="The value in the study file, or its default.")
    used: JsonValue = Field(description="The value the plan was made with.")


class PlanFile(SparePart):
    """A plan of the Python library placement: which stations stay, move, close and open."""

    SPARED: ClassVar[tuple[str, ...]] = ("capacity", "machines", "phases")

    schema_: Literal["placement/plan/3"] = Field(alias="schema")
    study: str = Field(description="Path of the study file, relative to the folder of this file.")
    name: str = Field(description="Name of the study.")
    travel: str = Field(description="How travel was counted, e.g. walking along streets, or straight lines.")
    proof: Literal["certificate", "solver", "none"]
    inputs: dict[str, Fingerprint] = Field(description="SHA-256 of each input by name.")
    simulated: list[str] = Field(description="Names of the inputs that are simulated.")
    notices: list[str] = Field(description="Notices that the licences of the inputs ask for.")
    notes: list[str] = Field(description="What was left out of the inputs, repaired or assumed, in sentences.")
    assumptions: list[AssumptionPart] = Field(description="Defaults that the plan rests on and nobody has measured.")
    overrides: list[OverridePart] = Field(description="Settings other than those of the study file.")
    versions: dict[Word, Words] = Field(description="What wrote this folder; files that show the plan depend on it.")
    seed: int = Field(ge=0)
    status: Literal["optimal", "feasible", "infeasible", "no_solution"]
    objective: Quantity = Field(
        description="Covered weight, or what `valued`, `reserve`, `outreach` and `phases` say, visits a month; with "
        "`least_cost` what the plan costs a year, yuan."
    )
    bound: Quantity = Field(description="No plan is worth more than this; with `least_cost`, none costs less.")
    gap: float = Field(ge=0, le=1, description="(bound - objective) / bound, or of a cost by the objective, rounded.")
    actions: list[ActionPart]
    open: list[Id] = Field(description="Ids of the sites at which a station stands after the plan.")
    machines: MachinesPart | None = Field(
        default=None, description="Machines counted one by one; left out where `policy.max_machines` is not given."
    )
    capacity: CapacityPart | None = Field(
        default=None, description="Visits that machines can serve; left out where `visits_machine_month` is not given."
    )
    coverage: CoveragePart
    fairness: FairnessPart | None = Field(description="null of fewer than two districts.")
    floors: list[KeptFloorPart] = Field(description="How sure each floor of coverage is.")
    visits: VisitsPart | None = Field(description="null where nothing is predicted.")
    valued: ValuedPart | None = Field(description="null where coverage alone is the objective.")
    least_cost: bool = Field(description="Whether the least yearly running cost is sought.")
    reserve: ReservePart | None = Field(description="null where one station within reach is all that counts.")
    outreach: OutreachPart | None = Field(
        default=None, description="Publicity and guides; left out where the study has neither."
    )
    gains: GainsPart
    frontier: FrontierPart | None = Field(description="null where it was not asked for.")
    warnings: list[str] = Field(description="What a reader must not miss, in sentences.")
    budget: list[BudgetPart]
    limits: list[LimitPart] = Field(description="Limits that are no money, beside what the plan makes of them.")
    solve: SolvePart
    phases: PhasesPart | None = Field(default=None, description="Of a plan of several years; absent from others.")


def ordered_actions(plan: Plan) -> pd.DataFrame:
    """Return the actions of a plan, sorted by :data:`ACTION_ORDER` and then by site id, with a `mark` for the map.

    Marks are the capital first letter of the action and a running number: ``O1``, ``O2``, ``M1``, ``C1``, ``K1``.
    """
    known = plan.actions
    actions = known.loc[:, [*ACTION_COLUMNS, *(["phase"] if "phase" in known else [])]].copy()
    actions["from_site_id"] = actions["from_site_id"].fillna("")
    rank = actions["action"].map({name: number for number, name in enumerate(ACTION_ORDER)})
    actions = actions.assign(_rank=rank).sort_values(["_rank", "site_id"]).drop(columns="_rank")
    number = actions.groupby("action").cumcount() + 1
    actions["mark"] = actions["action"].str[0].str.upper() + number.astype(str)
    return actions.reset_index(drop=True)


def plan_to_dict(
    plan: Plan,
    *,
    study_path: str,
    inputs: Mapping[str, str],
    versions: Mapping[str, str],
    seed: int,
    travel: str = "",
    simulated: Iterable[str] = (),
    notices: Iterable[str] = (),
    notes: Iterable[str] = (),
    assumptions: Iterable[Assumption] = (),
    overrides: Iterable[Override] = (),
    frontier: Frontier | None = None,
) -> dict[str, Any]:
    """Return a plan as the content of ``plan.json``.

    Parameters
    ----------
    plan
        The plan.
    study_path
        Path of the study file, relative to the folder the plan is written to.
    inputs
        SHA-256 in hexadecimal digits by input name.
    versions
        Version by program or library name.
    seed
        Seed of the run.
    travel
        How travel was counted: ``TravelTimes.mode``.
    simulated, notices, notes, assumptions, overrides, frontier
        See :class:`~placement.report.ReportData`.

    Raises
    ------
    InputError
        If a value does not fit the format, e.g. a number that is not finite.
    """
    record = {
        "schema": SCHEMA,
        "study": study_path,
        "name": plan.study,
        "travel": travel,
        "proof": plan.proof,
        "inputs": dict(inputs),
        "simulated": list(simulated),
        "notices": list(notices),
        "notes": [str(note) for note in notes],
        "assumptions": assumptions_to_list(assumptions),
        "overrides": [each.record() for each in overrides],
        "versions": dict(versions),
        "seed": seed,
        **_figures(plan),
        **goods_to_dict(plan, frontier),
        "phases": None if plan.phased is None else phases_to_dict(plan.phased),
    }
    return _dumped(_validated(record))


def _dumped(file: PlanFile) -> dict[str, Any]:
    """Return the content of a file, without parts that only some studies have."""
    record = file.model_dump(by_alias=True)
    return record if file.outreach is not None else {name: part for name, part in record.items() if name != "outreach"}


def _figures(plan: Plan) -> dict[str, Any]:
    """Return what the file says of the plan itself, beside its goods."""
    return {
        "status": plan.status,
        "objective": rounded(plan.objective),
        "bound": rounded(plan.bound),
        "gap": rounded(plan.gap),
        "least_cost": plan.least_cost,
        "actions": [_action(row) for row in ordered_actions(plan).to_dict("records")],
        "open": sorted(plan.open),
        "machines": None if plan.machines is None else machines_to_dict(plan.machines),
        "capacity": None if plan.capacity is None else capacity_to_dict(plan.capacity),
        "coverage": {"before": coverages_to_dict(plan.before), "after": coverages_to_dict(plan.after)},
        "fairness": fairness_to_dict(plan),
        "floors": floors_to_list(plan.floors),
        "warnings": warnings_of(plan, texts("en", steps=bool(plan.after.steps))),
        "budget": budget_to_list(plan.budget_lines),
        "limits": limits_to_list(plan.limits),
        "solve": {name: getattr(plan, name) for name in ("solver", "asked_gap", "tie_broken", "interrupted")},
    }


def plan_from_dict(record: Mapping[str, Any]) -> Plan:
    """Return the plan that the content of a ``plan.json`` describes.

    Raises
    ------
    InputError
        Listing everything in which `record` differs from the format.
    """
    file = _validated(record)
    actions = [
        {
            "site_id": action.site_id,
            "action": action.action,
            "from_site_id": action.from_site_id or "",
            "machines_before": action.machines_before,
            "machines_after": action.machines_after,
            "cost_fen": fen(PLAN_FILE, f"actions.{number}.cost", action.cost),
            "phase": action.phase or "",
        }
        for number, action in enumerate(file.actions)
    ]
    phased = None if file.phases is None else phases_from_part(file.phases, PLAN_FILE)
    return Plan(
        study=file.name,
        status=file.status,
        proof=file.proof,
        solver=file.solve.solver,
        objective=file.objective,
        bound=file.bound,
        asked_gap=file.solve.asked_gap,
        actions=pd.DataFrame(actions, columns=[*ACTION_COLUMNS, *(["phase"] if phased is not None else [])]),
        open=tuple(file.open),
        machines=None if file.machines is None else machines_from_part(file.machines),
        capacity=None if file.capacity is None else capacity_from_part(file.capacity),
        before=coverages_from_part(file.coverage.before),
        after=coverages_from_part(file.coverage.after),
        budget_lines=budget_from_parts(file.budget, PLAN_FILE),
        limits=limits_from_parts(file.limits),
        tie_broken=file.solve.tie_broken,
        interrupted=file.solve.interrupted,
        simulated=bool(file.simulated),
        least_cost=file.least_cost,
        floors=floors_from_parts(file.floors),
        phased=phased,
        **goods_from_parts(file.visits, file.valued, file.reserve, file.outreach, PLAN_FILE),
    )


def plan_bytes(record: Mapping[str, Any]) -> bytes:
    """Return ``plan.json``: UTF-8, two spaces of indent, sorted keys, a newline at the end."""
    text = json.dumps(record, ensure_ascii=False, allow_nan=False, indent=2, sort_keys=True)
    return (text + "\n").encode()


def read_plan(path: str | Path) -> dict[str, Any]:
    """Return the content of a ``plan.json``, checked against the format.

    Raises
    ------
    PlanFormatError
        If it holds a plan of this format that differs from its schema, listing where.
    InputError
        If the file cannot be read, is not JSON of one value a key, or holds no plan of this format.
    """
    record = read_json(path, PLAN_FILE)
    checked = _dumped(_validated(record))
    plan_from_dict(checked)
    return checked


def read_json(path: str | Path, name: str) -> Any:
    """Return the JSON value in a file that faults call `name`; raise an InputError where it holds none."""
    file = Path(path)
    try:
        content = read_regular(file, most_bytes=MOST_BYTES)
    except OSError as error:
        remedy = "name a result folder"
        problem = f"cannot be read: {error.strerror or error}"
        raise InputError.single(name, problem, row=str(path), remedy=remedy) from error
    try:
        record = strict_json(content)
    except ValueError as error:
        remedy = "restore the file, or recommend again"
        raise InputError.single(name, f"is not JSON in UTF-8: {error}", row=str(path), remedy=remedy) from error
    return record


def plan_schema() -> dict[str, Any]:
    """Return the JSON schema (draft 2020-12) of ``plan.json``."""
    schema = PlanFile.model_json_schema(by_alias=True)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "$id": SCHEMA, **schema}


def _validated(record: Any) -> PlanFile:
    version = record.get("schema") if isinstance(record, Mapping) else None
    if version != SCHEMA:
        problem = f"is no plan of the format {SCHEMA}" + (f", but {version!r}" if isinstance(version, str) else "")
        remedy = "name a result folder; where an earlier version wrote it, recommend again"
        raise InputError.single(PLAN_FILE, problem, row="schema", remedy=remedy)
    try:
        return PlanFile.model_validate(record)
    except ValidationError as error:
        faults = [
            Fault(table=PLAN_FILE, row=".".join(str(key) for key in fault["loc"]), problem=fault["msg"])
            for fault in error.errors()
        ]
        raise PlanFormatError(faults) from error


def _action(row: Mapping[Any, Any]) -> dict[str, Any]:
    return {
        "site_id": str(row["site_id"]),
        "action": row["action"],
        "from_site_id": str(row["from_site_id"]) or None,
        "machines_before": int(row["machines_before"]),
        "machines_after": int(row["machines_after"]),
        "cost": yuan(int(row["cost_fen"])),
        **({"phase": row["phase"] or None} if "phase" in row else {}),
    }
