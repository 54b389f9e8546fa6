"""What the limits of a plan are called, what each goes by, and how large it may be."""

from __future__ import annotations

from fractions import Fraction

BUDGET_LINES = (
    *("purchase", "install", "move", "remove", "close", "capital"),
    *("rent", "network", "maintenance", "staff", "guides", "publicity", "running", "total"),
)
"""Lines of the budget: spent once and their sum, spent a year and their sum, and both over the years."""
A_YEAR = BUDGET_LINES[6:-1]
"""Those of a year."""
SUMS = ("capital", "running", "total")
"""Those that others add up to."""
MONEY = tuple(f"{line}_fen" for line in BUDGET_LINES)
MOST_YEARS = 50
"""The longest that a budget looks ahead."""
COUNTED: dict[str, frozenset[str]] = {
    "max_stations": frozenset({"keep", "move", "open"}),
    "max_moves": frozenset({"move", "bring"}),
    "max_opens": frozenset({"open", "buy"}),
    "max_closes": frozenset({"close", "scrap"}),
    "max_changes": frozenset({"move", "close", "open", "bring", "buy", "scrap"}),
}
"""The actions that each count limits; a move counts at its destination. The last three are of single machines."""
BY_KIND = {"max_by_host": "host", "max_by_chain": "chain"}
"""Limits on the stations that stand at sites of one kind, and the column of the sites that tells the kind."""
ON_VISITS = ("visits_weight", "visits_floor", "min_visits_new", "max_idle")
"""Settings that go by predicted visits."""
ON_RESERVE = ("backup_share", "outage_probability")
"""Settings by which coverage counts how many stations are within reach (:mod:`placement.models.reserve`)."""
FLOORS = {"district_floors": "district", "age_floors": "age group", "period_floors": "period"}
"""Least shares of weight by name, and what the names are of."""
TARGETS = ("coverage_floor", "keep_share")
"""Least coverage of everybody together: of all weight, and of what today's stations cover."""
MOST_RESERVE = Fraction(1, 2)
"""They go up to this: a second station may not count more than a first."""
MOST_RATIO = 10**6
"""The weight of a visit, and the share of today's visits, go up to this."""
IDLE_BELOW = 500
"""Visits a month below which a station is called idle where nothing else is said: some 17 a day."""
MOST_SPACING_M = 200_000
"""Stations are at most so many metres apart."""
MOST_MACHINES = 200
"""Machines of one station are at most so many."""
NOT_IN_PHASES = ("total_fen", "horizon_years", "max_machines", *TARGETS, *ON_VISITS, *ON_RESERVE)
"""Settings that a plan in phases cannot take in."""
