"""Writes a register: a line per complaint, ruled to the last page's end, then the signatures. The
sheet around them, its styles, headings and print set-up, openpyxl makes; the rows are streamed as
XML text: six times as fast, and no names in the system's temp folder."""

import datetime as dt
import io
import itertools
import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile

from openpyxl import Workbook
from openpyxl.cell import Cell
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.utils import get_column_letter
from openpyxl.utils.indexed_list import IndexedList
from openpyxl.worksheet._writer import WorksheetWriter
from openpyxl.worksheet.page import PageMargins
from openpyxl.worksheet.pagebreak import Break
from openpyxl.writer.excel import ExcelWriter

from ..domain.form import Form
from ..errors import BadRules, LedgerTrouble
from .atomic import replace_file
from .cells import ARMED, cell, escaped, lines, shown, visible

PAPERS = {"A3": (8, 841.9, 1190.6), "A4": (9, 595.3, 841.9)}  # Excel's code, sides in points
# In cm; the left margin is for the binding.
MARGINS = {"left": 2.2, "right": 1.5, "top": 1.5, "bottom": 1.5, "header": 0.8, "footer": 0.8}
TALLEST, LINE = 409.0, 14.5  # in points: Excel's highest row, a line of text
_RULER = Font(name="Arial", size=10)  # widths count in its digits: 7 pixels wide, on every system
_BODY, _HEAD = Font(name="宋体", size=10.5), Font(name="宋体", size=10.5, bold=True)
_TITLE = Font(name="黑体", size=20, bold=True)
_GREY = PatternFill("solid", fgColor="FFE7E6E6")
_EDGE = Side("thin", "FF000000")
_THIN = Border(_EDGE, _EDGE, _EDGE, _EDGE)
_FORMATS = {"text": "@", "date": 'yyyy"年"m"月"d"日"', "moment": "yyyy-mm-dd hh:mm",
            "day": "yyyy-mm-dd", "money": "0.00"}  # fmt: skip
LAST_ROW = 1_048_000  # of Excel's 1,048,576; the rest is for notes and signatures
_LONG = 255  # Excel shows ##### for longer text in a cell of format @
_CM, _UNIT = 28.35, 5.25  # points per cm, and per unit of column width: half of the body's 10.5
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
    there were; ``about`` are unit, period, filled_on and footer, as ``_headed`` takes them. Raises
    LedgerTrouble: see ``replace_file``, and sheet.too_many_rows beyond Excel's size; ``path`` then
    keeps what it held. BadRules when headings and signatures leave no room for a row."""
    register = _Register(form, _headed(form, **about), notes)
    with replace_file(path, force=force) as private:
        try:
            _save(register.sheet, private, register.body(rows), register.breaks)
        except RuntimeError as error:
            if "zip64" in str(error).lower():  # beyond 2 GiB, where plain ZIP ends
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
        self.styles = {(*kind, armed): _style(sheet, *kind, armed) for kind, armed in looks}

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
            xml = cell(f"A{number}", _style(self.sheet, "left", ""), text)
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


def _headed(form: Form, unit: str, period: str, filled_on: dt.date, footer: str) -> Any:
    """openpyxl's sheet of a new workbook with ``form``'s widths, headings and print set-up."""
    book: Any = Workbook()
    book._fonts = IndexedList([_RULER])
    book._named_styles["Normal"].font = _RULER
    book.calculation.fullCalcOnLoad = False
    book.properties.creator = "complaintctl"
    book.properties.created = book.properties.modified = dt.datetime.combine(filled_on, dt.time())
    sheet, day = book.active, f"{filled_on.year}年{filled_on.month}月{filled_on.day}日"
    name = re.sub(r"[\[\]:*?/\\'\s]", "", visible(form.title)).encode("utf-16-le")
    sheet.title = name[:62].decode("utf-16-le", "ignore") or "登记表"
    for number, column in enumerate(form.columns, 1):
        sheet.column_dimensions[get_column_letter(number)].width = column.width
    _title(sheet, form, [f"填报单位：{unit}", period, f"填报日期：{day}"])
    _heads(sheet, form)
    sheet.freeze_panes = f"A{sheet.max_row + 1}"
    sheet.print_title_rows = f"1:{sheet.max_row}"
    setup = sheet.page_setup
    setup.orientation, setup.paperSize = form.orientation, PAPERS[form.paper][0]
    setup.fitToPage, setup.fitToWidth, setup.fitToHeight = True, 1, 0
    sheet.page_margins = PageMargins(**{side: cm / 2.54 for side, cm in MARGINS.items()})
    sheet.print_options.horizontalCentered = True
    sheet.oddFooter.left.text = visible(footer).replace("&", "&&")
    sheet.oddFooter.right.text = "第 &P 页 共 &N 页"
    return sheet


def _title(sheet: Any, form: Form, parts: list[str]) -> None:
    """The title, and the line below it in three runs of columns of about equal width."""
    letters = [*sheet.column_dimensions]
    _put(sheet, f"A1:{letters[-1]}1", form.title, "center", _TITLE)
    starts = [*itertools.accumulate((column.width for column in form.columns), initial=0.0)]
    cuts = [bisect_left(starts, starts[-1] / 3 * third) for third in range(4)]
    runs = [letters[start:end] for start, end in itertools.pairwise(cuts)]
    if not all(runs):
        runs, parts = [letters], ["    ".join(parts)]
    for run, text, align in zip(runs, parts, ("left", "center", "right"), strict=False):
        _put(sheet, f"{run[0]}2:{run[-1]}2", text, align, _BODY)


def _heads(sheet: Any, form: Form) -> None:
    """The column heads, below a row of group heads if the form has any."""
    bottom = 3 + any(column.group for column in form.columns)
    lettered = zip(sheet.column_dimensions, form.columns, strict=True)
    for group, run in itertools.groupby(lettered, lambda pair: pair[1].group):
        heads, top = [*run], 4 if group else 3
        if group:
            _put(sheet, f"{heads[0][0]}3:{heads[-1][0]}3", group, "center", _HEAD)
        for letter, column in heads:
            _put(sheet, f"{letter}{top}:{letter}{bottom}", column.head, "center", _HEAD)


def _put(sheet: Any, place: str, text: str, align: str, font: Font) -> None:
    """Write a text into a range of cells, which become one that is high enough."""
    cells = sheet[place]
    first, last = cells[0][0], cells[-1][-1]
    first.value, first.data_type, first.font = escaped(visible(text)), "s", font  # no formula
    first.alignment = Alignment(horizontal=align, vertical="center", wrap_text=True)
    if font is _HEAD:
        first.fill, first.border = _GREY, _THIN
    if first is not last:
        sheet.merge_cells(place)
    scale = font.size / _BODY.size
    width = sum(sheet.column_dimensions[cell.column_letter].width for cell in cells[0])
    high = lines(text, max(1, int(width / scale - 1.5))) * LINE * scale + 7
    row = sheet.row_dimensions[last.row]
    row.height = max(min(TALLEST, high), row.height or 0.0)


def _style(sheet: Any, align: str, kind: str, quoted: bool = False) -> int:
    """A cell style's number; ``long`` starts at the top, an empty kind is unruled."""
    model: Any = Cell(sheet, row=1, column=1)
    vertical = "top" if kind == "long" else "center"
    model.alignment = Alignment(horizontal=align, vertical=vertical, wrap_text=True)
    model.font, model.border = _BODY, _THIN if kind else Border()
    model.number_format, model.quotePrefix = _FORMATS.get(kind, "General"), quoted
    return int(model.style_id)


def _save(sheet: Any, path: Path, body: Iterable[str], breaks: Sequence[int]) -> None:
    """Write the workbook; ``body`` is the XML of the rows below the heading, read once. Pages end
    after the rows ``breaks``, which like merged cells are asked for when all rows are written."""
    with ZipFile(path, "w", ZIP_DEFLATED) as archive:
        with archive.open("xl/worksheets/sheet1.xml", "w") as out:
            out.write(_around(sheet)[0])
            out.writelines(text.encode() for text in body)
            if len(breaks) <= 1_000:  # Excel holds 1,023
                sheet.row_breaks.brk = [Break(id=row) for row in breaks]
            out.writelines(_around(sheet)[1:])
        others: Any = ExcelWriter(sheet.parent, archive)
        others.write_worksheet = others.manifest.append  # the sheet is there already
        others.write_data()


def _around(sheet: Any) -> tuple[bytes, bytes, bytes]:
    """The sheet's XML, cut where its body goes; without its size, which nobody knows yet."""
    out = io.BytesIO()
    WorksheetWriter(sheet, out).write()
    return re.sub(b"<dimension[^>]*>", b"", out.getvalue()).partition(b"</sheetData>")
