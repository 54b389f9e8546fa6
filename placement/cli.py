"""The command ``placement``: check, recommend, verify, keys, compare, and questions. It only prints and exits.

Exit codes: 0 done and proven within the asked gap (verify: confirmed) · 1 a defect of ours, or a machine that refuses
(memory, system, an output that takes nothing) · 2 bad input or usage · 3 infeasible · 4 a plan that is not proven ·
5 refuted by verify · 6 no plan within the time limit · 130 interrupted, with the best plan so far written where there
is one.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from placement.console import (
    EXIT_INFEASIBLE,
    EXIT_INPUT,
    EXIT_INTERRUPTED,
    EXIT_REFUTED,
    EXIT_UNPROVEN,
    Program,
    Stage,
    complain,
    exit_codes,
    fail,
    held_interrupts,
    print_out,
    start_log,
)
from placement.errors import InfeasibleError, InputError
from placement.options import json_option, outside_option, quiet_option, settings_of, wishes_options
from placement.printing import echo, printable
from placement.progress import COMMAND, DRAWING, TRADING, WRITING, Progress, progress_bar
from placement.questions import QUESTIONS
from placement.version import __version__

if TYPE_CHECKING:
    from placement.pipeline.recommend import Outcome
    from placement.report import ReportData
    from placement.study import Study
    from placement.values import Frontier

_EPILOG = """\b
Exit codes: 0 done, proven (verify: confirmed) · 1 a defect · 2 bad input
3 infeasible · 4 a plan, not proven · 5 refuted by verify · 6 no plan in time
130 interrupted, with the best plan so far where there is one
"""


@click.group(cls=Program, context_settings={"help_option_names": ["-h", "--help"]}, epilog=_EPILOG)
@click.version_option(__version__, prog_name="placement")
@click.option("--log-level", default="WARNING", show_default=True, help="Level of the log on stderr.")
def main(log_level: str) -> None:
    """Say where a city's self-service government stations should stand, and prove it."""
    try:
        start_log(log_level)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--log-level") from error


@main.command()
@click.argument("study", type=click.Path(path_type=Path))
@click.option("--sensitivity", "moved", is_flag=True, help="Also solve with each assumption moved to its other end.")
@click.option("--tornado", "swung", is_flag=True, help="Also solve with need, standard, speeds, online share moved.")
@outside_option
@json_option
@quiet_option
@exit_codes
def check(  # noqa: PLR0917 -- one option a parameter
    study: Path, moved: bool, swung: bool, allow_outside: bool, as_json: bool, quiet: bool
) -> int:
    """Check everything a study names; solve nothing.

    STUDY is a study file, or the folder that holds study.toml. Every table is read, demand and walking times are
    computed; all faults are listed at once. With --sensitivity, settings that are left to their defaults (assumptions)
    are moved one at a time, and the study is solved for each: how far does it move the plan? With --tornado those
    that swing plans most are moved, whether or not the study gives them. Within five minutes of solving in all.
    """
    from placement.pipeline.engine import study_engine  # noqa: PLC0415 -- keeps `placement --help` fast
    from placement.pipeline.prepare import open_study, prepare_inputs  # noqa: PLC0415
    from placement.summary import check_lines, check_record  # noqa: PLC0415

    answer = None
    with progress_bar(quiet=quiet) as bar:
        opened = open_study(study, allow_outside=allow_outside)
        study_engine(opened)
        prepared = prepare_inputs(opened, progress=bar)
        if moved or swung:
            from placement.pipeline.sensitivity import sensitivity, tornado  # noqa: PLC0415

            answer = sensitivity(opened, moving=tornado(opened) if swung else None)
    record = check_record(prepared)
    if as_json:
        return print_out(record if answer is None else {**record, "sensitivity": answer.record()}, quiet)
    return print_out([*check_lines(record), *([] if answer is None else answer.lines())], quiet)


@main.command()
@click.argument("study", type=click.Path(path_type=Path))
@click.option("--out", required=True, type=click.Path(path_type=Path), help="Folder to write; replaced as a whole.")
@click.option("--seed", type=click.IntRange(min=0), help="Overrides study.seed.")
@click.option(
    "--time-limit", type=click.FloatRange(min=0, min_open=True), help="Seconds; overrides solve.time_limit_s."
)
@click.option("--gap", type=click.FloatRange(min=0, max=1, max_open=True), help="Overrides solve.gap.")
@click.option("--backend", help="auto, highs, cbc or a PuLP solver; overrides solve.backend.")
@click.option("--frontier", "trade", is_flag=True, help="Also solve for the trade between reach and predicted visits.")
@click.option(
    "--fairest", "fair", is_flag=True, help="The worst district first: its floor is raised as far as any plan goes."
)
@click.option("--floor-prices", "prices", is_flag=True, help="Also solve for the best plan without each floor.")
@wishes_options
@outside_option
@json_option
@quiet_option
@exit_codes
def recommend(  # noqa: PLR0917 -- one option a parameter
    study: Path, out: Path, seed: int | None, time_limit: float | None, gap: float | None, backend: str | None,
    trade: bool, fair: bool, prices: bool, must_stay: tuple[str, ...], must_close: tuple[str, ...],
    settings: tuple[str, ...], allow_outside: bool, as_json: bool, quiet: bool,
) -> int:  # fmt: skip
    """Say which stations stay, move, close and open.

    STUDY is a study file, or the folder that holds study.toml. Plan, tables, map and report are written to the folder
    of --out, which is replaced as a whole or not at all. The first Ctrl-C ends the search with the best plan so far,
    the second at once.
    """
    from placement.pipeline.prepare import open_study  # noqa: PLC0415
    from placement.pipeline.recommend import recommend as run  # noqa: PLC0415
    from placement.report.from_case import report_data  # noqa: PLC0415
    from placement.report.write import check_output, write_plan, write_report  # noqa: PLC0415

    check_output(loaded := open_study(study, allow_outside=allow_outside), out)
    given = {"solve.backend": backend, "solve.gap": gap, "solve.time_limit_s": time_limit, "study.seed": seed}
    wishes = settings_of(settings, must_stay, must_close, loaded)
    loaded, stage = loaded.with_settings(wishes | _told(given)), Stage()
    with held_interrupts(out, quiet, stage) as interrupt, progress_bar(quiet=quiet) as bar:
        progress = Progress(bar, TRADING if trade else COMMAND)
        try:
            outcome, said = _fairest(loaded, progress) if fair else (run(loaded, progress=progress), ())
        except InfeasibleError as error:
            return _infeasible(error, out, quiet=quiet)
        said = (*said, *(_prices(outcome, progress) if prices else ()))
        found = _trade(outcome, progress) if trade else None
        progress.stage(WRITING)
        data = report_data(outcome.case, outcome.plan, out, frontier=found)
        try:
            written = write_plan(outcome.case, data, out)
        except InputError as error:
            return _unwritten(error, data, as_json=as_json, quiet=quiet)
        stage.written = True
        progress.stage(DRAWING)
        written = write_report(written)
    code = _print_plan(outcome, data, out, (*said, *written.remarks), as_json=as_json, quiet=quiet)
    if interrupt.asked:
        return complain(f"interrupted; the best plan so far is in {printable(out)}", EXIT_INTERRUPTED)
    return code if outcome.plan.status == "optimal" else EXIT_UNPROVEN


def _told(given: dict[str, Any]) -> dict[str, Any]:
    """Return the settings that were told."""
    return {key: each for key, each in given.items() if each is not None}


def _fairest(study: Study, progress: Progress) -> tuple[Outcome, tuple[str, ...]]:
    """Return the plan whose worst district is covered most, and what is known of it."""
    from placement.analysis.fairest import fairest  # noqa: PLC0415
    from placement.pipeline.recommend import Outcome  # noqa: PLC0415
    from placement.pipeline.study_case import prepare  # noqa: PLC0415

    case = prepare(study, progress=progress)
    found = fairest(case, progress=progress)
    return Outcome(case=case.but(policy=found.policy), plan=found.plan), tuple(found.lines())


def _prices(outcome: Outcome, progress: Progress) -> tuple[str, ...]:
    """Return what each floor of a plan costs, as lines."""
    from placement.analysis.floor_prices import floor_prices  # noqa: PLC0415

    return tuple(floor_prices(outcome.case, outcome.plan, progress=progress).lines())


def _trade(outcome: Outcome, progress: Progress) -> Frontier:
    """Return the trade between reach and visits around a plan."""
    from placement.analysis import frontier  # noqa: PLC0415

    plan = outcome.plan
    return frontier(outcome.case, plan.policy, options=plan.options, chosen=plan, progress=progress)


def _infeasible(error: InfeasibleError, out: Path, *, quiet: bool) -> int:
    """Say why a study has no plan, and write the proof beside the folder, which stays as it was."""
    from placement.report.write import write_infeasible  # noqa: PLC0415

    try:
        proof = write_infeasible(error, out)
    except InputError as refused:
        complain(f"the proof that no plan exists could not be written: {refused}", EXIT_INFEASIBLE)
        proof = None
    code = fail(error, EXIT_INFEASIBLE, proof=None if proof is None else str(proof))
    if proof is not None and not quiet:
        complain(f"the proof is in {printable(proof)}; {printable(out)} is as it was", code)
    return code


def _print_plan(
    outcome: Outcome, data: ReportData, out: Path, remarks: tuple[str, ...], *, as_json: bool, quiet: bool
) -> int:
    """Print a plan that is written; `remarks` stand in no file. Return the exit code of printing."""
    from placement.report import plan_record  # noqa: PLC0415
    from placement.summary import plan_lines, run_record, run_remarks  # noqa: PLC0415

    prepared = outcome.case.prepared
    remarks = (*run_remarks(prepared), *remarks)
    if as_json:
        return print_out(plan_record(data) | run_record(prepared, remarks), quiet)
    return print_out([*plan_lines(data, out), *data.notes, *remarks], quiet)


def _unwritten(error: InputError, data: ReportData, *, as_json: bool, quiet: bool) -> int:
    """Print a plan that could not be written, so that it is not lost with the disk."""
    from placement.report import plan_record  # noqa: PLC0415
    from placement.summary import plan_lines  # noqa: PLC0415

    if as_json:
        return fail(error, EXIT_INPUT, plan=plan_record(data))
    print_out(plan_lines(data, None), quiet)
    return complain(error, EXIT_INPUT)


@main.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--study", type=click.Path(path_type=Path), help="The study, where it was moved since.")
@click.option("--resolve", is_flag=True, help="Obtain a solver's bound anew, with a solver run of the judge's own.")
@outside_option
@json_option
@quiet_option
@exit_codes
def verify(  # noqa: PLR0917 -- one option a parameter
    folder: Path, study: Path | None, resolve: bool, allow_outside: bool, as_json: bool, quiet: bool
) -> int:
    """Recount a plan from its inputs and compare every file of its folder.

    FOLDER was written by recommend. The code that counts shares nothing with what made the plan.
    """
    from placement.judge import verify as recount  # noqa: PLC0415
    from placement.summary import verdict_lines, verdict_record  # noqa: PLC0415

    verdict = recount(folder, study=study, resolve=resolve, allow_outside=allow_outside)
    if as_json or verdict.confirmed:
        code = print_out(verdict_record(verdict) if as_json else verdict_lines(verdict), quiet)
    else:
        echo("\n".join(map(printable, verdict_lines(verdict))), err=True)
    if not verdict.confirmed:
        return EXIT_REFUTED
    return code if verdict.whole else EXIT_UNPROVEN


@main.command()
@click.argument("name", metavar="[SECTION]", default="")
@click.option("--markdown", is_flag=True, help="Print a page in Markdown.")
@json_option
@exit_codes
def keys(name: str, markdown: bool, as_json: bool) -> int:
    """Print what a study may say: its sections and keys, its tables and columns.

    SECTION is a section such as travel or inputs.streets, a table such as population, or a key; without it all are
    printed.
    """
    from placement.study.reference import lines_of, matching, page, record_of, reference  # noqa: PLC0415

    parts = matching(name) if name else reference()
    if as_json:
        return print_out(record_of(parts), quiet=False)
    width = shutil.get_terminal_size(fallback=(100, 24)).columns
    return print_out(page(parts) if markdown else lines_of(parts, width), quiet=False)


@main.command()
@click.argument("first", type=click.Path(path_type=Path))
@click.argument("second", type=click.Path(path_type=Path))
@click.option("--people", is_flag=True, help="Also count who gains and who loses, by the study of SECOND.")
@outside_option
@json_option
@quiet_option
@exit_codes
def compare(  # noqa: PLR0917 -- one option a parameter
    first: Path, second: Path, people: bool, allow_outside: bool, as_json: bool, quiet: bool
) -> int:
    """Show what differs between two plans.

    FIRST and SECOND were written by recommend: coverage by district and segment, money, actions, as second minus
    first. With --people also who gains and who loses, by walking time too, and the places that are hit hardest.
    """
    from placement.report.compare import compare as compared  # noqa: PLC0415

    found = compared(first, second, people=people, allow_outside=allow_outside)
    return print_out(found.record if as_json else found.lines, quiet)


for question in QUESTIONS:
    main.add_command(question)
