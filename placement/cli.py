"""The command ``placement``: check, recommend, verify, compare. Logic lives in the stages; this prints and exits.

Exit codes: 0 done and proven within the asked gap (verify: confirmed) · 1 a defect of ours · 2 bad input or usage ·
3 infeasible · 4 a plan that is not proven · 5 refuted by verify · 6 no plan within the time limit · 130 interrupted,
with the best plan so far written where there is one.
"""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import json
import logging
import os
import sys
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from tqdm import tqdm

from placement import __version__
from placement.errors import InfeasibleError, InputError, NoSolutionError, PlacementError, ShiftedWarning

if TYPE_CHECKING:
    from placement.solve.deadline import Interrupt

EXIT_INPUT, EXIT_INFEASIBLE, EXIT_UNPROVEN, EXIT_REFUTED, EXIT_NO_PLAN, EXIT_INTERRUPTED = 2, 3, 4, 5, 6, 130
_STEPS = 9

json_option = click.option("--json", "as_json", is_flag=True, help="Print one JSON object for scripts.")
quiet_option = click.option("--quiet", "-q", is_flag=True, help="Print errors only.")


def _exit_codes(command: Callable[..., int | None]) -> Callable[..., None]:
    """Turn what a command returns or raises into the documented exit codes; messages go to stderr."""

    @functools.wraps(command)
    def run(*args: Any, **kwargs: Any) -> None:
        """Run the command and exit with its code."""
        try:
            with warnings.catch_warnings(record=True) as caught:
                warnings.simplefilter("ignore")
                warnings.simplefilter("always", ShiftedWarning)
                code = command(*args, **kwargs) or 0
            for warning in caught:
                click.echo(f"placement: warning: {warning.message}", err=True)
        except InfeasibleError as error:
            code = _fail(error, EXIT_INFEASIBLE)
        except NoSolutionError as error:
            code = _fail(error, EXIT_NO_PLAN)
        except PlacementError as error:
            code = _fail(error, EXIT_INPUT)
        except KeyboardInterrupt:
            code = _fail("interrupted", EXIT_INTERRUPTED)
        sys.exit(code)

    return run


def _complain(error: object, code: int) -> int:
    """Say on stderr what went wrong; return the exit code."""
    click.echo(f"placement: {error}", err=True)
    return code


def _fail(error: object, code: int) -> int:
    """Say what went wrong, with ``--json`` also as an object on stdout; return the exit code."""
    if click.get_current_context().params.get("as_json"):
        faults = [dataclasses.asdict(each) for each in error.faults] if isinstance(error, InputError) else []
        constraints = list(error.constraints) if isinstance(error, InfeasibleError) else []
        record = {"error": str(error), "exit_code": code, "faults": faults, "constraints": constraints}
        _print(record, quiet=False)
    return _complain(error, code)


@contextlib.contextmanager
def _progress(quiet: bool) -> Iterator[Callable[[str], None]]:
    """Yield a function that names the step at work: a bar on a terminal, silence in a pipe."""
    with tqdm(
        total=_STEPS, disable=True if quiet else None, leave=False, bar_format="{desc} {bar:20} {elapsed}"
    ) as bar:

        def tell(line: str) -> None:
            """Name the next step."""
            bar.set_description_str(line)
            bar.update(1)

        yield tell


_EPILOG = """\b
Exit codes: 0 done, proven (verify: confirmed) · 1 a defect · 2 bad input
3 infeasible · 4 a plan, not proven · 5 refuted by verify · 6 no plan in time
130 interrupted, with the best plan so far where there is one
"""


@click.group(context_settings={"help_option_names": ["-h", "--help"]}, epilog=_EPILOG)
@click.version_option(__version__, prog_name="placement")
@click.option("--log-level", default="WARNING", show_default=True, help="Level of the log on stderr.")
def main(log_level: str) -> None:
    """Say where a city's self-service government stations should stand, and prove it."""
    try:
        logging.basicConfig(level=log_level.upper(), stream=sys.stderr, format="%(levelname)s %(name)s: %(message)s")
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--log-level") from error


@main.command()
@click.argument("study", type=click.Path(path_type=Path))
@json_option
@quiet_option
@_exit_codes
def check(study: Path, as_json: bool, quiet: bool) -> int:
    """Check everything a study names; solve nothing.

    STUDY is a study.toml or the folder that holds it. Every table is read, demand and walking times are computed; all
    faults are listed at once.
    """
    from placement.inputs import open_study, prepare  # noqa: PLC0415 -- keeps `placement --help` fast
    from placement.summary import check_lines, check_record  # noqa: PLC0415

    with _progress(quiet) as tell:
        prepared = prepare(open_study(study), progress=tell)
    record = check_record(prepared)
    _print(record if as_json else "\n".join(check_lines(record)), quiet)
    return 0


@main.command()
@click.argument("study", type=click.Path(path_type=Path))
@click.option("--out", required=True, type=click.Path(path_type=Path), help="Folder to write; replaced as a whole.")
@click.option("--seed", type=click.IntRange(min=0), help="Overrides study.seed.")
@click.option(
    "--time-limit", type=click.FloatRange(min=0, min_open=True), help="Seconds; overrides solve.time_limit_s."
)
@click.option("--gap", type=click.FloatRange(min=0, max=1, max_open=True), help="Overrides solve.gap.")
@click.option("--backend", help="auto, highs, cbc or a PuLP solver; overrides solve.backend.")
@json_option
@quiet_option
@_exit_codes
def recommend(  # noqa: PLR0917 -- one option a parameter
    study: Path,
    out: Path,
    seed: int | None,
    time_limit: float | None,
    gap: float | None,
    backend: str | None,
    as_json: bool,
    quiet: bool,
) -> int:
    """Say which stations stay, move, close and open.

    STUDY is a study.toml or the folder that holds it. Plan, tables, map and report are written to the folder of --out,
    which is replaced as a whole or not at all. The first Ctrl-C ends the search with the best plan so far, the second
    at once.
    """
    from placement.inputs import open_study  # noqa: PLC0415
    from placement.pipeline import recommend as run  # noqa: PLC0415
    from placement.pipeline import report_data, write_outcome  # noqa: PLC0415
    from placement.report import check_replaceable, plan_record  # noqa: PLC0415
    from placement.summary import plan_lines  # noqa: PLC0415

    loaded = open_study(study)
    check_replaceable(out)
    options: dict[str, Any] = {"backend": backend, "gap": gap, "time_limit_s": time_limit, "seed": seed}
    with _whole_or_nothing(out, quiet) as interrupt, _progress(quiet) as tell:
        outcome = run(loaded, **options, progress=tell)
        tell("writing")
        write_outcome(outcome, out)
    data = report_data(outcome, out)
    visits = [outcome.visits.note] if outcome.visits is not None and outcome.visits.note else []
    lines = [*plan_lines(data, out), *visits, *outcome.prepared.notes]
    _print(plan_record(data) if as_json else "\n".join(lines), quiet)
    if interrupt.asked:
        return _complain(f"interrupted; the best plan so far is in {out}", EXIT_INTERRUPTED)
    return 0 if outcome.plan.status == "optimal" else EXIT_UNPROVEN


@contextlib.contextmanager
def _whole_or_nothing(out: Path, quiet: bool) -> Iterator[Interrupt]:
    """Hold Ctrl-C from the moment there may be a plan to lose, and say what is written and what is not."""
    from placement.solve.deadline import hold_interrupts  # noqa: PLC0415

    words = "stopping; the best plan so far will be written. Ctrl-C again ends at once, without it"

    def tell() -> None:
        """Say what the first Ctrl-C does."""
        # A signal handler must not use buffered streams: it may run in the middle of a write to them.
        if not quiet:
            os.write(2, f"\nplacement: {words}\n".encode())

    try:
        with hold_interrupts(at_once=False, tell=tell) as interrupt:
            yield interrupt
    except KeyboardInterrupt:
        click.echo(f"placement: no plan was written; {out} is as it was", err=True)
        raise


@main.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--study", type=click.Path(path_type=Path), help="The study, where it was moved since.")
@click.option("--resolve", is_flag=True, help="Obtain a solver's bound anew, with a solver run of the judge's own.")
@json_option
@quiet_option
@_exit_codes
def verify(folder: Path, study: Path | None, resolve: bool, as_json: bool, quiet: bool) -> int:
    """Recount a plan from its inputs and compare every file of its folder.

    FOLDER was written by recommend. The code that counts shares nothing with what made the plan.
    """
    from placement.report import recover_folder  # noqa: PLC0415
    from placement.summary import verdict_lines, verdict_record  # noqa: PLC0415
    from placement.verify import verify_folder  # noqa: PLC0415

    recover_folder(folder)
    verdict = verify_folder(folder, study=study, resolve=resolve)
    if as_json:
        _print(verdict_record(verdict), quiet)
    elif verdict.confirmed:
        _print("\n".join(verdict_lines(verdict)), quiet)
    else:
        click.echo("\n".join(verdict_lines(verdict)), err=True)
    if not verdict.confirmed:
        return EXIT_REFUTED
    return 0 if verdict.whole else EXIT_UNPROVEN


@main.command()
@click.argument("first", type=click.Path(path_type=Path))
@click.argument("second", type=click.Path(path_type=Path))
@json_option
@quiet_option
@_exit_codes
def compare(first: Path, second: Path, as_json: bool, quiet: bool) -> int:
    """Show what differs between two plans.

    FIRST and SECOND were written by recommend: coverage, money, actions, as second minus first.
    """
    from placement.report import PLAN_FILE, read_plan, recover_folder  # noqa: PLC0415
    from placement.summary import compare_lines, compare_record  # noqa: PLC0415

    for folder in (first, second):
        recover_folder(folder)
    record = compare_record(*(read_plan(folder / PLAN_FILE) for folder in (first, second)))
    _print(record if as_json else "\n".join(compare_lines(record, str(first), str(second))), quiet)
    return 0


def _print(content: str | dict[str, Any], quiet: bool) -> None:
    if isinstance(content, dict):
        click.echo(json.dumps(content, ensure_ascii=False, indent=2, sort_keys=True))
    elif not quiet:
        click.echo(content)
