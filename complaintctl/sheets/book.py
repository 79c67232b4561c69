"""The workbook around a register's rows: styles, headings, print set-up. openpyxl makes these; the
rows
themselves are streamed as XML text (six times as fast, and no plain-text spool in the temp
folder)."""

from __future__ import annotations

import bisect
import datetime as dt
import io
import itertools
import re
from collections.abc import Callable, Iterable, Iterator
from typing import IO, Any, cast
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from openpyxl import Workbook
from openpyxl.cell import Cell
from openpyxl.packaging.relationship import RelationshipList
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.utils import get_column_letter
from openpyxl.utils.indexed_list import IndexedList
from openpyxl.workbook.properties import CalcProperties
from openpyxl.worksheet._writer import WorksheetWriter
from openpyxl.worksheet.pagebreak import Break
from openpyxl.writer.excel import ExcelWriter

from complaintctl.domain.form import Form
from complaintctl.sheets import page
from complaintctl.sheets.cells import lines, visible

_RULER = Font(name="Arial", size=10)  # widths count in its digits: 7 pixels wide, on every system
BODY, SMALL = Font(name="宋体", size=10.5), Font(name="宋体", size=8)
_TITLE, _HEAD = Font(name="黑体", size=20, bold=True), Font(name="宋体", size=10.5, bold=True)
_GREY = PatternFill("solid", fgColor="FFE7E6E6")
_LINE = Side("thin", "FF000000")
_THIN = Border(left=_LINE, right=_LINE, top=_LINE, bottom=_LINE)
_FORMATS = {"text": "@", "date": 'yyyy"年"m"月"d"日"', "moment": "yyyy-mm-dd hh:mm",
            "day": "yyyy-mm-dd", "money": "0.00"}  # fmt: skip


class Book:
    """One sheet laid out for ``form``, its heading rows filled in; ``head`` is their number."""

    def __init__(self, form: Form, *, unit: str, period: str, filled_on: dt.date, footer: str):
        self.form = form
        self.book = cast(Any, Workbook())
        self.book._fonts = IndexedList([_RULER])
        self.book._named_styles["Normal"].font = _RULER
        self.book.calculation = CalcProperties(fullCalcOnLoad=False)
        self.sheet: Any = self.book.active
        self.sheet.title = re.sub(r"[\[\]:*?/\\']", "", visible(form.title))[:31] or "登记表"
        self.last = get_column_letter(len(form.columns))
        for place, column in enumerate(form.columns, 1):
            self.sheet.column_dimensions[get_column_letter(place)].width = column.width
        self._title(unit, period, filled_on)
        self.head = self._heads(3)
        self.heading = sum(self.sheet.row_dimensions[n].height for n in range(1, self.head + 1))
        self._print(footer)
        made = dt.datetime.combine(filled_on, dt.time())
        about = self.book.properties
        about.creator, about.created, about.modified = "complaintctl", made, made

    def style(
        self,
        align: str,
        kind: str = "",
        *,
        small: bool = False,
        quoted: bool = False,
        box: bool = True,
    ) -> int:
        """The number of a body cell's style; a small text is so long that it starts at the top."""
        cell: Any = Cell(self.sheet, row=1, column=1)
        vertical = "top" if small else "center"
        cell.alignment = Alignment(horizontal=align, vertical=vertical, wrap_text=True)
        cell.font, cell.number_format = SMALL if small else BODY, _FORMATS.get(kind, "General")
        cell.quotePrefix = quoted
        cell.border = _THIN if box else Border()
        return int(cell.style_id)

    def _put(self, area: str, text: str, align: str, font: Font, height: float) -> Any:
        first = self.sheet[area.partition(":")[0]]
        first.value, first.data_type = visible(text), "s"  # never a formula
        first.font = font
        first.alignment = Alignment(horizontal=align, vertical="center", wrap_text=True)
        self.sheet.row_dimensions[first.row].height = height
        return first

    def _title(self, unit: str, period: str, filled_on: dt.date) -> None:
        self.sheet.merge_cells(f"A1:{self.last}1")
        self._put("A1", self.form.title, "center", _TITLE, page.TITLE)
        day = f"填报日期：{filled_on.year}年{filled_on.month}月{filled_on.day}日"
        parts = [(f"填报单位：{unit}", "left"), (period, "center"), (day, "right")]
        for (start, end), (text, align) in zip(self._thirds(), parts, strict=False):
            area = f"{get_column_letter(start)}2:{get_column_letter(end)}2"
            if start < end:
                self.sheet.merge_cells(area)
            self._put(area, text, align, BODY, page.INFO)

    def _thirds(self) -> list[tuple[int, int]]:
        """The columns cut into three runs of about equal width (fewer if there are not three)."""
        ends = list(itertools.accumulate(column.width for column in self.form.columns))
        first, second = (bisect.bisect_left(ends, ends[-1] * part / 3) + 1 for part in (1, 2))
        first = max(1, min(first, len(ends) - 2))
        second = min(max(first + 1, second), len(ends) - 1)
        runs = [(1, first), (first + 1, second), (second + 1, len(ends))]
        return [run for run in runs if run[0] <= run[1] <= len(ends)]

    def _heads(self, top: int) -> int:
        """Write the column heads, with a row of group heads above if the form has any."""
        columns = self.form.columns
        grouped = any(column.group for column in columns)
        bottom = top + 1 if grouped else top
        tall = max(lines(c.head, int(c.width - 1.5) or 1) for c in columns) * page.LINE + 8
        for place, column in enumerate(columns, 1):
            letter = get_column_letter(place)
            for row in range(top, bottom + 1):
                text = column.group if row < bottom and column.group else column.head
                height = page.LINE + 8 if row < bottom else tall
                cell = self._put(f"{letter}{row}", text, "center", _HEAD, height)
                cell.fill, cell.border = _GREY, _THIN
            if grouped and not column.group:
                self.sheet.merge_cells(f"{letter}{top}:{letter}{bottom}")
        place = 0
        for group, run in itertools.groupby(columns, key=lambda column: column.group):
            start, place = place + 1, place + len(list(run))
            if group and start < place:
                area = f"{get_column_letter(start)}{top}:{get_column_letter(place)}{top}"
                self.sheet.merge_cells(area)
        return bottom

    def _print(self, footer: str) -> None:
        sheet, form = self.sheet, self.form
        sheet.freeze_panes = f"A{self.head + 1}"
        sheet.print_title_rows = f"1:{self.head}"
        sheet.page_setup.orientation = form.orientation
        sheet.page_setup.paperSize = page.PAPERS[form.paper][0]
        sheet.sheet_properties.pageSetUpPr.fitToPage = True
        sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = 1, 0
        sheet.print_options.horizontalCentered = True
        margins = sheet.page_margins
        margins.left, other = page.LEFT / 2.54, page.OTHER / 2.54
        margins.right = margins.top = margins.bottom = other
        margins.header = margins.footer = page.FOOT / 2.54
        text = visible(footer).replace("&", "&&")
        sheet.oddFooter.left.text = text if len(text) <= 200 else text[:200].rstrip("&") + "…"
        sheet.oddFooter.right.text = "第 &P 页 共 &N 页"  # Excel allows 255 characters in all

    def finish(self, notes: Iterable[int], breaks: list[int]) -> None:
        """Rows that are one cell across the table, and page breaks if Excel can hold so many."""
        for row in notes:
            self.sheet.merge_cells(f"A{row}:{self.last}{row}")
        for row in breaks if len(breaks) <= page.MOST_BREAKS else ():
            self.sheet.row_breaks.append(Break(id=row))

    def save(self, out: IO[bytes], body: Callable[[], Iterator[str]]) -> None:
        """Write the workbook; ``body`` yields the XML of the rows below the heading."""
        moment = (*self.book.properties.created.timetuple()[:6],)
        with _Archive(out, "w", ZIP_DEFLATED) as archive:
            archive.moment = max(moment, (1980, 1, 1, 0, 0, 0))
            _Writer(self.book, archive, body).write_data()


class _Archive(ZipFile):
    """A zip whose members carry a given date, so that the same register gives the same bytes."""

    moment: tuple[int, ...] = (1980, 1, 1, 0, 0, 0)

    def member(self, name: str) -> ZipInfo:
        info = ZipInfo(name, self.moment)  # type: ignore[arg-type]
        info.compress_type = ZIP_DEFLATED
        return info

    def writestr(self, name: Any, data: Any, *_: Any, **__: Any) -> None:  # type: ignore[override]
        super().writestr(self.member(name), data)


class _Frame(WorksheetWriter):
    """The sheet's XML without its size, which nobody knows before the last row."""

    def write_dimensions(self) -> None: ...


class _Writer(ExcelWriter):
    def __init__(self, book: Workbook, archive: _Archive, body: Callable[[], Iterator[str]]):
        super().__init__(book, archive)
        self.archive, self.body = archive, body

    def write_worksheet(self, ws: Any) -> None:
        head, mark, _ = _frame(ws)
        info = self.archive.member(ws.path[1:])
        with self.archive.open(info, "w", force_zip64=True) as out:
            out.write(head)
            for text in self.body():
                out.write(text.encode("utf-8"))
            out.write(mark + _frame(ws)[2])  # merges and breaks are known only now
        ws._rels = RelationshipList()
        self.manifest.append(ws)


def _frame(ws: Any) -> tuple[bytes, bytes, bytes]:
    out = io.BytesIO()
    writer = _Frame(ws, out)
    writer.write()
    return out.getvalue().partition(b"</sheetData>")
