"""Notes for the reader, as values: a sentence in English that can be said in Chinese too.

A note is text (:class:`Note` is a `str`): command, ``plan.json`` and whoever prints it need know nothing of languages.
It keeps the sentence that it was made of, with fields, and what stands in them; :func:`in_language` puts it together
anew from the catalogue (:mod:`placement.notes.chinese`), which is keyed by the English sentence, as gettext's are.
What the catalogue lacks stays English; a test finds every such sentence.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any, Self

from placement.notes.chinese import CHINESE

_SHOWN = 10
INTERRUPTED = "interrupted: {left} of {all} weights were not tried"
MISSING = "no plan with weight {weight} was found in time"
"""What is told of plans of a trade that are missing."""


class Note(str):
    """A sentence for the reader.

    Parameters
    ----------
    sentence
        In English, with fields as :meth:`str.format` has them; without `values` it is taken as it is.
    values
        What stands in the fields: numbers, texts, or other notes and :class:`Names`, which follow the language.

    Examples
    --------
    >>> note = Note("{table}: {says}", table=Note("streets"), says=Note("columns not used: {names}", names=Names("ab")))
    >>> print(note, in_language(note, "zh"))
    streets: columns not used: a, b 街道：未使用的列：a、b
    """

    __slots__ = ("sentence", "values")
    sentence: str
    values: Mapping[str, Any]

    def __new__(cls, sentence: str, /, **values: Any) -> Self:
        """Return the note, as text in English."""
        made = super().__new__(cls, sentence.format(**values) if values else sentence)
        made.sentence, made.values = sentence, MappingProxyType(values)
        return made

    def __reduce__(self) -> tuple[Any, ...]:
        return _note, (self.sentence, dict(self.values))

    def said(self, language: str) -> str:
        """Return the sentence in a language."""
        form = CHINESE.get(self.sentence, self.sentence) if language == "zh" else self.sentence
        return (
            form.format(**{key: in_language(each, language) for key, each in self.values.items()})
            if self.values
            else form
        )


class Names(str):
    """Names joined by commas, the first `shown` of them.

    Examples
    --------
    >>> print(Names("abc", 2), in_language(Names("abc", 2), "zh"))
    a, b, ... (3 in all) a、b 等 3 个
    """

    __slots__ = ("names", "shown")
    names: tuple[Any, ...]
    shown: int

    def __new__(cls, names: Iterable[object], shown: int = _SHOWN) -> Self:
        """Return the names, as text in English."""
        kept = tuple(each if isinstance(each, Note) else str(each) for each in names)
        rest = f", ... ({len(kept)} in all)" if len(kept) > shown else ""
        made = super().__new__(cls, ", ".join(kept[:shown]) + rest)
        made.names, made.shown = kept, shown
        return made

    def __reduce__(self) -> tuple[Any, ...]:
        return Names, (self.names, self.shown)

    def said(self, language: str) -> str:
        """Return the names in a language."""
        if language != "zh":
            return str(self)
        rest = f" 等 {len(self.names)} 个" if len(self.names) > self.shown else ""
        return "、".join(in_language(each, language) for each in self.names[: self.shown]) + rest


def _note(sentence: str, values: Mapping[str, Any]) -> Note:
    return Note(sentence, **values)


def counted(count: int, one: str, many: str, /, **values: Any) -> Note:
    """Return the note of one or of many, with the field `count`."""
    return Note(one if count == 1 else many, count=count, **values)


def known(text: str, sentences: Iterable[str]) -> str:
    """Return the note that a text was made of, where it is one of `sentences`, whose fields have no forms.

    Examples
    --------
    >>> print(in_language(known("no plan with weight 5 was found in time", [MISSING]), "zh"))
    权重 5 未在时限内找到方案
    """
    for sentence in sentences:
        found = re.fullmatch(re.sub(r"\\\{(\w+)\\\}", r"(?P<\1>.+)", re.escape(sentence)), text)
        if found is not None:
            return Note(sentence, **found.groupdict())
    return text


def about(table: str, note: str, *, simulated: bool = False) -> Note:
    """Return a note with the table, or the file, that it is about."""
    made_up = Note("SIMULATED {table}", table=Note(table)) if simulated else Note(table)
    return Note("{table}: {says}", table=made_up, says=note)


def together(parts: Iterable[str]) -> Note:
    """Return clauses as one sentence."""
    first, *others = parts
    made = first if isinstance(first, Note) else Note(first)
    for each in others:
        made = Note("{says}; {more}", says=made, more=each)
    return made


def in_language(value: Any, language: str) -> Any:
    """Return a note or names in a language (``en``, ``zh``); whatever else it is, as it is."""
    return value.said(language) if isinstance(value, Note | Names) else value
