"""Wrong command lines and wrong files: each ends with its exit code and a sentence, never with a traceback."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from conftest import Runner

NAME, PHONE = "李秀英", "13912345678"
LONG = "长" * 40_000
ESC, BIDI, NUL = "\x1b[31m红", "甲\u202e乙", "a\x00b"

# (command line, exit code, a piece of the Chinese sentence, a piece of the English one)
Line = tuple[tuple[str, ...], int, str, str]

COMMANDS: list[Line] = [
    (("lgo",), 2, "没有命令“lgo”", "no command “lgo”"),
    (("登记",), 2, "没有命令“登记”", "no command “登记”"),
    (("it's",), 2, "没有命令“it's”。", "no command “it's”."),
    (("policy", "it's"), 2, "没有命令“it's”。", "no command “it's”."),
    (("shwo", "001"), 2, "show", "show"),
    (("LOG", "x"), 2, "没有命令“LOG”", "no command"),
    (("policy", "lst"), 2, "没有命令“lst”。相近的有：list。", "list"),
    (("calendar", "sett"), 2, "sett", "sett"),
    (("duty", "did"), 2, "did", "did"),
    (("form", "show1"), 2, "show1", "show1"),
    (("log", "x", "--chanel", "电话"), 2, "--chanel", "--chanel"),
    (("log", "x", "--channel"), 2, "--channel", "--channel"),
    (("list", "--opne"), 2, "--opne", "--opne"),
    (("list", "-x"), 2, "-x", "-x"),
    (("due", "--within"), 2, "--within", "--within"),
    (("show", "001", "002"), 2, "多出了“002”", "“002” is too much"),
    (("log", "电", "压", "低"), 2, "多出了", "too much"),
    (("list", "--limit", "很多"), 2, "“--limit”的值“很多”不是数字", "“很多”"),
    (("list", "--limit", "1.5"), 2, "--limit", "--limit"),
    (("--nothing",), 2, "--nothing", "--nothing"),
    (("verify", "--anchor"), 2, "--anchor", "--anchor"),
    (("import", "--dry-run=1", "x.csv"), 2, "--dry-run", "--dry-run"),
    (("log", "--channel", "电话", "--name", "--phone", PHONE), 2, "“--name”后面缺少值", "“--name” needs a value"),
    (("list", "--kind", "--open"), 2, "“--kind”后面缺少值", "“--kind” needs a value"),
    (("due", "--json=1"), 2, "“--json", "“--json"),
    (("log", "x", "--channel", "电话", "--kind", "投诉", "--kind=举报"), 2, "“--kind”给了两次", "“--kind” is given twice"),
    (("due", "--within", "1wd", "--within", "2wd"), 2, "“--within”给了两次", "“--within” is given twice"),
    *(  # no global option takes the next option for its value
        (words, 2, f"“{name}”后面缺少值", f"“{name}” needs a value")
        for name in ("--ledger", "--by", "--lang", "--rules")
        for words in ((name, "--check", "due"), ("due", name, "--check"), ("due", name))
    ),
]
MISSING: list[Line] = [
    (("show",), 2, "缺少“编号”", "NUMBER is missing"),
    (("explain",), 2, "缺少“编号”", "NUMBER is missing"),
    (("assign",), 2, "缺少“承办人”", "HANDLER is missing"),
    (("assign", "001"), 2, "缺少“承办人”", "HANDLER is missing"),
    (("update",), 2, "缺少“步骤”", "STEP is missing"),
    (("update", "001"), 2, "缺少“步骤”", "STEP is missing"),
    (("amend", "001"), 2, "--reason", "--reason"),
    (("amend", "001", "--set", "级别=重大"), 2, "--reason", "--reason"),
    (("close",), 2, "缺少“编号”", "NUMBER is missing"),
    (("reopen", "001"), 2, "理由", "--reason"),
    (("search",), 2, "缺少“内容”", "TEXT is missing"),
    (("import",), 2, "缺少“文件”", "FILE is missing"),
    (("export",), 2, "缺少“表单”", "FORM is missing"),
    (("policy", "adopt"), 2, "缺少“制度”", "POLICY is missing"),
    (("calendar", "set"), 2, "缺少“日期”", "DAY is missing"),
    (("calendar", "set", "2026-11-24"), 2, "缺少“上班或休息”", "is missing"),
    (("duty", "done"), 2, "缺少“例行工作”", "is missing"),
    (("log",), 2, "缺少“来源”", "“channel” is missing"),
    (("log", "x"), 2, "95598热线", "95598 hotline"),
    (("log", "--channel", "电话"), 2, "缺少“反映内容”", "“content” is missing"),
    (("log", "", "--channel", "电话"), 2, "缺少“反映内容”", "“content” is missing"),
    (("log", "   ", "--channel", "电话"), 2, "缺少“反映内容”", "“content” is missing"),
]
NUMBERS: list[Line] = [
    (("show", "999"), 3, "“999”", "“999”"),
    (("show", "202612-001"), 3, "“202612-001”", "“202612-001”"),
    (("show", ""), 2, "缺少“编号”", "NUMBER"),
    (("show", "*"), 3, "“*”", "“*”"),
    (("show", "?"), 3, "“?”", "“?”"),
    (("show", "["), 3, "“[”", "“[”"),
    (("show", "%"), 3, "“%”", "“%”"),
    (("show", "-"), 3, "“-”", "“-”"),
    (("show", "' or 1=1 --"), 3, "or 1=1", "or 1=1"),
    (("show", "９"), 3, "“9”", "“9”"),
    (("show", "0"), 3, "“0”", "“0”"),
    (("close", "999"), 3, "“999”", "“999”"),
    (("assign", "999", "赵强"), 3, "“999”", "“999”"),
    (("update", "999", "已联系"), 3, "“999”", "“999”"),
    (("amend", "999", "--set", "等级=重大", "--reason", "x"), 3, "“999”", "“999”"),
    (("reopen", "999", "--reason", "x"), 3, "“999”", "“999”"),
    (("explain", "999"), 3, "“999”", "“999”"),
    (("undo", "20990101-000000-ffff"), 3, "“20990101-000000-ffff”", "“20990101-000000-ffff”"),
    (("undo", "最近"), 3, "“最近”", "“最近”"),
]
WORDS: list[Line] = [
    (("log", "x", "--channel", "飞鸽"), 2, "“飞鸽”", "“飞鸽”"),
    (("log", "x", "--channel", "hot"), 2, "95598热线", "95598 hotline"),
    (("log", "x", "--channel", "电话", "--kind", "投拆"), 2, "投诉", "complaint"),
    (("log", "x", "--channel", "电话", "--level", "特大"), 2, "“特大”", "“特大”"),
    (("log", "x", "--channel", "电话", "--category", "天气"), 2, "“天气”", "“天气”"),
    (("log", "x", "--channel", "电话", "--set", "满意"), 2, "“满意”不是 字段=值", "“满意” is not field=value"),
    (("log", "x", "--channel", "电话", "--set", "天气=晴"), 2, "没有字段“天气”", "no field “天气”"),
    (("log", "x", "--channel", "电话", "--set", "情况复杂=也许"), 2, "“也许”应为“是”或“否”", "must be yes or no"),
    (("log", "x", "--channel", "电话", "--set", "责任人数=三"), 2, "不是数字", "is no number"),
    (("log", "x", "--channel", "电话", "--set", "责任人数=-1"), 2, "不是数字", "is no number"),
    (("log", "x", "--channel", "电话", "--set", "责任人数=nan"), 2, "不是数字", "is no number"),
    (("log", "x", "--channel", "电话", "--set", "责任人数=3-5"), 2, "不是数字", "is no number"),
    (("log", "x", "--channel", "电话", "--set", "金额=inf"), 2, "不是数字", "is no number"),
    (("log", "x", "--channel", "电话", "--set", "金额=1e999"), 2, "不是数字", "is no number"),
    (("log", "x", "--channel", "电话", "--set", "延至=某天"), 2, "“某天”", "“某天”"),
    (("log", "x", "--channel", "电话", "--set", "=1"), 2, "没有字段“”", "no field “”"),
    (("amend", "001", "--set", "姓名=李", "--set", "姓名=王", "--reason", "x"), 2, "“姓名”给了两次", "is given twice"),
    (("export", "f01", "-o", "a.xlsx", "--output", "b.xlsx"), 2, "“--output”给了两次", "“--output” is given twice"),
    (("update", "001", "已联系", "满意度＝满意"), 2, "请写 --set 满意度=…", "write --set 满意度=…"),
    (("update", "001", "已调查", "责任人受教育=是"), 2, "请写 --set 责任人受教育=…", "write --set 责任人受教育=…"),
    (("update", "001", "已调查", "--set", "原因清楚=是", "--set", "原因清楚=否"), 2, "“原因清楚”给了两次", "is given twice"),
    (("log", "x", "--channel", "电话", "--set", "来源="), 2, "给了两次", "given twice"),
    (("log", "x", "--set", "来源="), 2, "95598热线", "95598 hotline"),
    (("search", "x", "--limit", "多"), 2, "“多”", "“多”"),
    (("policy", "show", "电力客户"), 3, "“电力客户”不明确", "may be several"),
    (("import", "x.csv", "--encoding", "乱码"), 3, "x.csv", "x.csv"),
    (("update", "001", "已飞"), 2, "没有步骤“已飞”", "no step “已飞”"),
    (("update", "001", "已"), 2, "不明确", "may be"),
    (("update", "001", "已回访", "--set", "满意度=凑合"), 2, "“凑合”", "“凑合”"),
    (("update", "001", "已联系", "--set", "满意度"), 2, "“满意度”不是 字段=值", "is not field=value"),
    (("amend", "001", "--set", "等级=最高", "--reason", "x"), 2, "“最高”", "“最高”"),
    (("amend", "001", "--set", "编号=1", "--reason", "x"), 2, "“编号”", "“编号”"),
    (("list", "--kind", "投拆"), 2, "“投拆”", "“投拆”"),
    (("list", "--status", "办完了"), 2, "“办完了”", "“办完了”"),
    (("list", "--channel", "飞鸽", "--level", "特大"), 2, "“特大”", "“特大”"),
    (("search", "，。！"), 2, "没有可查找的字", "holds nothing to look for"),
    (("search", "  "), 2, "缺少“内容”", "TEXT is missing"),
    (("duty", "done", "扫地"), 2, "没有例行工作“扫地”", "no duty “扫地”"),
    (("calendar", "set", "2026-11-24", "半天"), 2, "“半天”", "“半天”"),
    (("calendar", "set", "某天", "半天"), 2, "“某天”", "“某天”"),
    (("init", "--code", "青禾"), 2, "“青禾”只能用", "“青禾” may hold"),
    (("init", "--code", "../x"), 2, "“../x”", "“../x”"),
    (("policy", "show", "s99"), 3, "没有制度“s99”", "no policy “s99”"),
    (("policy", "check", "s99"), 3, "没有制度“s99”", "no policy “s99”"),
    (("policy", "adopt", "s99"), 3, "没有制度“s99”", "no policy “s99”"),
    (("explain", "001", "--policy", "s99"), 3, "没有制度“s99”", "no policy “s99”"),
    (("export", "f99"), 3, "没有表单“f99”", "no form “f99”"),
    (("export", "../../etc/passwd"), 3, "没有表单", "no form"),
    (("report", "年报"), 3, "没有报表“年报”", "no report “年报”"),
    (("import", "x.csv", "--mapping", "没有"), 3, "没有旧账格式“没有”", "no layout “没有”"),
    (("import", "x.csv", "--mapping", "没有.toml"), 3, "没有.toml", "没有.toml"),
    (("verify", "--anchor", "abc"), 2, "“abc”不是校验码", "“abc” is no anchor"),
    (("verify", "--anchor", "1:zz"), 2, "“1:zz”", "“1:zz”"),
    (("verify", "--anchor", "99:0123456789abcdef"), 8, "99:0123456789abcdef", "99:0123456789abcdef"),
]
DATES: list[Line] = [
    (("log", "x", "--channel", "电话", "--at", at), 2, zh, en)
    for at, zh, en in (
        ("24.3.5", "不足四位", "fewer than four"), ("24-3-5", "不足四位", "fewer than four"),
        ("03/04/2026", "两种读法", "can be read as"), ("5", "“5”", "“5”"), ("2026-3", "“2026-3”", "“2026-3”"),
        ("45356", "“45356”", "“45356”"), ("2026-02-30", "不存在", "no such date"), ("2026-13-01", "不存在", "no such date"),
        ("2026-11-20 24:00", "不存在", "no such date"), ("2026-11-20 25:61", "不存在", "no such date"),
        ("0000-00-00", "不存在", "no such date"), ("民国113年3月5日", "2024", "2024"), ("114-3-5", "2025", "2025"),
        ("不久以前", "“不久以前”", "“不久以前”"), ("2026-11-20 CST", "CST", "CST"), ("下午", "“下午”", "“下午”"),
        ("明天 9:00", "还没有到", "in the future"), ("2030-01-01", "还没有到", "in the future"),
        ("9999-12-31", "“9999-12-31”", "“9999-12-31”"), ("2026-11-20" * 20, "“2026-11-20", "“2026-11-20"),
        ("\u202e2026-11-99", "99", "99"),
    )
]  # fmt: skip
DATES += [
    (("update", "001", "已联系", "--at", "24.3.5"), 2, "不足四位", "fewer than four"),
    (("update", "001", "已联系", "--at", "2020-01-01"), 2, "早于受理时间", "before the receipt"),
    (("close", "001", "--at", "2020-01-01"), 2, "早于受理时间", "before the receipt"),
    (("assign", "001", "赵强", "--at", "2020-01-01"), 2, "早于受理时间", "before the receipt"),
    (("amend", "001", "--set", "受理时间=2030-01-01", "--reason", "x"), 2, "还没有到", "in the future"),
    (("amend", "001", "--set", "受理时间=24.3.5", "--reason", "x"), 2, "不足四位", "fewer than four"),
    (("due", "--within", "soon"), 2, "“soon”", "“soon”"),
    (("due", "--within", "0wd"), 2, "“0wd”", "“0wd”"),
    (("due", "--within", "-3天"), 2, "-3天", "-3天"),
    (("due", "--within", "99999999天"), 2, "“99999999天”", "“99999999天”"),
    (("list", "--month", "13月"), 2, "“13月”", "“13月”"),
    (("list", "--month", "2026-11-20"), 2, "“2026-11-20”", "“2026-11-20”"),
    (("report", "--month", "某月"), 2, "“某月”", "“某月”"),
    (("export", "f01", "--month", "26-11"), 2, "“26-11”", "“26-11”"),
    (("export", "f01", "--as-of", "24.3.5"), 2, "不足四位", "fewer than four"),
    (("export", "f01", "--as-of", "9:30"), 2, "“9:30”", "“9:30”"),
    (("calendar", "show", "冬月"), 2, "“冬月”", "“冬月”"),
    (("calendar", "set", "2026-02-30", "off"), 2, "不存在", "no such date"),
    (("policy", "adopt", "s01", "--from", "24.3.5"), 2, "不足四位", "fewer than four"),
    (("duty", "done", "L02-5", "--at", "2030-01-01"), 2, "还没有到", "in the future"),
]
REFUSED: list[Line] = [
    (("close", "001"), 4, "四不放过", "staff dealt with"),
    (("update", "001", "考核批准"), 4, "“-”", "“-”"),
    (("update", "001", "考核批准", "--set", "考核条款=P99"), 4, "“P99”", "“P99”"),
    (("update", "001", "延期"), 4, "情况复杂", "complex"),
    (("undo", "FOUNDING"), 4, "不能撤回", "founding"),
    (("init",), 7, "已经存在", "exists already"),
    (("export", "f01", "-o", "没有/这个/夹.xlsx"), 7, "文件夹不存在", "does not exist"),
    (("report", "-o", "没有/这个/夹.csv"), 7, "文件夹不存在", "does not exist"),
    (("export", "f01", "-o", "有.xlsx"), 7, "已经存在", "already exists"),
]
HOSTILE: list[Line] = [
    (("log", ESC, "--channel", "电话"), 2, "控制字符", "control characters"),
    (("log", NUL, "--channel", "电话"), 2, "控制字符", "control characters"),
    (("log", "x\x7f", "--channel", "电话"), 2, "控制字符", "control characters"),
    (("log", "x", "--channel", "电话", "--name", ESC), 2, "控制字符", "control characters"),
    (("log", "x", "--channel", ESC), 2, "控制字符", "control characters"),
    (("log", "\udcff\udcfe", "--channel", "电话"), 2, "不是文字的字节", "no text"),
    (("log", LONG, "--channel", "电话"), 2, "40000", "40000"),
    (("log", "x", "--channel", "电话", "--phone", "1" * 40000), 2, "40000", "40000"),
    (("log", "x", "--channel", LONG), 2, "来源", "channel"),
    (("show", ESC), 2, "控制字符", "control characters"),
    (("show", BIDI), 3, "甲", "甲"),
    (("show", "\udcff"), 2, "不是文字的字节", "no text"),
    (("update", "001", ESC), 2, "控制字符", "control characters"),
    (("search", "\udcff\x1b"), 2, "不是文字的字节", "no text"),
    (("search", "。"), 2, "没有可查找的字", "nothing to look for"),
    ((ESC,), 2, "控制字符", "control characters"),
    (("--" + BIDI,), 2, "没有选项", "no option"),
    (("log", "x", "--channel", "电话", "--at", ESC), 2, "控制字符", "control characters"),
    (("log", "x", "--channel", "电话", "--set", ESC + "=1"), 2, "控制字符", "control characters"),
    (("export", "f01", "--month", BIDI), 2, "甲", "甲"),
]
LINES = [*COMMANDS, *MISSING, *NUMBERS, *WORDS, *DATES, *REFUSED, *HOSTILE]


@pytest.fixture(scope="module")
def seeded(founded: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An office with one complaint of a customer who gave name and phone; nobody writes to it."""
    run = Runner(tmp_path_factory.mktemp("seeded") / "台账.db")
    shutil.copy(founded, run.ledger)
    run.log("电压低", "--name", NAME, "--phone", PHONE)
    return run.ledger


def sane(err: str, lang: str) -> None:
    """What every refusal must be: whole sentences, a cause and a remedy, inert, without personal data."""
    assert err.strip()
    assert "Traceback" not in err
    assert "内部出错" not in err
    assert "Internal error" not in err
    assert NAME not in err
    assert PHONE not in err
    for line in err.splitlines():
        assert line.endswith(("。", "：", "”", "…") if lang == "zh" else (".", ":", "”", "…")), line
        assert "{" not in line, line
        assert not [c for c in line if ord(c) < 32 or 0x7F <= ord(c) < 0xA0 or c in "\u202a\u202b\u202d\u202e\u2066\u2067"], repr(line)
        assert len(line) < 2000


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("line", LINES, ids=lambda line: " ".join(line[0])[:40].encode("unicode_escape").decode())
def test_wrong_command_lines(line: Line, lang: str, seeded: Path, tmp_path: Path) -> None:
    args, code, *pieces = line
    run = Runner(seeded)
    (tmp_path / "有.xlsx").write_bytes(b"mine")
    if args[-1] == "FOUNDING":
        args = ("undo", run.sql("select batch from event where seq = 1")[0][0])
    before = seeded.read_bytes()
    ran = run(*args, lang=lang)
    assert ran.code == code, ran.err
    assert pieces[lang == "en"].lower() in ran.err.lower(), ran.err
    sane(ran.err, lang)
    assert seeded.read_bytes() == before
    as_json = run(*args, "--json", lang=lang)
    assert as_json.code == code
    if code != 8:
        assert [f["code"] for f in as_json.data["error"]["faults"]]


TOGETHER: list[tuple[tuple[str, ...], int, list[str]]] = [
    (("amend", "001", "--set", "等级=最高"), 2, ["argument.missing", "value.unknown"]),
    (("amend", "999"), 2, ["argument.missing", "argument.missing", "number.unknown"]),
    (("update", "001", "--at", "24.3.5", "--set", "满意度=凑合"), 2, ["argument.missing", "value.unknown", "date.two_digit_year"]),
    (("update", "999", "已联系", "--at", "24.3.5"), 3, ["number.unknown", "date.two_digit_year"]),
    (("assign", "001", "--at", "明天"), 2, ["argument.missing", "time.future"]),
    (("reopen", "999", "--at", "24.3.5"), 2, ["argument.missing", "number.unknown", "date.two_digit_year"]),
    (("init", "--code", "青禾", "--policy", "s99"), 2, ["station.code", "policies.unknown"]),
    (("policy", "adopt", "s99", "--from", "24.3.5"), 3, ["policies.unknown", "date.two_digit_year"]),
    (("policy", "adopt", "--from", "24.3.5"), 2, ["argument.missing", "date.two_digit_year"]),
    (("report", "年报", "--month", "某月"), 3, ["reports.unknown", "date.unknown_month"]),
    (("export", "f99", "--month", "某月", "--as-of", "24.3.5"), 3, ["forms.unknown", "date.unknown_month", "date.two_digit_year"]),
    (("policy", "check", "s98", "s99"), 3, ["policies.unknown", "policies.unknown"]),
    (("policy", "diff", "s98", "s99"), 3, ["policies.unknown", "policies.unknown"]),
    (("list", "--kind", "投素", "--limit", "多", "--month", "13月"), 2, ["value.unknown", "date.unknown_month", "value.number"]),
    (("update", "001", "延期"), 4, ["extension.condition", "value.empty", "value.empty"]),
    (("reopen", "001", "--reason", "x", "--at", "24.3.5"), 2, ["date.two_digit_year"]),  # though it is open
    (("export", "--month", "某月"), 2, ["argument.missing", "date.unknown_month"]),
    (("explain", "999", "--policy", "s99"), 3, ["number.unknown", "policies.unknown"]),
    (("calendar", "set", "某天"), 2, ["argument.missing", "date.unknown"]),
    (("duty", "done", "--at", "24.3.5"), 2, ["argument.missing", "date.two_digit_year"]),
]  # fmt: skip


@pytest.mark.parametrize(("args", "code", "wanted"), TOGETHER, ids=lambda value: " ".join(value) if isinstance(value, tuple) else "")
def test_all_that_is_missing_and_all_that_is_wrong_is_told_at_once(args: tuple[str, ...], code: int, wanted: list[str], seeded: Path) -> None:
    before = seeded.read_bytes()
    ran = Runner(seeded)(*args, "--json")
    assert ran.code == code, ran.out
    assert [fault["code"] for fault in ran.data["error"]["faults"]] == wanted
    assert seeded.read_bytes() == before
    sane(Runner(seeded)(*args).err, "zh")


DAMAGED = [("show", "001"), ("list",), ("due",), ("report",), ("search", "电压"), ("explain", "001"), ("export", "f01")]


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("args", DAMAGED, ids=" ".join)
def test_a_damaged_page_in_the_middle_of_the_ledger(args: tuple[str, ...], lang: str, seeded: Path, tmp_path: Path) -> None:
    run = Runner(tmp_path / "台账.db")
    shutil.copy(seeded, run.ledger)
    [(size,)] = run.sql("pragma page_size")
    pages = run.sql("select rootpage from sqlite_schema where name in ('complaint', 'clock', 'event')")
    with open(run.ledger, "r+b") as file:
        for (page,) in pages:
            file.seek((page - 1) * size)
            file.write(b"\xa5" * size)
    ran = run(*args, lang=lang)
    assert ran.code == 7, ran.err
    assert ("已损坏" if lang == "zh" else "damaged") in ran.err
    sane(ran.err, lang)
    assert run(*args, "--json").data["error"]["faults"][0]["code"] == "ledger.damaged"


@pytest.mark.parametrize(
    "args",
    [("log", "x", "--channel", "电话", "--set", f"姓名 {NAME}"), ("log", "x", PHONE), ("show", PHONE), ("log", "x", "--channel", PHONE),
     ("log", "x", "--channel", "电话", "--set", f"{PHONE}=1"), ("log", "x", "--channel", "电话", "--name", f"{NAME}\x01"),
     ("log", "x", "139-1234-5678"), ("log", "x", f"+86{PHONE}"), ("log", "x", "１３９１２３４５６７８"), ("update", "001", f"已联系{PHONE}"), ("log", "x", "--channel", "电话", "--at", PHONE)],
    ids=str,
)  # fmt: skip
def test_a_name_or_a_phone_number_in_the_wrong_place_is_not_told(args: tuple[str, ...], seeded: Path) -> None:
    ran = Runner(seeded)(*args)
    assert ran.code in (2, 3)
    assert "5678" not in ran.err or "****" in ran.err
    sane(ran.err, "zh")
    as_json = Runner(seeded)(*args, "--json").out
    assert NAME not in as_json
    assert PHONE not in as_json


def test_there_are_enough_of_them() -> None:
    assert len(LINES) >= 120
    assert len({line[0] for line in LINES}) == len(LINES)


# ---- hostile text that may be stored ----

INERT = [
    "[bold red]x[/]", "[/]", ":100: :smile:", "<b>&amp;</b>", "甲\u202e乙", "a\u200bb", "=HYPERLINK(\"x\")", "\u0301a", "🙂𠮷",
    "'; drop table event; --", "%s {0} {x} $HOME", "\\x1b[31m", "行一\n行二\t三", "\ufeffx", "\u2066x\u2069", "№ ㎡ Ⅳ ①",
]  # fmt: skip


@pytest.mark.parametrize("text", INERT)
def test_any_text_is_kept_as_it_is_and_shown_inert(run: Runner, text: str) -> None:
    number = run.json("log", f"--set=反映内容={text}", "--channel", "电话", f"--name={text}")["number"]
    assert run.json("show", number)["content"] == text.strip()
    for args in (("show", number), ("list",), ("due",), ("show", number, "--history"), ("search", "x")):
        out = run.ok(*args).out
        assert not [c for c in out if c != "\n" and (ord(c) < 32 or 0x7F <= ord(c) < 0xA0)], args
        assert not set(out) & set("\u202a\u202b\u202d\u202e\u2066\u2067\u2069\ufeff"), args
    if text.startswith("["):
        assert text in run.ok("show", number).out
    run.verified()


def test_bytes_that_are_no_text_in_an_argument(run: Runner) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "complaintctl", "--ledger", str(run.ledger), "--lang", "zh", "log", b"\xff\xfe\xd6", "--channel", "电话"],
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parent.parent), "PYTHONUTF8": "1"}, capture_output=True, check=False,
    )  # fmt: skip
    assert done.returncode == 2
    assert "不是文字的字节" in done.stderr.decode()
    assert b"Traceback" not in done.stderr


def test_a_terminal_of_another_code_page(run: Runner) -> None:
    """Code page 936 has no 𠮷: it is shown escaped, nothing breaks."""
    run.log("𠮷 电压低")
    done = subprocess.run(
        [sys.executable, "-m", "complaintctl", "--ledger", str(run.ledger), "--lang", "zh", "list"],
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parent.parent), "PYTHONIOENCODING": "cp936", "PYTHONUTF8": "0"},
        capture_output=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "电压低" in done.stdout.decode("cp936")


def test_text_too_long_for_a_cell_is_the_limit(run: Runner) -> None:
    assert run("log", "长" * 32_767, "--channel", "电话").code == 0
    assert run("log", "长" * 32_768, "--channel", "电话").code == 2


# ---- wrong files ----


def xlsx(path: Path, rows: list[list[Any]], **sheets: list[list[Any]]) -> None:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    for name, lines in sheets.items():
        sheet = book.create_sheet(name)
        for row in lines:
            sheet.append(row)
    book.save(path)


GOOD = "日期,来源,内容,姓名,电话\n2025-03-05,来电,停电,李秀英,13912345678\n"
HEADS = ["日期", "来源", "内容"]


def make(kind: str, folder: Path) -> Path:
    """A wrong file of a kind."""
    path = folder / f"李秀英的{kind}"
    texts = {
        "no_rows.csv": "", "blank.csv": "\n\n\n", "text.csv": "各位同事：\n请查收附件。\n", "no_content.csv": "日期,来源\n2025-03-05,来电\n",
        "no_date.csv": "来源,内容\n来电,停电\n", "open_quote.csv": GOOD + '2025-03-06,来电,"没有关闭,王,1\n',
        "html.xlsx": "<html><body><table>", "pdf.csv": "%PDF-1.4", "text.xlsx": GOOD, "bad_date.csv": GOOD.replace("2025-03-05", "昨天"),
        "future.csv": GOOD.replace("2025-03-05", "2030-03-05"), "ancient.csv": GOOD.replace("2025-03-05", "1950-03-05"),
        "answered_before.csv": "日期,来源,内容,答复时间\n2025-03-05,来电,停电,2025-03-01\n", "kind.csv": "日期,内容,性质\n2025-03-05,停电,纠纷\n",
        "control.csv": GOOD.replace("停电", "停\x07电"), "nul.csv": GOOD.replace("停电", "停\x00电"),
        "huge_cell.csv": GOOD.replace("停电", "长" * 33_000), "science.csv": GOOD.replace("13912345678", "1.39E+10"),
    }  # fmt: skip
    if kind in texts:
        path.write_text(texts[kind], "utf-8")
        return path
    match kind:
        case "nothing.csv":
            pass
        case "folder":
            path.mkdir()
        case "pipe":
            os.mkfifo(path)
        case "bytes.csv":
            path.write_bytes(GOOD.encode() + b"\xff\xff\xff\n")
        case "ole.xls" | "ole.xlsx":
            path.write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600)
        case "zip.xlsx":
            with zipfile.ZipFile(path, "w") as book:
                book.writestr("readme.txt", "x")
        case "cut.xlsx":
            xlsx(path, [HEADS])
            path.write_bytes(path.read_bytes()[:-200])
        case "no_sheet.xlsx":
            with zipfile.ZipFile(path, "w") as book:
                book.writestr("xl/workbook.xml", "<x/>")
        case "two_sheets.xlsx":
            xlsx(path, [HEADS], 二月=[HEADS])
        case "empty.xlsx":
            xlsx(path, [])
        case "far.xlsx":
            xlsx(path, [HEADS])
            book = openpyxl.load_workbook(path)
            book.active["XFD9"] = "x"
            book.save(path)
        case "formula.xlsx":
            xlsx(path, [HEADS, ["2025-03-05", "来电", "=A1&B1"]])
        case "number_date.xlsx":
            xlsx(path, [HEADS, [45752, "来电", "停电"]])
        case "bomb.xlsx":
            with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as book:
                book.writestr("xl/workbook.xml", "<x/>")
                book.writestr("xl/worksheets/sheet1.xml", b"0" * (64 << 20))
        case "entity.xlsx":
            xlsx(path, [HEADS])
            other = path.with_suffix(".tmp")
            path.rename(other)
            with zipfile.ZipFile(other) as old, zipfile.ZipFile(path, "w") as book:
                for name in old.namelist():
                    data = old.read(name)
                    if name.endswith("sheet1.xml"):
                        data = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>' + data.partition(b"?>")[2]
                    book.writestr(name, data)
            other.unlink()
        case "ledger.db":
            shutil.copy(sorted(folder.glob("*.db"))[0], path)
    return path


# kind of file -> exit code, pieces of the sentences
FILES: dict[str, tuple[int, str, str]] = {
    "nothing.csv": (3, "找不到文件", "no file"), "folder": (5, "是文件夹", "is a folder"), "no_rows.csv": (5, "没有内容", "is empty"),
    "blank.csv": (5, "没有", "no rows"), "text.csv": (5, "没有找到表头", "No headings"),
    "no_content.csv": (5, "反映内容", "content"), "no_date.csv": (5, "受理时间", "received at"), "open_quote.csv": (5, "第 3 行的引号", "line 3"),
    "bytes.csv": (5, "解码", "decoded"), "ole.xls": (5, "旧版", "old .xls"), "ole.xlsx": (5, "密码", "password"),
    "html.xlsx": (5, "不是工作簿", "not a workbook"), "text.xlsx": (5, "不是工作簿", "not a workbook"), "pdf.csv": (5, "不是能读的表格", "not a table"),
    "zip.xlsx": (5, "不是能读的表格", "not a table"), "cut.xlsx": (5, "损坏", "damaged"), "no_sheet.xlsx": (5, "损坏", "damaged"),
    "two_sheets.xlsx": (5, "--sheet", "--sheet"), "empty.xlsx": (5, "没有", "is empty"), "far.xlsx": (5, "XFD9", "XFD9"),
    "bomb.xlsx": (5, "膨胀", "swells"), "entity.xlsx": (5, "损坏", "damaged"), "ledger.db": (5, "不是能读的表格", "not a table"),
    "bad_date.csv": (5, "有问题", "have problems"), "future.csv": (5, "有问题", "have problems"), "ancient.csv": (5, "有问题", "have problems"),
    "answered_before.csv": (5, "有问题", "have problems"), "kind.csv": (5, "有问题", "have problems"), "control.csv": (5, "有问题", "have problems"),
    "nul.csv": (5, "", ""), "huge_cell.csv": (5, "有问题", "have problems"), "science.csv": (5, "有问题", "have problems"),
    "formula.xlsx": (5, "有问题", "have problems"), "number_date.xlsx": (5, "有问题", "have problems"),
}  # fmt: skip
if hasattr(os, "mkfifo"):
    FILES["pipe"] = (5, "管道", "a pipe")


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("kind", FILES)
def test_wrong_files(kind: str, lang: str, run: Runner, tmp_path: Path) -> None:
    code, *pieces = FILES[kind]
    path = make(kind, tmp_path)
    before = run.ledger.read_bytes()
    ran = run("import", path, lang=lang)
    assert ran.code == code, ran.err
    assert pieces[lang == "en"] in ran.err, ran.err
    sane(ran.err.replace(path.name, "FILE").replace(str(path), "FILE"), lang)
    assert PHONE not in ran.out
    assert "passwd" not in ran.out + ran.err
    assert run.ledger.read_bytes() == before


FORM = "id = 'x'\ntitle = 'x'\n"
COLUMN = "[[column]]\nhead = 'x'\nfield = 'content'\nwidth = "
# What is added to a file that is right so far -> a piece of the sentence
BAD_FORMS = {
    "column = 3": "column", "column = []": "column", "column = [3]": "“3”", COLUMN + "'9'": "column width", COLUMN + "0": "“0”",
    COLUMN + "256": "“256”", COLUMN + "nan": "width", COLUMN + "9\nformat = 'dat'": "“dat”", COLUMN + "9\nalign = 'up'": "“up”",
    "orientation = 'up'\n" + COLUMN + "9": "“up”", "paper = 'A5'\n" + COLUMN + "9": "“A5”", "where = 'kind'\n" + COLUMN + "9": "“kind”",
    "rows_per_page = 0\n" + COLUMN + "9": "“0”", "carried = 'yes'\n" + COLUMN + "9": "“yes”", "signatures = [3]\n" + COLUMN + "9": "“3”",
    "where = { kind = [[1]] }\n" + COLUMN + "9": "“1”", (COLUMN + "9").replace("content", "contnt"): "“contnt”",
}  # fmt: skip
LAYOUT = "id = 'x'\n"
GOOD_LAYOUT = "headings = { received_at = ['日期'], content = ['内容'] }\n".encode().decode("latin-1")
BAD_MAPPINGS = {
    "headings = 3": "headings", "headings = { content = 'x' }": "“x”", GOOD_LAYOUT + "times = { content = ['x'] }": "times",
    GOOD_LAYOUT.replace("content", "contnt"): "contnt", GOOD_LAYOUT + "values = { knd = { a = 'b' } }": "“knd”",
    GOOD_LAYOUT + "values = { kind = 'x' }": "values", GOOD_LAYOUT + "defaults = { knd = 'x' }": "“knd”",
    GOOD_LAYOUT + "defaults = { kind = 'quarrel' }": "“quarrel”", GOOD_LAYOUT + "defaults = { kind = ['x'] }": "defaults",
    GOOD_LAYOUT + "required = ['phone']": "“phone”", GOOD_LAYOUT + "ditto = 3": "ditto", GOOD_LAYOUT + "headngs = 3": "headngs",
}  # fmt: skip
BAD_REPORTS = {
    "figures = 'select 1'": "figures", "figures = [3]": "“3”", "figures = ['delete from event']": "delete from event",
    "figures = ['pragma user_version']": "pragma", "figures = ['select 1']\nfoot = 3": "foot", "figures = ['select 1']\ntable = 3": "table",
    "figures = ['select 1']\n[[table]]\nid = 'x'": "table sql", "figures = ['select 1']\n[[figure]]\nid = 'x'": "figure zh",
    "figures = ['select 1']\n[[table]]\nid = 'x'\nzh = 'x'\nen = 'x'\nsql = 3": "table sql",
    "figures = ['select 1; select 2']": "statement", "figures = ['select nothing']": "nothing",
}  # fmt: skip


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize(
    ("args", "text", "code", "piece"),
    [
        (("export", "X"), "id = 'x'\n", 6, "title"), (("export", "X"), "id = 'x'\ntitle = 'x'\nwidht = 3\n", 6, "widht"),
        (("export", "X"), "not toml at all", 6, "TOML"), (("export", "X"), "id='x'\ntitle='x'\n[[column]]\nhed='x'\n", 6, "hed"),
        (("report", "X"), "id = 'x'\n", 6, "figures"), (("import", "a.csv", "--mapping", "X"), "id = 'x'\n", 6, "headings"),
        (("import", "a.csv", "--mapping", "X"), "[headings\n", 6, "TOML"), (("policy", "check", "X"), "\xff", 6, ""),
        (("explain", "001", "--policy", "X"), "id = ", 6, "TOML"), (("policy", "adopt", "X"), "id = 'x'\nzh = 'x'\n", 6, "en"),
        *((("export", "X"), FORM + more, 6, piece) for more, piece in BAD_FORMS.items()),
        *((("import", "a.csv", "--mapping", "X"), LAYOUT + more, 6, piece) for more, piece in BAD_MAPPINGS.items()),
        *((("report", "X"), "id = 'x'\nzh = 'x'\nen = 'x'\n" + text, 6, piece) for text, piece in BAD_REPORTS.items()),
        *((words, "id = 'mine'\nlimit = 3\nfield = [{}]\n", 6, "limit") for words in (
            ("policy", "show", "X"), ("policy", "diff", "s01", "X"), ("explain", "001", "--policy", "X"), ("init", "--policy", "X"),
        )),
    ],
)  # fmt: skip
def test_wrong_rule_files(
    args: tuple[str, ...], text: str, code: int, piece: str, lang: str, seeded: Path, tmp_path: Path
) -> None:
    path = tmp_path / "mine.toml"
    path.write_bytes(text.encode("latin-1"))
    (tmp_path / "a.csv").write_text(GOOD, "utf-8")
    before = seeded.read_bytes()
    ran = Runner(seeded)(*(str(path) if word == "X" else word for word in args), lang=lang)
    assert ran.code == code, ran.err
    assert piece in ran.err
    sane(ran.err, lang)
    assert seeded.read_bytes() == before


@pytest.mark.parametrize("encoding", ["utf-99", "rot13", "长" * 300])
def test_wrong_encodings(run: Runner, tmp_path: Path, encoding: str) -> None:
    (tmp_path / "a.csv").write_text(GOOD, "utf-8")
    ran = run("import", "a.csv", "--encoding", encoding)
    assert ran.code == 2
    assert "不认识编码" in ran.err


def test_an_unforeseen_error_is_one_line_without_data(seeded: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A bug is told as such: its kind and place, no traceback, nothing personal; exit code 1."""
    from complaintctl.services import reading

    def broken(*_: object, **__: object) -> None:
        raise RuntimeError(NAME)

    monkeypatch.delenv("COMPLAINTCTL_DEBUG")
    monkeypatch.setattr(reading, "show", broken)
    ran = Runner(seeded)("show", "001")
    assert ran.code == 1
    assert "程序内部出错（RuntimeError，test_wrong_input:" in ran.err
    assert NAME not in ran.err
    assert json.loads(Runner(seeded)("show", "001", "--json").out)["error"]["exit"] == 1
