"""The text of the certificate format in plain Python, and an honest maker of certificates for tiny programs.

Nothing here is shared with the checker: classes by a dictionary, the bound by loops over Python integers, the optimum
by trying every plan. The maker's prices come from linear programs (SciPy), its tree from plain branching.
"""

import itertools
import math
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from scipy import optimize

from placement.values import Certificate, CoverageProgram, PriceSets, classes_fingerprint
from placement.values.certificate import SCALE


@dataclass
class Class:
    sites: tuple[int, ...]
    floors: tuple[int, ...]
    weight: int
    alone: bool = False
    once: bool = False


def sites_of_row(program, r):
    start, stop = program.covers.indptr[r : r + 2]
    return program.covers.indices[start:stop].tolist()


def classes_of(program):
    """Classes in order of first appearance."""
    found: dict[tuple[tuple[int, ...], tuple[int, ...], bool, bool], Class] = {}
    for r, weight in enumerate(program.weights.tolist()):
        sites = tuple(sorted(sites_of_row(program, r)))
        floors = tuple(f for f, floor in enumerate(program.floors) if r in floor.rows.tolist())
        if weight and sites:
            alone = r in program.floor_only.tolist()
            once = r in program.once.tolist()
            found.setdefault((sites, floors, alone, once), Class(sites, floors, 0, alone, once)).weight += weight
    return list(found.values())


def rows_of(program):
    """Linear rows as (dict of coefficients, limit, equality), repeated columns added, <= rows divided."""
    rows = []
    for row in program.linear:
        sums: dict[int, int] = {}
        for k, a in zip(row.columns.tolist(), row.coefficients.tolist(), strict=True):
            sums[k] = sums.get(k, 0) + a
        divisor = int(np.gcd.reduce(np.array(list(sums.values()) or [0]))) if not row.equality else 1
        divisor = divisor or 1
        rows.append(({k: a // divisor for k, a in sums.items()}, row.limit // divisor, row.equality))
    return rows


def plan_value(program, chosen):
    """Value of a plan, None where it is not feasible."""
    sites = {int(s) for s, used in zip(program.column_site, chosen, strict=True) if used}
    won = [int(weight) if sites & set(sites_of_row(program, r)) else 0 for r, weight in enumerate(program.weights)]
    counted = sum(each for r, each in enumerate(won) if r not in program.floor_only.tolist())
    worth = counted if program.layers.tolist() == [2**20] and not program.once.size else layered_worth(program, chosen)
    for row in program.linear:
        amount = sum(int(a) for k, a in zip(row.columns, row.coefficients, strict=True) if chosen[k])
        if amount > row.limit or (row.equality and amount != row.limit):
            return None
    if any(sum(won[r] for r in floor.rows) < floor.minimum for floor in program.floors):
        return None
    if any(
        (must and not used) or (never and used)
        for must, never, used in zip(program.required, program.excluded, chosen, strict=True)
    ):
        return None
    return worth + sum(int(b) for b, used in zip(program.column_values, chosen, strict=True) if used)


def layered_worth(program, chosen):
    """What rows count by how many chosen columns provide in each, rounded down."""
    worth = 0
    for r, weight in enumerate(program.weights.tolist()):
        reach = set(sites_of_row(program, r)) if r not in program.floor_only.tolist() else set()
        count = sum(int(site) in reach for site, used in zip(program.column_site, chosen, strict=True) if used)
        once = r in program.once.tolist()
        worth += weight * (program.once_worth * (count > 0) if once else sum(program.layers[:count].tolist()))
    return worth // 2**20


def best_plan(program):
    """(value, plan) of the best plan, or None."""
    plans = itertools.product([False, True], repeat=program.n_columns)
    valued = [(value, plan) for plan in plans if (value := plan_value(program, plan)) is not None]
    return max(valued) if valued else None


@dataclass
class Prices:
    """One price set in dictionaries."""

    objective: int = 1
    row: dict[int, int] = field(default_factory=dict)
    cut: dict[int, int] = field(default_factory=dict)
    knapsack: dict[int, int] = field(default_factory=dict)
    linear: list[int] = field(default_factory=list)
    floor: list[int] = field(default_factory=list)
    branch: dict[int, int] = field(default_factory=dict)


@dataclass
class Draft:
    """A certificate while it is made: lists that `seal` turns into arrays."""

    program: CoverageProgram
    bound: int = 0
    infeasible: bool = False
    plan: tuple[bool, ...] | None = None
    objective: int = 0
    dominated: list[tuple[int, int]] = field(default_factory=list)
    cuts: list[list[int]] = field(default_factory=list)
    bases: list[tuple[dict[int, int], int, list[int]]] = field(default_factory=list)
    """How many times each row is added, floor or -1, sites."""
    knapsack: list[tuple[int, int, list[int]]] = field(default_factory=list)
    """Base, divisor, complemented columns."""
    groups: list[list[int]] = field(default_factory=list)
    nodes: list[tuple[int, int, int, int, int]] = field(default_factory=lambda: [(-1, 0, 0, 0, 0)])
    """Parent, kind, index, value, limit."""
    leaves: list[tuple[int, int]] = field(default_factory=list)
    """Node, price set."""
    fixings: list[tuple[int, int, list[tuple[int, int]]]] = field(default_factory=list)
    """Node, price set, columns with their values."""
    prices: list[Prices] = field(default_factory=list)

    def seal(self):
        return Certificate.seal(**self.parts())

    def parts(self):
        program, sets = self.program, self.prices
        fingerprint = fingerprint_of(program)
        chosen = np.zeros(program.n_columns, dtype=bool) if self.plan is None else np.array(self.plan, dtype=bool)
        nodes = np.array(self.nodes, dtype=np.int64).reshape(-1, 5)
        prices = PriceSets(
            objective=np.array([each.objective for each in sets]),
            **_csr("row", "row_index", "row_price", [each.row for each in sets]),
            **_csr("cut", "cut_index", "cut_price", [each.cut for each in sets]),
            **_csr("knapsack", "knapsack_index", "knapsack_price", [each.knapsack for each in sets]),
            **_csr("branch", "branch_node", "branch_price", [each.branch for each in sets]),
            linear=np.array([each.linear for each in sets], dtype=np.int64).reshape(len(sets), len(program.linear)),
            floor=np.array([each.floor for each in sets], dtype=np.int64).reshape(len(sets), len(program.floors)),
        )
        fixed = [pair for _, _, pairs in self.fixings for pair in pairs]
        return {
            "fingerprint": fingerprint,
            "bound": self.bound,
            "infeasible": self.infeasible,
            "has_plan": self.plan is not None,
            "objective": self.objective,
            "chosen": chosen,
            "dominated": np.array(self.dominated, dtype=np.int64).reshape(-1, 2),
            "cut_indptr": _indptr(self.cuts),
            "cut_class": np.array([c for cut in self.cuts for c in cut], dtype=np.int64),
            "knapsack_base": np.array([base for base, _, _ in self.knapsack], dtype=np.int64),
            "knapsack_divisor": np.array([divisor for _, divisor, _ in self.knapsack], dtype=np.int64),
            "knapsack_indptr": _indptr([columns for _, _, columns in self.knapsack]),
            "knapsack_column": np.array([k for _, _, columns in self.knapsack for k in columns], dtype=np.int64),
            "base_indptr": _indptr([list(times) for times, _, _ in self.bases]),
            "base_row": np.array([row for times, _, _ in self.bases for row in times], dtype=np.int64),
            "base_times": np.array([t for times, _, _ in self.bases for t in times.values()], dtype=np.int64),
            "base_floor": np.array([floor for _, floor, _ in self.bases], dtype=np.int64),
            "base_site_indptr": _indptr([sites for _, _, sites in self.bases]),
            "base_site": np.array([site for _, _, sites in self.bases for site in sites], dtype=np.int64),
            "group_indptr": _indptr(self.groups),
            "group_column": np.array([k for group in self.groups for k in group], dtype=np.int64),
            "node_parent": nodes[:, 0],
            "node_kind": nodes[:, 1],
            "node_index": nodes[:, 2],
            "node_value": nodes[:, 3],
            "node_limit": nodes[:, 4],
            "leaf_node": np.array([node for node, _ in self.leaves], dtype=np.int64),
            "leaf_prices": np.array([number for _, number in self.leaves], dtype=np.int64),
            "fixing_node": np.array([node for node, _, _ in self.fixings], dtype=np.int64),
            "fixing_prices": np.array([number for _, number, _ in self.fixings], dtype=np.int64),
            "fixing_indptr": _indptr([pairs for _, _, pairs in self.fixings]),
            "fixing_column": np.array([k for k, _ in fixed], dtype=np.int64),
            "fixing_value": np.array([v for _, v in fixed], dtype=np.int64),
            "prices": prices,
        }


def fingerprint_of(program):
    classes = classes_of(program)
    return classes_fingerprint(
        program,
        class_indptr=_indptr([each.sites for each in classes]),
        class_sites=np.array([s for each in classes for s in each.sites], dtype=np.int64),
        class_weights=np.array([each.weight for each in classes], dtype=np.int64),
        floor_indptr=_indptr([each.floors for each in classes]),
        floor_index=np.array([f for each in classes for f in each.floors], dtype=np.int64),
        floor_only=np.array([c for c, each in enumerate(classes) if each.alone], dtype=np.int64),
        once=np.array([c for c, each in enumerate(classes) if each.once], dtype=np.int64),
    )


def _indptr(lists):
    return np.concatenate([[0], np.cumsum([len(each) for each in lists])]).astype(np.int64)


def _csr(indptr, index, price, dictionaries):
    ordered = [sorted(each.items()) for each in dictionaries]
    return {
        f"{indptr}_indptr": _indptr(ordered),
        index: np.array([key for each in ordered for key, _ in each], dtype=np.int64),
        price: np.array([value for each in ordered for _, value in each], dtype=np.int64),
    }


def base_row(program, times, floor, sites):
    """(dict of coefficients, limit) of a base, by the format's text."""
    sums, limit = dict.fromkeys(range(program.n_columns), 0), 0
    for number, t in times.items():
        coefficients, g, _ = rows_of(program)[number]
        limit += t * g
        for k, a in coefficients.items():
            sums[k] += t * a
    if floor >= 0:
        inside = [each for each in classes_of(program) if floor in each.floors]
        limit += sum(each.weight for each in inside if set(sites) & set(each.sites)) - program.floors[floor].minimum
        beside = [each for each in inside if not set(sites) & set(each.sites)]
        for k, site in enumerate(program.column_site.tolist()):
            sums[k] -= sum(each.weight for each in beside if site in each.sites)
    return {k: size for k, size in sums.items() if size}, limit


def knapsack_cut(program, base, divisor, columns):
    """(dict of coefficients, limit) of a knapsack cut, by the format's text."""
    coefficients, limit = base_row(program, *base)
    left = limit - sum(coefficients[k] for k in columns)
    rest = left % divisor
    e, h = {}, (divisor - rest) * (left // divisor)
    for k, size in coefficients.items():
        a = -size if k in columns else size
        f = (divisor - rest) * (a // divisor) + max(0, a % divisor - rest)
        e[k] = -f if k in columns else f
        h -= f if k in columns else 0
    common = math.gcd(*e.values()) or 1
    return {k: each // common for k, each in e.items()}, h // common


def random_base(program, rng):
    """Any base: a row, or several a few times each, and perhaps a floor over any sites."""
    rows, times = rows_of(program), {}
    for number in range(len(rows)):
        if rng.random() < 0.5:
            times[number] = int(rng.integers(1, 4)) * (int(rng.choice([-1, 1])) if rows[number][2] else 1)
    if not program.floors or rng.random() < 0.4:
        return times, -1, []
    sites = [site for site in range(program.n_sites) if rng.random() < 0.4]
    return times if rng.random() < 0.3 else {}, int(rng.integers(0, len(program.floors))), sites


def add_random_knapsack(draft, rng):
    """Add any cut of any base to a draft; return whether the base had a coefficient."""
    base = random_base(draft.program, rng)
    coefficients, _ = base_row(draft.program, *base)
    if not coefficients:
        return False
    divisor = int(rng.integers(1, max(abs(a) for a in coefficients.values()) + 1))
    draft.bases.append(base)
    columns = sorted(k for k in coefficients if rng.random() < 0.5)
    draft.knapsack.append((len(draft.bases) - 1, divisor, columns))
    return True


def cut_of(draft, number):
    """(dict of coefficients, limit) of a knapsack cut of a draft."""
    base, divisor, columns = draft.knapsack[number]
    return knapsack_cut(draft.program, draft.bases[base], divisor, columns)


def evaluate(draft, prices, ones, zeros):
    """(U, rho) of the format's formula, in Python integers."""
    program, classes, rows = draft.program, classes_of(draft.program), rows_of(draft.program)
    upper = 0
    for c, each in enumerate(classes):
        left = 0 if each.alone else prices.objective * SCALE * each.weight
        left += each.weight * sum(prices.floor[f] for f in each.floors)
        left -= prices.row.get(c, 0) + sum(nu for cut, nu in prices.cut.items() if c in draft.cuts[cut])
        upper += max(0, left)
    upper += sum(nu * (len(draft.cuts[cut]) - 1) // 2 for cut, nu in prices.cut.items())
    knapsack = {number: cut_of(draft, number) for number in prices.knapsack}
    upper += sum(pi * knapsack[number][1] for number, pi in prices.knapsack.items())
    upper += sum(theta * limit for theta, (_, limit, _) in zip(prices.linear, rows, strict=True))
    upper -= sum(phi * floor.minimum for phi, floor in zip(prices.floor, program.floors, strict=True))
    rho = []
    for k in range(program.n_columns):
        site = int(program.column_site[k])
        mine = [c for c, each in enumerate(classes) if site in each.sites]
        value = prices.objective * SCALE * int(program.column_values[k]) + sum(prices.row.get(c, 0) for c in mine)
        value += sum(nu * ((len(set(mine) & set(draft.cuts[cut])) + 1) // 2) for cut, nu in prices.cut.items())
        value -= sum(pi * knapsack[number][0].get(k, 0) for number, pi in prices.knapsack.items())
        value -= sum(theta * row.get(k, 0) for theta, (row, _, _) in zip(prices.linear, rows, strict=True))
        rho.append(value)
    for node, kappa in prices.branch.items():
        _, _, group, value, limit = draft.nodes[node]
        upper += kappa * (-(limit + 1) if value else limit)
        for k in draft.groups[group]:
            rho[k] -= -kappa if value else kappa
    upper += sum(rho[k] for k in ones)
    upper += sum(max(0, rho[k]) for k in range(program.n_columns) if k not in ones and k not in zeros)
    return upper, rho


class Maker:
    """Makes an honest certificate of the optimum of a tiny program."""

    def __init__(self, program, rng, *, slack=0, features=True):
        self.program, self.rng, self.features = program, rng, features
        self.classes, self.rows = classes_of(program), rows_of(program)
        best = best_plan(program)
        self.draft = Draft(program=program)
        if best is None:
            self.draft.infeasible = True
        else:
            self.draft.objective, self.draft.plan = best
            self.draft.bound = best[0] + slack

    def make(self):
        program, draft = self.program, self.draft
        ones = {k for k in range(program.n_columns) if program.required[k]}
        zeros = {k for k in range(program.n_columns) if program.excluded[k]}
        if self.features:
            for _ in range(int(self.rng.integers(0, 3))):
                if len(self.classes) >= 3:
                    cut = sorted(self.rng.choice(len(self.classes), 3, replace=False).tolist())
                    draft.cuts.append(cut)
            for _ in range(int(self.rng.integers(0, 3))):
                add_random_knapsack(draft, self.rng)
            self._dominate(ones, zeros)
        if ones & zeros:
            draft.prices.append(self._priced({}, objective=1))
            draft.leaves.append((0, 0))
            return draft
        self._node(0, ones, zeros, [])
        return draft

    def _dominate(self, ones, zeros):
        n = self.program.n_columns
        for j, k in itertools.permutations(range(n), 2):
            if {j, k} & (ones | zeros) or self.rng.random() < 0.3:
                continue
            if dominates(self.program, j, k):
                self.draft.dominated.append((j, k))
                zeros.add(j)

    def _closes(self, prices, upper):
        if not prices.objective:
            return upper < 0
        return not self.draft.infeasible and upper // SCALE <= self.draft.bound

    def _node(self, node, ones, zeros, path):
        draft = self.draft
        for attempt in range(2):
            prices = self._lp(ones, zeros, path)
            number = len(draft.prices)
            draft.prices.append(prices)
            upper, rho = evaluate(draft, prices, ones, zeros)
            if self._closes(prices, upper):
                draft.leaves.append((node, number))
                return
            free = [k for k in range(self.program.n_columns) if k not in ones | zeros]
            fixed = []
            for k in free if self.features and not attempt else []:
                forced_one, forced_zero = upper - max(0, rho[k]) + rho[k], upper - max(0, rho[k])
                if self._closes(prices, forced_one):
                    fixed.append((k, 0))
                elif self._closes(prices, forced_zero):
                    fixed.append((k, 1))
            if not fixed:
                break
            draft.fixings.append((node, number, fixed))
            ones = ones | {k for k, value in fixed if value}
            zeros = zeros | {k for k, value in fixed if not value}
        free = [k for k in range(self.program.n_columns) if k not in ones | zeros]
        if len(free) >= 2 and self.features and self.rng.random() < 0.4 and len(path) < 4:
            self._branch_on_group(node, ones, zeros, path, free)
            return
        k = int(self.rng.choice(free))
        for value in (0, 1):
            child = len(draft.nodes)
            draft.nodes.append((node, 1, k, value, 0))
            self._node(child, ones | {k} if value else ones, zeros if value else zeros | {k}, path)

    def _branch_on_group(self, node, ones, zeros, path, free):
        draft = self.draft
        size = int(self.rng.integers(2, len(free) + 1))
        group = sorted(self.rng.choice(free, size, replace=False).tolist())
        number = len(draft.groups)
        draft.groups.append(group)
        limit = int(self.rng.integers(0, size))
        for value in (0, 1):
            child = len(draft.nodes)
            draft.nodes.append((node, 2, number, value, limit))
            self._node(child, ones, zeros, [*path, child])

    def _lp(self, ones, zeros, path):
        """Prices of the node's linear program; of its first phase, as a ray, where that is not feasible."""
        n, m = self.program.n_columns, len(self.classes)
        rows: list[np.ndarray] = []
        limits: list[int] = []
        names: list[tuple[str, Any]] = []

        def add(row: np.ndarray, limit: int, kind: str, key: object) -> None:
            rows.append(row)
            limits.append(limit)
            names.append((kind, key))

        for c, each in enumerate(self.classes):
            row = np.zeros(n + m)
            row[[k for k in range(n) if int(self.program.column_site[k]) in each.sites]] = -1
            row[n + c] = 1
            add(row, 0, "row", c)
        for number, cut in enumerate(self.draft.cuts):
            row = np.zeros(n + m)
            for k in range(n):
                mine = [c for c in cut if int(self.program.column_site[k]) in self.classes[c].sites]
                row[k] = -((len(mine) + 1) // 2)
            row[[n + c for c in cut]] = 1
            add(row, (len(cut) - 1) // 2, "cut", number)
        side = len(rows)
        for number in range(len(self.draft.knapsack)):
            coefficients, limit = cut_of(self.draft, number)
            row = np.zeros(n + m)
            row[list(coefficients)] = list(coefficients.values())
            add(row, limit, "knapsack", number)
        for number, (coefficients, limit, equality) in enumerate(self.rows):
            for sign in (1, -1) if equality else (1,):
                row = np.zeros(n + m)
                for k, a in coefficients.items():
                    row[k] = sign * a
                add(row, sign * limit, "linear", (number, sign))
        for number, floor in enumerate(self.program.floors):
            row = np.zeros(n + m)
            row[[n + c for c, each in enumerate(self.classes) if number in each.floors]] = [
                -each.weight for each in self.classes if number in each.floors
            ]
            add(row, -floor.minimum, "floor", number)
        for child in path:
            _, _, group, value, limit = self.draft.nodes[child]
            row = np.zeros(n + m)
            row[self.draft.groups[group]] = -1 if value else 1
            add(row, -(limit + 1) if value else limit, "branch", child)
        gain = np.array(
            [*self.program.column_values.tolist(), *(0 if each.alone else each.weight for each in self.classes)],
            dtype=float,
        )
        bounds = [(float(k in ones), float(k not in zeros)) for k in range(n)] + [(0, 1)] * m
        matrix, most = np.array(rows).reshape(-1, n + m), np.array(limits, dtype=float)
        if not self.draft.infeasible or self.rng.random() < 0.9:
            solved = optimize.linprog(-gain, matrix, most, bounds=bounds, method="highs")
            if solved.status == 0:
                return self._priced(dict(zip(names, -solved.ineqlin.marginals, strict=True)), objective=1)
        slack = np.zeros((len(most), len(most) - side))
        slack[side:] = -np.eye(len(most) - side)
        cost = np.concatenate([np.zeros(n + m), np.ones(slack.shape[1])])
        wide = bounds + [(0, None)] * slack.shape[1]
        solved = optimize.linprog(cost, np.hstack([matrix, slack]), most, bounds=wide, method="highs")
        return self._priced(dict(zip(names, -solved.ineqlin.marginals, strict=True)), objective=0)

    def _priced(self, duals, objective):
        prices = Prices(
            objective=objective, linear=[0] * len(self.program.linear), floor=[0] * len(self.program.floors)
        )
        for (kind, key), dual in duals.items():
            price = max(0, round(float(dual) * SCALE))
            if kind == "linear":
                prices.linear[key[0]] += key[1] * price
            elif kind == "floor":
                prices.floor[key] = price
            elif price:
                getattr(prices, kind)[key] = price
        return prices


def dominates(program, loser, winner):
    """Whether column `winner` can always stand in for `loser`, by the format's rule."""
    classes = classes_of(program)
    mine, theirs = (
        {c for c, each in enumerate(classes) if int(program.column_site[k]) in each.sites} for k in (loser, winner)
    )
    b = program.column_values
    if not mine <= theirs or b[loser] > b[winner] or b[loser] > 0:
        return False
    for row, _, equality in rows_of(program):
        a, other = row.get(loser, 0), row.get(winner, 0)
        if (equality and (a or other)) or (not equality and (a < other or a < 0)):
            return False
    return True
