"""Papers as data: the sheet of a register, and an old book with its headings. Reads no file."""

import re
from collections.abc import Mapping, Sequence
from functools import cached_property
from types import MappingProxyType
from typing import Literal, NamedTuple

from .conditions import Scalar
from .policy import Item
from .vocabulary import unspaced


class Column(NamedTuple):
    """One ruled column: ``field`` is a value of the row, ``width`` in Excel characters, ``group`` a
    merged heading above neighbouring columns of the same group."""

    head: str
    field: str
    width: float
    format: Literal["text", "date", "moment", "number", "money", "serial"] = "text"
    align: Literal["left", "center", "right"] = "left"
    group: str = ""
    assumed: str = ""


class Form(Item):
    """A register: title, unit and date line, headed columns, ruled rows, signatures."""

    title: str
    columns: tuple[Column, ...] = ()
    signatures: tuple[str, ...] = ()
    where: Mapping[str, Scalar | list[Scalar]] = MappingProxyType({})
    orientation: Literal["landscape", "portrait"] = "landscape"
    paper: Literal["A3", "A4"] = "A4"
    rows_per_page: int = 15
    row_height: float = 30.0
    carried: bool = False
    source: str = ""


class Layout(Item):
    """What old books look like: heading spellings by field, further words, defaults.

    ``headings`` values are ordered: where two columns mean one field the first with a value wins,
    the other is kept. ``times`` names columns that hold the time of day of a date column."""

    headings: Mapping[str, Sequence[str]]
    times: Mapping[str, Sequence[str]] = MappingProxyType({})
    values: Mapping[str, Mapping[str, str]] = MappingProxyType({})
    defaults: Mapping[str, Scalar] = MappingProxyType({})
    nothing: Sequence[str] = ()
    ditto: Sequence[str] = ()
    passed: Sequence[str] = ()
    required: Sequence[str] = ("received_at", "content")

    @cached_property
    def _known(self) -> dict[str, tuple[int, str]]:
        """Its rank among the spellings of its field, and the field, by compared heading."""
        times = {f"time:{name}": words for name, words in self.times.items()}
        spelled = [
            (heading(word), (rank, name))
            for name, words in {**self.headings, **times}.items()
            for rank, word in enumerate(words)
        ]
        return dict(reversed(spelled))  # what two fields are called is the first one's

    def columns(self, cells: Sequence[object]) -> list[tuple[int, int, str]]:
        """The cells of a row that are headings: rank, place and field, what wins first."""
        texts = [heading(cell) if isinstance(cell, str) else "" for cell in cells]
        known = self._known
        hits = (known.get(text) or known.get(re.sub(r"\(.*?\)$", "", text)) for text in texts)
        return sorted((hit[0], place, hit[1]) for place, hit in enumerate(hits) if hit)


def heading(text: object) -> str:
    """A heading as it is compared: no blanks, full width folded, lower case, no colon or star."""
    return unspaced(str(text or "")).casefold().strip("*:")
