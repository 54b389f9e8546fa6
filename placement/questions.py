"""Commands that ask questions: what if, why, what else, what more money buys, how stable, how stations do."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from placement.console import exit_codes, print_out
from placement.errors import InputError
from placement.options import json_option, language_option, outside_option, quiet_option, settings_of, wishes_options
from placement.progress import progress_bar

if TYPE_CHECKING:
    from placement.case import Case
    from placement.pipeline.study_case import StudyCase
    from placement.progress import Progress
    from placement.values import Plan


out_option = click.option(
    "--out", type=click.Path(path_type=Path), help="Folder to write the answer to, for verify to count again."
)


@click.command("what-if")
@click.argument("place", metavar="FOLDER|STUDY", type=click.Path(path_type=Path))
@click.option("--add", multiple=True, metavar="SITE", help="A station stands there as well; may be repeated.")
@click.option("--remove", multiple=True, metavar="SITE", help="The station there goes; may be repeated.")
@click.option("--move", multiple=True, metavar="FROM:TO", help="The station goes from one site to another.")
@click.option("--around", is_flag=True, help="Also find the best plan with these stations and without those.")
@language_option
@outside_option
@json_option
@quiet_option
@exit_codes
def what_if(  # noqa: PLR0917 -- one option a parameter
    place: Path,
    add: tuple[str, ...],
    remove: tuple[str, ...],
    move: tuple[str, ...],
    around: bool,
    language: str,
    allow_outside: bool,
    as_json: bool,
    quiet: bool,
) -> int:
    """Count what becomes of a plan with some stations more or less.

    FOLDER was written by recommend; of a STUDY, today's stations are asked. Coverage, people, visits and money are
    counted and limits that do not hold are named; nothing is solved unless --around asks for it.
    """
    from placement.analysis.what_if import what_if as asked  # noqa: PLC0415

    moves = dict(_pair(each) for each in move)
    with progress_bar(quiet=quiet) as bar:
        case, plan = _asked_of(place, {}, allow_outside=allow_outside, progress=bar)
        found = asked(case, plan, add=add, remove=remove, move=moves, around=around, progress=bar)
    return print_out(found.record() if as_json else _said(found.lines, language), quiet)


@click.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.option(
    "--without",
    multiple=True,
    metavar="ACTION|SITE",
    help="Also find the best plan without it: move, open, close, keep.",
)
@click.option("--limit", "limit_s", type=click.FloatRange(min=0, min_open=True), help="Seconds for each of these.")
@language_option
@outside_option
@json_option
@quiet_option
@exit_codes
def explain(  # noqa: PLR0917 -- one option a parameter
    folder: Path,
    without: tuple[str, ...],
    limit_s: float | None,
    language: str,
    allow_outside: bool,
    as_json: bool,
    quiet: bool,
) -> int:
    """Say why each action of a plan is in it.

    FOLDER was written by recommend: who each station serves alone, who loses by a move or a close and where they would
    walk, what it costs, which site would do nearly as well and, with --without, what is lost without the action.
    """
    from placement.analysis.explain import explain as explained  # noqa: PLC0415
    from placement.report.again import plan_again  # noqa: PLC0415

    with progress_bar(quiet=quiet) as bar:
        case, plan = plan_again(folder, allow_outside=allow_outside, progress=bar)
        found = explained(case, plan, left_out=without, limit_s=limit_s, progress=bar)
    return print_out(found.record() if as_json else _said(found.lines, language), quiet)


def _pair(text: str) -> tuple[str, str]:
    start, colon, end = text.partition(":")
    if not colon:
        raise InputError.single("what-if", "names one site", row=f"--move {text}", remedy="give FROM:TO")
    return start, end


@click.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--count", type=click.IntRange(min=0), default=5, show_default=True, help="How many other plans.")
@click.option(
    "--differ", type=click.IntRange(min=1), default=6, show_default=True, help="Sites in which each differs, at least."
)
@click.option(
    "--within", type=click.FloatRange(0, 1), help="Share of its worth by which a plan as good may fall short."
)
@click.option("--at", "among", multiple=True, metavar="SITE", help="Plans must differ at these sites; may be repeated.")
@out_option
@wishes_options
@language_option
@outside_option
@json_option
@quiet_option
@exit_codes
def alternatives(  # noqa: PLR0917 -- one option a parameter
    folder: Path,
    count: int,
    differ: int,
    within: float | None,
    among: tuple[str, ...],
    out: Path | None,
    must_stay: tuple[str, ...],
    must_close: tuple[str, ...],
    settings: tuple[str, ...],
    language: str,
    allow_outside: bool,
    as_json: bool,
    quiet: bool,
) -> int:
    """Say what else would do: which decisions are firm, what may take their place, and the next best plans.

    FOLDER was written by recommend. Firm is proven: so in every plan that is about as good.
    """
    from placement.analysis.alternatives import WITHIN  # noqa: PLC0415
    from placement.analysis.alternatives import alternatives as asked  # noqa: PLC0415

    wishes = settings_of(settings, must_stay, must_close, None)
    with progress_bar(quiet=quiet) as bar:
        case, plan = _plan_of(folder, wishes, allow_outside=allow_outside, progress=bar)
        near = WITHIN if within is None else within
        found = asked(case, plan, count=count, differ=differ, within=near, among=among, progress=bar)
        _write(case, "alternatives", found.record(), out)
    return print_out(found.record() if as_json else _said(found.lines, language), quiet)


@click.command()
@click.argument("place", metavar="FOLDER|STUDY", type=click.Path(path_type=Path))
@click.option(
    "--against", default="capital", show_default=True, help="capital, running, total, stations, 'floor NAME'."
)
@click.option("--good", default="coverage", show_default=True, help="coverage, or worth: the study's own objective.")
@click.option("--points", type=click.IntRange(min=1), default=20, show_default=True, help="How many limits are tried.")
@click.option("--limit", "limits", type=float, multiple=True, help="A limit to try, in yuan, stations or as a share.")
@out_option
@wishes_options
@language_option
@outside_option
@json_option
@quiet_option
@exit_codes
def frontier(  # noqa: PLR0917 -- one option a parameter
    place: Path,
    against: str,
    good: str,
    points: int,
    limits: tuple[float, ...],
    out: Path | None,
    must_stay: tuple[str, ...],
    must_close: tuple[str, ...],
    settings: tuple[str, ...],
    language: str,
    allow_outside: bool,
    as_json: bool,
    quiet: bool,
) -> int:
    """Say what money buys: the best plan at each limit of a budget line, of the stations or of a floor.

    FOLDER was written by recommend; of a STUDY no plan is needed. Each plan comes with its gap, the limits that bind
    and what the next 100,000 yuan buy.
    """
    from placement.analysis import frontier as asked  # noqa: PLC0415

    wishes = settings_of(settings, must_stay, must_close, None)
    with progress_bar(quiet=quiet) as bar:
        case, _ = _asked_of(place, wishes, allow_outside=allow_outside, progress=bar)
        found = asked(case, None, good, against, limits=limits or None, points=points, progress=bar)
        _write(case, "frontier", found.record(), out)
    return print_out(found.record() if as_json else _said(found.lines_of_text, language), quiet)


@click.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--draws", type=click.IntRange(min=1), default=40, show_default=True, help="How often demand is drawn.")
@out_option
@wishes_options
@language_option
@outside_option
@json_option
@quiet_option
@exit_codes
def stability(  # noqa: PLR0917 -- one option a parameter
    folder: Path,
    draws: int,
    out: Path | None,
    must_stay: tuple[str, ...],
    must_close: tuple[str, ...],
    settings: tuple[str, ...],
    language: str,
    allow_outside: bool,
    as_json: bool,
    quiet: bool,
) -> int:
    """Say how a plan stands up where the demand is not sure: drawn again and again, and planned anew each time.

    FOLDER was written by recommend.
    """
    from placement.analysis.stability import stability as asked  # noqa: PLC0415

    wishes = settings_of(settings, must_stay, must_close, None)
    with progress_bar(quiet=quiet) as bar:
        case, plan = _plan_of(folder, wishes, allow_outside=allow_outside, progress=bar)
        found = asked(case, plan, draws=draws, progress=bar)
        _write(case, "stability", found.record(), out)
    return print_out(found.record() if as_json else _said(found.lines, language), quiet)


def _said(lines: Iterable[str], language: str) -> list[str]:
    """Return lines in a language."""
    from placement.notes import in_language  # noqa: PLC0415

    return [in_language(each, language) for each in lines]


def _write(case: Case, question: str, answer: Mapping[str, Any], out: Path | None) -> None:
    if out is not None:
        from placement.report.answer import write_answer  # noqa: PLC0415

        write_answer(case, question, answer, out)


def _plan_of(
    folder: Path, settings: Mapping[str, Any], *, allow_outside: bool, progress: Progress | Any
) -> tuple[StudyCase, Plan]:
    """Return the plan in a folder and what it was made from, some settings changed."""
    from placement.report.again import plan_again  # noqa: PLC0415

    return plan_again(folder, allow_outside=allow_outside, settings=settings, progress=progress)


def _asked_of(
    place: Path, settings: Mapping[str, Any], *, allow_outside: bool, progress: Progress | Any
) -> tuple[StudyCase, Plan | None]:
    """Return the same; of a study, the case alone."""
    from placement.pipeline.prepare import open_study  # noqa: PLC0415
    from placement.pipeline.study_case import prepare  # noqa: PLC0415
    from placement.report import PLAN_FILE  # noqa: PLC0415

    if (place / PLAN_FILE).is_file():
        return _plan_of(place, settings, allow_outside=allow_outside, progress=progress)
    study = open_study(place, allow_outside=allow_outside).with_settings(settings)
    return prepare(study, progress=progress), None


@click.command()
@click.argument("study", type=click.Path(path_type=Path))
@click.option(
    "--capacity", type=click.FloatRange(min=0, min_open=True), help="Visits a month that one machine can take."
)
@language_option
@outside_option
@json_option
@quiet_option
@exit_codes
def evaluate(  # noqa: PLR0917 -- one option a parameter
    study: Path, capacity: float | None, language: str, allow_outside: bool, as_json: bool, quiet: bool
) -> int:
    """Say which of today's stations are idle, overloaded or out of order, and what to do about each.

    STUDY has a usage table. Each station is compared with what its place lets expect, learnt from all other stations;
    nothing is solved and nothing is decided.
    """
    from placement.analysis.evaluate import evaluate as evaluated  # noqa: PLC0415
    from placement.pipeline.prepare import open_study  # noqa: PLC0415
    from placement.pipeline.study_case import prepare  # noqa: PLC0415

    with progress_bar(quiet=quiet) as bar:
        case = prepare(open_study(study, allow_outside=allow_outside), progress=bar)
        found = evaluated(case, capacity=capacity)
    return print_out(found.record() if as_json else _said(found.lines, language), quiet)


QUESTIONS = (what_if, explain, alternatives, frontier, stability, evaluate)
"""Commands that ask of a plan or a study."""
