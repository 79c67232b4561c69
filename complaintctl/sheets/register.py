"""Writes a register: one line per complaint, ruled to the end of the last page, then the
signatures."""

from __future__ import annotations

import datetime as dt
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

from openpyxl.utils import get_column_letter

from complaintctl.domain.form import Form
from complaintctl.errors import LedgerTrouble
from complaintctl.sheets import page
from complaintctl.sheets.atomic import replace_file
from complaintctl.sheets.book import Book
from complaintctl.sheets.cells import armed, lines, shown, visible, xml

LAST_ROW = 1_048_000  # of Excel's 1,048,576; the rest is for notes and signatures
_LONG = 255  # Excel shows ##### for longer text in a cell of format @

Row = Mapping[str, object]
Shown = str | float | Decimal | None


def write_register(
    path: Path, form: Form, rows: Iterable[Row], *, unit: str, filled_on: dt.date, period: str,
    footer: str, notes: Sequence[str] = (), force: bool = False,
) -> int:  # fmt: skip
    """Write ``rows`` to ``path`` as the register ``form`` and return how many there were.

    ``rows`` is read once, as it is written. Raises LedgerTrouble: see ``replace_file``, and
    sheet.too_many_rows beyond Excel's size; ``path`` then keeps what it held.
    """
    with replace_file(path, force=force) as private:
        book = Book(form, unit=unit, period=period, filled_on=filled_on, footer=footer)
        register = _Register(book, tuple(notes))
        with open(private, "wb") as out:
            book.save(out, lambda: register.body(rows))
    return register.count


@dataclass(frozen=True)
class _Pen:
    """How one column draws its cells. ``styles`` by (size, quoted)."""

    letter: str
    field: str
    kind: str
    room: int
    styles: Mapping[tuple[str, bool], int]


@dataclass
class _Register:
    book: Book
    notes: tuple[str, ...]
    count: int = 0
    pens: list[_Pen] = field(init=False)
    pages: page.Pages = field(init=False)

    def __post_init__(self) -> None:
        form = self.book.form
        self.pens = [self._pen(place) for place in range(len(form.columns))]
        width = int(sum(column.width for column in form.columns)) - 2
        self.signs = "        ".join(f"{name}：________________" for name in form.signatures)
        self.tails = [
            (note, lines(note, width) * page.LINE + page.PAD) for note in map(visible, self.notes)
        ] + [(self.signs, page.SIGN)] * bool(self.signs)
        room = page.room(form) - self.book.heading
        base = max(form.row_height, room / form.rows_per_page)
        self.pages = page.Pages(room, base, sum(height for _, height in self.tails))
        self.tallest = min(page.TALLEST, room - self.pages.tail)

    def _pen(self, place: int) -> _Pen:
        column, style = self.book.form.columns[place], self.book.style
        align, kind = column.align, column.format
        styles = {
            (size, quoted): style(align, kinds, small=size == "small", quoted=quoted)
            for size, kinds in (("plain", kind), ("day", "day"), ("long", ""), ("small", ""))
            for quoted in (False, True)
        }
        room = max(2, int(column.width - 1.2) // 2 * 2)  # a Chinese character is not split
        return _Pen(get_column_letter(place + 1), column.field, kind, room, styles)

    def body(self, rows: Iterable[Row]) -> Iterator[str]:
        """The XML of all rows below the heading, a page at a time."""
        top = self.book.head + 1
        yield from self.pages.pack(self._drawn(rows, top), self._blank, top)
        plain, top = self.book.style("left", box=False), self.pages.end + 1
        for row, (text, height) in enumerate(self.tails, top):
            yield page.row_xml(row, height, _cell(f"A{row}", plain, text))
        self.book.finish(range(top, top + len(self.tails)), self.pages.breaks)

    def _blank(self, row: int) -> str:
        return "".join(_cell(f"{p.letter}{row}", p.styles["plain", False], None) for p in self.pens)

    def _drawn(self, rows: Iterable[Row], top: int) -> Iterator[page.Drawn]:
        for number, row in enumerate(rows, top):
            if number > LAST_ROW:
                raise LedgerTrouble("sheet.too_many_rows", limit=LAST_ROW - top)
            self.count += 1
            values = [
                self.count if pen.kind == "serial" else shown(row.get(pen.field), pen.kind)
                for pen in self.pens
            ]
            most = 1
            for pen, value in zip(self.pens, values, strict=True):
                if type(value) is str and (len(value) * 2 > pen.room or "\n" in value):
                    most = max(most, lines(value, pen.room))
            height = max(self.pages.base, most * page.LINE + page.PAD)
            if height > self.tallest:
                yield self._small(number, values)
            else:
                yield number, height, self._cells(number, values)

    def _cells(self, number: int, values: Sequence[Shown], small: Container[int] = ()) -> str:
        out = []
        for place, (pen, value) in enumerate(zip(self.pens, values, strict=True)):
            size, quoted = "plain", False
            if type(value) is str:
                quoted = armed(value)
                size = "small" if place in small else "long" if len(value) > _LONG else "plain"
            elif pen.kind == "moment" and value is not None and value % 1 == 0:
                size = "day"  # an old book that gave no hour shows none
            out.append(_cell(f"{pen.letter}{number}", pen.styles[size, quoted], value))
        return "".join(out)

    def _small(self, number: int, values: list[Shown]) -> page.Drawn:
        """A row too high for the paper: smaller letters, and a mark where even they do not fit."""
        height, small = self.pages.base, set()
        for place, (pen, value) in enumerate(zip(self.pens, values, strict=True)):
            if isinstance(value, str):
                high = lines(value, pen.room) * page.LINE + page.PAD
                if high > self.tallest:
                    small.add(place)
                    high = lines(value, pen.room * 21 // 16) * page.SMALL_LINE + page.PAD
                    if high > self.tallest:
                        values[place] = visible(
                            f"〔共 {len(value)} 字，纸面未印全，见台账〕{value}"
                        )
                height = max(height, high)
        return number, min(height, self.tallest), self._cells(number, values, small)


def _cell(place: str, style: int, value: Shown) -> str:
    if value is None:
        return f'<c r="{place}" s="{style}"/>'
    if type(value) is str:
        return (
            f'<c r="{place}" s="{style}" t="inlineStr">'
            f'<is><t xml:space="preserve">{xml(value)}</t></is></c>'
        )
    return f'<c r="{place}" s="{style}"><v>{value}</v></c>'
