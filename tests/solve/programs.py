"""Small random programs, and their optimum by trying every set of columns."""

import itertools

import numpy as np
from hypothesis import strategies as st
from scipy import sparse

from placement.values import CoverageProgram, Floor, LinearRow


@st.composite
def relocation_programs(draw, max_sites=5, max_rows=7):
    """Keep or give at each existing site, open or move in at each candidate; a token row, money, counts, floors."""
    n_sites = draw(st.integers(2, max_sites))
    n_existing = draw(st.integers(0, min(2, n_sites - 1)))
    n_rows = draw(st.integers(1, max_rows))
    pattern = draw(
        st.lists(st.lists(st.booleans(), min_size=n_sites, max_size=n_sites), min_size=n_rows, max_size=n_rows)
    )
    covers = sparse.csr_array(np.array(pattern, dtype=np.int8).reshape(n_rows, n_sites))
    weights = np.array(draw(st.lists(st.integers(0, 9), min_size=n_rows, max_size=n_rows)), dtype=np.int64)
    column_site: list[int] = []
    keep: list[int] = []
    give: list[int] = []
    move_in: list[int] = []
    pairs = []
    for site in range(n_sites):
        first = len(column_site)
        existing = site < n_existing
        column_site += [site, -1] if existing else [site, site]
        (keep if existing else []).append(first)
        (give if existing else move_in).append(first + 1)
        pairs.append([first, first + 1])
    n_columns = len(column_site)
    ones = np.ones(2, dtype=np.int64)
    linear = [
        LinearRow(name=f"one {i}", columns=np.array(pair), coefficients=ones, limit=1) for i, pair in enumerate(pairs)
    ]
    token = np.array([*move_in, *give])
    signs = np.array([1] * len(move_in) + [-1] * len(give), dtype=np.int64)
    linear.append(LinearRow(name="tokens", columns=token, coefficients=signs, limit=0, equality=draw(st.booleans())))
    money = np.array(draw(st.lists(st.integers(-3, 6), min_size=n_columns, max_size=n_columns)), dtype=np.int64)
    budget = draw(st.integers(0, 12))
    linear.append(LinearRow(name="capital", columns=np.arange(n_columns), coefficients=money, limit=budget))
    floors = []
    if draw(st.booleans()):
        rows = np.array(sorted(draw(st.sets(st.integers(0, n_rows - 1)))), dtype=np.int64)
        floors.append(Floor(name="district", rows=rows, minimum=draw(st.integers(0, 6))))
    flags = draw(st.lists(st.sampled_from([0, 0, 0, 0, 1, 2]), min_size=n_columns, max_size=n_columns))
    values = np.array(draw(st.lists(st.integers(-3, 3), min_size=n_columns, max_size=n_columns)), dtype=np.int64)
    return CoverageProgram(
        covers=covers,
        weights=weights,
        n_sites=n_sites,
        column_site=np.array(column_site),
        column_values=values,
        linear=tuple(linear),
        floors=tuple(floors),
        required=np.array(flags) == 1,
        excluded=np.array(flags) == 2,
    )


@st.composite
def tied_programs(draw, max_sites=6, max_rows=8):
    """Sites with one way to open or two, weights of 1 and 2 and prices of 1 to 3 in one budget: many equal optima."""
    n_sites, n_rows = draw(st.integers(2, max_sites)), draw(st.integers(1, max_rows))
    pattern = st.lists(st.booleans(), min_size=n_sites, max_size=n_sites)
    covers = np.array(draw(st.lists(pattern, min_size=n_rows, max_size=n_rows)), dtype=np.int8)
    twice = np.array(sorted(draw(st.sets(st.integers(0, n_sites - 1), max_size=3))), dtype=np.int64)
    column_site = np.concatenate([np.arange(n_sites), twice])
    n_columns, ones = column_site.size, np.ones(2, dtype=np.int64)
    linear = [
        LinearRow(name=f"one {site}", columns=np.array([site, n_sites + at]), coefficients=ones, limit=1)
        for at, site in enumerate(twice.tolist())
    ]
    money = np.array(draw(st.lists(st.integers(1, 3), min_size=n_columns, max_size=n_columns)), dtype=np.int64)
    budget = draw(st.integers(1, 8))
    linear.append(LinearRow(name="capital", columns=np.arange(n_columns), coefficients=money, limit=budget))
    weights = np.array(draw(st.lists(st.integers(1, 2), min_size=n_rows, max_size=n_rows)), dtype=np.int64)
    none = np.zeros(n_columns, dtype=bool)
    return CoverageProgram(
        covers=sparse.csr_array(covers),
        weights=weights,
        n_sites=n_sites,
        column_site=column_site,
        column_values=np.zeros(n_columns, dtype=np.int64),
        linear=tuple(linear),
        floors=(),
        required=none,
        excluded=none,
    )


def value_of(program, chosen):
    """Objective of a set of columns, or None where it is not feasible; written from the formulation, row by row."""
    dense = np.zeros((program.weights.size, program.n_sites), dtype=bool)
    coo = program.covers.tocoo()
    dense[coo.row, coo.col] = True
    sites = {int(program.column_site[k]) for k in range(program.n_columns) if chosen[k]} - {-1}
    won = [int(w) if any(dense[r, s] for s in sites) else 0 for r, w in enumerate(program.weights)]
    for row in program.linear:
        amount = sum(int(a) for k, a in zip(row.columns, row.coefficients, strict=True) if chosen[k])
        if amount > row.limit or (row.equality and amount != row.limit):
            return None
    for floor in program.floors:
        if sum(won[r] for r in floor.rows) < floor.minimum:
            return None
    for k in range(program.n_columns):
        if (program.required[k] and not chosen[k]) or (program.excluded[k] and chosen[k]):
            return None
    return sum(won) + sum(int(b) for b, used in zip(program.column_values, chosen, strict=True) if used)


def every_plan(program):
    """All feasible plans with their values."""
    for chosen in itertools.product([False, True], repeat=program.n_columns):
        value = value_of(program, chosen)
        if value is not None:
            yield chosen, value


def optimum(program):
    """Largest value of any plan; None where no plan is feasible."""
    return max((value for _, value in every_plan(program)), default=None)
