"""The layout of old books as data, and the recognition of their headings. Reads no file."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from .conditions import Scalar
from .vocabulary import unspaced

Place = tuple[int, str]  # a heading's rank among the spellings of its field, and the field


@dataclass(frozen=True)
class Layout:
    """A layout of old books as data: heading spellings by field, further words, defaults.

    ``headings`` values are ordered: where two columns mean one field the first with a value wins,
    the other is kept. ``times`` names columns that hold the time of day of a date column.
    """

    id: str
    headings: Mapping[str, Sequence[str]]
    times: Mapping[str, Sequence[str]] = field(default_factory=dict)
    values: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    defaults: Mapping[str, Scalar] = field(default_factory=dict)
    nothing: Sequence[str] = ()
    ditto: Sequence[str] = ()
    passed: Sequence[str] = ()
    required: Sequence[str] = ("received_at", "content")
    zh: str = ""
    en: str = ""


def heading(text: object) -> str:
    """A heading as it is compared: no blanks, full width folded, lower case, no colon or star."""
    plain = str(text or "")
    if plain.isascii():  # as the first cell of most rows, which is asked whether it is one
        return "".join(plain.split()).casefold().strip("*:")
    return unspaced(plain).casefold().strip("*:")


def spellings(mapping: Layout) -> dict[str, Place]:
    """Rank and field by compared heading."""
    known: dict[str, Place] = {}
    times = {f"time:{field}": words for field, words in mapping.times.items()}
    for target, words in {**mapping.headings, **times}.items():
        for rank, word in enumerate(words):
            known.setdefault(heading(word), (rank, target))
    return known


def recognise(cells: Sequence[object], known: Mapping[str, Place]) -> dict[int, Place]:
    """The columns of a row that are headings of the mapping, by index."""
    texts = [heading(cell) if isinstance(cell, str) else "" for cell in cells]
    hits = (known.get(text) or known.get(re.sub(r"\(.*?\)$", "", text)) for text in texts)
    return {index: hit for index, hit in enumerate(hits) if hit}
