"""The engine side by side with other solvers: one command, one Markdown table.

    python -m tests.benchmarks.solve --cases small          # minutes, with peers
    python -m tests.benchmarks.solve --cases large --peers none
    python -m tests.benchmarks.solve --cases stream --rows 1e9
    python -m tests.benchmarks.solve --cases cities --points manhattan.txt --radius-m 400 --stations 50,60,70,80
    python -m tests.benchmarks.solve --cases wuhan          # real streets, with peers
    python -m tests.benchmarks.solve --cases large --peers none --settings numbers.toml    # an ablation

Every run is a process of its own, killed well after its limit; memory is the most it held resident while it solved,
beyond what the instance itself took, and in brackets all that the process held, checking included. Kernels are
compiled, and covers are in memory, before the clock starts; what takes under a second is the median of five runs.
"x engine" is a peer's solving time over the engine's in the same run, ">" where the peer had not proven its answer by
then. A proven answer that contradicts the engine's is marked WRONG.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import importlib.util
import multiprocessing
import os
import platform
import re
import resource
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from placement.solve.settings import DEFAULTS, EngineSettings
from tests.benchmarks.solve_instances import Recipe, build, city_points, streamed
from tests.benchmarks.solve_peers import PEERS, UnfitError
from tests.there import there

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
WUHAN_LIMIT_S = 60.0
PEAK_MB = 1024.0 if sys.platform != "darwin" else 1024.0**2


def engine(
    program: Any, limit_s: float, settings: EngineSettings = DEFAULTS
) -> tuple[float, float, float, float, dict[str, Any]]:
    """Return (0, seconds, objective, bound, extra) of the engine, its certificate checked."""
    import placement.solve.engine  # noqa: F401 -- brings its kernels
    from placement import kernels
    from placement.judge import check_certificate
    from placement.solve import maximise_coverage

    kernels.warm()
    taken, solution = typical(
        lambda: _timed(lambda: maximise_coverage(program, time_limit_s=limit_s, settings=settings))
    )
    solved = time.perf_counter()
    extra = {"status": solution.status, "nodes": solution.details["nodes"], "classes": solution.details["classes"]}
    extra["mb"] = _peak_mb()
    extra["proven"] = check_certificate(program, solution.chosen, solution.certificate)
    extra["check_s"] = time.perf_counter() - solved
    return 0.0, taken, solution.objective, solution.bound, extra


def _timed(call: Callable[[], Any]) -> tuple[float, Any]:
    begun = time.perf_counter()
    result = call()
    return time.perf_counter() - begun, result


def typical(call: Callable[[], tuple[Any, ...]], seconds: int = 0) -> tuple[Any, ...]:
    """Return the outcome of median time of five runs, of one run where that takes a second; `seconds`: its place."""
    runs = [call()]
    while runs[0][seconds] < 1.0 and len(runs) < 5:
        runs.append(call())
    return sorted(runs, key=lambda each: each[seconds])[len(runs) // 2]


def one_pass_s(program: Any) -> float:
    """Return the seconds of one sum over the bytes of the covers, NaN where they are not in memory."""
    if program.weights is None:
        return float("nan")
    begun = time.perf_counter()
    for part in (program.covers.indices, program.covers.indptr, program.weights):
        part.view(np.int64 if part.nbytes % 8 == 0 else np.int32).sum()
    return time.perf_counter() - begun


def _forget_peak() -> float:
    """Begin to count the peak anew where the system can, and return the megabytes held now."""
    status, forget = Path("/proc/self/status"), Path("/proc/self/clear_refs")
    if not forget.exists():
        return _peak_mb()
    forget.write_text("5")
    return _status_mb(status, "VmRSS")


def _peak_mb() -> float:
    status = Path("/proc/self/status")
    if status.exists():
        return _status_mb(status, "VmHWM")
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / PEAK_MB


def _status_mb(status: Path, field: str) -> float:
    return int(there(re.search(rf"{field}:\s+(\d+) kB", status.read_text())).group(1)) / 1024.0


def _child(make: Callable[[], Any], solver: str, limit_s: float, settings: EngineSettings, pipe: Any) -> None:
    program = make()
    before = _forget_peak()
    try:
        if solver == "placement":
            build_s, solve_s, value, bound, extra = engine(program, limit_s, settings)
        else:
            build_s, solve_s, value, bound = typical(lambda: PEERS[solver][1](program, limit_s), seconds=1)
            extra = {"mb": _peak_mb()}
    except UnfitError as reason:
        pipe.send({"unfit": str(reason)})
        return
    extra |= {"mb": extra["mb"] - before, "all_mb": _peak_mb()}
    pipe.send(
        {"build": build_s, "solve": solve_s, "value": value, "bound": bound, "pass": one_pass_s(program), **extra}
    )


def run(
    make: Callable[[], Any],
    solver: str,
    limit_s: float,
    *,
    patience_s: float = 90.0,
    settings: EngineSettings = DEFAULTS,
) -> dict[str, Any]:
    """Return what a solver did in a process of its own; an empty result if it had to be killed."""
    receiver, sender = multiprocessing.Pipe(duplex=False)
    process = multiprocessing.Process(target=_child, args=(make, solver, limit_s, settings, sender))
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


def row(name: str, solver: str, result: dict[str, Any], own: dict[str, Any]) -> str:
    """Return one line of the table; `own` is what the engine did in the same run."""
    if "solve" not in result:
        what = f"cannot take it: {result['unfit']}" if "unfit" in result else "failed"
        what = "killed long after its limit" if not result else what
        return f"| {name} | {solver} | {what} | | | | | | | |"
    value, bound = result["value"], result["bound"]
    gap = f"{100 * max(0.0, bound - value) / max(bound, 1e-9):.3f} %" if np.isfinite(value - bound) else "not proven"
    ratio = result["solve"] / result["pass"] if result["pass"] > 0 else float("nan")
    against = _times(result, own) if own is not result else ""
    checked = f"{result['proven']} in {result['check_s']:.2f} s" if "proven" in result else _verdict(result, own)
    return (
        f"| {name} | {solver} | {result['build']:.2f} | {result['solve']:.3f} | {value:.0f} | {gap} | "
        f"{result['mb']:.0f} ({result['all_mb']:.0f}) | {ratio:.0f} | {against} | {checked} |"
    )


def _settled(result: dict[str, Any]) -> bool:
    """Return whether an answer counts as proven: no whole number lies between value and bound."""
    return bool(result["bound"] - result["value"] < 0.999)


def _times(result: dict[str, Any], own: dict[str, Any]) -> str:
    if "solve" not in own:
        return ""
    return f"{'' if _settled(result) else '> '}{result['solve'] / own['solve']:.0f}"


def _verdict(result: dict[str, Any], own: dict[str, Any]) -> str:
    """Return what the engine's certificate says about a peer's answer, allowing for rounding in floating point."""
    if "proven" not in own:
        return ""
    slack = 1e-6 * max(1.0, own["proven"])
    wrong = result["value"] > own["proven"] + slack or result["bound"] < own["value"] - slack
    return "WRONG" if wrong else ("agrees" if _settled(result) else "")


def cases(options: argparse.Namespace) -> list[tuple[str, Callable[[], Any], float]]:
    """Return (name, maker, time limit) of the cases asked for."""
    if options.cases == "stream":
        rows = int(float(options.rows))
        return [(f"streamed {rows:.0e}x100 R6.25 B10", lambda: streamed(rows, 100, 6.25, 10), 36_000)]
    if options.cases == "cities":
        return [
            (
                f"{options.points.stem} {options.radius_m:g} m p{count}",
                partial(city_points, options.points, options.radius_m, count),
                120,
            )
            for count in map(int, options.stations.split(","))
        ]
    if options.cases == "wuhan":
        return [(name, make, WUHAN_LIMIT_S) for name, make in wuhan()]
    chosen = SMALL if options.cases == "small" else LARGE
    return [(recipe.name, partial(build, recipe), limit) for recipe, limit in chosen]


def wuhan() -> Iterator[tuple[str, Callable[[], Any]]]:
    """Yield (name, maker) of the programs on real streets; the study is prepared once, before any run."""
    from tests.benchmarks import solve_wuhan

    solve_wuhan.hankou()
    yield "Hankou 4541x345 15 min, 20 stations", lambda: solve_wuhan.residents(20)
    yield "Hankou 4541x345 15 min, unequal costs", lambda: solve_wuhan.residents(20, "running")
    yield "Hankou study: relocation, floors", solve_wuhan.study_program
    yield "Hankou streets 1e5x345 15 min, 20 stations", lambda: solve_wuhan.along_streets(100_000, 345, 20)
    yield "Hankou streets 1e5x2000 15 min, 40 stations", lambda: solve_wuhan.along_streets(100_000, 2_000, 40)


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


def peers(wanted: str) -> list[str]:
    """Return the peers asked for that are installed; none of them takes covers in blocks."""
    installed = [name for name, (module, _) in PEERS.items() if importlib.util.find_spec(module)]
    parts = [] if wanted == "none" else wanted.split(",")
    return [name for name in installed if wanted == "all" or any(part in name for part in parts)]


def main() -> None:
    """Run the cases and print, or write, the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", choices=["small", "large", "stream", "cities", "wuhan"], default="small")
    parser.add_argument("--only", default="", help="part of a case's name")
    parser.add_argument("--peers", default="all", help="all, none, or parts of names with commas between")
    parser.add_argument("--limit", type=float, help="seconds each solver gets, instead of the case's own")
    parser.add_argument("--rows", default="1e8", help="rows of the streamed case")
    parser.add_argument("--points", type=Path, help="file of real points for the cities, in the format of AILS-MCLP")
    parser.add_argument("--radius-m", type=float, default=400.0, help="radius for the cities; Kings 800, others 600")
    parser.add_argument("--stations", default="50,60,70,80", help="numbers of stations for the cities")
    parser.add_argument("--settings", type=Path, help="TOML of the engine's numbers that are not the default ones")
    parser.add_argument("--out", type=Path, help="also append the table to this file")
    options = parser.parse_args()
    settings = EngineSettings.from_toml(options.settings) if options.settings else DEFAULTS
    columns = "case | solver | build s | solve s | objective | gap | MB (all) | x one pass | x engine | certificate"
    lines = [machine(), f"{settings!r} {settings.digest}", "", f"| {columns} |", "|---" * 10 + "|"]
    print("\n".join(lines), flush=True)
    solvers = ["placement", *([] if options.cases == "stream" else peers(options.peers))]
    for name, make, limit_s in cases(options):
        if options.only not in name:
            continue
        own: dict[str, Any] = {}
        for solver in solvers:
            result = run(make, solver, options.limit or limit_s, settings=settings)
            own = result if solver == "placement" else own
            lines.append(row(name, solver, result, own))
            print(lines[-1], flush=True)
    if options.out:
        with options.out.open("a") as file:
            file.write("\n".join(lines) + "\n\n")


if __name__ == "__main__":
    main()
