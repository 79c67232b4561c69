"""Tables other people made: every encoding and oddity read alike, every fault named in one code."""

from __future__ import annotations

import datetime as dt
import os
import time
import zipfile
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from openpyxl.utils.datetime import CALENDAR_MAC_1904

from complaintctl.errors import Trouble
from complaintctl.sheets.read import Uncomputed, open_table

TEXT = "姓名,电话,内容\n王建国,013800138000,电压低，晚上尤甚\n㐂,1,\"两行\n文字\"\n"
ROWS = [
    (1, ["姓名", "电话", "内容"]), (2, ["王建国", "013800138000", "电压低，晚上尤甚"]), (3, ["㐂", "1", "两行\n文字"]),
]  # fmt: skip


def read(path: Path, **more: Any) -> list[tuple[int, list[Any]]]:
    with open_table(path, **{"sheet": None, "encoding": None, **more}) as table:
        return list(table.rows)


def fault(path: Path, **more: Any) -> tuple[str, dict[str, object]]:
    start = time.monotonic()
    with pytest.raises(Trouble) as caught:
        read(path, **more)
    assert time.monotonic() - start < 2
    found = caught.value.faults[0]
    assert caught.value.exit_code == {"file.missing": 3, "file.unknown_encoding": 2}.get(found.code, 5)
    return found.code, found.params


def put(path: Path, data: str | bytes) -> Path:
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    return path


def book(path: Path, **sheets: list[list[Any]]) -> Path:
    made = openpyxl.Workbook()
    made.remove(made.worksheets[0])
    for title, rows in sheets.items():
        sheet = made.create_sheet(title)
        for row in rows:
            sheet.append(row)
    made.save(path)
    return path


def edited(path: Path, part: str, *changes: tuple[str, str]) -> Path:
    """The same workbook with some text of one part replaced."""
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    for old, new in changes:
        assert old.encode() in parts[part]
        parts[part] = parts[part].replace(old.encode(), new.encode())
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in parts.items():
            archive.writestr(name, data)
    return path


SHEET1 = "xl/worksheets/sheet1.xml"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_encodings_give_the_same_rows(tmp_path: Path, encoding: str) -> None:
    assert read(put(tmp_path / "旧 台账.CSV", TEXT.encode(encoding))) == ROWS


def test_encoding_can_be_told(tmp_path: Path) -> None:
    path = put(tmp_path / "a.csv", "姓名,電話\n".encode("big5"))
    assert read(path, encoding="big5") == [(1, ["姓名", "電話"])]
    assert read(put(path, "㐂,1\n".encode("gb18030")), encoding="GBK") == [(1, ["㐂", "1"])]
    assert read(put(path, "\ufeffa,b\n"), encoding="UTF8") == [(1, ["a", "b"])]
    assert fault(path, encoding="utf-99") == ("file.unknown_encoding", {"encoding": "utf-99"})
    assert fault(path, encoding="hex")[0] == "file.unknown_encoding"


def test_undecodable_byte_is_located(tmp_path: Path) -> None:
    good = "姓名,电话\n王,1\n" * 100_000  # longer than one chunk
    code, params = fault(put(tmp_path / "a.csv", good.encode() + b"x,\xff\n"))
    assert code == "file.encoding"
    assert (params["line"], params["offset"]) == (200_001, len(good.encode()) + 2)
    code, params = fault(put(tmp_path / "b.csv", "a,b\n电话".encode()[:-1]), encoding="utf-8")
    assert (code, params["line"]) == ("file.encoding", 2)


@pytest.mark.parametrize("separator", [",", ";", "\t", "，"])
def test_separator_is_found_under_a_title(tmp_path: Path, separator: str) -> None:
    rows = [["来信来访,登记簿"], ["姓名", "电话", "内容"], ["王", "1", '"一,二;三，四"'], ["李", "", "无"]]
    text = "".join(separator.join(row) + "\n" for row in rows)
    got = read(put(tmp_path / "a.txt", text))
    assert [len(row) for _, row in got[1:]] == [3, 3, 3] and got[2][1][2] == "一,二;三，四"


def test_line_ends_blank_lines_and_line_numbers(tmp_path: Path) -> None:
    want = [["a", "b"], ["1", "x\ny"], [], ["2", "z"]]
    for end in ("\n", "\r\n", "\r"):
        got = read(put(tmp_path / "a.csv", end.join(["a,b", '1,"x', 'y"', "", "2,z"])))
        assert [[c.replace(end, "\n") for c in row] for _, row in got] == want
        assert [line for line, _ in got] == [1, 2, 4, 5]
    assert [n for n, _ in read(put(tmp_path / "a.csv", "a,b\r\n1,2\r3,4\n5,6"))] == [1, 2, 3, 4]


def test_unclosed_quote_names_the_line_where_it_opened(tmp_path: Path) -> None:
    for end in ("\n", ""):
        path = put(tmp_path / "a.csv", 'a,b\n"1\n2",x\n"p\nq","没有关\n后面,全\n都,被吞' + end)
        assert fault(path) == ("file.unclosed_quote", {"path": "a.csv", "line": 5})
    rows = "a,b\n" + "".join(f'{n},"{n}"\n' for n in range(50)) + 'x,"开\n' + "长,短\n" * 400_000
    assert fault(put(path, rows))[1]["line"] == 52


def test_long_cells_and_nul_are_left_to_the_importer(tmp_path: Path) -> None:
    path = put(tmp_path / "a.csv", "a," + "长" * 200_000 + "\n1,x\0y\n")
    got = read(path)
    assert len(got[0][1][1]) == 200_000 and got[1][1][1] == "x\0y"


def test_files_that_are_no_tables(tmp_path: Path) -> None:
    (tmp_path / "dir.csv").mkdir()
    assert fault(tmp_path / "dir.csv")[0] == "file.is_folder"
    assert fault(tmp_path / "none.csv") == ("file.missing", {"path": str(tmp_path / "none.csv")})
    assert fault(put(tmp_path / "e.csv", ""))[0] == "file.empty"
    assert fault(put(tmp_path / "e.xlsx", ""))[0] == "file.empty"
    ole = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600
    assert fault(put(tmp_path / "a.xls", ole))[0] == "file.old_or_encrypted"
    assert fault(put(tmp_path / "a.xlsx", ole))[0] == "file.old_or_encrypted"
    pointer = "version https://git-lfs.github.com/spec/v1\n"
    assert fault(put(tmp_path / "p.xlsx", pointer))[0] == "file.not_workbook"
    for name in ("a.xls", "a.xlsb", "a.et", "a.ods", "a.docx"):
        assert fault(put(tmp_path / name, "<html>")) == ("file.wrong_kind", {"path": name})
    for data in (b"%PDF-1.7\n", b"\x89PNG\r\n\x1a\n", b"\0\1\2\3\0\0\0\0ab"):
        assert fault(put(tmp_path / "x.csv", data))[0] == "file.wrong_kind"
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "pipe.csv")
        assert fault(tmp_path / "pipe.csv")[0] == "file.not_regular"


def test_zips_that_are_no_workbooks(tmp_path: Path) -> None:
    for member in ("word/document.xml", "content.xml", "xl/workbook.bin", "../../x"):
        with zipfile.ZipFile(tmp_path / "a.xlsx", "w") as archive:
            archive.writestr(member, "x")
        assert fault(tmp_path / "a.xlsx")[0] == "file.wrong_kind"
    assert not (tmp_path.parent / "x").exists()
    data = book(tmp_path / "b.xlsx", 一=[["a"] * 50] * 200).read_bytes()
    assert fault(put(tmp_path / "c.xlsx", data[: len(data) // 2]))[0] == "file.unreadable"
    middle = data.index(b"xl/worksheets/sheet1.xml") + 200
    broken = data[:middle] + b"\0" * 40 + data[middle + 40 :]
    assert fault(put(tmp_path / "d.xlsx", broken))[0] == "file.unreadable"
    text = "<is><t>甲</t></is>"
    for change in [("<sheetData>", "<sheetData"), (f'"inlineStr">{text}', '"s"><v>9</v>')]:
        path = edited(book(tmp_path / "f.xlsx", 一=[["甲"]]), SHEET1, change)
        assert fault(path)[0] == "file.unreadable"


def test_bombs_are_refused_before_they_unpack(tmp_path: Path) -> None:
    path = book(tmp_path / "a.xlsx", 一=[["a"]])
    row = "<row><c><v>1</v></c></row>"
    edited(path, SHEET1, ("</sheetData>", row * 1_500_000 + "</sheetData>"))
    assert path.stat().st_size < 500_000
    assert fault(path)[0] == "file.too_big_unpacked"
    path = book(tmp_path / "b.xlsx", 一=[["a"]])
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/sharedStrings.xml", "<si><t>a</t></si>" * 2_000_000)
    assert fault(path)[0] == "file.too_big_unpacked"
    path = book(tmp_path / "c.xlsx", 一=[["a"]])
    with zipfile.ZipFile(path, "a") as archive:
        for number in range(5_001):
            archive.writestr(f"xl/media/{number}", "")
    assert fault(path)[0] == "file.too_big_unpacked"


def test_entities_are_not_expanded(tmp_path: Path) -> None:
    secret = put(tmp_path / "secret", "秘密")
    evil = f'<!DOCTYPE x [<!ENTITY e SYSTEM "file://{secret}">]><worksheet'
    path = edited(book(tmp_path / "a.xlsx", 一=[["a"]]), SHEET1, ("<worksheet", evil))
    code, params = fault(path)
    assert code == "file.unreadable" and "秘密" not in str(params)


def test_workbook_cells_keep_their_types(tmp_path: Path) -> None:
    when = dt.datetime(2026, 11, 20, 14, 5)
    row = ["王", 13800138000, 1.5, True, when, dt.time(9, 30), None, "末"]
    path = book(tmp_path / "旧 台账.XLSX", 一=[["题名"], [], row, [None, None], ["尾", None, ""]])
    assert read(path) == [(1, ["题名"]), (2, []), (3, row), (4, []), (5, ["尾"])]
    with open_table(path, sheet=None, encoding=None) as table:
        assert (table.name, table.encoding) == ("一", "")
    os.rename(path, tmp_path / "misnamed.csv")  # what it is counts, not what it is called
    assert len(read(tmp_path / "misnamed.csv")) == 5


def test_escaped_characters(tmp_path: Path) -> None:
    path = book(tmp_path / "a.xlsx", 一=[["一_x000D_\n二", "_x005F_x0041_"]])
    assert read(path) == [(1, ["一\r\n二", "_x0041_"])]


def test_lying_dimension_loses_nothing(tmp_path: Path) -> None:
    path = book(tmp_path / "a.xlsx", 一=[[n, n, n, n] for n in range(10)])
    edited(path, SHEET1, ('<dimension ref="A1:D10"', '<dimension ref="A1:B3"'))
    assert [row for _, row in read(path)] == [[n] * 4 for n in range(10)]


def test_formula_that_was_never_calculated(tmp_path: Path) -> None:
    path = book(tmp_path / "a.xlsx", 一=[["=1+1", "=2+2", "b"]])
    edited(path, SHEET1, ("<f>2+2</f><v />", "<f>2+2</f><v>4</v>"))
    assert read(path) == [(1, [Uncomputed("1+1"), 4, "b"])]


def test_which_sheet(tmp_path: Path) -> None:
    path = book(tmp_path / "a.xlsx", 空=[], 一月=[["a"]], 二月=[["b"]])
    code, params = fault(path)
    assert (code, params["sheets"]) == ("file.which_sheet", ["一月", "二月"])
    assert read(path, sheet="二月 ") == [(1, ["b"])]
    code, params = fault(path, sheet="三月")
    assert (code, params["sheets"]) == ("file.no_sheet", ["空", "一月", "二月"])
    made = openpyxl.load_workbook(path)
    made["一月"].sheet_state = "hidden"
    made.save(path)
    assert read(path) == [(1, ["b"])] and read(path, sheet="一月") == [(1, ["a"])]
    assert fault(book(path, 空=[], 也空=[[None]]))[0] == "file.empty"


@pytest.mark.parametrize("cell", ["XFD3", "A1048576"])
def test_a_cell_far_away_is_named(tmp_path: Path, cell: str) -> None:
    made = openpyxl.Workbook()
    sheet: Any = made.active
    sheet["A1"], sheet[cell] = "a", "b"
    made.save(tmp_path / "a.xlsx")
    code, params = fault(tmp_path / "a.xlsx")
    assert (code, params["cell"]) == ("file.far_cell", cell)


def test_dates_of_the_1904_calendar(tmp_path: Path) -> None:
    made = openpyxl.Workbook()
    made.epoch = CALENDAR_MAC_1904
    sheet: Any = made.active
    sheet["A1"] = dt.datetime(2026, 3, 5)
    made.save(tmp_path / "a.xlsx")
    assert read(tmp_path / "a.xlsx") == [(1, [dt.datetime(2026, 3, 5)])]


def test_the_file_is_let_go(tmp_path: Path) -> None:
    rows = [[str(n)] for n in range(20_000)]  # more than is read ahead
    for path in (book(tmp_path / "a.xlsx", 一=rows), put(tmp_path / "a.csv", "\n".join(map(str, rows)))):
        with open_table(path, sheet=None, encoding=None) as table:
            next(table.rows)
        with pytest.raises((Trouble, ValueError)):
            list(table.rows)
        path.rename(tmp_path / "b")


def test_a_formula_whose_result_is_empty_is_blank(tmp_path: Path) -> None:
    path = book(tmp_path / "a.xlsx", 一=[["=A2", "b"]])
    edited(path, SHEET1, ('<c r="A1"', '<c t="str" r="A1"'))
    assert read(path) == [(1, [None, "b"])]
