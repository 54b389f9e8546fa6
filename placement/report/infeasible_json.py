"""``infeasible.json``: why a study has no plan, as a file that other programs can rely on.

:class:`InfeasibleFile` is the format. The published JSON schema, ``infeasible.schema.json`` beside this module, is
derived from it. Beside the file stand the proofs: ``certificate.npz`` of the program that has only the named
constraints, and for each change one of the program in which that constraint gives way by one unit less.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, ValidationError

from placement.errors import Fault, InputError
from placement.pipeline.prepare import Prepared
from placement.report.files import CERTIFICATE_FILE
from placement.report.gather import versions
from placement.report.parts import DecisionsPart, Fingerprint, Id, Part, PlanFormatError, Word, Words, decisions_of
from placement.report.plan_json import OverridePart, plan_bytes, read_json
from placement.study import overrides_of
from placement.values import Certificate, Change, Infeasibility
from placement.values.rows import Unit
from placement.values.visits_certificate import VisitsCertificate

INFEASIBLE_FILE = "infeasible.json"
VISITS_ROWS_FILE = "visits.npz"
"""Proves the rows that limits on predicted visits are in the program."""
INFEASIBLE_SCHEMA = "placement/infeasible/1"

Units = Annotated[int, Field(ge=1, le=2**62)]


class EnoughPart(Part):
    """A plan that gets by with this change, everything else as the study asks."""

    amount: Units
    plan: DecisionsPart


class ChangePart(Part):
    """How far one constraint must give way, everything else as it is: a limit rises, a floor falls."""

    constraint: Id
    unit: Literal[Unit, "thousandths of a visit a month"]
    at_least: Units = Field(description="No plan exists where it gives way by less.")
    proof: Id = Field(description="File that proves that.")
    enough: EnoughPart | None = Field(description="null: no plan was found in time.")


class InfeasibleFile(Part):
    """Why a study of the Python library placement has no plan."""

    schema_: Literal["placement/infeasible/1"] = Field(alias="schema")
    study: str = Field(description="Path of the study file, relative to the folder of this file.")
    name: str = Field(description="Name of the study.")
    travel: str = Field(description="How travel was counted, e.g. walking along streets, or straight lines.")
    inputs: dict[str, Fingerprint] = Field(description="SHA-256 of each input by name.")
    overrides: list[OverridePart] = Field(description="Settings other than those of the study file.")
    versions: dict[Word, Words]
    constraints: list[Id] = Field(min_length=1, description="Constraints that cannot hold together.")
    explanation: str = Field(description="By how much they would have to give way, in words.")
    changes: list[ChangePart]


def infeasible_files(found: Infeasibility, prepared: Prepared, *, study_path: str) -> dict[str, bytes]:
    """Return the files of the folder that proves that a study has no plan, by name."""
    study = prepared.study
    record = {
        "schema": INFEASIBLE_SCHEMA,
        "study": study_path,
        "name": study.study.name,
        "travel": prepared.times.mode,
        "inputs": dict(prepared.fingerprints),
        "overrides": [each.record() for each in overrides_of(study)],
        "versions": versions(),
        "constraints": list(found.constraints),
        "explanation": found.explanation,
        "changes": [_change(change, number) for number, change in enumerate(found.changes, start=1)],
    }
    proofs = {proof_file(number): change.certificate for number, change in enumerate(found.changes, start=1)}
    files = {INFEASIBLE_FILE: plan_bytes(_validated(record).model_dump(by_alias=True))}
    rows = {} if found.visits is None else {VISITS_ROWS_FILE: found.visits}
    certificates: dict[str, Certificate | VisitsCertificate] = {CERTIFICATE_FILE: found.certificate, **proofs, **rows}
    return files | {name: each.to_bytes() for name, each in certificates.items()}


def proof_file(number: int) -> str:
    """Return the name of the file that proves what change `number` says, counted from 1."""
    return f"change-{number}.npz"


def _change(change: Change, number: int) -> dict[str, Any]:
    enough = None
    if change.enough is not None:
        enough = {"amount": change.enough, "plan": decisions_of(change.decisions)}
    return {
        "constraint": change.constraint,
        "unit": change.unit,
        "at_least": change.at_least,
        "proof": proof_file(number),
        "enough": enough,
    }


def read_infeasible(path: str | Path) -> dict[str, Any]:
    """Return the content of an ``infeasible.json``, checked against the format.

    Raises
    ------
    PlanFormatError
        If it departs from the schema, listing where.
    InputError
        If the file cannot be read, is not JSON, or is not of this format.
    """
    record = read_json(path, INFEASIBLE_FILE)
    version = record.get("schema") if isinstance(record, Mapping) else None
    if version != INFEASIBLE_SCHEMA:
        problem = f"is not of the format {INFEASIBLE_SCHEMA}"
        raise InputError.single(INFEASIBLE_FILE, problem, row="schema", remedy="name a folder of placement recommend")
    return _validated(record).model_dump(by_alias=True)


def infeasible_schema() -> dict[str, Any]:
    """Return the JSON schema (draft 2020-12) of ``infeasible.json``."""
    schema = InfeasibleFile.model_json_schema(by_alias=True)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "$id": INFEASIBLE_SCHEMA, **schema}


def _validated(record: Any) -> InfeasibleFile:
    try:
        return InfeasibleFile.model_validate(record)
    except ValidationError as error:
        raise PlanFormatError(
            Fault(table=INFEASIBLE_FILE, row=".".join(str(key) for key in fault["loc"]), problem=fault["msg"])
            for fault in error.errors()
        ) from error
