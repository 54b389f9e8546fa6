"""How a command meets the console: what it prints, how it fails, what Ctrl-C does.

Whatever a command raises ends in one line on stderr (with ``--json`` an object on stdout too) and a documented exit
code; a traceback is shown with ``--log-level debug`` only. What the console cannot take ends no run.
"""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import io
import logging
import os
import sys
import traceback
import warnings
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from placement.errors import InfeasibleError, InputError, NoSolutionError, PlacementError, ShiftedWarning
from placement.printing import PrintableFormatter, echo, json_text, printable, stream_encoding

if TYPE_CHECKING:
    from placement.interrupts import Interrupt

EXIT_DEFECT, EXIT_INPUT, EXIT_INFEASIBLE, EXIT_UNPROVEN, EXIT_REFUTED, EXIT_NO_PLAN, EXIT_INTERRUPTED = (
    1, 2, 3, 4, 5, 6, 130
)  # fmt: skip
_PACKAGE = Path(__file__).parent
_LOG = logging.getLogger(__name__)


def exit_codes(command: Callable[..., int | None]) -> Callable[..., None]:
    """Turn what a command returns or raises into the documented exit codes; messages go to stderr."""

    @functools.wraps(command)
    def run(*args: Any, **kwargs: Any) -> None:
        """Run the command and exit with its code."""
        try:
            code = _code_of(command, *args, **kwargs)
        except KeyboardInterrupt:  # while a failure was being told
            code = EXIT_INTERRUPTED
        sys.exit(code)

    return run


def _code_of(  # noqa: PLR0911 -- one for each way to end
    command: Callable[..., int | None], *args: Any, **kwargs: Any
) -> int:
    """Run a command; say what it raises, and return the exit code of that."""
    try:
        with _told_warnings():
            return command(*args, **kwargs) or 0
    except InfeasibleError as error:
        return fail(error, EXIT_INFEASIBLE)
    except NoSolutionError as error:
        return fail(error, EXIT_NO_PLAN)
    except PlacementError as error:
        return fail(error, EXIT_INPUT)
    except KeyboardInterrupt:
        return fail("interrupted", EXIT_INTERRUPTED)
    except Exception as error:  # noqa: BLE001 -- whatever it is, it must end in one line and a documented code
        # A library that is interrupted while it is loaded says that it cannot be loaded.
        if any(isinstance(each, KeyboardInterrupt) for each in _chain(error)):
            return fail("interrupted", EXIT_INTERRUPTED)
        _LOG.debug("in full:", exc_info=error)
        return fail(_defect(error), EXIT_DEFECT)


@contextlib.contextmanager
def _told_warnings() -> Iterator[None]:
    """Keep Python's warnings from the output; say ours when the block ends, however it does."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("ignore")
        warnings.simplefilter("always", ShiftedWarning)
        try:
            yield
        finally:
            for warning in caught:
                echo(f"placement: warning: {printable(warning.message)}", err=True)


def _chain(error: BaseException) -> Iterator[BaseException]:
    """Yield an error and those it came from."""
    seen: set[int] = set()
    following: BaseException | None = error
    while following is not None and id(following) not in seen:
        seen.add(id(following))
        yield following
        following = following.__cause__ or following.__context__


def _defect(error: Exception) -> str:
    """Return an error that nobody raised on purpose in one line: what it is, and where."""
    frames = traceback.extract_tb(error.__traceback__)
    ours = [frame for frame in frames if _PACKAGE in Path(frame.filename).parents] or list(frames)
    place = f"{Path(ours[-1].filename).name}:{ours[-1].lineno} in {ours[-1].name}" if ours else "an unknown place"
    what = " ".join(str(error).split())
    kind = type(error).__name__
    report = "please report it with what placement --log-level debug says"
    if isinstance(error, MemoryError):
        return f"there is not enough memory ({what or kind} at {place}); if the study is small, {report}"
    if isinstance(error, OSError) and error.strerror:
        where = f" ({error.filename!r})" if error.filename else ""
        return f"the system refuses: {error.strerror}{where} at {place}; if it should not, {report}"
    return f"a defect of placement: {kind}: {what[:300]} ({place}); {report}"


def complain(error: object, code: int) -> int:
    """Say on stderr what went wrong; return the exit code."""
    echo(f"placement: {error}", err=True)
    return code


def fail(error: object, code: int, **more: Any) -> int:
    """Say what went wrong, with ``--json`` also as an object on stdout; return the exit code."""
    if click.get_current_context().params.get("as_json"):
        faults = [dataclasses.asdict(each) for each in error.faults] if isinstance(error, InputError) else []
        constraints = list(error.constraints) if isinstance(error, InfeasibleError) else []
        record = {"error": str(error), "exit_code": code, "faults": faults, "constraints": constraints} | more
        print_out(record, quiet=False)
    return complain(error, code)


class Program(click.Group):
    """The command line; what click says of wrong usage is made printable too."""

    def main(self, *args: Any, standalone_mode: bool = True, **extra: Any) -> Any:
        """Run the command line and exit with its code."""
        for stream in (sys.stdout, sys.stderr):
            if isinstance(stream, io.TextIOWrapper):
                stream.reconfigure(errors="backslashreplace")
        run: Any = functools.partial(super().main, *args, standalone_mode=False, **extra)
        if not standalone_mode:
            return run()
        code: Any = 0
        try:
            code = run()
        except click.ClickException as error:
            text = io.StringIO()
            error.show(file=text)
            echo(text.getvalue().rstrip("\n"), err=True)
            sys.exit(error.exit_code)
        except (click.Abort, KeyboardInterrupt):
            echo("placement: interrupted", err=True)
            sys.exit(EXIT_INTERRUPTED)
        except BrokenPipeError:
            _without_stdout()
        except OSError as error:
            _without_stdout()
            code = complain(f"the output could not be printed: {error}", EXIT_DEFECT)
        sys.exit(code if isinstance(code, int) else 0)


def start_log(level: str) -> None:
    """Log to stderr from a level on, or raise ValueError where it is none."""
    handler = logging.StreamHandler()
    handler.setFormatter(PrintableFormatter("%(levelname)s %(name)s: %(message)s"))
    logging.basicConfig(level=level.upper(), handlers=[handler])


@dataclass
class Stage:
    """How far a run has come."""

    written: bool = False


@contextlib.contextmanager
def held_interrupts(out: Path, quiet: bool, stage: Stage) -> Iterator[Interrupt]:
    """Hold Ctrl-C from the moment there may be a plan to lose, and say what is written and what is not."""
    from placement.interrupts import hold_interrupts  # noqa: PLC0415

    def tell() -> None:
        """Say what the first Ctrl-C does."""
        # A signal handler must not use buffered streams: it may run in the middle of a write to them.
        words = "stopping; the best plan so far will be written. Ctrl-C again ends at once, without it"
        if stage.written:
            words = "stopping; the plan is written, its report is being drawn. Ctrl-C again ends at once, without it"
        if not quiet:
            with contextlib.suppress(OSError):
                os.write(2, f"\nplacement: {words}\n".encode())

    try:
        with hold_interrupts(at_once=False, tell=tell) as interrupt:
            yield interrupt
    except KeyboardInterrupt:
        place = printable(out)
        is_there = f"the plan is in {place}, as far as it was written"
        echo(f"placement: {is_there if stage.written else f'no plan was written; {place} is as it was'}", err=True)
        raise


def print_out(content: list[str] | Mapping[str, Any], quiet: bool) -> int:
    """Print lines, or an object whatever `quiet` says; return 1 if stdout does not take them, else 0."""
    if quiet and not isinstance(content, Mapping):
        return 0
    try:
        if isinstance(content, Mapping):
            echo(json_text(content, encoding=stream_encoding()))
        else:
            echo("\n".join(map(printable, content)))
    except BrokenPipeError:  # whoever read the output has seen enough
        _without_stdout()
    except (OSError, ValueError) as error:
        _without_stdout()
        return complain(f"the output could not be printed: {error}", EXIT_DEFECT)
    return 0


def _without_stdout() -> None:
    """Let nothing more be written to a stdout that takes nothing: Python would complain at its end."""
    with contextlib.suppress(OSError, ValueError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)
