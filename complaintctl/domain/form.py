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
        known: dict[str, tuple[int, str]] = {}
        for name, words in {**self.headings, **times}.items():
            for rank, word in enumerate(words):
                known.setdefault(heading(word), (rank, name))
        return known

    def columns(self, cells: Sequence[object]) -> dict[int, str]:
        """The field of each cell of a row that is a heading, by its place: field after field, of
        one field the column that wins first."""
        texts = [heading(cell) if isinstance(cell, str) else "" for cell in cells]
        known, places = self._known, dict[str, list[int]]()
        hits = (known.get(text) or known.get(re.sub(r"\(.*?\)$", "", text)) for text in texts)
        for _, place, name in sorted((hit[0], n, hit[1]) for n, hit in enumerate(hits) if hit):
            places.setdefault(name, []).append(place)
        return {place: name for name, group in places.items() for place in group}


def heading(text: object) -> str:
    """A heading as it is compared: no blanks, full width folded, lower case, no colon or star."""
    return unspaced(str(text or "")).casefold().strip("*:")
