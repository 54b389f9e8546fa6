"""The catalogue of notes: Chinese by the English sentence, with the same fields; and by a study's own words."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from placement.notes.chinese_inputs import INPUTS
from placement.notes.chinese_limits import LIMITS
from placement.notes.chinese_network import NETWORK
from placement.notes.chinese_places import PLACES
from placement.notes.chinese_questions import QUESTIONS
from placement.notes.words import WORDS

CHINESE: Mapping[str, str] = MappingProxyType(
    {name: chinese for name, (_, chinese) in WORDS.items()} | {**INPUTS, **LIMITS, **NETWORK, **PLACES, **QUESTIONS}
)
