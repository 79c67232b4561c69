"""Writes a register: a line per complaint, ruled to the last page's end, then the signatures."""

import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from ..domain.form import Form
from ..errors import BadRules, LedgerTrouble
from .atomic import replace_file
from .book import LINE, MARGINS, PAPERS, TALLEST, headed, save, style
from .cells import ARMED, cell, lines, shown, visible

LAST_ROW = 1_048_000  # of Excel's 1,048,576; the rest is for notes and signatures
_LONG = 255  # Excel shows ##### for longer text in a cell of format @
_CM = 28.35  # points
_UNIT = 5.25  # points per unit of column width: half of the body's 10.5 points
_PAD, _SIGN = 6.0, 13.75  # points that a row and a signature need beside their lines
_SPARE = 0.96  # printers and fonts differ: a planned page must never run over

Row = Mapping[str, object]
Drawn = tuple[int, float, str]  # row number, height it needs, XML of its cells
_END: Drawn = (0, 0.0, "")
_ROW = '<row r="{}" ht="{:.2f}" customHeight="1">{}</row>'


def write_register(
    path: Path, form: Form, rows: Iterable[Row], *, notes: Sequence[str], force: bool, **about: Any
) -> int:
    """Write ``rows``, which are read once, to ``path`` as the register ``form`` and return how many
    there were; ``about`` are unit, period, filled_on and footer, as ``headed`` takes them. Raises
    LedgerTrouble: see ``replace_file``, and sheet.too_many_rows beyond Excel's size; ``path`` then
    keeps what it held. BadRules when headings and signatures leave no room for a row."""
    register = _Register(form, headed(form, **about), notes)
    with replace_file(path, force=force) as private:
        try:
            save(register.sheet, private, register.body(rows), register.breaks)
        except RuntimeError as error:
            if "zip64" in str(error):  # beyond 2 GiB, where plain ZIP ends
                raise LedgerTrouble("sheet.too_many_rows", limit=register.count) from error
            raise
    return register.count


class _Register:
    """The rows below the heading of ``sheet``: ``count`` of them hold a complaint, and after the
    rows ``breaks`` a page ends."""

    def __init__(self, form: Form, sheet: Any, notes: Sequence[str]) -> None:
        self.sheet, self.count, self.breaks = sheet, 0, list[int]()
        width = max(2, int(sum(column.width for column in form.columns)) - 2)
        signs = "        ".join(f"{name}：________________" for name in form.signatures)
        tails = [visible(text) for text in (*notes, signs) if text]
        self.tails = [(text, lines(text, width) * LINE + _SIGN) for text in tails]
        self.room = room(form) - sum(row.height for row in sheet.row_dimensions.values())
        self.last_room = self.room - sum(height for _, height in self.tails)
        if self.last_room < LINE + _PAD:
            raise BadRules("rules.no_room", path=form.id)
        self.most = min(TALLEST, self.last_room)
        self.base = min(self.most, max(form.row_height, self.room / form.rows_per_page))
        # Of an even width, so that no Chinese character is split.
        wide = (max(2, int(column.width - 1.2) // 2 * 2) for column in form.columns)
        self.columns = [*zip(sheet.column_dimensions, form.columns, wide, strict=True)]
        kinds = [(c.align, kind) for c in form.columns for kind in (c.format, "day", "long")]
        looks = itertools.product(kinds, (False, True))
        self.styles = {(*kind, armed): style(sheet, *kind, armed) for kind, armed in looks}

    def body(self, rows: Iterable[Row]) -> Iterator[str]:
        """The XML of all rows, a page at a time; merges go to the sheet."""
        held, used, head = list[Drawn](), 0.0, self.sheet.max_row
        drawn = (self._line(head + serial, serial, row) for serial, row in enumerate(rows, 1))
        for line, after in itertools.pairwise(itertools.chain(drawn, [_END])):
            if line[0] > LAST_ROW:
                raise LedgerTrouble("sheet.too_many_rows", limit=self.count)
            self.count += 1
            # The signatures stand on the page of the last row.
            if held and used + line[1] > (self.last_room if after is _END else self.room):
                self.breaks.append(line[0] - 1)
                yield _stretched(held, self.room)
                held, used = [], 0.0
            held.append(line)
            used += line[1]
        top = head + self.count + 1
        end = top + int((self.last_room - used) / self.base + 0.01)
        held += [self._line(number, None, {}) for number in range(top, end)]
        yield _stretched(held, self.last_room)
        for number, (text, height) in enumerate(self.tails, end):
            if len(self.columns) > 1:
                self.sheet.merge_cells(None, number, 1, number, len(self.columns))
            xml = cell(f"A{number}", style(self.sheet, "left", ""), text)
            yield _ROW.format(number, height, xml)

    def _line(self, number: int, serial: int | None, row: Row) -> Drawn:
        """A row as high as its texts ask for; one too high for a page says that it is cut."""
        tallest, cells = self.base, list[str]()
        for letter, column, wide in self.columns:
            kind, armed = str(column.format), False
            value = serial if kind == "serial" else shown(row.get(column.field), kind)
            if isinstance(value, str):
                high = lines(value, wide) * LINE + _PAD
                tallest = max(tallest, high)
                if high > self.most:
                    value = visible(f"〔共 {len(value)} 字，纸面未印全，见台账〕{value}")
                if high > self.most or len(value) > _LONG:
                    kind = "long"
                armed = ARMED.match(value) is not None
            elif kind == "moment" and value is not None and value % 1 == 0:
                kind = "day"  # an old book that gave no hour shows none
            cells.append(cell(f"{letter}{number}", self.styles[column.align, kind, armed], value))
        return number, min(tallest, self.most), "".join(cells)


def room(form: Form) -> float:
    """Height in sheet points between the page's top and its foot, once shrunk to one page wide."""
    wide, high = sorted(PAPERS[form.paper][1:], reverse=form.orientation == "landscape")
    wide -= (MARGINS["left"] + MARGINS["right"]) * _CM
    high -= (MARGINS["top"] + MARGINS["bottom"]) * _CM
    return high / min(1.0, wide / (sum(c.width for c in form.columns) * _UNIT)) * _SPARE


def _stretched(held: list[Drawn], space: float) -> str:
    """The XML of a page's rows, each a little higher so that together they fill ``space``."""
    total = sum(high for _, high, _ in held) or 1
    factor = space / total
    tall = [high for _, high, _ in held if high * factor > TALLEST]
    if sum(tall) < total:  # the others take the share of the tall ones
        factor = (space - TALLEST * len(tall)) / (total - sum(tall))
    return "".join(_ROW.format(n, min(TALLEST, high * factor), cells) for n, high, cells in held)
