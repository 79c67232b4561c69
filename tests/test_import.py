"""Old books in: every row is accounted for, nothing is lost silently, nothing comes in twice."""

from __future__ import annotations

import contextlib
import csv
import datetime as dt
import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from conftest import Runner

from complaintctl.clock import TZ, iso
from complaintctl.ledger import projection
from complaintctl.ledger.connection import opened
from complaintctl.ledger.projection import project
from complaintctl.ledger.store import Book, Draft, append, next_number

EXAMPLES = Path(__file__).parent.parent / "examples"
CSV, XLSX = EXAMPLES / "old-records.csv", EXAMPLES / "old-records.xlsx"
HEAD = ["编号", "日期时间", "来信/来访/来电", "姓名", "联系电话", "反映内容", "处理情况", "答复时间", "天气"]
ROWS = [
    ["2025-01", "2025-03-05 08:30", "来电", "王某", "13800138001", "电压低", "已调整", "2025-03-06", "晴"],
    ["2025-02", "2025年3月7日", "来访", "匿名", "", "电费有疑问", "已解释", "2025-03-07", "阴"],
    ["2025-03", "2025/4/1 14:05", "来信", "李某", "0531-8899001", "电表快", "", "", "雨"],
]  # fmt: skip


def book(path: Path, rows: Sequence[Sequence[object]] = ROWS, head: Sequence[str] = HEAD, encoding: str = "utf-8") -> Path:
    with path.open("w", encoding=encoding, newline="") as out:
        csv.writer(out).writerows([head, *rows])
    return path


def whole(found: dict[str, Any]) -> tuple[int, int, int, int, int]:
    assert found["read"] == found["accepted"] + found["rejected"] + found["duplicate"] + found["blank"]
    return tuple(found[k] for k in ("read", "accepted", "rejected", "duplicate", "blank"))  # type: ignore[return-value]  # five of them


def contents(run: Runner) -> list[tuple[Any, ...]]:
    """What the projection says of every complaint, without what differs from one import to another."""
    kept = [c for c in projection.COLUMNS if c not in ("batch", "fingerprint", "more", "last_seq", "registered_at")]
    return run.sql(f"select {', '.join(kept)} from complaint order by number")


# ---- the example books ----


def test_the_csv_of_the_examples(run: Runner) -> None:
    ran = run("import", CSV, "--json")
    assert ran.code == 5
    found = ran.data
    assert whole(found) == (231, 214, 6, 0, 11)
    assert found["encoding"] == "gb18030"
    assert [(p["row"], p["column"], p["value"]) for p in found["problems"]] == [
        (20, "日期时间", "24.3.5"), (48, "日期时间", ""), (104, "日期时间", "2025-02-30"), (128, "性质", "纠纷"),
        (157, "反映内容", ""), (189, "联系电话", "1**")]  # fmt: skip
    assert "不足四位" in found["problems"][0]["reason"]
    codes = [p["code"] for p in found["problems"]]
    assert codes == ["date.two_digit_year", "import.empty", "date.impossible", "value.unknown", "import.empty", "import.lost_digits"]
    assert found["twins"] == [146]
    assert len(found["passed"]) == 4
    assert found["written"] is False
    assert run.json("list")["count"] == 0
    found = run.json("import", CSV, "--skip-bad")
    assert whole(found) == (231, 214, 6, 0, 11)
    assert run.json("list")["count"] == 214
    run.verified()


def test_the_workbook_of_the_examples(run: Runner) -> None:
    found = run.json("import", XLSX, "--skip-bad")
    assert whole(found) == (135, 128, 2, 0, 5)
    assert found["sheet"] == "台账"
    assert [(p["row"], p["column"]) for p in found["problems"]] == [(60, "受理时间"), (122, "受理时间")]
    assert "经办备注" not in found["mapping"]["columns"]
    run.verified()


def test_both_and_again(run: Runner) -> None:
    first = [run.json("import", path, "--skip-bad") for path in (CSV, XLSX)]
    head = run.json("verify")["anchor"]
    again = [run.json("import", path, "--skip-bad") for path in (CSV, XLSX)]
    assert [whole(f)[1] for f in first] == [214, 128]
    assert [whole(f)[1] for f in again] == [0, 0]
    assert [f["duplicate"] for f in again] == [214, 128]
    assert run.json("verify")["anchor"] == head  # a repeated import adds nothing at all
    assert run.json("list", "--limit", "0")["count"] == 342


def test_what_the_clerk_reads(run: Runner) -> None:
    ran = run("import", CSV)
    assert ran.code == 5
    assert "读入 231 行 ＝ 接受 214 ＋ 有问题 6 ＋ 重复 0 ＋ 空行 11" in ran.out
    assert "第 20 行 〔日期时间〕 “24.3.5”：" in ran.out
    assert "第 128 行 〔性质〕 “纠纷”：" in ran.out
    assert "内容完全相同的行（都已保留）共 1 行：146" in ran.out
    assert "没有写入任何行。" in ran.out
    assert "整个文件都没有写入" in ran.err
    assert "--skip-bad" in ran.err
    ran = run.ok("import", CSV, "--skip-bad", lang="en")
    assert "231 read = 214 accepted + 6 rejected + 0 duplicate + 11 blank" in ran.out
    assert "Written as batch" in ran.out


# ---- all or nothing ----


def test_a_dry_run_leaves_the_ledger_byte_identical(run: Runner, tmp_path: Path) -> None:
    before, folder = run.ledger.read_bytes(), sorted(p.name for p in tmp_path.iterdir())
    found = run.json("import", book(tmp_path.with_suffix(".csv")), "--dry-run")
    assert whole(found) == (3, 3, 0, 0, 0)
    assert (found["written"], found["dry_run"]) == (False, True)
    assert run.ledger.read_bytes() == before
    assert sorted(p.name for p in tmp_path.iterdir()) == folder
    assert "只检查，没有写入" in run.ok("import", tmp_path.with_suffix(".csv"), "--dry-run").out


def test_one_bad_row_and_nothing_is_written(run: Runner, tmp_path: Path) -> None:
    path = book(tmp_path / "a.csv", [*ROWS, ["", "24.3.5", "来电", "", "", "x", "", "", ""]])
    before = run.ledger.read_bytes()
    assert run("import", path).code == 5
    assert run.ledger.read_bytes() == before
    assert run.json("import", path, "--skip-bad")["accepted"] == 3


def test_all_problems_of_a_row_are_told(run: Runner, tmp_path: Path) -> None:
    path = book(tmp_path / "a.csv", [["", "5.3.24", "飞鸽", "赵某", "1.38E+10", "", "", "昨天", ""]])
    found = run("import", path, "--json").data
    assert {p["column"] for p in found["problems"]} == {"日期时间", "来信/来访/来电", "联系电话", "反映内容", "答复时间"}
    assert found["rejected"] == 1


def test_rejects_can_be_mended_and_imported(run: Runner, tmp_path: Path) -> None:
    bad = [["2025-04", "24.3.5", "来电", "赵某", "13800138004", "停电", "", "", "雪"]]
    path, left = book(tmp_path / "a.csv", [*ROWS, *bad]), tmp_path / "退回 行.csv"
    ran = run.ok("import", path, "--skip-bad", "--rejects", left)
    assert "退回 行.csv" in ran.out
    with left.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.reader(file))
    assert rows == [HEAD, *bad]
    left.write_text(left.read_text("utf-8-sig").replace("24.3.5", "2024-03-05"), "utf-8-sig")
    assert whole(run.json("import", left)) == (1, 1, 0, 0, 0)
    assert run.json("list")["count"] == 4
    run.verified()


def test_rejects_are_saved_also_when_nothing_is_written(run: Runner, tmp_path: Path) -> None:
    left = tmp_path / "bad.csv"
    assert run("import", CSV, "--rejects", left).code == 5
    with left.open(encoding="utf-8-sig", newline="") as file:
        assert len(list(csv.reader(file))) == 7


def test_no_personal_data_among_the_problems(run: Runner, tmp_path: Path) -> None:
    path = book(tmp_path / "a.csv", [["", "2025-03-05", "来电", "钱\x07守正", "1.39E+10", "闹", "", "", ""]])
    ran = run("import", path)
    assert ran.code == 5
    assert "守正" not in ran.out + ran.err
    assert "1.39E" not in ran.out + ran.err


# ---- the same book in many shapes ----


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "gbk", "utf-16", "utf-16-le", "utf-16-be"])
def test_the_same_book_in_every_encoding(run: Runner, tmp_path: Path, encoding: str) -> None:
    run.ok("import", book(tmp_path / "a.csv"))
    wanted = contents(run)
    other = Runner(tmp_path / "b.db")
    other.ok("init")
    path = book(tmp_path / "b.csv", encoding=encoding)
    if encoding in ("utf-16-le", "utf-16-be"):
        path.write_bytes("\ufeff".encode(encoding) + path.read_bytes())
    other.ok("import", path)
    assert contents(other) == wanted
    assert len(wanted) == 3
    assert run.json("import", path)["duplicate"] == 3


def test_the_encoding_can_be_named(run: Runner, tmp_path: Path) -> None:
    path = book(tmp_path / "a.csv", [["2025-03-05", "電壓低"]], ["日期", "事由"], encoding="big5")
    ran = run("import", path, "--encoding", "utf-8")
    assert ran.code == 5
    assert "第 1 行" in ran.err
    assert run.json("import", path, "--encoding", "big5")["encoding"] == "big5"
    assert run.json("show", "001")["content"] == "電壓低"


@pytest.mark.parametrize("separator", [",", "\t", ";", "，"])
def test_the_separator_is_found(run: Runner, tmp_path: Path, separator: str) -> None:
    path = tmp_path / "a.csv"
    path.write_text("\n".join(separator.join(row) for row in [HEAD, *ROWS]), "utf-8")
    assert whole(run.json("import", path)) == (3, 3, 0, 0, 0)


def workbook(path: Path, rows: Sequence[Sequence[object]], *before: Sequence[object]) -> Path:
    made = openpyxl.Workbook()
    sheet = made.active
    for row in (*before, HEAD, *rows):
        sheet.append(row)
    made.save(path)
    return path


def test_a_workbook_gives_what_the_text_gives(run: Runner, tmp_path: Path) -> None:
    run.ok("import", book(tmp_path / "a.csv"))
    wanted = contents(run)
    other = Runner(tmp_path / "b.db")
    other.ok("init")
    rows = [
        ["2025-01", dt.datetime(2025, 3, 5, 8, 30), "来电", "王某", 13800138001, "电压低", "已调整", dt.date(2025, 3, 6), "晴"],
        ["2025-02", dt.date(2025, 3, 7), "来访", "匿名", None, "电费有疑问", "已解释", "2025-03-07", "阴"],
        ["2025-03", "2025年4月1日 14时5分", "来信", "李某", "0531-8899001", "电表快", None, None, "雨"],
    ]
    other.ok("import", workbook(tmp_path / "b.XLSX", rows))
    assert contents(other) == wanted


def test_headings_under_title_rows(run: Runner, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    lines = ["来信来访记录本,,,", "填报单位：青禾供电所,,,", "", ",".join(HEAD), *(",".join(r) for r in ROWS)]
    path.write_text("\n".join(lines), "utf-8")
    assert whole(run.json("import", path)) == (3, 3, 0, 0, 0)
    deep = workbook(tmp_path / "b.xlsx", [[*ROWS[0][:5], "另一件", *ROWS[0][6:]]], ["登记簿"], [], ["单位"])
    assert run.json("import", deep)["accepted"] == 1


def test_headings_of_two_lines(run: Runner, tmp_path: Path) -> None:
    upper = ["序号", "受理时间", "客户", None, "投诉内容", "办理", None]
    lower = [None, None, "姓名", "联系电话", None, "承办人", "处理结果"]
    line = ["1", "2025-05-01", "李秀英", "13912345678", "电压低", "张强", "已换线"]
    book = openpyxl.Workbook()
    for row in (["2025年登记"], upper, lower, line):
        book.active.append(row)
    for place in ("A1:G1", "A2:A3", "B2:B3", "C2:D2", "E2:E3", "F2:G2"):
        book.active.merge_cells(place)
    book.save(tmp_path / "a.xlsx")
    rows = (",".join(cell or "" for cell in row) for row in (upper, lower, line))
    (tmp_path / "a.csv").write_text("\n".join(rows), "utf-8")
    for name, accepted in (("a.xlsx", 1), ("a.csv", 0)):  # the other says the same
        found = run.json("import", tmp_path / name)
        assert (found["read"], found["accepted"], found["duplicate"]) == (1, accepted, 1 - accepted)
    shown = run.json("show", "001")
    assert (shown["name"], shown["phone"], shown["handler"], shown["result"]) == ("李秀英", "13912345678", "张强", "已换线")


@pytest.mark.parametrize(
    ("upper", "lower", "line", "wanted"),
    [
        ("受理时间,反映内容,被投诉人,,性质", ",,姓名,电话,", "2025-05-01,甲,赵六,13900000009,投诉",
         {"accused": "赵六", "name": None, "phone": None, "kind": "complaint"}),
        ("受理时间,反映内容,答复,", ",,时间,方式", "2025-05-01,甲,2025-05-03,电话", {"replied_at": "2025-05-03T00:00:00+08:00", "reply_mode": "phone"}),
        ("序号,反映内容,受理情况,", ",,受理时间,来源", "1,甲,2025-05-01,电话", {"content": "甲", "channel": "phone_station"}),
        ("受理时间,反映内容,客户", ",,姓名", "2025-05-01,甲,李秀英", {"name": "李秀英"}),
    ],
)  # fmt: skip
def test_two_lines_of_headings_mean_what_they_say(
    upper: str, lower: str, line: str, wanted: dict[str, Any], run: Runner, tmp_path: Path
) -> None:
    (tmp_path / "a.csv").write_text(f"2025年登记\n{upper}\n{lower}\n{line}\n", "utf-8")
    assert run.json("import", tmp_path / "a.csv")["accepted"] == 1
    shown = run.json("show", "001")
    assert {name: shown[name] for name in wanted} == wanted


def test_an_old_record_without_a_kind_can_be_amended(run: Runner, tmp_path: Path) -> None:
    mapping = 'id = "own"\n[headings]\nreceived_at = ["日期"]\ncontent = ["内容"]\nname = ["姓名"]\n'
    (tmp_path / "own.toml").write_text(mapping, "utf-8")
    (tmp_path / "a.csv").write_text("日期,内容,姓名\n2025-05-01,电压低,李秀英\n", "utf-8")
    run.ok("import", tmp_path / "a.csv", "--mapping", tmp_path / "own.toml")
    for change, name in (("备注=补记", "李秀英"), ("性质=举报", "李**"), ("性质=投诉", "李**"), ("限制查阅=否", "李秀英")):
        run.ok("amend", "001", "--set", change, "--reason", "核对")
        assert run.json("show", "001")["name"] == name
    run.verified()


def test_what_was_taken_back_does_not_block_its_reference(run: Runner, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("编号,受理时间,反映内容\nA3,2025-05-01,甲\n", "utf-8")
    for _ in range(2):
        batch = run.json("import", tmp_path / "a.csv")["batch"]
        number = run.json("show", "A3")["number"]
        run.ok("undo", batch)
    assert number.endswith("-002")
    assert run("show", "A3").code == 2  # now there are two of them, both taken back


def test_a_phone_number_in_a_wrong_column_is_not_told(run: Runner, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("受理时间,反映内容,类别\n2025-05-01,甲,13812345678\n13812345678,乙,\n", "utf-8")
    for form in ((), ("--json",)):
        ran = run("import", tmp_path / "a.csv", *form)
        assert ran.code == 5
        assert "138****5678" in ran.out
        assert "13812345678" not in ran.out + ran.err


def test_a_record_below_the_headings_is_no_second_line_of_them(run: Runner, tmp_path: Path) -> None:
    for day in ("2025-05-01", "二〇二五年五月二日"):
        (tmp_path / "a.csv").write_text(f"受理时间,内容,备注,渠道种种\n{day},电话,地址,电话\n", "utf-8")
        assert run.json("import", tmp_path / "a.csv")["accepted"] == 1


def test_english_headings(run: Runner, tmp_path: Path) -> None:
    path = book(
        tmp_path / "a.csv", [["7", "2025-03-05 08:30", "phone", "Wang", "13800138001", "low voltage", "2025-03-06"]],
        ["Case No", "Received at", "Channel", "Name", "Phone", "Content", "Replied at"],
    )  # fmt: skip
    assert whole(run.json("import", path)) == (1, 1, 0, 0, 0)
    row = run.json("show", "7")
    assert (row["channel"], row["name"], row["reference"]) == ("phone_station", "Wang", "7")
    assert row["replied_at"] == "2025-03-06T00:00:00+08:00"


def test_headings_with_blanks_and_full_width_and_brackets(run: Runner, tmp_path: Path) -> None:
    path = book(tmp_path / "a.csv", [["2025-03-05", "来电", "停电"]], [" 日 期 时间", "来源渠道（方式）", "反映内容\u200b"])
    assert run.json("import", path)["accepted"] == 1


def test_a_mapping_of_one_s_own(run: Runner, tmp_path: Path) -> None:
    mapping = tmp_path / "县里.toml"
    mapping.write_text(
        'id = "xian"\nzh = "县里的格式"\nen = "county"\n[headings]\nreceived_at = ["何时"]\ncontent = ["何事"]\n'
        'kind = ["哪类"]\n[values.kind]\n"A" = "complaint"\n"B" = "inquiry"\n[defaults]\nchannel = "letter"\n',
        "utf-8",
    )
    path = book(tmp_path / "a.csv", [["2025-03-05", "停电", "A"], ["2025-03-06", "问价", "B"]], ["何时", "何事", "哪类"])
    assert run("import", path).code == 5
    found = run.json("import", path, "--mapping", mapping)
    assert found["mapping"] == {"id": "xian", "columns": {"何时": "received_at", "何事": "content", "哪类": "kind"}}
    assert run.sql("select kind, channel from complaint order by number") == [("complaint", "letter"), ("inquiry", "letter")]


def test_two_columns_of_one_field_and_ditto_marks(run: Runner, tmp_path: Path) -> None:
    path = book(
        tmp_path / "a.csv",
        [["2025-03-05", "2025-03-04", "停电", "东风村"], ["2025-03-06", "", "闪断", "同上"], ["2025-03-07", "", "x", "〃"]],
        ["受理时间", "日期", "内容", "地址"],
    )  # fmt: skip
    run.ok("import", path)
    assert run.sql("select distinct address from complaint") == [("东风村",)]
    assert run.json("show", "001")["more"]["unmapped"] == {"日期": "2025-03-04"}


# ---- what a record becomes ----


def test_an_old_record_has_its_number_in_the_series_of_its_month(run: Runner, tmp_path: Path) -> None:
    live = run.log()
    run.ok("import", book(tmp_path / "a.csv", [*ROWS, ["9", "2026-11-02", "来电", "", "", "本月的旧事", "", "", ""]]))
    assert live == "202611-001"
    assert run.sql("select number, reference from complaint order by number") == [
        ("202503-001", "2025-01"), ("202503-002", "2025-02"), ("202504-001", "2025-03"), ("202611-001", None), ("202611-002", "9")]  # fmt: skip
    assert run.log() == "202611-003"
    assert run.json("show", "2025-02")["number"] == "202503-002"
    run.verified()


def test_history_starts_no_live_clock(run: Runner, tmp_path: Path) -> None:
    rows = [*ROWS, ["4", "2025-05-06", "来电", "", "", "久拖", "", "2025-06-30", ""]]
    run.ok("import", book(tmp_path / "a.csv", rows))
    assert run.json("due", "--within", "60d")["clocks"] == []
    assert run.json("due")["callbacks"] == []
    assert run("due", "--check").code == 0
    answered, spoken, unknown, late = (run.json("show", n) for n in ("2025-01", "2025-02", "2025-03", "202505-001"))
    assert {c["limit"]: c["state"] for c in answered["clocks"]} == {"L02-1": "met", "L02-4": "met", "LAW-10wd": "met"}
    assert (answered["status"], answered["closed_at"]) == ("closed", "2025-03-06T00:00:00+08:00")
    assert unknown["clocks"] == []
    assert (unknown["status"], unknown["origin"]) == ("archived", "old")
    assert {c["state"] for c in late["clocks"] if c["due_at"]} == {"late"}
    assert late["penalties"] == []  # nobody is fined from an old book
    assert spoken["name"] is None


def test_unknown_columns_are_kept_with_the_record(run: Runner, tmp_path: Path) -> None:
    run.ok("import", book(tmp_path / "a.csv"))
    assert run.json("show", "2025-01")["more"]["unmapped"] == {"天气": "晴"}
    line = next(li for li in run.ok("show", "2025-01").out.splitlines() if "天气" in li)
    assert line.endswith("晴")


def test_a_genuine_twin_is_kept_and_reported(run: Runner, tmp_path: Path) -> None:
    path = book(tmp_path / "a.csv", [ROWS[0], ROWS[1], ROWS[0]])
    found = run.json("import", path)
    assert whole(found) == (3, 3, 0, 0, 0)
    assert found["twins"] == [4]
    assert whole(run.json("import", path)) == (3, 0, 0, 3, 0)


def test_a_grown_book_adds_only_what_is_new(run: Runner, tmp_path: Path) -> None:
    run.ok("import", book(tmp_path / "a.csv"))
    found = run.json("import", book(tmp_path / "b.csv", [*ROWS, ["5", "2025-05-01", "来电", "", "", "新的", "", "", ""]]))
    assert whole(found) == (4, 1, 0, 3, 0)
    ran = run.ok("import", tmp_path / "b.csv")
    assert "接受 0 ＋ 有问题 0 ＋ 重复 4" in ran.out
    assert "undo" not in ran.out


def test_an_old_record_can_be_worked_on(run: Runner, tmp_path: Path) -> None:
    run.ok("import", book(tmp_path / "a.csv"))
    run.ok("amend", "2025-03", "--set", "处理结果=已换表", "--reason", "查到旧档")
    run.ok("reopen", "2025-03", "--reason", "客户又来")
    assert run.clock("2025-03", "L02-1", 2)["due_at"].startswith("2026-11-25")
    assert {c["limit"] for c in run.json("due", "--within", "3wd")["clocks"]} == {"L02-1"}
    run.verified()


def test_reports_from_an_old_book_are_masked(run: Runner, tmp_path: Path) -> None:
    head = ["日期", "类型", "姓名", "电话", "内容"]
    run.ok("import", book(tmp_path / "a.csv", [["2025-03-05", "举报", "钱守正", "13987654321", "收了红包"]], head))
    row = run.json("show", "001")
    assert (row["name"], row["content"]) == ("钱**", "〔举报内容不予显示〕")
    assert "红包" not in run.ok("list").out


def test_an_import_can_be_undone(run: Runner, tmp_path: Path) -> None:
    path = book(tmp_path / "a.csv")
    batch = run.json("import", path)["batch"]
    out = run.ok("undo", batch).out
    assert "涉及 3 件" in out
    assert run.json("list")["count"] == 0
    assert run.json("search", "电压")["count"] == 0
    run.verified()
    assert run.json("import", path)["accepted"] == 3  # undone ones are not known any more
    assert run.json("list")["count"] == 3
    assert run.json("show", "202503-003")["reference"] == "2025-01"  # a voided record keeps its number
    run.verified()


def test_an_import_that_was_worked_on_cannot_be_undone(run: Runner, tmp_path: Path) -> None:
    batch = run.json("import", book(tmp_path / "a.csv"))["batch"]
    run.ok("amend", "2025-01", "--set", "备注=核对过", "--reason", "核对")
    assert run("undo", batch).code == 4


def test_the_ledger_remembers_the_book(run: Runner, tmp_path: Path) -> None:
    import hashlib
    import json

    path = book(tmp_path / "旧账 2025.csv")
    run.ok("import", path)
    (body,) = run.sql("select body from event where type = 'imported'")[0]
    known = json.loads(body)
    assert known["file"] == "旧账 2025.csv"
    assert known["sha256"] == hashlib.sha256(path.read_bytes()).hexdigest()
    assert (known["accepted"], known["read"], known["mapping"]) == (3, 3, "books")


# ---- writing many at once is writing one by one ----


def test_bulk_writing_equals_writing_one_by_one(run: Runner, tmp_path: Path) -> None:
    """The same records through the daily path: every projected table must hold the same rows."""
    run.ok("import", CSV, "--skip-bad")
    run.ok("import", XLSX, "--skip-bad")
    import json

    events = run.sql(
        "select e.number, e.occurred_at, e.body, p.text from event e join private p on p.seq = e.seq"
        " where e.type = 'recorded' order by e.seq"
    )
    other = Runner(tmp_path / "one.db")
    other.ok("init")
    stamp = iso(dt.datetime(2026, 11, 22, 10, tzinfo=TZ)), "x", "b1"
    with opened(other.ledger) as ledger, ledger.unit():
        one = Book(ledger)
        for number, at, body, private in events:
            moment = dt.datetime.fromisoformat(at)
            taken = next_number(ledger, "{year}{month}-{serial:03}", moment.date())
            assert taken == number
            append(ledger, stamp, [Draft("recorded", moment, taken, json.loads(body), json.loads(private))])
            project(one, taken)
    assert contents(other) == contents(run)
    for table in ("clock", "penalty", "spell", "counter"):
        sql = f"select * from {table} order by 1, 2, 3, 4" if table != "counter" else "select * from counter order by 2"
        assert other.sql(sql) == run.sql(sql), table
    for word in ("电", "表 计", "村"):
        sql = f"select count(*) from search where text match '\"{word}\"'"
        assert other.sql(sql) == run.sql(sql)
    other.verified()
    run.verified()


@pytest.mark.parametrize("policy", ["s12", "s25", "s28", "xinfang"])
def test_bulk_writing_is_what_the_fold_says_under_any_policy(policy: str, tmp_path: Path) -> None:
    """Limits by the hour, by level, with attempts or a first day: ``verify`` folds every record anew."""
    run = Runner(tmp_path / "other.db")
    run.ok("init", "--policy", policy)
    for path in (CSV, XLSX):
        run("import", path, "--skip-bad")
    assert run.verified()["complaints"] > 100


def test_a_time_before_the_receipt_of_the_same_day_is_kept_beside(run: Runner, tmp_path: Path) -> None:
    rows = [["1", "2025-03-05 14:30", "来电", "王某", "", "电压低", "", "2025-03-05 08:00", ""]]
    run.ok("import", book(tmp_path / "旧.csv", rows))
    shown = run.json("show", "001")
    assert shown["replied_at"] == shown["received_at"]
    assert shown["more"]["unmapped"]["答复时间"] == "2025-03-05 08:00"


def test_so_is_a_time_of_day_in_a_column_of_its_own(run: Runner, tmp_path: Path) -> None:
    layout = tmp_path / "分列.toml"
    layout.write_text('id = "x"\n[headings]\nreceived_at = ["日期"]\ncontent = ["内容"]\nreplied = ["答复日"]\n'
                      '[times]\nreceived_at = ["时刻"]\nreplied = ["答复时刻"]\n[defaults]\nchannel = "phone"\n', "utf-8")  # fmt: skip
    path = book(tmp_path / "旧.csv", [["2025-03-05", "14:30", "电压低", "2025-03-05", "08:00"]],
                ["日期", "时刻", "内容", "答复日", "答复时刻"])  # fmt: skip
    run.ok("import", path, "--mapping", layout)
    assert run.json("show", "001")["more"]["unmapped"]["答复日"] == "2025-03-05 08:00"


def test_the_spool_is_gone_after_an_import(run: Runner, tmp_path: Path) -> None:
    folder = {p.name for p in tmp_path.iterdir()}
    run.ok("import", CSV, "--skip-bad")
    assert {p.name for p in tmp_path.iterdir()} == folder


def test_an_import_waits_for_nobody_and_holds_nobody_up_while_reading(run: Runner, tmp_path: Path) -> None:
    """Another writer may work until the very end: a dry run needs no lock at all."""
    with contextlib.closing(sqlite3.connect(run.ledger, isolation_level=None)) as db:
        db.execute("begin immediate")
        assert run.json("import", book(tmp_path / "a.csv"), "--dry-run")["accepted"] == 3
        db.execute("rollback")


# ---- what looks like no record, and what looks like another cell ----


def read_in(run: Runner, tmp_path: Path, *lines: str) -> Any:
    path = tmp_path / "book.csv"
    path.write_text("\n".join(lines) + "\n", "utf-8")
    return run("import", path, "--json")


def test_a_row_with_all_a_record_needs_is_one_whatever_it_says(run: Runner, tmp_path: Path) -> None:
    told = ("负责人态度恶劣", "累计停电三天", "合计多收电费200元", "审核人不签字")
    rows = [f"{text},2025-05-01,王甲" for text in told]
    found = read_in(run, tmp_path, "投诉内容,受理时间,投诉人", *rows, "合计 4 件,,").data
    assert whole(found) == (5, 4, 0, 0, 1)


def test_columns_of_one_heading_are_all_kept(run: Runner, tmp_path: Path) -> None:
    found = read_in(run, tmp_path, "受理时间,投诉内容,备注,备注,备注,天气,天气", "2025-07-04,x,a,b,c,晴,雨").data
    assert found["accepted"] == 1
    shown = run.json("show", "1")
    assert shown["note"] == "a"
    assert shown["more"]["unmapped"] == {"备注#4": "b", "备注#5": "c", "天气": "晴", "天气#7": "雨"}


def test_a_ditto_means_the_cell_above_and_no_other(run: Runner, tmp_path: Path) -> None:
    rows = ("2025-09-01,钱一,13900000021,甲", "2025-09-02,同上,,乙", "2025-09-03,李三,同上,丙", "2025-09-04,李四,〃,丁")
    found = read_in(run, tmp_path, "受理时间,投诉人,联系电话,投诉内容", *rows).data
    assert [(p["row"], p["column"], p["code"]) for p in found["problems"]] == [
        (4, "联系电话", "import.ditto"), (5, "联系电话", "import.ditto")]  # fmt: skip


def test_a_cell_merged_downwards_stands_in_each_row(run: Runner, tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    for row in (["2025年登记"], ["受理时间", "投诉内容", "承办人"], ["2025-05-01", "甲", "张强"],
                ["2025-05-02", "乙", None], ["2025-05-03", "丙", None], ["2025-05-04", "丁", None]):  # fmt: skip
        sheet.append(row)
    sheet.merge_cells("A1:C1")
    sheet.merge_cells("C3:C5")
    book.save(tmp_path / "a.xlsx")
    run.ok("import", tmp_path / "a.xlsx")
    handlers = run.sql("select handler from complaint order by number")
    assert handlers == [("张强",), ("张强",), ("张强",), (None,)]


def test_a_time_of_day_is_kept_to_the_second(run: Runner, tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.active.append(["受理日期", "受理时刻", "投诉内容"])
    book.active.append([dt.date(2025, 5, 1), dt.time(9, 5, 0, 500_000), "甲"])
    book.save(tmp_path / "a.xlsx")
    run.ok("import", tmp_path / "a.xlsx")
    assert run.json("show", "001")["received_at"] == "2025-05-01T09:05:00+08:00"


def test_an_error_of_excel_is_no_value(run: Runner, tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append(["受理时间", "投诉内容", "联系电话"])
    sheet.append(["2025-05-01", "甲", "#N/A"])
    book.save(tmp_path / "a.xlsx")
    found = run("import", tmp_path / "a.xlsx", "--json").data
    assert [(p["column"], p["code"]) for p in found["problems"]] == [("联系电话", "import.uncomputed")]


def test_a_number_that_another_record_has_is_pointed_out(run: Runner, tmp_path: Path) -> None:
    head = "编号,受理时间,投诉人,投诉内容,处理结果"
    assert read_in(run, tmp_path, head, "T-1,2025-03-04,王,甲,", "T-2,2025-03-05,李,乙,").data["shared"] == []
    found = read_in(run, tmp_path, head, "T-1,2025-03-04,王,甲,已办", "T-2,2025-03-05,李,乙,").data
    assert whole(found) == (2, 1, 0, 1, 0)
    assert found["shared"] == ["T-1"]
    run.ok("undo")
    assert read_in(run, tmp_path, head, "T-3,2025-03-06,王,丙,").data["shared"] == []


def test_a_file_that_is_all_data_says_nothing_of_it(run: Runner, tmp_path: Path) -> None:
    ran = read_in(run, tmp_path, "王小明,13912345678,2025-03-01,电表快")
    assert ran.code == 5
    assert ran.data["error"]["faults"][0]["code"] == "import.no_headings"
    assert "王" not in ran.out + ran.err
    assert "139" not in ran.out + ran.err


def test_what_wrote_nothing_has_no_batch(run: Runner, tmp_path: Path) -> None:
    for lines in (["受理时间,投诉内容"], ["受理时间,投诉内容", "2025-03-01,甲"], ["受理时间,投诉内容", "2025-03-01,甲"]):
        found = read_in(run, tmp_path, *lines).data
        assert found["written"] == bool(found["accepted"]) == (found["batch"] is not None)


def test_a_heading_may_have_a_colon_or_a_star(run: Runner, tmp_path: Path) -> None:
    assert read_in(run, tmp_path, "受理时间：,*投诉内容", "2025-03-01,甲").data["accepted"] == 1


def test_what_a_ditto_means_tells_two_rows_apart(run: Runner, tmp_path: Path) -> None:
    head = "日期,反映内容"
    assert read_in(run, tmp_path, head, "2024-01-05,停电", "同上,电压低").data["accepted"] == 2
    assert whole(read_in(run, tmp_path, head, "2024-02-05,停电", "同上,电压低").data) == (2, 2, 0, 0, 0)
    assert whole(read_in(run, tmp_path, head, "2024-02-05,停电", "2024-02-05,电压低").data)[3] == 2


def test_the_same_cells_under_other_headings_say_something_else(run: Runner, tmp_path: Path) -> None:
    row = "2024-01-05,停电,张三"
    assert read_in(run, tmp_path, "日期,反映内容,投诉人", row).data["accepted"] == 1
    assert read_in(run, tmp_path, "日期,反映内容,备注", row).data["accepted"] == 1


def test_rejected_rows_stand_by_themselves(run: Runner, tmp_path: Path) -> None:
    rows = ("2024-01-05,停电,满意", "2024-02-01,电压低,飞鸽", "2024-03-01,抄表错,满意", "同上,态度差,飞鸽")
    path, left = tmp_path / "book.csv", tmp_path / "r.csv"
    path.write_text("\n".join(("日期,反映内容,满意度", *rows)), "utf-8")
    run.ok("import", path, "--skip-bad", "--rejects", left)
    assert left.read_text("utf-8-sig").splitlines()[1:] == ["2024-02-01,电压低,飞鸽", "2024-03-01,态度差,飞鸽"]


def test_an_old_record_of_unknown_end_reopened_and_amended(run: Runner, tmp_path: Path) -> None:
    read_in(run, tmp_path, "日期,反映内容", "2024-01-05,停电")
    run.ok("reopen", "202401-001", "--reason", "x")
    run.ok("amend", "202401-001", "--set", "受理时间=2024-02-05 09:00", "--reason", "y")
    found = run.json("export", "f03", "--month", "2024-02")
    assert found["opening"] + found["received"] + found["reopened"] - found["closed"] == found["carried"] == 0
    run.verified()


def test_an_import_undone_and_repeated_stays_undone(run: Runner, tmp_path: Path) -> None:
    lines = ("日期,反映内容", "2024-01-05,停电")
    read_in(run, tmp_path, *lines)
    run.ok("undo")
    back = run.sql("select batch from event order by seq desc limit 1")[0][0]
    assert read_in(run, tmp_path, *lines).data["accepted"] == 1
    assert run("undo", back).code == 4
    assert run.json("list")["count"] == 1
