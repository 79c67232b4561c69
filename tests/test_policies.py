"""Rules as data: every example of every policy is executed, every wrong file is told all its faults."""

from __future__ import annotations

import copy
import random
import tomllib
from collections.abc import Iterator
from functools import cache, reduce
from operator import getitem
from pathlib import Path
from types import SimpleNamespace
from typing import Any, get_type_hints

import pytest
from conftest import Runner

from complaintctl.domain.example import run as run_example
from complaintctl.domain.fold import BESIDE
from complaintctl.domain.workdays import WorkCalendar
from complaintctl.errors import Fault, Trouble
from complaintctl.ledger.projection import COLUMNS
from complaintctl.rulebook import files, policies
from complaintctl.rulebook.check import sound
from complaintctl.rulebook.policies import COMPARED
from complaintctl.services import rules
from complaintctl.services.rules import announced_years, state_council_days
from complaintctl.texts import catalogue

PACKAGED = files.found("policies")
BUILT = ("s01", "s02", "s05", "station")  # the regimes of the station's own office


def faults(path: Path) -> list[Fault]:
    """All that is wrong with a policy file."""
    try:
        sound(str(path))
    except Trouble as trouble:
        return trouble.faults
    return []


@cache
def calendar() -> WorkCalendar:
    years = announced_years()
    return WorkCalendar(state_council_days(years), years)


@pytest.mark.parametrize("name", PACKAGED)
def test_every_example_of_every_policy_holds(name: str) -> None:
    policy = sound(name)
    wrong = {
        f"{index} {example.get('note', '')}": found
        for index, example in enumerate(policy.text["example"], 1)
        if (found := run_example(policy, example, calendar()))
    }
    assert wrong == {}


@pytest.mark.parametrize("name", PACKAGED)
def test_no_policy_file_has_a_fault(name: str) -> None:
    assert [(f.code, f.params) for f in faults(PACKAGED[name])] == []


@pytest.mark.parametrize("name", PACKAGED)
def test_every_rule_quotes_its_clause_and_every_assumption_its_reason(name: str) -> None:
    text = tomllib.loads(PACKAGED[name].read_text("utf-8"))
    assert text["id"] == name
    assert text["zh"]
    assert text["en"]
    seen = []
    for kind in policies.RULES:
        for item in text.get(kind, ()):
            seen.append(item["id"])
            assert item["clause"].strip(), item["id"]
            if item.get("assumed"):
                assert item["reason"].strip(), item["id"]
    assert len(seen) == len(set(seen))


@pytest.mark.parametrize("name", BUILT)
def test_every_limit_penalty_gate_and_duty_has_an_example(name: str) -> None:
    """A rule whose number is changed must make an example fail, so each must be named by one."""
    text = tomllib.loads(PACKAGED[name].read_text("utf-8"))
    proven: set[str] = set()
    for example in text["example"]:
        for key in ("due", "state", "penalties", "duties", "points", "measure"):
            proven |= {limit.partition("#")[0] for limit in example.get(key, {})}
        proven |= {*example.get("refused", ()), *example.get("covers", ())}
    rules = [i["id"] for kind in ("limit", "extension", "gate", "penalty", "duty") for i in text.get(kind, ())]
    assert [rule for rule in rules if rule not in proven] == []


def ids(name: str) -> set[str]:
    text = tomllib.loads(PACKAGED[name].read_text("utf-8"))
    return {item["id"] for kind in policies.RULES for item in text.get(kind, ())}


def test_the_numbered_rules_stand_under_their_ids() -> None:
    assert {"L01-1", "L01-2", "L01-3", "L01-4", "L01-5", "P01-1", "P01-2", "P01-3", "P01-4", "P01-5", "G01-4"} <= ids("s01")
    assert {"L02-1", "L02-2", "L02-3", "L02-4", "L02-5", "L02-6", "L02-7", "P02-1", "P02-2"} <= ids("s02")
    assert {"L05-1", "L05-2", "P05-1", "G05-2"} <= ids("s05")
    assert set(sound("station").limits) == {"L01-1", "L01-2", "L01-3", "L02-1", "L02-3", "L02-4", "L05-1", "LAW-10wd"}


def test_the_levels_share_a_common_rank() -> None:
    for name in PACKAGED:
        for level in sound(name).vocabulary.get("level", {}).values():
            assert 1 <= level.rank <= 4, (name, level.id)


CHANGES = [
    ('within = "5 days"', 'within = "6 days"', "s01"), ('within = "10 days"', 'within = "9 days"', "s01"),
    ("amount = 20\nreason", "amount = 30\nreason", "s01"), ("amount = 50", "amount = 60", "s01"),
    ("amount = 100", "amount = 90", "s01"), ('per = "person"', 'per = "case"', "s01"),
    ('within = "3 workdays"', 'within = "4 workdays"', "s02"), ('within = "5 workdays"', 'within = "5 days"', "s02"),
    ('rrule = "FREQ=WEEKLY;BYDAY=MO"', 'rrule = "FREQ=WEEKLY;BYDAY=TU"', "s02"), ("INTERVAL=5", "INTERVAL=6", "s02"),
    ('within = "same day"', 'within = "24 hours"', "s05"), ('"staff_dealt_with"]', "]", "s05"),
    ('within = "10 workdays"', 'within = "10 days"', "station"), ("count_receipt_day = false", "count_receipt_day = true", "s02"),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "name"), CHANGES)
def test_a_changed_number_makes_an_example_fail(old: str, new: str, name: str, tmp_path: Path, run: Runner) -> None:
    text = PACKAGED[name].read_text("utf-8")
    assert text.count(old) >= 1
    copy = tmp_path / f"{name}.toml"
    copy.write_text(text.replace(old, new, 1), "utf-8")
    ran = run("policy", "check", copy)
    assert ran.code == 6
    assert "个例题不成立" in ran.err


# ---- the commands ----


def test_policy_list(run: Runner) -> None:
    out = run.ok("policy", "list").out
    for id_ in (*BUILT, "base"):
        assert id_ in out
    listed = {p["id"]: p for p in run.json("policy", "list")}
    assert listed["s01"]["title"]["zh"] == "电力客户来信来访及投诉处理制度"
    assert listed["s01"]["limit"] == 3


def test_policy_show(run: Runner) -> None:
    out = run.ok("policy", "show", "s01").out
    assert "电力客户来信来访及投诉处理制度" in out
    assert "L01-2  5 天" in out
    assert "“属于正确合理的投诉和要求,要在5天内给予解决”" in out
    assert "本系统的推定" in out
    assert run.json("policy", "show", "供电所综合制度")["id"] == "station"
    assert run.ok("policy", "show").out.startswith("station")


def test_policy_check_of_the_packaged_ones(run: Runner) -> None:
    ran = run.ok("policy", "check", "s01", "station")
    assert "检查了 2 个制度文件" in ran.out
    assert "全部正确" in ran.out
    found = run.json("policy", "check", "s05")
    assert found["faults"] == []
    assert found["examples"] >= 20


WRONG = """
id = "mine"
zh = "我的制度"
include = ["base"]
edtion = "1"

[[limit]]
id = "L1"
clause = "三日内"
within = "3 wrkdays"
until = ["replied"]

[[limit]]
id = "L2"
within = "3 days"
untill = ["replied"]
roll = "sideways"

[[penalty]]
id = "P1"
clause = "罚"
assumed = true

[[duty]]
id = "D1"
clause = "每周"
rrule = "FREQ=WEKLY"
"""

DANGLING = """
id = "mine"
zh = "我的制度"
en = "mine"
include = ["base"]

[[limit]]
id = "L1"
clause = "三日内"
within = "3 days"
until = ["repplied"]
when = { kind = "complane", volume = 3 }

[[gate]]
id = "G1"
clause = "须"
fields = ["satisfcation"]

[[penalty]]
id = "P1"
clause = "罚"
late = ["L9"]
"""


def test_a_file_with_many_faults_is_told_them_all_with_line_and_key(run: Runner, tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(WRONG, "utf-8")
    ran = run("policy", "check", path)
    assert ran.code == 6
    told = ran.err.splitlines()
    for line, place, value in (
        (5, "edtion", "edtion"), ("-", "en", "en"), (8, "L1 within", "3 wrkdays"), (14, "L2 untill", "untill"),
        (14, "L2 clause", "clause"), (14, "L2 roll", "sideways"), (14, "L2 until", "until"), (20, "P1 reason", "reason"), (25, "D1 rrule", "FREQ=WEKLY"),
    ):  # fmt: skip
        hits = [t for t in told if f"第 {line} 行" in t and place in t and f"“{value}”" in t]
        assert len(hits) == 1, (line, place, value, ran.err)
    assert len(told) == 9
    assert "Traceback" not in ran.err


WRONG_VALUES = [
    ("penalty", 'per = "persn"', "per", "persn", "unknown_name"),
    ("penalty", 'amount = "50"', "amount", "50", "wrong_type"),
    ("penalty", 'amount = { level = { major = "50", otherwise = 20 } }', "amount", "50", "wrong_type"),
    ("penalty", 'amount = { levle = { major = 50 } }', "amount", "levle", "unknown_name"),
    ("penalty", 'amount = { level = { mayor = 50 } }', "amount.level", "mayor", "unknown_name"),
    ("penalty", 'points = "-2"', "points", "-2", "wrong_type"),
    ("penalty", 'multiplier = "2"', "multiplier", "2", "wrong_type"),
    ("penalty", 'multiplier = true', "multiplier", "是", "wrong_type"),
    ("penalty", 'share = "0.2"', "share", "0.2", "wrong_type"),
    ("penalty", 'minimum = "no"', "minimum", "no", "wrong_type"),
    ("penalty", "measure = 3", "measure", "3", "wrong_type"),
    ("limit", 'times = "3"', "times", "3", "wrong_type"),
    ("limit", "times = 1.5", "times", "1.5", "wrong_type"),
    ("limit", "attempts = { level = { major = '2' } }", "attempts", "2", "wrong_type"),
    ("limit", 'within = { level = { mayor = "2 days" } }', "within.level", "mayor", "unknown_name"),
    ("limit", 'within = ""', "within", "", "bad_span"),
    ("limit", "article = 3", "article", "3", "wrong_type"),
    ("limit", "start = 'last'", "start", "start", "unknown_key"),
    ("duty", 'rrule = "FREQ=DAILY;INTERVAL=0"', "rrule", "FREQ=DAILY;INTERVAL=0", "bad_rrule"),
    ("duty", 'rrule = "FREQ=SECONDLY"', "rrule", "FREQ=SECONDLY", "bad_rrule"),
    ("duty", 'start = "lst"', "start", "lst", "unknown_name"),
    ("duty", 'roll = "sideways"', "roll", "sideways", "unknown_name"),
    ("step", 'sets = { tire = "second" }', "sets", "tire", "unknown_name"),
    ("step", 'sets = { status = "closed" }', "sets", "status", "unknown_name"),
    ("step", 'sets = { outcome = "handeld" }', "sets.outcome", "handeld", "unknown_name"),
    ("step", 'sets = "outcome"', "sets", "outcome", "wrong_type"),
    ("step", 'status = "clsed"', "status", "clsed", "unknown_name"),
    ("step", 'text = "reslt"', "text", "reslt", "unknown_name"),
    ("step", 'after_close = "yes"', "after_close", "yes", "wrong_type"),
    ("field", 'type = "term"\nof = "levl"', "of", "levl", "unknown_name"),
    ("field", 'type = "trem"', "type", "trem", "unknown_name"),
    ("vocabulary.kind", 'rank = "1"', "rank", "1", "wrong_type"),
    ("vocabulary.kind", "grup = 1", "grup", "grup", "unknown_key"),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "line", "place", "value", "code"), WRONG_VALUES, ids=lambda v: str(v)[:40])
def test_a_value_that_cannot_stand_there_is_named(
    kind: str, line: str, place: str, value: str, code: str, run: Runner, tmp_path: Path
) -> None:
    path = tmp_path / "mine.toml"
    head = 'id = "mine"\nzh = "我的"\nen = "mine"\ninclude = ["base"]\n'
    until = 'until = ["replied"]\n' if kind == "limit" and "until" not in line else ""
    path.write_text(f'{head}[[{kind}]]\nid = "X1"\nzh = "一"\nen = "one"\nclause = "罚"\n{until}{line}\n', "utf-8")
    ran = run("policy", "check", path)
    assert ran.code == 6
    assert [f.code for f in faults(path)] == [f"rules.{code}"], ran.err
    assert f"第 6 行 {kind} X1 {place}：" in ran.err
    assert f"“{value}”" in ran.err


def test_values_that_depend_on_a_fact_may_stand_where_they_are_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    head = 'id = "mine"\nzh = "我的"\nen = "mine"\ninclude = ["base"]\n[[limit]]\nid = "X1"\nclause = "一"\nuntil = "closed"\n'
    by_fact = "within = { level = { major = '2 days', otherwise = '3 days' } }\nattempts = { level = { major = 2 } }\n"
    path.write_text(head + by_fact + "times = 2\n", "utf-8")
    assert faults(path) == []
    path.write_text(head + "times = { level = { major = 2 } }\n", "utf-8")
    assert [f.code for f in faults(path)] == ["rules.wrong_type"]
    path.write_text(head.replace("[[limit]]", 'roll = "sideways"\ncount_receipt_day = "no"\n[[limit]]'), "utf-8")
    assert [(f.code, f.params["place"], f.params["line"]) for f in faults(path)] == [
        ("rules.unknown_name", "roll", 5), ("rules.wrong_type", "count_receipt_day", 6),
    ]  # fmt: skip


@pytest.mark.parametrize("number", ["QH{year}", "{serie:03}", "{serial", "{serial:x", "{serial:x}", "第{serial:03}号", "{{serial}}"])
def test_a_numbering_without_a_serial_number_is_named(number: str, run: Runner, tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(f'id = "mine"\nzh = "我的"\nen = "mine"\ninclude = ["base"]\nnumber = "{number}"\n', "utf-8")
    ran = run("policy", "adopt", path)
    assert ran.code == 6
    assert f"第 5 行 number：“{number}”不能用来编号" in ran.err


def test_names_that_lead_nowhere_are_told_too(run: Runner, tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(DANGLING, "utf-8")
    ran = run("policy", "check", path, lang="en")
    assert ran.code == 6
    for name in ("repplied", "complane", "volume", "satisfcation", "L9"):
        assert f"“{name}”" in ran.err
    assert "line 8" in ran.err


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("id = 'a'\nzh = 甲", "不是正确的 TOML"), ("", "缺少“id”"), ("include = ['mine']\nid = 'mine'", "绕成了圈"),
        ("id = 'mine'\ninclude = ['nothing']", "第 2 行 include：“nothing”没有定义"),
    ],
)  # fmt: skip
def test_files_that_are_no_policy(run: Runner, tmp_path: Path, text: str, word: str) -> None:
    own = tmp_path / "rules" / "policies"
    own.mkdir(parents=True)
    (own / "mine.toml").write_text(text, "utf-8")
    ran = run("--rules", tmp_path / "rules", "policy", "check", own / "mine.toml")
    assert ran.code in (3, 6)
    assert word in ran.err


def test_an_example_that_does_not_hold_is_named(run: Runner, tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    text = """
id = "mine"
zh = "我的"
en = "mine"
include = ["base"]
[[limit]]
id = "L1"
clause = "三日内"
within = "3 days"
until = ["replied"]
[[example]]
note = "周五"
given = { channel = "visit", received = "2026-11-20 09:00" }
due = { L1 = "2026-11-24" }
[[example]]
note = "周一"
given = { channel = "visit", received = "2026-11-23 09:00" }
due = { L1 = "2026-11-26" }
"""
    path.write_text(text, "utf-8")
    ran = run("policy", "check", path)
    assert ran.code == 6
    assert "第 1 个例题不成立（周五）" in ran.err
    assert "due 2026-11-23" in ran.err
    assert "第 2 个" not in ran.err
    path.write_text(text.replace("2026-11-24", "2026-11-23"), "utf-8")
    assert run("policy", "check", path).code == 0


OWN = """
id = "mine"
zh = "本所规定"
en = "our own rule"
include = ["base"]
number = "QH{year}-{serial:04}"
[[limit]]
id = "L1"
clause = "二日内答复"
within = "2 days"
until = ["replied", "closed"]
[[vocabulary.channel]]
id = "wechat"
zh = "微信群"
en = "wechat group"
group = "other"
"""


def test_an_office_s_own_policy_is_adopted_and_lives_in_the_ledger(run: Runner, tmp_path: Path) -> None:
    own = tmp_path / "规则" / "policies"
    own.mkdir(parents=True)
    (own / "mine.toml").write_text(OWN, "utf-8")
    ran = run.ok("policy", "adopt", "本所规定", "--rules", tmp_path / "规则")
    assert "已采用《本所规定》（mine）" in ran.out
    (own / "mine.toml").unlink()  # the ledger explains itself without the file
    found = run.json("log", "群里说停电", "--channel", "微信群")
    assert found["number"] == "QH2026-0001"
    assert found["channel"] == "wechat"
    assert [c["limit"] for c in found["clocks"]] == ["L1"]
    assert run.log() == "QH2026-0002"
    run.verified()


def test_adopting_what_does_not_exist(run: Runner) -> None:
    ran = run("policy", "adopt", "s99")
    assert ran.code == 3
    assert "没有制度“s99”" in ran.err


def test_undoing_an_adoption(run: Runner) -> None:
    run.ok("policy", "adopt", "s01")
    number = run.log()
    assert run.json("show", number)["policy"] == "s01"
    batch = run.sql("select batch from event where type = 'adopted' order by seq desc")[0][0]
    assert run("undo", batch).code == 4  # a complaint stands on it
    run.ok("undo")
    run.ok("undo", batch)
    assert run.json("show", run.log())["policy"] == "station"
    run.verified()


def test_form_list(run: Runner) -> None:
    found: list[dict[str, Any]] = run.json("form", "list")
    assert {"f01", "f03"} <= {form["id"] for form in found}
    assert "来信来访记录本" in run.ok("form", "list").out


def test_an_offices_own_file_wins_wherever_its_folder_stands(tmp_path: Path) -> None:
    own = tmp_path / "AAA"
    (own / "policies").mkdir(parents=True)
    (own / "policies" / "s13.toml").write_text('id = "s13"\nzh = "本所"\nen = "ours"\n', "utf-8")
    assert files.found("policies", own)["s13"].is_relative_to(own)


@pytest.mark.parametrize("text", ['limit = 3', '[[limit]]\nid = ["x"]\nclause = "y"'])
def test_values_of_a_wrong_shape_are_faults_not_crashes(text: str, tmp_path: Path) -> None:
    path = tmp_path / "x.toml"
    path.write_text(f'id = "x"\nzh = "x"\nen = "x"\ninclude = ["base"]\n{text}\n', "utf-8")
    assert faults(path)


def test_misspelt_values_and_dangling_names_are_named_at_once(run: Runner, tmp_path: Path) -> None:
    path = tmp_path / "bad.toml"
    lines = ('id = "bad"', 'zh = "坏"', 'en = "bad"', "foo = 1", "[[limit]]", 'id = "X-1"')
    path.write_text("\n".join([*lines, 'within = "3 wrkdays"', 'until = ["replid"]']), "utf-8")
    ran = run("policy", "check", path)
    assert ran.code == 6
    for said in ("第 4 行 foo", "第 6 行 limit X-1 clause", "3 wrkdays", "replid"):
        assert said in ran.err


# ---- what an examiner lets pass must work ----

HEAD = 'id = "mine"\nzh = "我的"\nen = "mine"\n'
BASE = HEAD + 'include = ["base"]\n'
ITEM = 'id = "X1"\nzh = "一"\nen = "one"\nclause = "罚"\n'


def field(more: str, id_: str = "X1") -> str:
    return BASE + f'[[field]]\nid = "{id_}"\nzh = "一"\nen = "one"\n{more}\n'


def limit(more: str) -> str:
    until = "" if "until" in more else 'until = "replied"\n'
    return BASE + f"[[limit]]\n{ITEM}{until}{more}\n"


def item(kind: str, more: str = "", id_: str = "X1") -> str:
    return BASE + f"[[{kind}]]\n{ITEM}{more}\n".replace("X1", id_).replace('clause = "罚"\n' if kind == "step" else "\0", "")


# (the file, then for each fault the code after ``rules.``, the end of its place, its value)
FAULTS: list[tuple[str, list[tuple[str, str, object]]]] = [
    # only what the ledger can hold
    (BASE + "source = { day = 2026-01-01 }", [("wrong_type", "source", "2026-01-01")]),
    (item("penalty", "amount = nan"), [("wrong_type", "amount", "nan")]),
    (limit("when = { amount = inf }"), [("wrong_type", "when", "inf")]),
    (item("penalty", "amount = 1" + "0" * 400), [("wrong_type", "amount", None)]),
    # how a number is found again
    (BASE + 'number = "Ｎo{serial}"', [("bad_number", "number", "Ｎo{serial}")]),
    (BASE + 'number = " {serial}"', [("bad_number", "number", " {serial}")]),
    # the head
    (BASE + "example = 3", [("wrong_type", "example", 3)]),
    (BASE + "[example]\nnote = 'x'", [("wrong_type", "example", None)]),
    (BASE + "[limit]\nid = 'x'", [("wrong_type", "limit", None)]),
    (BASE + "gate = ['x']", [("wrong_type", "gate", "x")]),
    (BASE + "vocabulary = 3", [("wrong_type", "vocabulary", 3)]),
    (BASE + "vocabulary.kind = { id = 'x' }", [("wrong_type", "vocabulary", None)]),
    (HEAD + 'include = "base"', [("wrong_type", "include", "base")]),
    (BASE + 'drop = "x"', [("wrong_type", "drop", "x")]),
    (BASE.replace('"我的"', "3"), [("wrong_type", "zh", 3)]),
    (BASE + "edition = 2026", [("wrong_type", "edition", 2026)]),
    (BASE.replace('"mine"', '"other"', 1), [("bad_id", "id", "other")]),
    (HEAD, [("missing_key", "include", "base")]),
    (HEAD + 'include = ["base", "s99"]\nfoo = 1', [("unknown_key", "foo", "foo"), ("unknown_name", "include", "s99")]),
    (BASE + 'plans = ["s99"]', [("unknown_name", "plans", "s99")]),
    # what is dropped
    (HEAD + 'include = ["s01"]\ndrop = ["L01-9"]', [("unknown_name", "drop", "L01-9")]),
    (BASE + 'drop = ["until"]', [("unknown_name", "drop", "until")]),
    (HEAD + 'include = ["s01"]\ndrop = ["L01-1"]\n[[penalty]]\n' + ITEM + 'late = "L01-1"', [("unknown_name", "late", "L01-1")]),
    (HEAD + 'include = ["s28"]\ndrop = ["L28-2"]', [("unknown_name", "penalty P28-8 late", "L28-2")]),
    # ids
    (field("private = true", "kind"), [("bad_value", "type", "text"), ("bad_value", "private", True)]),
    (field("type = 'phone'", "phone"), [("bad_value", "private", False)]),
    *((field("", name), [("bad_id", "id", name)]) for name in ("rank", "policy", "steps", "row", "received_at", "due_at", "text", "batch")),
    *((item("step", id_=name), [("bad_id", "id", name)]) for name in ("closed", "reopened", "received", "a b")),
    (item("gate", id_="a/b"), [("bad_id", "id", "a/b")]),
    (item("duty", id_="a#2"), [("bad_id", "id", "a#2")]),
    (item("note") + f"[[note]]\n{ITEM}", [("bad_id", "id", "X1")]),
    (item("step", 'status = "closed"'), [("unknown_name", "status", "closed")]),
    # conditions, and values that depend on a fact
    (limit('when = "complaint"'), [("wrong_type", "when", "complaint")]),
    (limit("when = { persons = { most = 3 } }"), [("wrong_type", "when", "most")]),
    (limit("when = { persons = { min = '3' } }"), [("wrong_type", "when", "3")]),
    (limit("when = { name = { given = 1 } }"), [("wrong_type", "when", 1)]),
    (limit("unless = [{ kind = 'report' }, 3]"), [("wrong_type", "unless", 3)]),
    (limit("unless = {}"), [("bad_value", "unless", "{}")]),
    (item("gate", "one_of = { kind = 'report' }"), [("wrong_type", "one_of", "report")]),
    (item("step", "sets = { outcome = ['handled'] }"), [("wrong_type", "sets", None)]),
    (item("step", "sets = { note = 3 }"), [("bad_value", "sets", 3)]),
    (item("penalty", "amount = { level = 3 }"), [("wrong_type", "amount", 3)]),
    (limit("within = { level = { major = { a = '2 days' } } }"), [("wrong_type", "within", None)]),
    # values for a field
    (limit('due_field = "note"'), [("unknown_name", "due_field", "note")]),
    (field("type = 'term'\nof = 'level'\ndefault = 'mayor'"), [("unknown_name", "default.X1", "mayor")]),
    (field("type = 'bool'\ndefault = 1"), [("bad_value", "default", 1)]),
    (field("type = 'count'\ndefault = 'x'"), [("bad_value", "default", "x")]),
    (field("type = 'day'\ndefault = '昨天'"), [("bad_value", "default", "昨天")]),
    (field("type = 'term'"), [("unknown_name", "of", "X1")]),
    # bounds
    (limit("times = 0"), [("bad_value", "times", 0)]),
    (limit("times = 121"), [("bad_value", "times", 121)]),
    (limit("times = 120\nwithin = '999 months'"), [("bad_value", "times", 120)]),
    (limit("attempts = { level = { major = 0 } }"), [("bad_value", "attempts", 0)]),
    (item("penalty", "amount = -1"), [("bad_value", "amount", -1)]),
    (item("penalty", "multiplier = 0"), [("bad_value", "multiplier", 0)]),
    (item("penalty", "share = 1.5"), [("bad_value", "share", 1.5)]),
    (BASE + "vocabulary.level = [{ id = 'x', zh = 'x', en = 'x', rank = 10 }]", [("bad_value", "rank", 10)]),
    (limit("until = []"), [("missing_key", "until", "until")]),
    (limit("until = 'logged'"), [("unknown_name", "until", "logged")]),
    (limit("from = 'amended'"), [("unknown_name", "from", "amended")]),
    # recurrence
    *(
        (item("duty", f'rrule = "{rule}"'), [("bad_rrule", "rrule", rule)])
        for rule in ("FREQ=DAILY;COUNT=3", "FREQ=DAILY;UNTIL=20300101", "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", "FREQ=DAILY;BYDAY",
                     "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=31", "DTSTART:20260101 RRULE:FREQ=DAILY", "FREQ=DAILY;INTERVAL=", "FREQ=DAILY;INTERVAL=-1", "FREQ=DAILY;BYHOUR=9")
    ),
    # what has no place in a rule hides nothing after it
    (
        limit("sets = 3") + "[[gate]]\n" + ITEM.replace("X1", "X2") + "steps = 'x'\n",
        [("unknown_key", "limit X1 sets", "sets"), ("unknown_name", "gate X2 steps", "x")],
    ),
    # examples
    (BASE + "[[example]]\ngivn = {}", [("unknown_key", "givn", "givn")]),
    (BASE + "[[example]]\nnote = 'x'\nrefused = ['X1']", [("missing_key", "example x try", "try")]),
    (BASE + "[[example]]\ndue = ['X1']", [("wrong_type", "due", None)]),
]  # fmt: skip


@pytest.mark.parametrize(("text", "wanted"), FAULTS, ids=lambda v: v[-60:] if isinstance(v, str) else "")
def test_what_would_crash_or_misjudge_later_is_named(
    text: str, wanted: list[tuple[str, str, object]], run: Runner, tmp_path: Path
) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(text, "utf-8")
    for words in (("policy", "check"), ("policy", "adopt"), ("policy", "show")):
        ran = run(*words, path)
        assert ran.code == 6, ran.err
        assert ran.err.count("\n") >= len(wanted)
    found = [(f.code, str(f.params["place"]), f.params["value"]) for f in faults(path)]
    assert len(found) == len(wanted), found
    for (code, place, value), (wanted_code, end, of) in zip(found, wanted, strict=True):
        assert code == f"rules.{wanted_code}"
        assert place.endswith(end or ""), place
        assert of is None or str(value) == str(of)


def test_a_file_with_a_byte_order_mark_is_read(run: Runner, tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(BASE + "foo = 1\n", "utf-8-sig")
    assert "第 5 行 foo" in run("policy", "check", path).err
    path.write_text(BASE, "utf-8-sig")
    run.ok("policy", "adopt", path)


@pytest.mark.parametrize("key", ["include", "plans"])
def test_own_files_that_a_file_includes_are_examined_too(key: str, run: Runner, tmp_path: Path) -> None:
    own = tmp_path / "policies"
    own.mkdir()
    (own / "mine.toml").write_text(HEAD + f'{key} = ["ours"]\n', "utf-8")
    ours = limit("when = { knd = 'complaint' }\nroll = 'up'").replace("mine", "ours")
    (own / "ours.toml").write_text(ours, "utf-8")
    for words in (("check", "mine"), ("adopt", "mine"), ("show", "mine"), ("diff", "s01", "mine"), ("new", "next", "--from", "mine")):
        ran = run("--rules", tmp_path, "policy", *words)
        assert ran.code == 6
        assert "ours.toml 第 6 行 limit X1 roll：“up”" in ran.err
    (own / "ours.toml").write_text(ours.replace("roll = 'up'", ""), "utf-8")
    assert "ours.toml 第 6 行 limit X1 when：“knd”" in run("--rules", tmp_path, "policy", "check", "mine").err


def test_a_fault_is_told_with_the_line_of_its_own_item(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    text = BASE + """# id = "L1" is explained here
vocabulary.kind = [
  { id = "X1", zh = "甲", en = "a" }, { id = 'X1', zh = "乙", en = "b" },
  { id = "X1", zh = "丙", en = "c", rank = "1" },
]
[[gate]]
id = 'G1'
clause = "依 L1"
after = ["L1"]
[[limit]]
zh = "一"
id = "L1"
clause = "一"
until = "closed"
within = "x"
"""
    path.write_text(text, "utf-8")
    assert [(f.params["line"], f.code, f.params["value"]) for f in faults(path)] == [
        (7, "rules.bad_id", "X1"), (8, "rules.wrong_type", "1"), (8, "rules.bad_id", "X1"), (16, "rules.bad_span", "x"),
        (11, "rules.unknown_name", "L1"),
    ]  # fmt: skip


def test_no_policy_is_adopted_against_its_own_examples(run: Runner, tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(limit("") + '[[example]]\nnote = "例"\ngiven = { channel = "visit" }\nstate = { X1 = "met" }\n', "utf-8")
    run.ledger, founded = tmp_path / "new.db", run.ledger
    ran = run("init", "--policy", path)
    assert (ran.code, run.ledger.exists()) == (6, False)
    run.ledger = founded
    for each in (ran, run("policy", "adopt", path)):
        assert each.code == 6
        assert "mine.toml 第 1 个例题不成立（例）" in each.err


def test_a_misshapen_file_of_one_s_own_does_not_hide_the_others(run: Runner, tmp_path: Path) -> None:
    (tmp_path / "policies").mkdir()
    (tmp_path / "policies" / "mine.toml").write_text("limit = 3\nzh = 4\n", "utf-8")
    listed = run.json("--rules", tmp_path, "policy", "list")
    assert [p["limit"] for p in listed if p["id"] == "mine"] == [0]


def test_policy_diff_says_all_that_changes_and_nothing_else(run: Runner, tmp_path: Path) -> None:
    assert run.ok("policy", "diff", "station", "station").out == "两个制度没有不同。\n"
    paths = [tmp_path / "a.toml", tmp_path / "b.toml"]
    text = f"{BASE}roll = '%s'\n[[limit]]\n{ITEM}until = 'replied'\n%s\n[[penalty]]\n{ITEM}%s\n[[gate]]\n{ITEM}%s\n"
    for path, changed in zip(paths, (
        ("forward", "not_before = '1 day'\ntimes = 2", "share = 0.1", "on = 'closed'"),
        ("none", "due_field = 'until'\ncount_receipt_day = true", "per = 'person'", "on = 'replied'"),
    ), strict=True):  # fmt: skip
        path.write_text((text % changed).replace("mine", path.stem), "utf-8")
    out = run.ok("policy", "diff", *paths).out
    for said in ("逢休息日由“forward”改为“none”", "最早", "重复次数由“2”改为“-”", "到期日所在字段", "受理当日计入", "连带比例", "计罚单位", "把关的步骤"):
        assert said in out, out


def test_every_key_that_is_compared_has_a_word() -> None:
    beside = {"id", "zh", "en", "article", "reason", "assumed", "origin", "shown", "since"}
    keys = {key for rule in policies.RULES.values() for key in get_type_hints(rule)} - beside
    assert keys <= set(COMPARED)
    assert {f"diff.key.{key}" for key in COMPARED} <= set(catalogue("zh"))


def test_policy_new_keeps_packaged_ids_and_any_title(run: Runner, tmp_path: Path) -> None:
    assert run("--rules", tmp_path, "policy", "new", "s01").code == 7
    run.ok("--rules", tmp_path, "policy", "new", "mine", "--name", '"引"号\\反斜\n换行')
    assert files.read(tmp_path / "policies" / "mine.toml")["zh"] == '"引"号\\反斜\n换行'
    run.ok("--rules", tmp_path, "policy", "check", "mine")


def test_a_number_that_may_be_one_of_another_series_is_refused(run: Runner, tmp_path: Path) -> None:
    """The 111th of 2026 and the first of its eleventh month: two complaints would become one."""
    path = tmp_path / "mine.toml"
    for number, wanted in (("{year}{serial}", "20261"), ("{year}{month}{serial}", ""), ("{year}/{month}/{serial}", "2026/11/1")):
        path.write_text(BASE + f'number = "{number}"\n', "utf-8")
        run.ok("policy", "adopt", path)
        if wanted:
            assert run.log() == wanted
        else:
            before = run.ledger.read_bytes()
            ran = run("log", "停电", "--channel", "电话")
            assert (ran.code, "编号 2026111 会与以前的编号混淆" in ran.err) == (4, True)
            assert run.ledger.read_bytes() == before
    run.verified()


def test_an_import_whose_numbers_others_have_is_refused(run: Runner, tmp_path: Path) -> None:
    path, book = tmp_path / "mine.toml", tmp_path / "old.csv"
    for number, day, rows in (("{year}{serial}", "2026-01-05", 111), ("{year}{month}{serial}", "2026-11-03", 1)):
        path.write_text(BASE + f'number = "{number}"\n', "utf-8")
        run.ok("policy", "adopt", path, "--from", day)
        book.write_text("受理时间,反映内容\n" + "".join(f"{day},停电{n}\n" for n in range(rows)), "utf-8")
        before, ran = run.ledger.read_bytes(), run("import", book)
    assert (ran.code, run.ledger.read_bytes() == before) == (7, True)
    assert "编号办法改过，新旧编号分不开；没有写入" in ran.err


def test_the_names_kept_from_fields_are_all_that_a_row_holds() -> None:
    assert set(COLUMNS) <= {*BESIDE, *sound("base").fields}


# ---- whatever is let pass must work ----

VALUES: list[Any] = [
    *("", 0, -1, 3, 2.5, True, False, [], {}, ["x"], [{}], "x", "closed", "received", "assigned", "voided", "status", "kind", "level"),
    *("name", "replied", "complaint", "major", "day", "term", "bool", "2 days", "9999 months", "promptly", "FREQ=DAILY", "last", "a b"),
    *("policy", "due_at", "2026-01-01", "person", "none", "count", {"level": {"major": 2}}, {"kind": "complaint"}, {"persons": {"min": 1}}),
]  # fmt: skip
KEYS = sorted({key for kind in policies.ITEMS.values() for key in get_type_hints(kind)} | {"from", "drop", "plans", "number", "checklist"})
WORK: list[tuple[object, ...]] = [
    ("log", "电压低", "--channel", "电话", "--name", "甲"), ("update", "001", "已联系"), ("update", "001", "已答复", "好"),
    ("update", "001", "退回"), ("update", "001", "启动预案", "--set", "应急预案=s03"), ("show", "001", "--history"), ("explain", "001"),
    ("due", "--within", "60d"), ("duty", "list"), ("close", "001"), ("close", "001", "--set", "办结结果=撤诉"), ("verify",),
]  # fmt: skip


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The way to every key and every place of a list in a file."""
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in pairs:
        yield (*path, key)
        yield from places(inner, (*path, key))


def mutant(text: dict[str, Any], rng: random.Random) -> dict[str, Any]:
    """The text with a value changed, a key added, or something left out or doubled."""
    text = copy.deepcopy(text)
    *way, last = rng.choice([*places(text)])
    holder = reduce(getitem, way, text)
    match rng.randrange(5):
        case 0:
            del holder[last]
        case 1:
            holder[last] = reduce(getitem, rng.choice([*places(text)]), text)
        case 2 if isinstance(holder, dict):
            holder[rng.choice(KEYS)] = rng.choice(VALUES)
        case 2:
            holder.append(holder[last])
        case _:
            holder[last] = rng.choice(VALUES)
    return text


@pytest.mark.parametrize("name", ["station", "s03", "s12", "s28"])
def test_whatever_passes_the_check_can_be_worked_with(
    name: str, run: Runner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "tomllib", SimpleNamespace(loads=cache(tomllib.loads)))  # most files recur
    monkeypatch.setattr(rules, "official_calendar", calendar)
    rng, path, passed = random.Random(name), tmp_path / f"{name}.toml", 0
    text = {key: value for key, value in files.read(PACKAGED[name]).items() if key not in ("example", "source")}
    founded = run.ledger.read_bytes()
    for _ in range(45):
        lines = (f"{policies._toml(key)} = {policies._toml(value)}" for key, value in mutant(text, rng).items())
        path.write_text("\n".join(lines), "utf-8")
        wrong = faults(path)
        assert "rules.misshapen" not in [f.code for f in wrong], path.read_text("utf-8")
        for words in [] if wrong else [("policy", "adopt", path), ("policy", "show", path), *WORK]:
            ran = run(*words)
            assert ran.code in ((0,) if words[0] in ("policy", "verify") else (0, 2, 3, 4)), (words, ran.err, path.read_text("utf-8"))
        passed += not wrong
        run.ledger.write_bytes(founded)
    assert 5 <= passed <= 40
