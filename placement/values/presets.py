"""Limits by the words that planning offices use; each preset only sets what can be set by hand."""

from __future__ import annotations

from collections.abc import Mapping

PRESETS: Mapping[str, Mapping[str, int | str]] = {
    "free": {},
    "expansion": {"max_moves": 0, "max_closes": 0},
    "relocation": {"max_opens": 0, "max_closes": 0},
    "reduction": {"objective": "least_cost", "keep_share": 1},
}
"""Name -> limits of a policy: nothing; no station moves or closes; as many stations as today, which may move; today's
coverage for the least yearly cost."""

MAY_DIFFER = frozenset({"keep_share"})
"""Limits of a preset that may be given otherwise."""


def against(preset: str, given: Mapping[str, object]) -> dict[str, tuple[object, int | str]]:
    """Return the limits given that contradict a preset: name -> (what is given, what the preset sets)."""
    return {
        name: (given[name], value)
        for name, value in PRESETS[preset].items()
        if name in given and name not in MAY_DIFFER and (given[name] != value or isinstance(given[name], bool))
    }


def in_words(preset: str) -> str:
    """Return what a preset sets, as a study would write it.

    Examples
    --------
    >>> in_words("expansion")
    'max_moves = 0, max_closes = 0'
    """
    said = ((name, f'"{value}"' if isinstance(value, str) else value) for name, value in PRESETS[preset].items())
    return ", ".join(f"{name} = {value}" for name, value in said) or "nothing"
