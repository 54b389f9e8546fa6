"""`study.toml`: everything a planner decides, checked as a whole before anything is read or computed.

Unknown keys are refused, amounts are yuan with at most two decimals (kept as whole fen), shares lie in 0..1, and all
faults are reported at once with the key they concern.
"""

from __future__ import annotations

import difflib
import math
import re
import tomllib
from collections.abc import Iterator, Mapping
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Annotated, Any, Literal

import pydantic
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from placement.errors import Fault, InputError

TABLE = "study.toml"
OBJECTIVES = ("coverage",)
_PERIOD = re.compile(r"([01]\d|2[0-3]|24):([0-5]\d)-([01]\d|2[0-3]|24):([0-5]\d)")
_REMOTE = re.compile(r"^(?:[a-z][a-z0-9+.-]+:/|/vsi)", re.IGNORECASE)


def parse_period(text: str) -> tuple[int, int]:
    """Return (start, end) in minutes after midnight of ``HH:MM-HH:MM``.

    Examples
    --------
    >>> parse_period("20:00-08:00")
    (1200, 480)
    """
    match = _PERIOD.fullmatch(text)
    if not match:
        raise ValueError(f"{text!r} is not a period such as 08:00-20:00")
    hours = [int(part) for part in match.groups()]
    start, end = hours[0] * 60 + hours[1], hours[2] * 60 + hours[3]
    if start > 1440 or end > 1440 or start == end:
        raise ValueError(f"{text!r} is not a period such as 08:00-20:00 (all day is 00:00-24:00)")
    return start, end


def _to_fen(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        raise ValueError("must be an amount in yuan, e.g. 80000 or 80000.50")
    fen = Decimal(value) * 100
    if not fen.is_finite() or fen < 0:
        raise ValueError("must be an amount in yuan of 0 or more")
    if fen != fen.to_integral_value():
        raise ValueError("has more than two decimals; amounts are yuan and fen")
    return int(fen)


def _local_path(text: str) -> str:
    if not text or _REMOTE.match(text):
        raise ValueError("must be a path to a local file")
    return text


def _as_file(value: Any) -> Any:
    return {"path": value} if isinstance(value, str) else value


def _share(value: Any) -> Fraction:
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal) or not 0 <= value <= 1:
        raise ValueError("must be a share between 0 and 1")
    return Fraction(str(value))


Fen = Annotated[int, BeforeValidator(_to_fen)]
Share = Annotated[float, Field(ge=0, le=1)]
ExactShare = Annotated[Fraction, BeforeValidator(_share)]
Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
NotNegative = Annotated[float, Field(ge=0, allow_inf_nan=False)]
LocalPath = Annotated[str, AfterValidator(_local_path)]


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True)


class StudySection(_Section):
    """`[study]`: name, projected CRS of all distances, language of the report, seed."""

    name: Annotated[str, Field(min_length=1)]
    crs: str
    language: Literal["en", "zh"] = "en"
    seed: Annotated[int, Field(ge=0)] = 0


class InputFile(_Section):
    """One input file and what must be known to read it and to show where it came from."""

    path: LocalPath
    coordinates: Literal["wgs84", "gcj02", "bd09"] = "wgs84"
    encoding: str | None = None
    layer: str | None = None
    simulated: bool = False
    notice: str = ""


class StreetsInput(_Section):
    """`[inputs] streets`: nodes and edges tables, a GraphML or OSM file, or a place name to download."""

    nodes: LocalPath | None = None
    edges: LocalPath | None = None
    graphml: LocalPath | None = None
    osm: LocalPath | None = None
    place: str | None = None
    notice: str = ""

    @model_validator(mode="after")
    def _one_source(self) -> StreetsInput:
        given = [name for name in ("graphml", "osm", "place") if getattr(self, name)]
        tables = self.nodes is not None and self.edges is not None
        if (self.nodes is None) != (self.edges is None) or len(given) + tables != 1:
            raise ValueError("give exactly one of: nodes and edges, graphml, osm, place")
        return self


OptionalFile = Annotated[InputFile | None, BeforeValidator(_as_file)]


class Inputs(_Section):
    """`[inputs]`: the tables of the study (design section 4)."""

    population: Annotated[InputFile, BeforeValidator(_as_file)]
    footfall: OptionalFile = None
    survey: OptionalFile = None
    stations: OptionalFile = None
    candidates: OptionalFile = None
    usage: OptionalFile = None
    districts: OptionalFile = None
    streets: StreetsInput | None = None
    travel: OptionalFile = None

    @model_validator(mode="after")
    def _complete(self) -> Inputs:
        if self.streets is not None and self.travel is not None:
            raise ValueError("give streets or a travel table, not both")
        if self.stations is None and self.candidates is None:
            raise ValueError("give stations, candidates or both")
        return self

    def files(self) -> Iterator[tuple[str, InputFile]]:
        """Yield (table name, file) of every table that is given."""
        for name in type(self).model_fields:
            value = getattr(self, name)
            if isinstance(value, InputFile):
                yield name, value

    def paths(self) -> Iterator[tuple[str, str]]:
        """Yield (input name, path as written) of every file that is read."""
        for name, file in self.files():
            yield name, file.path
        if self.streets is not None:
            for key in ("nodes", "edges", "graphml", "osm"):
                path = getattr(self.streets, key)
                if path is not None:
                    yield f"streets_{key}", path


class DemandSection(_Section):
    """`[demand]`: trip rates, shares and periods (design section 5)."""

    need_share: Share = 0.5
    footfall_capture: NotNegative = 0.0
    non_resident_share: Share = 1.0
    footfall_bandwidth_m: Positive = 300.0
    periods: Annotated[Mapping[str, str], Field(min_length=1)] = {"all": "00:00-24:00"}
    period_share: Mapping[str, Share] = {}
    trips_per_month: Annotated[Mapping[str, NotNegative | Mapping[str, NotNegative]], Field(min_length=1)]
    online_share: Mapping[str, Share] = {}
    uptake: Mapping[str, Share] | None = None

    @model_validator(mode="after")
    def _consistent(self) -> DemandSection:
        for text in self.periods.values():
            parse_period(text)
        if len(self.periods) > 1 or self.period_share:
            if set(self.period_share) != set(self.periods):
                raise ValueError("period_share must have exactly the keys of periods")
            if not math.isclose(sum(self.period_share.values()), 1.0, abs_tol=1e-9):
                raise ValueError("period_share must sum to 1")
        for name in ("online_share", "uptake"):
            unknown = sorted(set(getattr(self, name) or {}) - set(self.trips_per_month))
            if unknown:
                raise ValueError(f"{name} names age groups without trips_per_month: {', '.join(unknown)}")
        rates = list(self.trips_per_month.values())
        services = {tuple(rate) if isinstance(rate, Mapping) else None for rate in rates}
        if len(services) != 1 or () in services:
            raise ValueError("trips_per_month must give every age group a number, or every one the same services")
        return self

    @property
    def age_groups(self) -> tuple[str, ...]:
        """Names of the age groups."""
        return tuple(self.trips_per_month)

    def shares_by_period(self) -> dict[str, float]:
        """Return the share of trips wanted in each period."""
        return dict(self.period_share) or dict.fromkeys(self.periods, 1.0)


class TravelSection(_Section):
    """`[travel]`: the service standard and how people get to a station."""

    threshold_min: Positive | None = None
    threshold_m: Positive | None = None
    threshold_min_by_district: Mapping[str, Positive] = {}
    cutoff_min: Positive | None = None
    far_snap_m: Positive = 500.0
    detour: Annotated[float, Field(ge=1, allow_inf_nan=False)] | None = None
    speed_m_s: Mapping[str, Positive] = {}

    @model_validator(mode="after")
    def _one_standard(self) -> TravelSection:
        if (self.threshold_min is None) == (self.threshold_m is None):
            raise ValueError("give threshold_min or threshold_m")
        if self.threshold_m is not None and self.threshold_min_by_district:
            raise ValueError("threshold_min_by_district goes with threshold_min")
        if self.cutoff_min is not None and self.cutoff_min < self.longest_min:
            raise ValueError(f"cutoff_min is below the threshold of {self.longest_min:g} minutes")
        return self

    @property
    def longest_min(self) -> float:
        """The longest threshold of any district, minutes; 0 with a distance standard."""
        return max(self.threshold_min or 0.0, *self.threshold_min_by_district.values(), 0.0)


class CostSection(_Section):
    """`[costs.<host>]`: fen once (purchase, move, close) and fen a year (rent, maintenance, staff) a station."""

    purchase: Fen | None = None
    move: Fen | None = None
    close: Fen | None = None
    rent: Fen | None = None
    maintenance: Fen | None = None
    staff: Fen | None = None


class BudgetSection(_Section):
    """`[budget]`: caps in fen; None = unlimited."""

    capital: Fen | None = None
    running: Fen | None = None


class FloorsSection(_Section):
    """`[policy.floors]`: least share of weight covered: in districts, and by age group as extra keys."""

    model_config = ConfigDict(extra="allow", frozen=True, arbitrary_types_allowed=True)
    __pydantic_extra__: dict[str, ExactShare] = Field(init=False)

    district: ExactShare | Mapping[str, ExactShare] | None = None

    @property
    def by_age_group(self) -> dict[str, Fraction]:
        """Floors by age group."""
        return dict(self.__pydantic_extra__ or {})


def _known_objective(value: str) -> str:
    if value not in OBJECTIVES:
        raise ValueError(f"{value!r} is not an objective of this version; known: {', '.join(OBJECTIVES)}")
    return value


class PolicySection(_Section):
    """`[policy]`: the objective and the limits of the plan."""

    objective: Annotated[str, AfterValidator(_known_objective)] = "coverage"
    max_stations: Annotated[int, Field(ge=0)] | None = None
    max_moves: Annotated[int, Field(ge=0)] | None = None
    floors: FloorsSection = FloorsSection()


class SolveSection(_Section):
    """`[solve]`: how long, how exact, with what."""

    time_limit_s: Positive = 60.0
    gap: Share = 0.0
    backend: Annotated[str, Field(min_length=1)] = "auto"
    threads: Annotated[int, Field(ge=1)] = 2


class Study(_Section):
    """A checked study. `folder` is where it was read from; paths are relative to it.

    Parameters
    ----------
    folder
        Absolute path of the folder that holds `study.toml`.
    study, inputs, demand, travel, costs, budget, policy, solve
        The sections; `costs` maps a host kind (or ``default``) to its amounts.
    """

    folder: Path
    study: StudySection
    inputs: Inputs
    demand: DemandSection
    travel: TravelSection
    costs: Mapping[str, CostSection] = {}
    budget: BudgetSection = BudgetSection()
    policy: PolicySection = PolicySection()
    solve: SolveSection = SolveSection()

    @model_validator(mode="after")
    def _consistent(self) -> Study:
        groups = set(self.demand.age_groups)
        if self.inputs.survey is None and self.demand.need_share < 1:
            raise ValueError("demand.need_share is below 1 but there is no survey: add one or set need_share = 1")
        unknown = sorted(set(self.policy.floors.by_age_group) - groups)
        if unknown:
            raise ValueError(f"policy.floors names unknown age groups: {', '.join(unknown)}")
        if self.travel.threshold_min is not None:
            missing = sorted(groups - set(self.travel.speed_m_s))
            if missing:
                raise ValueError(f"travel.speed_m_s lacks: {', '.join(missing)}")
        if self.inputs.streets is None and self.inputs.travel is None and self.travel.detour is None:
            raise ValueError("give inputs.streets, inputs.travel, or travel.detour for straight-line distances")
        return self

    def path(self, written: str) -> Path:
        """Return the absolute path of a path as written in the study."""
        return self.folder / written

    @property
    def simulated_inputs(self) -> tuple[str, ...]:
        """Names of the tables declared simulated."""
        return tuple(name for name, file in self.inputs.files() if file.simulated)

    @property
    def notices(self) -> tuple[str, ...]:
        """Source and licence notices that every output must carry."""
        notices = [file.notice for _, file in self.inputs.files()]
        notices += [self.inputs.streets.notice] if self.inputs.streets else []
        return tuple(dict.fromkeys(notice for notice in notices if notice))


def read_study(path: str | Path) -> Study:
    """Read and check `study.toml` (or the folder that holds it).

    Raises
    ------
    InputError
        With every unknown key, wrong value and missing file at once.
    """
    file = Path(path)
    file = file / TABLE if file.is_dir() else file
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError.single(str(file), f"cannot be read: {error}", remedy="give a study.toml in UTF-8") from error
    try:
        content = tomllib.loads(text, parse_float=Decimal)
    except tomllib.TOMLDecodeError as error:
        raise InputError.single(str(file), f"is not valid TOML: {error}", remedy="mend the line it names") from error
    return study_from_dict(content, folder=file.resolve().parent)


def study_from_dict(content: Mapping[str, Any], *, folder: Path) -> Study:
    """Return the study of a parsed `study.toml`; see :func:`read_study`."""
    if "folder" in content:
        raise InputError.single(TABLE, "unknown key", row="folder", remedy="remove it")
    try:
        study = Study.model_validate({**content, "folder": folder})
    except pydantic.ValidationError as error:
        raise InputError(_faults(error)) from error
    faults = [
        Fault(table=TABLE, row=f"inputs.{name}", problem=f"{written} does not exist", remedy=f"put it in {folder}")
        for name, written in study.inputs.paths()
        if not study.path(written).is_file()
    ]
    if faults:
        raise InputError(faults)
    return study


def _faults(error: pydantic.ValidationError) -> list[Fault]:
    faults = []
    for item in error.errors():
        key = ".".join(str(part) for part in item["loc"] if not str(part).startswith(("function-", "constrained-")))
        if item["type"] == "extra_forbidden":
            faults.append(Fault(table=TABLE, row=key, problem="unknown key", remedy=_near_key(item["loc"])))
        elif item["type"] == "missing":
            faults.append(Fault(table=TABLE, row=key, problem="is missing", remedy="add it"))
        else:
            message = item["msg"].removeprefix("Value error, ")
            shown = f" (got {item['input']!r})" if isinstance(item["input"], str | int | float | Decimal) else ""
            faults.append(Fault(table=TABLE, row=key, problem=f"{message}{shown}", remedy="see the inputs in README"))
    return faults


def _near_key(location: tuple[int | str, ...]) -> str:
    model: Any = Study
    for part in location[:-1]:
        field = getattr(model, "model_fields", {}).get(part)
        model = next((m for m in _models(field.annotation)), None) if field else None
    names = [name for name in getattr(model, "model_fields", {}) if name != "folder"]
    close = difflib.get_close_matches(str(location[-1]), names, n=1)
    return (
        f"did you mean {close[0]}?" if close else f"remove it; known here: {', '.join(names)}" if names else "remove it"
    )


def _models(annotation: Any) -> Iterator[Any]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for part in getattr(annotation, "__args__", ()):
        yield from _models(part)
