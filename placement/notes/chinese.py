"""The catalogue of notes: Chinese by the English sentence, with the same fields."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from placement.notes.chinese_inputs import INPUTS
from placement.notes.chinese_places import PLACES

CHINESE: Mapping[str, str] = MappingProxyType({**INPUTS, **PLACES})
