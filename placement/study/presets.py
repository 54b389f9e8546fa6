"""``policy.preset``: limits that a study sets by one word, put into its content as if they were written there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from placement.errors import Fault
from placement.values.presets import PRESETS, against, in_words

_KEY = "policy.preset"


def with_preset(content: Mapping[str, Any], table: str) -> tuple[Mapping[str, Any], list[str], list[Fault]]:
    """Return the content of a study file with the limits of its preset, what they are in words, and contradictions.

    A preset that there is not is left for the section to refuse.
    """
    policy = content.get("policy")
    preset = policy.get("preset") if isinstance(policy, Mapping) else None
    if not isinstance(preset, str) or preset not in PRESETS or not isinstance(policy, Mapping):
        return content, [], []
    faults = [
        Fault(
            table=table,
            row=f"policy.{name}",
            problem=f'is {given!s}, and preset = "{preset}" sets it to {value}',
            remedy="remove it, or the preset",
        )
        for name, (given, value) in against(preset, policy).items()
    ]
    remark = f'{table}: {_KEY} = "{preset}" sets {in_words(preset)}'
    return {**content, "policy": {**PRESETS[preset], **policy}}, [remark], faults


def preset_changed(content: Mapping[str, Any], used: Mapping[str, Any]) -> dict[str, Any]:
    """Return other values of settings with those that another preset among them brings and takes away.

    Parameters
    ----------
    content
        The study file, with the limits of its own preset.
    used
        By ``section.key``; what it says of a limit itself prevails.
    """
    if _KEY not in used:
        return dict(used)
    before = content.get("policy", {}).get("preset")
    gone = dict.fromkeys(PRESETS.get(before, {}) if isinstance(before, str) else {})
    come = PRESETS.get(used[_KEY], {}) if isinstance(used[_KEY], str) else {}
    return {f"policy.{name}": value for name, value in {**gone, **come}.items()} | dict(used)
