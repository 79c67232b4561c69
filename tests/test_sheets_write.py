"""Registers as files: what stands in the cells, how the page is laid out, and that nothing half-written stays."""

from __future__ import annotations

import datetime as dt
import itertools
import os
import stat
import tomllib
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from complaintctl.clock import TZ
from complaintctl.domain.form import Column, Form
from complaintctl.errors import BadRules, LedgerTrouble
from complaintctl.sheets.atomic import replace_file
from complaintctl.sheets.cells import lines
from complaintctl.sheets.register import room, write_register

FORMS = Path(__file__).parent.parent / "complaintctl" / "rulebook" / "forms"
ON = dt.date(2026, 11, 30)
AT = dt.datetime(2026, 11, 20, 14, 5, tzinfo=TZ)
HOSTILE = [
    "=1+1", '=HYPERLINK("http://x","点")', "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "＝1", "＋1", "－1", "＠x",
    "#N/A", "#REF!", "=cmd|' /C calc'!A0", " =1", "<b>&amp;</b>", "]]>", "_x0041_", "1E5", "007",
]  # fmt: skip


def form(name: str, **more: Any) -> Form:
    data = tomllib.loads((FORMS / f"{name}.toml").read_text("utf-8"))
    return Form(**{**data, "columns": [Column(**column) for column in data["column"]], **more})


def small(**more: Any) -> Form:
    columns = (
        Column("序号", "serial", 5, "serial", "center"),
        Column("内容", "content", 30),
        Column("电话", "phone", 14, align="center"),
        Column("金额", "fine", 10, "money", "right"),
    )
    return Form(**{"id": "t", "title": "试表", "columns": columns, "signatures": ("填表人",), **more})


def write(path: Path, layout: Form, rows: Iterable[Mapping[str, object]], **more: Any) -> Any:
    options = {"unit": "柳河供电所", "filled_on": ON, "period": "2026年11月", "footer": "台账 7:ab", "notes": (), "force": False}
    write_register(path, layout, rows, **{**options, **more})
    return openpyxl.load_workbook(path)


CASE = {
    "number": "202611-001", "received_at": AT, "channel": "来电", "channel_group": "来电", "name": "王某",
    "phone": "013800138000", "address": "东风村", "kind": "投诉", "content": "电压低", "receiver": "陈敏",
    "handler": "赵强", "due_at": AT, "result": "已调整", "reply": "2026-11-20 书面", "late": False,
    "notified": "否", "assessed": True, "fine": Decimal("50.5"), "closed_at": dt.date(2026, 11, 21),
}  # fmt: skip


def test_golden_f01(tmp_path: Path) -> None:
    book = write(tmp_path / "来信 来访.xlsx", form("f01"), [CASE, {}], notes=["上月结转 1 件"])
    sheet = book.active
    assert sheet.title == sheet["A1"].value == "来信来访记录本"
    assert [sheet[c].value for c in ("A2", "H2", "L2")] == [
        "填报单位：柳河供电所", "2026年11月", "填报日期：2026年11月30日"]  # fmt: skip
    assert [cell.value for cell in sheet[3]] == [
        "序号", "日期时间", "来信/来访/来电", "姓名(单位)", "联系电话", "联系地址", "性质(投诉/举报/咨询/意见/建议)",
        "反映内容", "接待人", "承办人", "办理期限", "处理情况及结果", "答复时间及方式", "书面通知(是/否,日期)",
        "客户意见", "备注"]  # fmt: skip
    assert [cell.value for cell in sheet[4]] == [
        1, dt.datetime(2026, 11, 20, 14, 5), "来电", "王某", "013800138000", "东风村", "投诉", "电压低", "陈敏",
        "赵强", dt.datetime(2026, 11, 20), "已调整", "2026-11-20 书面", "否", None, None]  # fmt: skip
    assert [sheet[c].number_format for c in ("A4", "B4", "E4", "K4")] == [
        "General", "yyyy-mm-dd hh:mm", "@", 'yyyy"年"m"月"d"日"']  # fmt: skip
    assert [sheet[c].alignment.horizontal for c in ("A4", "H4")] == ["center", "left"]
    assert all(cell.alignment.wrap_text and cell.border.left.style == "thin" for cell in sheet[4])
    assert (sheet["A1"].font.name, sheet["A1"].font.sz, sheet["A1"].font.b) == ("黑体", 20, True)
    assert sheet["A3"].font.b and sheet["A3"].fill.fgColor.rgb == "FFE7E6E6"
    assert sheet["A5"].value == 2 and sheet["A6"].value is None and sheet["P6"].border.left.style
    last = sheet.max_row
    assert sheet.cell(last - 1, 1).value == "上月结转 1 件"
    assert str(sheet.cell(last, 1).value).startswith("接待人：____")
    assert {str(area) for area in sheet.merged_cells.ranges} == {
        "A1:P1", "A2:G2", "H2:K2", "L2:P2", f"A{last - 1}:P{last - 1}", f"A{last}:P{last}"}  # fmt: skip
    widths = [sheet.column_dimensions[c].width for c in "ABH"]
    assert widths == [5, 17.5, 34]


def test_page_setup(tmp_path: Path) -> None:
    book = write(tmp_path / "a.xlsx", form("f03"), [CASE], footer="台账 7:ab & 结转 3")
    sheet = book.active
    assert (sheet.page_setup.orientation, sheet.page_setup.paperSize) == ("landscape", 9)
    assert sheet.sheet_properties.pageSetUpPr.fitToPage
    assert (sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight) == (1, 0)
    assert sheet.freeze_panes == "A4" and sheet.print_title_rows == "$1:$3"
    assert sheet.page_margins.left == pytest.approx(2.2 / 2.54)
    with zipfile.ZipFile(tmp_path / "a.xlsx") as archive:
        xml = archive.read("xl/worksheets/sheet1.xml").decode()
    assert "&amp;L台账 7:ab &amp;&amp; 结转 3&amp;R第 &amp;P 页 共 &amp;N 页" in xml
    assert [cell.value for cell in sheet[4]][16:26] == [
        "否", None, None, "已调整", None, None, None, "是", 50.5, None]  # fmt: skip
    assert sheet["Y4"].number_format == "0.00" and len(form("f03").columns) == 26
    about = book.properties
    assert (about.creator, about.lastModifiedBy) == ("complaintctl", None)
    assert about.created == about.modified == dt.datetime(2026, 11, 30)


def test_same_rows_same_parts(tmp_path: Path) -> None:
    found = []
    for path in (tmp_path / "a.xlsx", tmp_path / "b.xlsx"):
        write(path, form("f01"), [CASE])
        with zipfile.ZipFile(path) as book:
            found.append({name: book.read(name) for name in book.namelist()})
    assert found[0] == found[1]


def test_group_heads(tmp_path: Path) -> None:
    columns = tuple(
        Column(head, head, 12, group=group)
        for head, group in [("甲", ""), ("乙", "受理"), ("丙", "受理"), ("丁", "办理")]
    )
    sheet = write(tmp_path / "g.xlsx", small(columns=columns), []).active
    merged = {str(area) for area in sheet.merged_cells.ranges}
    assert {"A3:A4", "B3:C3"} <= merged and "D3:D4" not in merged
    values = [sheet[c].value for c in ("A3", "B3", "B4", "C4", "D3", "D4")]
    assert values == ["甲", "受理", "乙", "丙", "办理", "丁"]
    assert sheet.freeze_panes == "A5" and sheet.print_title_rows == "$1:$4"


def test_nothing_becomes_a_formula_or_an_error(tmp_path: Path) -> None:
    rows = [{"content": text, "phone": text} for text in HOSTILE]
    layout = small(title="=1+1", signatures=("=2",))
    sheet = write(tmp_path / "h.xlsx", layout, rows, unit="=3", period="=4", notes=["=5"]).active
    with zipfile.ZipFile(tmp_path / "h.xlsx") as archive:
        xml = archive.read("xl/worksheets/sheet1.xml").decode()
    assert "<f>" not in xml and 't="e"' not in xml and sheet["A1"].data_type == "s"
    for place, text in enumerate(HOSTILE, 4):
        cell = sheet.cell(place, 2)
        value = cell.value.replace("_x005F_", "_")
        assert (value, cell.data_type) == (text.replace("\r", "\n"), "s")
        assert bool(cell.quotePrefix) is (text[0] not in "<]_107")


def test_what_a_cell_cannot_hold_is_made_visible(tmp_path: Path) -> None:
    texts = ["a\x07b\x00", "\ud800x", "\u202eabc", "一\r\n二", "\uffff", "𠮷" * 20_000, "长" * 40_000]
    sheet = write(tmp_path / "v.xlsx", small(), [{"content": text} for text in texts]).active
    got = [sheet.cell(row, 2).value for row in range(4, 11)]
    assert got[:5] == ["a␇b␀", "〔U+D800〕x", "〔U+202E〕abc", "一\n二", "〔U+FFFF〕"]
    for text, value in zip(texts[5:], got[5:], strict=True):
        assert len(value.encode("utf-16-le")) // 2 <= 32_767
        kept = value.count(text[0])
        assert f"…〔余 {len(text) - kept} 字见台账〕" in value


def test_values_of_every_kind(tmp_path: Path) -> None:
    columns = tuple(Column(kind, "v", 18, kind) for kind in ("text", "date", "moment", "number"))
    late = dt.datetime(2026, 12, 31, 23, 59, 59, 999_999, tzinfo=TZ)
    utc = dt.datetime(2026, 11, 20, 20, 0, tzinfo=dt.UTC)
    values = [True, 12.5, float("nan"), 10**17, late, utc, dt.date(1895, 1, 2), "", None, 5]
    rows = [{"v": value} for value in values]
    sheet = write(tmp_path / "k.xlsx", small(columns=columns), rows).active
    table = {
        str(value): [cell.value for cell in row]
        for value, row in zip(values, sheet.iter_rows(min_row=4), strict=False)
    }
    assert table["True"] == ["是"] * 4 and table["12.5"][0] == "12.5" and table["12.5"][3] == 12.5
    assert table["nan"][3] == "nan" and table[str(10**17)][3] == str(10**17)
    assert table[str(late)][:3] == [
        "2026-12-31 23:59", dt.datetime(2026, 12, 31), dt.datetime(2026, 12, 31, 23, 59, 59)]  # fmt: skip
    assert table[str(utc)][2] == dt.datetime(2026, 11, 21, 4, 0)
    assert table["1895-01-02"] == ["1895-01-02"] * 4
    assert table[""] == table["None"] == [None] * 4


def heights(sheet: Any) -> dict[int, float]:
    return {n: sheet.row_dimensions[n].height for n in range(1, sheet.max_row + 1)}


def pages_of(sheet: Any) -> list[float]:
    """Height of each printed page, repeated heading included."""
    high = heights(sheet)
    heading = sum(high[n] for n in (1, 2, 3))
    ends = [0, *(b.id for b in sheet.row_breaks.brk), sheet.max_row]
    return [
        sum(high[n] for n in range(max(4, start + 1), end + 1)) + heading
        for start, end in itertools.pairwise(ends)
    ]


def test_every_page_is_ruled_to_its_end(tmp_path: Path) -> None:
    layout = form("f01")
    for count in (0, 1, 12, 13, 14, 26, 60):
        rows = [{**CASE, "content": "电压不稳" * (n % 5 * 20 + 1)} for n in range(count)]
        path = tmp_path / f"{count}.xlsx"
        sheet = write(path, layout, rows, notes=["结转"]).active
        full = room(layout)
        assert all(full * 0.98 < high < full + 0.5 for high in pages_of(sheet))
        assert [sheet.cell(4 + n, 1).value for n in range(count + 1)] == [*range(1, count + 1), None]
    short = [dict(CASE, reply=None, content="短")] * 30
    sheet = write(tmp_path / "short.xlsx", form("f01", rows_per_page=13), short).active
    assert [b.id for b in sheet.row_breaks.brk] == [16, 29]  # thirteen rows a page


def test_long_text_makes_its_row_higher(tmp_path: Path) -> None:
    texts = ["短", "长" * 100, "很" * 400, "太" * 3_000]
    sheet = write(tmp_path / "l.xlsx", small(rows_per_page=20), [{"content": t} for t in texts]).active
    high = heights(sheet)
    assert high[4] < high[5] < min(high[6], high[7]) and max(high.values()) <= 409
    assert sheet["B6"].alignment.vertical == sheet["B7"].alignment.vertical == "top"
    for place, text in (("B6", texts[2]), ("B7", texts[3])):
        assert sheet[place].value == f"〔共 {len(text)} 字，纸面未印全，见台账〕{text}"


def test_more_pages_than_excel_has_breaks(tmp_path: Path) -> None:
    layout = small(rows_per_page=2, row_height=200.0)
    sheet = write(tmp_path / "m.xlsx", layout, ({"content": "x"} for _ in range(2_500))).active
    assert not sheet.row_breaks.brk


def failing() -> Iterator[dict[str, object]]:
    yield {"content": "x"}
    raise RuntimeError("stop")


def test_atomic(tmp_path: Path) -> None:
    path = tmp_path / "r.xlsx"
    write(path, small(), [{"content": "旧"}])
    assert stat.S_IMODE(path.stat().st_mode) == 0o600 or os.name == "nt"
    old = path.read_bytes()
    with pytest.raises(LedgerTrouble) as caught:
        write(path, small(), [])
    assert caught.value.faults[0].code == "file.exists"
    with pytest.raises(RuntimeError):
        write(path, small(), failing(), force=True)
    assert path.read_bytes() == old and os.listdir(tmp_path) == ["r.xlsx"]
    write(path, small(), [{"content": "新"}], force=True)
    assert path.read_bytes() != old and os.listdir(tmp_path) == ["r.xlsx"]


def test_nothing_is_spooled_elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    spool = tmp_path / "spool"
    spool.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(spool))
    seen = []

    def rows() -> Iterator[dict[str, object]]:
        seen.extend(os.listdir(spool))
        yield CASE

    write(tmp_path / "r.xlsx", small(), rows())
    assert not seen and not os.listdir(spool)


def test_files_that_cannot_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def code(path: Path, *, force: bool = False) -> str:
        with pytest.raises(LedgerTrouble) as caught, replace_file(path, force=force) as private:
            private.write_text("x")
        return caught.value.faults[0].code

    (tmp_path / "dir").mkdir()
    assert code(tmp_path / "none" / "a.xlsx") == "file.no_folder"
    assert code(tmp_path / "dir", force=True) == "file.unwritable"
    assert code(tmp_path / "dir") == "file.exists"
    with pytest.raises(LedgerTrouble) as caught, replace_file(tmp_path / "late", force=False):
        (tmp_path / "late").write_text("other")
    assert caught.value.faults[0].code == "file.exists" and (tmp_path / "late").read_text() == "other"
    with pytest.raises(LedgerTrouble) as caught, replace_file(tmp_path / "full", force=False):
        raise OSError(28, "No space left on device")
    assert caught.value.faults[0].code == "file.disk_full"

    def no_links(*_: object) -> None:
        raise PermissionError(1, "links are not supported")

    monkeypatch.setattr("os.link", no_links)
    with replace_file(tmp_path / "usb", force=False) as private:
        private.write_text("x")
    assert (tmp_path / "usb").read_text() == "x"
    assert sorted(os.listdir(tmp_path)) == ["dir", "late", "usb"]


def test_a_link_is_replaced_not_followed(tmp_path: Path) -> None:
    (tmp_path / "real").write_text("keep")
    link = tmp_path / "link"
    try:
        link.symlink_to(tmp_path / "real")
    except OSError:
        pytest.skip("no symbolic links here")
    with replace_file(link, force=True) as private:
        private.write_text("new")
    assert (tmp_path / "real").read_text() == "keep" and link.read_text() == "new"


def test_words_and_numbers_are_not_broken_when_lines_are_counted() -> None:
    numbers = " ".join(str(10**19 + n) for n in range(12))
    assert lines(numbers, 24) == 12
    assert lines("电压不稳" * 30, 24) == 10
    assert lines("中" + "1" * 24, 24) == 2
    assert lines("1" * 49, 24) == 3
    assert [lines(text, 24) for text in ("", "\n", "a\n\nb")] == [1, 2, 3]


def test_a_long_title_and_unit_make_their_rows_higher(tmp_path: Path) -> None:
    slim = form("f01", columns=form("f01").columns[:3], title="很长的登记簿名称" * 4, orientation="portrait")
    sheet = write(tmp_path / "slim.xlsx", slim, [CASE], unit="特别长的供电所名称" * 5).active
    usual = write(tmp_path / "usual.xlsx", form("f01"), [CASE]).active
    for row in (1, 2):
        assert sheet.row_dimensions[row].height > 1.8 * usual.row_dimensions[row].height


def test_more_than_a_plain_zip_can_hold_is_too_many_rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(zipfile, "ZIP64_LIMIT", 100_000)
    with pytest.raises(LedgerTrouble, match="too_many_rows"):
        write(tmp_path / "huge.xlsx", form("f01"), [CASE] * 300)
    assert list(tmp_path.iterdir()) == []


def test_a_form_without_room_for_a_row_is_refused(tmp_path: Path) -> None:
    narrow = form("f01", columns=[c._replace(width=1.0) for c in form("f01").columns], signatures=("签字人",) * 100)
    with pytest.raises(BadRules, match="no_room"):
        write(tmp_path / "narrow.xlsx", narrow, [CASE])
    assert not (tmp_path / "narrow.xlsx").exists()


def test_a_register_of_one_column_and_an_odd_title(tmp_path: Path) -> None:
    lone = form("f01", columns=[form("f01").columns[0]._replace(width=60.0)], title="台账\n_x000D_" + "𠮷" * 40)
    book = write(tmp_path / "lone.xlsx", lone, [CASE])
    assert not book.active.merged_cells.ranges
    assert len(book.active.title.encode("utf-16-le")) <= 62
    assert book.active["A1"].value.startswith("台账\n_x005F_x000D_")  # which Excel shows as _x000D_
