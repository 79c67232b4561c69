"""Writes a register: a line per complaint, ruled to the last page's end, then the signatures."""

import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from ..domain.form import Column, Form
from ..errors import BadRules, LedgerTrouble
from . import page
from .atomic import replace_file
from .book import Book
from .cells import ARMED, cell, lines, shown, visible

LAST_ROW = 1_048_000  # of Excel's 1,048,576; the rest is for notes and signatures
_LONG = 255  # Excel shows ##### for longer text in a cell of format @

Row = Mapping[str, object]


def write_register(
    path: Path, form: Form, rows: Iterable[Row], *, notes: Sequence[str], force: bool, **about: Any
) -> int:
    """Write ``rows`` to ``path`` as the register ``form`` and return how many there were.

    ``rows`` is read once, as it is written; ``about`` are unit, period, filled_on and footer, as
    ``Book`` takes them. Raises LedgerTrouble: see ``replace_file``, and
    sheet.too_many_rows beyond Excel's size; ``path`` then keeps what it held. BadRules when the
    headings and signatures leave no room for a row.
    """
    register = _Register(Book(form, **about), notes)
    with replace_file(path, force=force) as private:
        try:
            register.book.save(private, register.body(rows))
        except RuntimeError as error:
            if "zip64" in str(error):  # beyond 2 GiB, where plain ZIP ends
                raise LedgerTrouble("sheet.too_many_rows", limit=register.count) from error
            raise
    return register.count


class _Pen:
    """How one column draws its cells."""

    def __init__(self, book: Book, letter: str, column: Column) -> None:
        self.letter, self.field = letter, column.field
        self.kind: str = column.format
        self.room = max(2, int(column.width - 1.2) // 2 * 2)  # a Chinese character is not split
        looks = itertools.product((column.format, "day", "long"), (False, True))
        self.styles = {look: book.style(column.align, *look) for look in looks}

    def draw(self, number: int, serial: int | None, row: Row, most: float) -> tuple[float, str]:
        """The height a cell asks for and its XML; a text higher than ``most`` says it is cut."""
        value = serial if self.kind == "serial" else shown(row.get(self.field), self.kind)
        kind, quoted, high = self.kind, False, 0.0
        if isinstance(value, str):
            high = lines(value, self.room) * page.LINE + page.PAD
            if high > most:
                value = visible(f"〔共 {len(value)} 字，纸面未印全，见台账〕{value}")
            if high > most or len(value) > _LONG:
                kind = "long"
            quoted = ARMED.match(value) is not None
        elif kind == "moment" and value is not None and value % 1 == 0:
            kind = "day"  # an old book that gave no hour shows none
        return min(high, most), cell(f"{self.letter}{number}", self.styles[kind, quoted], value)


class _Register:
    """The rows below the heading of ``book``; ``count`` of them hold a complaint."""

    def __init__(self, book: Book, notes: Sequence[str]) -> None:
        self.book, self.count, form = book, 0, book.form
        self.pens = [_Pen(book, *pair) for pair in zip(book.letters, form.columns, strict=True)]
        width = max(2, int(sum(column.width for column in form.columns)) - 2)
        signs = "        ".join(f"{name}：________________" for name in form.signatures)
        tails = [visible(text) for text in (*notes, signs) if text]
        self.tails = [(text, lines(text, width) * page.LINE + page.SIGN) for text in tails]
        self.room = page.room(form) - book.heading
        self.last_room = self.room - sum(height for _, height in self.tails)
        if self.last_room < page.LINE + page.PAD:
            raise BadRules("rules.no_room", path=form.id)
        self.tallest = min(page.TALLEST, self.last_room)
        self.base = min(self.tallest, max(form.row_height, self.room / form.rows_per_page))

    def body(self, rows: Iterable[Row]) -> Iterator[str]:
        """The XML of all rows, a page at a time; page breaks and merges go to the book."""
        held: list[page.Drawn] = []
        used, top = 0.0, self.book.head + 1
        for number, row in enumerate(rows, top):
            if number > LAST_ROW:
                raise LedgerTrouble("sheet.too_many_rows", limit=self.count)
            self.count += 1
            line = self._line(number, self.count, row)
            if held and used + line[1] > self.room:
                yield self._full(held)
                held, used = [], 0.0
            held.append(line)
            used += line[1]
        if held[1:] and used > self.last_room:  # the signatures take the last row with them
            yield self._full(held[:-1])
            held, used = held[-1:], held[-1][1]
        top += self.count
        end = top + int((self.last_room - used) / self.base + 0.01)
        held += [self._line(number, None, {}) for number in range(top, end)]
        yield page.stretched(held, self.last_room)
        for number, (text, height) in enumerate(self.tails, end):
            yield page.row(number, height, self.book.across(number, text))

    def _full(self, held: list[page.Drawn]) -> str:
        self.book.breaks.append(held[-1][0])
        return page.stretched(held, self.room)

    def _line(self, number: int, serial: int | None, row: Row) -> page.Drawn:
        drawn = [pen.draw(number, serial, row, self.tallest) for pen in self.pens]
        heights, cells = zip(*drawn, strict=True)
        return number, max(self.base, *heights), "".join(cells)
