"""The columns of each table of a study: what they hold, in which unit, within which bounds.

The readers of :mod:`placement.tables` take bounds, defaults and names from here, and can read no other column; the
reference of :mod:`placement.study.reference` is printed from here.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace

from placement.study.limits import CostSection
from placement.values.limits import MOST_MACHINES
from placement.values.sites import FIXED_ACTIONS, ONCE_KEYS

MOST = 1e12
"""No number of a table is larger."""
MOST_A_DAY = 10_000_000
"""People a day past one counter."""
MOST_A_MONTH = 10_000_000
"""Transactions, or pages, of one station in a month."""
MOST_HOURS = 31 * 24
UNITS = {
    "seconds": ("ms", 1000.0),
    "minutes": ("ms", 60_000.0),
    "hours": ("ms", 3_600_000.0),
    "metres": ("mm", 1000.0),
    "km": ("mm", 1_000_000.0),
}
"""Columns of a travel table that hold its numbers: the whole unit that each is kept in, and how many of these it is."""

TEXT, NUMBER, WHOLE, CLOCK, AMOUNT, ANSWER = "text", "number", "whole number", "HH:MM", "amount", "yes or no"
SHARE = "a share is between 0 and 1: 0.5 is 50 %"
_YES = "yes"


@dataclass(frozen=True, kw_only=True)
class Column:
    """One column of a table.

    Parameters
    ----------
    name
        As the header has it, in any case; in angle brackets where the study gives the name.
    says
        What it holds.
    kind
        What a cell is.
    unit
        Of its numbers.
    needed
        ``yes``, when it is needed, or empty.
    default
        What a table without the column has in every row; None where there is no such value. Empty text: cells may be
        blank too.
    blank
        What an empty cell of a column of numbers means; None where it is a fault.
    minimum, maximum
        Of its numbers.
    choices
        Words a cell may hold; all where empty.
    remedy
        What numbers beyond the maximum may come from.
    """

    name: str
    says: str
    kind: str = TEXT
    unit: str = ""
    needed: str = ""
    default: str | float | None = None
    blank: float | None = None
    minimum: float = 0.0
    maximum: float = MOST
    choices: tuple[str, ...] = ()
    remedy: str = ""

    def called(self, name: str) -> Column:
        """Return the column under the name that a study or a table gives it."""
        return replace(self, name=name)


@dataclass(frozen=True, kw_only=True)
class TableSpecification:
    """One table: its name in ``[inputs]`` or in faults, what a row is, and its columns."""

    name: str
    says: str
    columns: tuple[Column, ...]


PLACE = (
    Column(
        name="lon", says="longitude, or GCJ-02 or BD-09 as `coordinates` says", kind=NUMBER, unit="degrees",
        needed="where the file has no geometry", minimum=-math.inf,
    ),
    Column(
        name="lat", says="latitude; places may be the points of a layer instead", kind=NUMBER, unit="degrees",
        needed="where the file has no geometry", minimum=-math.inf,
    ),
)  # fmt: skip
"""Columns of every table whose rows are places."""
_GROUP = "<age group>"
DEMAND_ID = Column(name="demand_id", says="id, unique", needed=_YES)
SITE_ID = Column(name="site_id", says="id, unique among stations and candidates", needed=_YES)
COUNTER_ID = Column(name="counter_id", says="id, unique", needed=_YES)
DISTRICT = Column(name="district", says="the district it lies in", default="all")

POPULATION = (
    DISTRICT,
    Column(name="parent", says="what the district is part of, for floors and maps; the district where absent"),
    Column(name="people", says="residents", kind=NUMBER, unit="people", needed=_YES),
)
GROUP = Column(
    name=_GROUP, says="how many of `people` are in an age group of `demand.trips_per_month`", kind=NUMBER,
    unit="people", needed="unless `demand.age_share` has it",
)  # fmt: skip
DAYTIME = Column(
    name="<daytime>", says="who work or study there, by a name of `demand.daytime`", kind=NUMBER, unit="people",
    needed="with `demand.daytime`",
)  # fmt: skip
FOOTFALL = (
    Column(
        name="people_per_day", says="who pass", kind=NUMBER, unit="people a day",
        needed="without footfall_counts", maximum=MOST_A_DAY,
    ),
    Column(
        name="night_share", says="part of them by night; not told where absent or blank", kind=NUMBER, unit="0 to 1",
        default=math.nan, blank=math.nan, maximum=1.0, remedy=SHARE,
    ),
    Column(name="direction", says="the one way it counts; counters of different ways on one street are added"),
)  # fmt: skip
COUNTS = (
    Column(name="counter_id", says="of footfall", needed=_YES),
    Column(name="time", says="start of the step, local; ISO or the usual forms", kind="time", needed=_YES),
    Column(name="count", says="who passed in the step", kind=NUMBER, unit="people", needed=_YES),
    Column(name="night_count", says="those of them by night", kind=NUMBER, unit="people"),
    Column(name="direction", says="directions of one time are summed"),
    Column(name="lane", says="lanes of one time are summed"),
)
_WEIGHT = Column(
    name="weight", says="survey weight, above 0; 1 where absent", kind=NUMBER, unit="people an answer stands for",
    minimum=-math.inf,
)  # fmt: skip
_CLUSTER = Column(name="cluster", says="where respondents were asked together (a block, an office); alone where absent")
SURVEY = (
    Column(name="district", says="where they live", needed=_YES),
    Column(name="age_group", says="age group, or all for everybody", default="all"),
    Column(name="asked", says="who answered", kind=WHOLE, unit="people", needed=_YES),
    Column(name="aware", says="those of them who know the service", kind=WHOLE, unit="people", needed=_YES),
    Column(name="used", says="those of the aware who use it", kind=WHOLE, unit="people"),
    _WEIGHT,
    _CLUSTER,
)
QUESTIONNAIRES = (
    Column(name="district", says="where the respondent lives", needed=_YES),
    Column(name="heard", says="whether they know the service", kind=ANSWER, needed=_YES),
    Column(name="age", says="of the respondent", kind=NUMBER, unit="years", needed="with `demand.age_bands`"),
    Column(name="age_group", says="age group by name, instead of `age`"),
    Column(name="used", says="whether they use it", kind=ANSWER),
    Column(name="satisfied", says="whether they are content with it", kind=ANSWER),
    _WEIGHT,
    _CLUSTER,
)
COVARIATE = Column(
    name="<any>", says="a number by district, such as income; at least one column", kind=NUMBER,
    needed=_YES, minimum=-MOST,
)  # fmt: skip


_OWN = {True: "existing", False: "candidate"}
"""Status of a site with a station, and of one without."""


_ROOM = "that there is room for, for `policy.max_machines`; no limit where absent"


def sites(own: str, statuses: tuple[str, ...]) -> tuple[Column, ...]:
    """Return the columns of stations or of candidates, whose own status is `own`."""
    costs = tuple(
        Column(name=name, says=f"of this site, in place of `[costs.<host>]` {name}", kind=AMOUNT, unit=_cost_unit(name))
        for name in CostSection.model_fields
    )
    machine = Column(name="", says="", kind=WHOLE, unit="machines", default=1, minimum=1, maximum=MOST_MACHINES)
    return (
        Column(name="name", says="for readers; the id where absent"),
        Column(name="host", says="kind of place, which has `[costs.<host>]`", default="default"),
        DISTRICT,
        Column(name="opens", says="when it opens", kind=CLOCK, default="00:00"),
        Column(name="closes", says="when it closes; before `opens`: after midnight", kind=CLOCK, default="24:00"),
        replace(machine, name="machines", says="that stand there or would"),
        replace(machine, name="max_machines", says=_ROOM, default=MOST_MACHINES),
        Column(name="services", says="it offers, divided by ;; all where absent", kind="list of names"),
        Column(
            name="status",
            says="required: a station stands there after the plan; excluded: none does",
            default=own,
            choices=statuses,
        ),
        Column(name="chain", says="brand or bank it belongs to, for `policy.max_by_chain`; blank: none", default=""),
        Column(
            name="exclusive",
            says="of the sites, of both tables, with one text here at most one has a station; blank: not so",
            default="",
        ),
        Column(
            name="action_fixed",
            says="what happens there, where `status` says only whether a station stands there afterwards: keep, "
            "close (its machine does not move on), open (one is bought, none moves there); blank: free",
            default="",
            choices=tuple(action for action, stands in FIXED_ACTIONS.items() if _OWN[stands] in statuses),
        ),
        *costs,
    )


def _cost_unit(name: str) -> str:
    return "yuan, once" if name in ONCE_KEYS else "yuan a year"


FOR_VISITS = Column(
    name="<any>", says="a number that may bring more people, such as floor space", kind=NUMBER,
    needed="with `demand.visit_columns`", minimum=-MOST,
)  # fmt: skip
STATIONS = sites("existing", ("existing", "required", "excluded"))
CANDIDATES = sites("candidate", ("candidate", "required", "excluded"))
USAGE = (
    Column(name="site_id", says="of stations", needed=_YES),
    Column(name="month", says="one row a station and month", kind="YYYY-MM", needed=_YES),
    Column(
        name="transactions", says="done at the station", kind=WHOLE, unit="transactions a month",
        needed=_YES, maximum=MOST_A_MONTH,
    ),
    Column(name="pages", says="printed", kind=WHOLE, unit="pages a month", default=0, maximum=MOST_A_MONTH),
    Column(
        name="outage_hours", says="out of service", kind=NUMBER, unit="hours a month", default=0,
        maximum=MOST_HOURS, remedy="a month has at most 744 hours: are these minutes?",
    ),
)  # fmt: skip
PUBLICITY = (
    Column(name="area", says="a survey area (`district` of the population) or a district (`parent`)", needed=_YES),
    Column(
        name="spend_yuan", says="what the level costs, beside what is spent today", kind=AMOUNT, unit="yuan a year",
        needed=_YES,
    ),
    Column(
        name="awareness", says="share of the residents who then know the service; it rises by less and less a yuan",
        kind=NUMBER, unit="0 to 1", needed=_YES, maximum=1.0, remedy=SHARE,
    ),
    Column(
        name="package",
        says="name of what is bought as a whole, at most one an area; blank: any amount up to the level",
        default="",
    ),
)  # fmt: skip
DISTRICTS = (
    Column(name="district", says="the district it outlines", needed="with a population raster"),
    Column(name="parent", says="what the district is part of"),
)
TRAVEL_END = Column(name="<end>", says="id")
TRAVEL = (
    Column(name="demand_id", says="of population; from_id and to_id of r5r and r5py are read too", needed=_YES),
    Column(name="site_id", says="of stations or candidates", needed=_YES),
    *(
        Column(name=name, says="of the way; a pair without row or number is out of reach", kind=NUMBER, unit=name,
               needed="one of these")
        for name in UNITS
    ),
)  # fmt: skip
NODES = (
    Column(name="node_id", says="id, unique", needed=_YES),
    Column(name="lon", says="longitude", kind=NUMBER, unit="degrees", needed="or x"),
    Column(name="lat", says="latitude", kind=NUMBER, unit="degrees", needed="or y"),
    Column(name="x", says="easting in `study.crs`", kind=NUMBER, unit="metres", needed="or lon"),
    Column(name="y", says="northing in `study.crs`", kind=NUMBER, unit="metres", needed="or lat"),
    Column(name="elevation_m", says="height, for `travel.slope`", kind=NUMBER, unit="metres"),
)
EDGES = (
    Column(name="u", says="node at its start", needed=_YES),
    Column(name="v", says="node at its end", needed=_YES),
    Column(name="length_m", says="length along it", kind=NUMBER, unit="metres", needed=_YES),
    Column(name="wkt", says="its line from u to v; straight where absent", kind="WKT line"),
    Column(name="geometry", says="its line, where the file is a layer", kind="line"),
    Column(name="highway", says="kind of street, as in OpenStreetMap"),
    Column(name="oneway", says="yes, true, 1 (from u to v), -1 or reverse; both ways otherwise"),
)

RULES = (
    Column(name="tag", says="key of OpenStreetMap, such as highway", needed=_YES),
    Column(name="value", says="its value", needed=_YES),
    *(
        Column(name=mode, says="whether such ways may be used", kind=ANSWER, needed=f'with mode = "{mode}"')
        for mode in ("walk", "cycle", "drive")
    ),
    Column(name="note", says="for readers of the table"),
)


def names(columns: Iterable[Column]) -> tuple[str, ...]:
    """Return the names of columns."""
    return tuple(column.name for column in columns)


TABLES = (
    TableSpecification(
        name="population",
        says="Where people live: a point or polygon a row.",
        columns=(DEMAND_ID, *PLACE, *POPULATION, GROUP, DAYTIME),
    ),
    TableSpecification(name="footfall", says="Counters of passers-by.", columns=(COUNTER_ID, *PLACE, *FOOTFALL)),
    TableSpecification(name="footfall_counts", says="Series of the counters: a step of time a row.", columns=COUNTS),
    TableSpecification(name="survey", says="Survey as counts: a district and age group a row.", columns=SURVEY),
    TableSpecification(
        name="questionnaires",
        says="Survey as questionnaires: a respondent a row. Given as `inputs.survey` too; `heard` tells them apart.",
        columns=QUESTIONNAIRES,
    ),
    TableSpecification(
        name="covariates",
        says="Numbers by district; used where 5 surveyed districts stand behind each coefficient.",
        columns=(Column(name="district", says="id, unique", needed=_YES), COVARIATE),
    ),
    TableSpecification(
        name="stations", says="Stations that stand today.", columns=(SITE_ID, *PLACE, *STATIONS, FOR_VISITS)
    ),
    TableSpecification(
        name="candidates", says="Places where a station may come.", columns=(SITE_ID, *PLACE, *CANDIDATES, FOR_VISITS)
    ),
    TableSpecification(name="usage", says="What was done at the stations.", columns=USAGE),
    TableSpecification(
        name="publicity",
        says="What publicity does: a level of an area a row; areas without rows have none.",
        columns=PUBLICITY,
    ),
    TableSpecification(name="districts", says="Outlines: polygons.", columns=DISTRICTS),
    TableSpecification(
        name="travel",
        says="Times or lengths of ways: a pair a row, or `wide = true` with a column a site.",
        columns=TRAVEL,
    ),
    TableSpecification(name="streets_nodes", says="`inputs.streets.nodes`: crossings and ends.", columns=NODES),
    TableSpecification(name="streets_edges", says="`inputs.streets.edges`: pieces of street.", columns=EDGES),
    TableSpecification(
        name="streets_rules",
        says="`inputs.streets.rules`: which ways of an OSM file may be used; later rows prevail.",
        columns=RULES,
    ),
)
