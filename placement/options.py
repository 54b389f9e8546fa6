"""Options that commands share, and what they mean for a study."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

from placement.errors import InputError

if TYPE_CHECKING:
    from placement.study import Study

json_option = click.option("--json", "as_json", is_flag=True, help="Print one JSON object for scripts.")
outside_option = click.option(
    "--allow-outside", is_flag=True, help="Read inputs that lie outside the study's folder too."
)
language_option = click.option(
    "--language", type=click.Choice(["en", "zh"]), default="en", show_default=True, help="Of the sentences."
)
quiet_option = click.option("--quiet", "-q", is_flag=True, help="Print errors only.")

_WISHES = (
    click.option(
        "--set", "settings", multiple=True, metavar="KEY=VALUE", help="A setting, such as budget.capital=1500000."
    ),
    click.option("--must-close", multiple=True, metavar="SITE", help="No station stands there; may be repeated."),
    click.option("--must-stay", multiple=True, metavar="SITE", help="A station stands there; may be repeated."),
)


def wishes_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command --set, --must-stay and --must-close."""
    for option in _WISHES:
        command = option(command)
    return command


def settings_of(
    settings: tuple[str, ...], must_stay: tuple[str, ...], must_close: tuple[str, ...], study: Study | None
) -> dict[str, Any]:
    """Return settings as a study takes them, by ``section.key``; wishes come to those that `study` has.

    Values are written as in ``study.toml``; what is no TOML is a text.

    Raises
    ------
    InputError
        Listing what is no KEY=VALUE.

    Examples
    --------
    >>> settings_of(("budget.capital=1500000", "solve.backend=highs"), ("S1",), (), None)
    {'budget.capital': 1500000, 'solve.backend': 'highs', 'policy.must_stay': ['S1']}
    """
    found: dict[str, Any] = {}
    for text in settings:
        key, sign, value = text.partition("=")
        if not sign or not key.strip():
            raise InputError.single("--set", "is no KEY=VALUE", row=text, remedy="write e.g. budget.capital=1500000")
        found[key.strip()] = _value(value.strip())
    for name, sites in (("must_stay", must_stay), ("must_close", must_close)):
        if sites:
            key = f"policy.{name}"
            before = found.get(key, [] if study is None else list(getattr(study.policy, name)))
            found[key] = list(dict.fromkeys([*before, *sites]))
    return found


def _value(text: str) -> Any:
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text
