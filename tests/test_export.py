"""Registers out, through the command line: what stands in them, what they add up to, what they prove."""

from __future__ import annotations

import datetime as dt
import os
import re
import stat
import zipfile
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from conftest import STATION, Runner

F01, F03 = "来信来访记录本", "客户投诉登记台账"


def cells(path: Path) -> list[list[object]]:
    """Every cell of the sheet."""
    return [list(row) for row in openpyxl.load_workbook(path).active.iter_rows(values_only=True)]


def rows(path: Path) -> list[dict[str, Any]]:
    """The register's lines by heading, without the blank ones that fill the page."""
    found = cells(path)
    top = next(n for n, row in enumerate(found) if row[0] == "序号")
    heads, nested = list(found[top]), found[top + 1]
    first = top + 1
    if nested[0] is None and any(nested):  # merged headings above, their columns below
        heads = [b or a for a, b in zip(heads, nested, strict=True)]
        first += 1
    lines = [dict(zip(map(str, heads), row, strict=True)) for row in found[first:]]
    return [line for line in lines if isinstance(line["序号"], int)]


def text(path: Path) -> str:
    return "\n".join(str(c) for row in cells(path) for c in row if c is not None)


def three_months(run: Runner) -> None:
    """Two in September (one left open), one in October, closed and reopened; two in November."""
    run.log("九月甲", now="2026-09-10 09:00")
    run.log("九月乙", now="2026-09-20 09:00")
    run.ok("close", "202609-001", "--set", "办结结果=转办", now="2026-09-28 09:00")
    run.log("十月甲", now="2026-10-12 09:00")
    run.ok("close", "202610-001", "--set", "办结结果=撤诉", now="2026-10-20 09:00")
    run.ok("reopen", "202610-001", "--reason", "又来", now="2026-11-03 09:00")
    run.ok("close", "202609-002", "--set", "办结结果=转办", now="2026-11-04 09:00")
    run.log("十一月甲", "--name", "王某", "--phone", "013800138000", now="2026-11-05 09:00")
    run.log("十一月乙", "--kind", "举报", "--name", "钱守正", "--phone", "13987654321", now="2026-11-06 09:00")


def balance(found: dict[str, Any]) -> tuple[int, int, int, int, int]:
    values = [int(found[k]) for k in ("opening", "received", "reopened", "closed", "carried")]
    assert values[0] + values[1] + values[2] - values[3] == values[4]
    return tuple(values)  # type: ignore[return-value]  # five of them


def test_json_and_the_file_it_names(run: Runner, tmp_path: Path) -> None:
    run.log("电压低", "--name", "王某", "--phone", "013800138000")
    found = run.json("export", "f01", "--month", "2026-11", "-o", tmp_path)
    assert set(found) >= {"path", "form", "rows", "opening", "received", "reopened", "closed", "carried", "anchor"}
    path = Path(found["path"])
    assert path.name == f"{F01}_{STATION}_2026-11.xlsx"
    assert (found["form"], found["rows"]) == ("f01", 1)
    assert rows(path)[0]["联系电话"] == "013800138000"
    assert rows(path)[0]["日期时间"] == dt.datetime(2026, 11, 22, 10, 0)
    assert rows(path)[0]["来信/来访/来电"] == "来电"
    if os.name != "nt":
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_what_the_clerk_reads(run: Runner) -> None:
    run.log()
    ran = run.ok("export", F01)
    assert f"已写出 {F01}_{STATION}_2026-11.xlsx：1 行。期初 0 ＋ 受理 1 ＋ 重办 0 － 办结 0 ＝ 期末 1。校验码 4:" in ran.out
    assert Path(f"{F01}_{STATION}_2026-11.xlsx").exists()


def test_the_balance_of_each_month_carries_into_the_next(run: Runner, tmp_path: Path) -> None:
    three_months(run)
    run.now = "2026-12-01 08:00"
    found = {
        month: balance(run.json("export", "f03", "--month", month, "-o", tmp_path / f"{month}.xlsx"))
        for month in ("2026-08", "2026-09", "2026-10", "2026-11")
    }
    assert found["2026-08"] == (0, 0, 0, 0, 0)
    # F03 is the book of complaints: the whistle-blowing report is not in it.
    assert found["2026-09"] == (0, 2, 0, 1, 1)
    assert found["2026-10"] == (1, 1, 0, 1, 1)
    assert found["2026-11"] == (1, 1, 1, 1, 2)
    assert "期初结转 1 件 ＋ 本期受理 1 件 ＋ 重新办理 1 件 － 本期办结 1 件 ＝ 期末结转 2 件" in text(tmp_path / "2026-11.xlsx")
    year = run.json("export", "f03", "--month", "2026", "-o", tmp_path / "y.xlsx")
    assert balance(year) == (0, 4, 1, 3, 2)


def test_carried_over_rows_are_marked(run: Runner, tmp_path: Path) -> None:
    three_months(run)
    run.now = "2026-12-01 08:00"
    run.ok("export", "f03", "--month", "2026-11", "-o", tmp_path / "a.xlsx")
    lines = rows(tmp_path / "a.xlsx")
    by_content = {line["投诉内容"]: line for line in lines}
    assert set(by_content) == {"九月乙", "十月甲", "十一月甲"}
    assert "往期结转" in str(by_content["九月乙"]["备注"])
    assert "往期结转" not in str(by_content["十一月甲"]["备注"])


def test_the_same_as_of_gives_the_same_cells_after_later_events(run: Runner, tmp_path: Path) -> None:
    three_months(run)
    run.now = "2026-12-01 08:00"
    for form in ("f01", "f03"):
        run.ok("export", form, "--month", "2026-11", "--as-of", "2026-11-30", "-o", tmp_path / f"{form}a.xlsx")
    run.ok("close", "202611-001", "--set", "办结结果=撤诉", "--at", "2026-11-29 09:00")
    run.log("补登", "--at", "2026-11-28 10:00")
    run.ok("calendar", "set", "2026-11-11", "off")
    run.ok("policy", "adopt", "s01", "--from", "2026-11-01")
    run.now = "2026-12-05 08:00"
    for form in ("f01", "f03"):
        run.ok("export", form, "--month", "2026-11", "--as-of", "2026-11-30", "-o", tmp_path / f"{form}b.xlsx")
        assert cells(tmp_path / f"{form}a.xlsx") == cells(tmp_path / f"{form}b.xlsx")
        run.ok("export", form, "--month", "2026-11", "-o", tmp_path / f"{form}c.xlsx")
        assert cells(tmp_path / f"{form}a.xlsx") != cells(tmp_path / f"{form}c.xlsx")
    run.verified()


def test_an_existing_file_is_kept_without_force(run: Runner, tmp_path: Path) -> None:
    run.log()
    path = tmp_path / "十一月 登记.xlsx"
    path.write_bytes(b"mine")
    ran = run("export", "f01", "-o", path)
    assert ran.code == 7
    assert "已经存在，没有覆盖" in ran.err
    assert "--force" in ran.err
    assert path.read_bytes() == b"mine"
    run.ok("export", "f01", "-o", path, "--force")
    assert len(rows(path)) == 1
    assert not [p for p in tmp_path.iterdir() if p.name.startswith(".complaintctl")]


def test_the_footer_s_anchor_proves_the_ledger(run: Runner, tmp_path: Path) -> None:
    run.log()
    found = run.json("export", "f03", "-o", tmp_path / "a.xlsx")
    footer = openpyxl.load_workbook(tmp_path / "a.xlsx").active.oddFooter
    shown = "".join(str(part.text or "") for part in (footer.left, footer.center, footer.right))
    printed = re.search(r"\d+:[0-9a-f]{16}", shown)
    assert printed
    assert printed[0] == found["anchor"] == run.json("verify")["anchor"]
    run.log("第二件")
    run.verified()
    assert run.ok("verify", "--anchor", printed[0]).code == 0
    seq, _, hash_ = printed[0].partition(":")
    ran = run("verify", "--anchor", f"{seq}:{'0' * 16}")
    assert ran.code == 8
    assert "打印之后台账被改动或换过" in ran.err
    assert run("verify", "--anchor", f"{seq}：{hash_.upper()}").code == 0


def test_page_numbers_signatures_and_heading(run: Runner, tmp_path: Path) -> None:
    for n in range(40):
        run.log(f"第{n}件")
    run.ok("export", "f01", "-o", tmp_path / "a.xlsx")
    sheet = openpyxl.load_workbook(tmp_path / "a.xlsx").active
    assert sheet.page_setup.orientation == "landscape"
    assert int(sheet.page_setup.paperSize) == 9
    assert sheet.print_title_rows
    footer = "".join(str(p.text or "") for p in (sheet.oddFooter.left, sheet.oddFooter.center, sheet.oddFooter.right))
    assert "&P" in footer or "&[Page]" in footer
    assert "所长审阅：____" in text(tmp_path / "a.xlsx")
    assert f"填报单位：{STATION}" in text(tmp_path / "a.xlsx")
    assert "2026年11月" in text(tmp_path / "a.xlsx")
    assert len(rows(tmp_path / "a.xlsx")) == 40


def test_whistle_blowers_are_masked(run: Runner, tmp_path: Path) -> None:
    three_months(run)
    run.ok("export", "f01", "--month", "2026-11", "-o", tmp_path / "a.xlsx")
    with zipfile.ZipFile(tmp_path / "a.xlsx") as book:
        everything = "".join(book.read(name).decode("utf-8", "replace") for name in book.namelist())
    for secret in ("钱守正", "13987654321", "十一月乙"):
        assert secret not in everything
    assert "钱**" in everything
    assert "139****4321" in everything
    assert "王某" in everything


def test_unmask_needs_a_reason_and_is_recorded(run: Runner, tmp_path: Path) -> None:
    three_months(run)
    ran = run("export", "f01", "--month", "2026-11", "-o", tmp_path / "a.xlsx", "--unmask")
    assert ran.code == 2
    run.ok("export", "f01", "--month", "2026-11", "-o", tmp_path / "a.xlsx", "--unmask", "纪检调阅")
    assert "钱守正" in text(tmp_path / "a.xlsx")
    assert run.sql("select actor from event where type = 'disclosed'") == [("陈敏",)]
    run.verified()


def test_nothing_becomes_a_formula(run: Runner, tmp_path: Path) -> None:
    hostile = ["=1+1", '=HYPERLINK("http://x","点")', "+1", "-1", "@SUM(A1)", "＝1", "#N/A", "=cmd|' /C calc'!A0"]
    for line in hostile:
        run.ok("log", f"--set=反映内容={line}", "--channel", "电话", f"--name={line}")
    run.ok("export", "f01", "-o", tmp_path / "a.xlsx")
    with zipfile.ZipFile(tmp_path / "a.xlsx") as book:
        sheet = book.read("xl/worksheets/sheet1.xml").decode()
    assert "<f>" not in sheet
    assert 't="e"' not in sheet
    assert [line["反映内容"] for line in rows(tmp_path / "a.xlsx")] == hostile


def test_an_empty_month(run: Runner, tmp_path: Path) -> None:
    found = run.json("export", "f01", "--month", "2026-10", "-o", tmp_path / "a.xlsx")
    assert (found["rows"], balance(found)) == (0, (0, 0, 0, 0, 0))
    assert rows(tmp_path / "a.xlsx") == []
    assert "所长审阅" in text(tmp_path / "a.xlsx")


@pytest.mark.parametrize(("word", "month"), [("last", "2026-10"), ("上月", "2026-10"), ("this", "2026-11"), ("10月", "2026-10")])
def test_the_scheduled_job_asks_for_last_month(run: Runner, word: str, month: str) -> None:
    assert run.json("export", "f03", "--month", word)["path"].endswith(f"_{month}.xlsx")


def test_form_by_title_or_beginning(run: Runner, tmp_path: Path) -> None:
    for n, word in enumerate(("f03", F03, "客户投诉", "F03")):
        assert run.json("export", word, "-o", tmp_path / f"{n}.xlsx")["form"] == "f03"


def test_a_form_of_one_s_own(run: Runner, tmp_path: Path) -> None:
    forms = tmp_path / "own" / "forms"
    forms.mkdir(parents=True)
    (forms / "x1.toml").write_text(
        'id = "x1"\ntitle = "简表"\nen = "short"\n[[column]]\nhead = "序号"\nfield = "serial"\nwidth = 5\nformat = "serial"\n'
        '[[column]]\nhead = "内容"\nfield = "content"\nwidth = 60\n',
        "utf-8",
    )
    run.log("电压低")
    run.ok("export", "简表", "--rules", tmp_path / "own", "-o", tmp_path / "a.xlsx")
    assert rows(tmp_path / "a.xlsx")[0]["内容"] == "电压低"


def test_voided_complaints_are_in_no_register(run: Runner, tmp_path: Path) -> None:
    run.log("错登")
    run.ok("undo")
    found = run.json("export", "f01", "-o", tmp_path / "a.xlsx")
    assert (found["rows"], balance(found)) == (0, (0, 0, 0, 0, 0))


def test_export_then_import_returns_the_rows(run: Runner, tmp_path: Path) -> None:
    """A register is itself an old book that another ledger can take in."""
    run.log("电压低", "--name", "王某", "--phone", "013800138000", "--address", "东风村", "--at", "2026-11-20 14:05")
    run.log("抄表不准, 有“疑问”", "--kind", "咨询", "--channel", "来信", "--at", "2026-11-21 09:00")
    run.ok("export", "f01", "-o", tmp_path / "a.xlsx")
    other = Runner(tmp_path / "b.db")
    other.ok("init")
    found = other.json("import", tmp_path / "a.xlsx", "--skip-bad")
    assert found["accepted"] == 2
    kept = "name, phone, address, content, kind, received_at"
    assert other.sql(f"select {kept} from complaint order by received_at") == run.sql(
        f"select {kept} from complaint order by received_at"
    )


def test_a_form_that_filters_by_what_cannot_be_filtered(run: Runner, tmp_path: Path) -> None:
    (tmp_path / "forms").mkdir()
    text = 'id = "f99"\ntitle = "试"\n[where]\nphone = "1"\n[[column]]\nhead = "号"\nfield = "number"\nwidth = 10\n'
    (tmp_path / "forms" / "f99.toml").write_text(text, "utf-8")
    ran = run("--rules", tmp_path, "export", "f99", "-o", tmp_path)
    assert (ran.code, "要按“phone”筛选" in ran.err) == (6, True)


# ---- what may be written where ----


@pytest.mark.parametrize("force", [(), ("--force",)])
def test_nothing_is_ever_written_over_the_ledger(run: Runner, tmp_path: Path, force: tuple[str, ...]) -> None:
    run.log()
    book = tmp_path / "旧账.csv"
    book.write_text("受理时间,投诉内容\n2025-13-01,坏行\n", "utf-8")
    for name in ("台账.db", "台账.csv", "台账.xlsx"):
        run.ledger.rename(tmp_path / name)
        run.ledger = tmp_path / name
        before = run.ledger.read_bytes()
        for words in (("export", "f01", "-o"), ("report", "-o"), ("import", book, "--skip-bad", "--rejects")):
            assert run(*words, run.ledger, *force).code in (2, 7), (words, name)
            assert run.ledger.read_bytes() == before
    run.verified()


def test_a_file_that_is_there_is_kept(run: Runner, tmp_path: Path) -> None:
    """The book itself given for its rejects, an older report: nothing is lost by a slip."""
    book = tmp_path / "旧账.csv"
    book.write_text("受理时间,投诉内容\n2025-12-01,好行\n2025-13-01,坏行\n", "utf-8")
    before = book.read_bytes()
    for words in (("import", book, "--rejects", book), ("report", "-o", book)):
        ran = run(*words)
        assert ran.code == 7
        assert "已经存在" in ran.err or "正在导入的文件" in ran.err
        assert book.read_bytes() == before
    run.ok("report", "-o", book, "--force")
    assert book.read_bytes() != before


def test_what_cannot_be_saved_beside_is_not_taken_in(run: Runner, tmp_path: Path) -> None:
    book = tmp_path / "旧账.csv"
    book.write_text("受理时间,投诉内容\n2025-12-01,好行\n2025-13-01,坏行\n", "utf-8")
    assert run("import", book, "--skip-bad", "--rejects", tmp_path / "没有" / "退.csv").code == 7
    assert run.json("list")["count"] == 0


def test_a_register_is_named_as_the_workbook_it_is(run: Runner) -> None:
    ran = run("export", "f01", "-o", "登记.csv")
    assert ran.code == 2
    assert "以 .xlsx 结尾" in ran.err


def test_before_its_founding_there_was_no_ledger(run: Runner) -> None:
    ran = run("export", "f03", "--month", "2025-08", "--as-of", "2025-09-01")
    assert ran.code == 2
    assert "不在建账日 2026-11-22 与今天之间" in ran.err
    assert run("export", "f03", "--as-of", "2026-12-31").code == 2


def test_an_old_book_s_silence_is_no_no(run: Runner, tmp_path: Path) -> None:
    book = tmp_path / "旧账.csv"
    book.write_text("受理时间,投诉内容,性质\n2026-03-02,电压低,投诉\n", "utf-8")
    run.ok("import", book)
    for form, head in (("f01", "书面通知"), ("f03", "是否超期")):
        path = Path(run.json("export", form, "--month", "2026-03")["path"])
        (line,) = rows(path)
        assert [value for name, value in line.items() if head in name] == [None], line


def test_balance_and_receipt_of_an_amended_old_record(run: Runner, tmp_path: Path) -> None:
    book = tmp_path / "旧账.csv"
    book.write_text("受理时间,投诉内容\n2026-03-02,电压低\n", "utf-8")
    run.ok("import", book)
    run.ok("amend", "202603-001", "--set", "受理时间=2026-05-04", "--reason", "抄错")
    for month, received in (("2026-03", 0), ("2026-05", 1)):
        found = run.json("export", "f01", "--month", month)
        assert found["opening"] + found["received"] + found["reopened"] - found["closed"] == found["carried"] == 0
        assert found["received"] == received
    run.verified()


def test_what_was_reopened_is_not_carried_over(run: Runner) -> None:
    three_months(run)
    path = Path(run.json("export", "f03", "--month", "2026-11")["path"])
    notes = {line["编号"]: line["备注"] for line in rows(path)}
    assert notes["202609-002"] == "往期结转"
    assert notes["202610-001"] == "重新办理"
