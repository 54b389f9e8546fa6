"""The engine side by side with other solvers: one command, one Markdown table.

    python -m tests.benchmarks.solve --cases small          # minutes, with peers
    python -m tests.benchmarks.solve --cases large --peers none
    python -m tests.benchmarks.solve --cases stream --rows 1e9
    python -m tests.benchmarks.solve --cases cities --points manhattan.txt

Every run is a process of its own, killed well after its limit; memory is the most it held resident beyond what the
instance itself took. Kernels are compiled, and covers are in memory, before the clock starts.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import importlib.util
import multiprocessing
import os
import platform
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from tests.benchmarks.solve_instances import Recipe, build, city_points, streamed
from tests.benchmarks.solve_peers import PEERS

SMALL = [
    (Recipe(rows=1_000, sites=100, radius=6.25, budget=10), 60),
    (Recipe(rows=10_000, sites=100, radius=6.25, budget=10), 60),
    (Recipe(rows=100_000, sites=100, radius=6.25, budget=10), 60),
]
LARGE = [
    (Recipe(rows=10**6, sites=100, radius=6.25, budget=10), 60),
    (Recipe(rows=10**6, sites=100, radius=4.5, budget=300, kind="relocation"), 60),
    (Recipe(rows=10**6, sites=100, radius=4.5, budget=600, kind="relocation"), 60),
    (Recipe(rows=10**7, sites=100, radius=6.25, budget=10), 60),
    (Recipe(rows=10**7, sites=100, radius=4.5, budget=15), 60),
    (Recipe(rows=10**7, sites=100, radius=3.25, budget=20), 60),
    (Recipe(rows=10**6, sites=200, radius=4.42, budget=20), 60),
    (Recipe(rows=10**6, sites=1_000, radius=2.0, budget=50), 60),
    (Recipe(rows=10**5, sites=5_000, radius=0.93, budget=200), 60),
    (Recipe(rows=10**6, sites=10_000, radius=0.656, budget=0.01, kind="city", costs="unequal"), 90),
    (Recipe(rows=10**6, sites=10_000, radius=0.656, budget=300, kind="city"), 120),
    (Recipe(rows=4 * 10**7, sites=100, radius=6.25, budget=10), 60),
]
PEAK_MB = 1024.0 if sys.platform != "darwin" else 1024.0**2


def engine(program: Any, limit_s: float) -> tuple[float, float, float, float, dict[str, Any]]:
    """Return (0, seconds, objective, bound, extra) of the engine, its certificate checked."""
    from placement.solve import maximise_coverage
    from placement.solve.engine import compile_kernels
    from placement.verify import check_certificate

    compile_kernels()
    begun = time.perf_counter()
    solution = maximise_coverage(program, time_limit_s=limit_s)
    solved = time.perf_counter()
    extra = {"status": solution.status, "nodes": solution.details["nodes"], "classes": solution.details["classes"]}
    extra["mb"] = _peak_mb()
    extra["proven"] = check_certificate(program, solution.chosen, solution.certificate)
    extra["check_s"] = time.perf_counter() - solved
    return 0.0, solved - begun, solution.objective, solution.bound, extra


def one_pass_s(program: Any) -> float:
    """Return the seconds of one sum over the bytes of the covers, NaN where they are not in memory."""
    if program.weights is None:
        return float("nan")
    begun = time.perf_counter()
    for part in (program.covers.indices, program.covers.indptr, program.weights):
        part.view(np.int64 if part.nbytes % 8 == 0 else np.int32).sum()
    return time.perf_counter() - begun


def _peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / PEAK_MB


def _child(make: Callable[[], Any], solver: str, limit_s: float, pipe: Any) -> None:
    program = make()
    before = _peak_mb()
    if solver == "placement":
        build_s, solve_s, value, bound, extra = engine(program, limit_s)
    else:
        build_s, solve_s, value, bound = PEERS[solver][1](program, limit_s)
        extra = {"mb": _peak_mb()}
    extra["mb"] -= before
    pipe.send(
        {"build": build_s, "solve": solve_s, "value": value, "bound": bound, "pass": one_pass_s(program), **extra}
    )


def run(make: Callable[[], Any], solver: str, limit_s: float, *, patience_s: float = 90.0) -> dict[str, Any]:
    """Return what a solver did in a process of its own; an empty result if it had to be killed."""
    receiver, sender = multiprocessing.Pipe(duplex=False)
    process = multiprocessing.Process(target=_child, args=(make, solver, limit_s, sender))
    process.start()
    sender.close()
    ended = receiver.poll(limit_s + patience_s + 300.0 * (solver == "placement"))
    try:
        result = receiver.recv() if ended else {}
    except EOFError:
        result = {"failed": True}
    process.kill()
    process.join()
    return result


def row(name: str, solver: str, limit_s: float, result: dict[str, Any]) -> str:
    """Return one line of the table."""
    if "solve" not in result:
        what = "failed" if result.get("failed") else f"killed after {limit_s:g} s + 90 s"
        return f"| {name} | {solver} | {what} | | | | | | |"
    value, bound = result["value"], result["bound"]
    gap = "not proven" if not np.isfinite(bound) else f"{100 * max(0.0, bound - value) / max(bound, 1e-9):.3f} %"
    ratio = result["solve"] / result["pass"] if result["pass"] > 0 else float("nan")
    checked = f"{result['proven']} in {result['check_s']:.2f} s" if "proven" in result else ""
    return (
        f"| {name} | {solver} | {result['build']:.2f} | {result['solve']:.3f} | {value:.0f} | {gap} | "
        f"{result['mb']:.0f} | {ratio:.0f} | {checked} |"
    )


def cases(options: argparse.Namespace) -> list[tuple[str, Callable[[], Any], float]]:
    """Return (name, maker, time limit) of the cases asked for."""
    if options.cases == "stream":
        rows = int(float(options.rows))
        return [(f"streamed {rows:.0e}x100 R6.25 B10", lambda: streamed(rows, 100, 6.25, 10), 36_000)]
    if options.cases == "cities":
        return [
            (f"{options.points.stem} p{count}", lambda count=count: city_points(options.points, 400.0, count), 120)
            for count in (50, 60, 70, 80)
        ]
    chosen = SMALL if options.cases == "small" else LARGE
    wanted = [each for each in chosen if not options.only or options.only in each[0].name]
    return [(recipe.name, lambda recipe=recipe: build(recipe), limit) for recipe, limit in wanted]


def machine() -> str:
    """Return a line on the machine and the versions."""
    cpu = next((line.split(":")[1].strip() for line in Path("/proc/cpuinfo").read_text().split("\n")
                if line.startswith("model name")), platform.processor())  # fmt: skip
    names = ("numpy", "scipy", "numba", "highspy", "pulp", "spopt", "ortools", "pyscipopt")
    found = [f"{name} {importlib.metadata.version(name)}" for name in names if importlib.util.find_spec(name)]
    return (
        f"{os.cpu_count()} cores, {cpu}, load {os.getloadavg()[0]:.1f}; Python {platform.python_version()}, "
        + ", ".join(found)
    )


def main() -> None:
    """Run the cases and print, or write, the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", choices=["small", "large", "stream", "cities"], default="small")
    parser.add_argument("--only", default="", help="part of a case's name")
    parser.add_argument("--peers", choices=["all", "none"], default="all")
    parser.add_argument("--rows", default="1e8", help="rows of the streamed case")
    parser.add_argument("--points", type=Path, help="file of real points for the cities")
    parser.add_argument("--out", type=Path, help="also append the table to this file")
    options = parser.parse_args()
    columns = "case | solver | build s | solve s | objective | gap | MB | x one pass | certificate"
    lines = [machine(), "", f"| {columns} |", "|---" * 9 + "|"]
    print("\n".join(lines), flush=True)
    peers = [name for name, (module, _) in PEERS.items() if importlib.util.find_spec(module)]
    for name, make, limit_s in cases(options):
        for solver in ["placement", *(peers if options.peers == "all" else [])]:
            lines.append(row(name, solver, limit_s, run(make, solver, limit_s)))
            print(lines[-1], flush=True)
    if options.out:
        with options.out.open("a") as file:
            file.write("\n".join(lines) + "\n\n")


if __name__ == "__main__":
    main()
