"""The printed page: how much fits on it, and which rows stand on which page. Knows no Excel
calls."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from complaintctl.domain.form import Form

PAPERS = {"A3": (8, 841.9, 1190.6), "A4": (9, 595.3, 841.9)}  # Excel's code, sides in points
CM = 28.35
LEFT, OTHER, FOOT = 2.2, 1.5, 0.8  # margins in cm: the left one is for the binding
UNIT = 5.25  # points per unit of column width: half of the body's 10.5 points
TALLEST = 409.0  # Excel's highest row, in points
TITLE, INFO, SIGN = 34.0, 22.0, 36.0
LINE, SMALL_LINE, PAD = 14.5, 11.0, 6.0
Drawn = tuple[int, float, str]  # row number, height it needs, XML of its cells
_SPARE = 0.96  # printers and fonts differ: a planned page must never run over
MOST_BREAKS = 1_000  # Excel holds 1,023


def room(form: Form) -> float:
    """Height in sheet points between the page's top and its foot, once shrunk to one page wide."""
    _, short, long = PAPERS[form.paper]
    wide, high = (long, short) if form.orientation == "landscape" else (short, long)
    scale = (wide - (LEFT + OTHER) * CM) / (sum(c.width for c in form.columns) * UNIT)
    return (high - 2 * OTHER * CM) / min(1.0, scale) * _SPARE


@dataclass
class Pages:
    """Packs drawn rows on pages and stretches each page's rows so that its ruling ends at its foot.

    ``room`` is what a page has for rows, ``base`` the least height of one, ``tail`` what the notes
    and signatures take of the last page. ``breaks`` are the rows after which a page ends,
    ``end`` the last ruled one.
    """

    room: float
    base: float
    tail: float
    breaks: list[int] = field(default_factory=list)
    end: int = 0

    def pack(self, rows: Iterable[Drawn], blank: Callable[[int], str], top: int) -> Iterator[str]:
        """The XML of each page's rows; ``blank`` draws an empty row, ``top`` is the first row."""
        held: list[Drawn] = []
        used = 0.0
        for row in rows:
            if held and used + row[1] > self.room:
                yield self._full(held)
                held, used = [], 0.0
            held.append(row)
            used += row[1]
        if held[1:] and used > self.room - self.tail:  # the signatures take the last row with them
            yield self._full(held[:-1])
            held = held[-1:]
        left = self.room - self.tail - sum(row[1] for row in held)
        top = held[-1][0] + 1 if held else top
        for row_number in range(top, top + int(left / self.base + 0.01)):
            held.append((row_number, self.base, blank(row_number)))
        self.end = held[-1][0] if held else top - 1
        yield _stretched(held, self.room - self.tail)

    def _full(self, held: list[Drawn]) -> str:
        self.breaks.append(held[-1][0])
        return _stretched(held, self.room)


def _stretched(held: list[Drawn], room: float) -> str:
    """The rows, a little higher so that together they fill ``room``."""
    total = sum(row[1] for row in held) or 1
    factor = room / total
    tall = [high for _, high, _ in held if high * factor > TALLEST]  # the others take their share
    if sum(tall) < total:
        factor = (room - TALLEST * len(tall)) / (total - sum(tall))
    return "".join(
        row_xml(number, TALLEST if high in tall else min(TALLEST, high * factor), cells)
        for number, high, cells in held
    )


def row_xml(number: int, height: float, cells: str) -> str:
    """One row of a sheet."""
    return f'<row r="{number}" ht="{height:.2f}" customHeight="1">{cells}</row>'
