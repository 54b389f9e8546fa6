"""Limits by the words that planning offices use; each preset only sets what can be set by hand."""

from __future__ import annotations

from collections.abc import Mapping

PRESETS: Mapping[str, Mapping[str, int]] = {
    "free": {},
    "expansion": {"max_moves": 0, "max_closes": 0},
    "relocation": {"max_opens": 0, "max_closes": 0},
}
"""Name -> limits of a policy: nothing; no station moves or closes; as many stations as today, which may move."""


def against(preset: str, given: Mapping[str, object]) -> dict[str, tuple[object, int]]:
    """Return the limits given that contradict a preset: name -> (what is given, what the preset sets)."""
    return {
        name: (given[name], value)
        for name, value in PRESETS[preset].items()
        if name in given and (given[name] != value or isinstance(given[name], bool))
    }


def in_words(preset: str) -> str:
    """Return what a preset sets, as a study would write it.

    Examples
    --------
    >>> in_words("expansion")
    'max_moves = 0, max_closes = 0'
    """
    return ", ".join(f"{name} = {value}" for name, value in PRESETS[preset].items()) or "nothing"
