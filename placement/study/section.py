"""What every section of `study.toml` has in common."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

from pydantic import BaseModel, ConfigDict

from placement.values.immutable import freeze
from placement.values.shown import Shown, as_html, as_text, brief


class Section(BaseModel):
    """A frozen section that refuses unknown keys; the text beneath each key is its entry in the reference of keys."""

    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True, use_attribute_docstrings=True)

    def model_post_init(self, _context: Any, /) -> None:
        """Freeze the mappings that the section holds."""
        self.__dict__.update(freeze(self.__dict__))
        object.__setattr__(self, "__pydantic_extra__", freeze(self.__pydantic_extra__))

    def model_copy(self, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> Self:
        """Return the section with other values of some settings, which are not checked."""
        copied = super().model_copy(update=update, deep=deep)
        copied.model_post_init(None)
        return copied

    def __repr__(self) -> str:
        return as_text(self)

    def __str__(self) -> str:
        return as_text(self)

    def _repr_html_(self) -> str:
        return as_html(self)

    def _shown(self) -> Shown:
        given = self.model_fields_set | set(self.model_extra or {})
        return type(self).__name__, [(name, brief(value)) for name, value in self if name in given]
