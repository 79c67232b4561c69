"""Rules as data: every example of every policy is executed, every wrong file is told all its faults."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from conftest import Runner

from complaintctl.domain.example import run as run_example
from complaintctl.domain.workdays import WorkCalendar
from complaintctl.rulebook import files, policies
from complaintctl.rulebook.check import faults
from complaintctl.services.holiday_source import announced_years, state_council_days

PACKAGED = files.found("policies")
BUILT = ("s01", "s02", "s05", "station")  # the regimes of the station's own office


@cache
def calendar() -> WorkCalendar:
    years = announced_years()
    return WorkCalendar(state_council_days(years), years)


@pytest.mark.parametrize("name", PACKAGED)
def test_every_example_of_every_policy_holds(name: str) -> None:
    policy = policies.load(name)
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
    whole = {limit.id for limit in policies.load("station").limits}
    assert whole == {"L01-1", "L01-2", "L01-3", "L02-1", "L02-3", "L02-4", "L05-1", "LAW-10wd"}


def test_the_levels_share_a_common_rank() -> None:
    for name in PACKAGED:
        for level in policies.load(name).vocabulary.get("level", {}).values():
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
        (14, "L2 clause", "clause"), (14, "L2 roll", "sideways"), (20, "P1 reason", "reason"), (25, "D1 rrule", "FREQ=WEKLY"),
    ):  # fmt: skip
        hits = [t for t in told if f"第 {line} 行" in t and place in t and f"“{value}”" in t]
        assert len(hits) == 1, (line, place, value, ran.err)
    assert len(told) == 8
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
    ("step", 'sets = "outcome"', "sets", "outcome", "unknown_name"),
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
    path.write_text(f'{head}[[{kind}]]\nid = "X1"\nzh = "一"\nen = "one"\nclause = "罚"\n{line}\n', "utf-8")
    ran = run("policy", "check", path)
    assert ran.code == 6
    assert [f.code for f in faults(path)] == [f"rules.{code}"], ran.err
    assert f"第 6 行 {kind} X1 {place}：" in ran.err
    assert f"“{value}”" in ran.err


def test_values_that_depend_on_a_fact_may_stand_where_they_are_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    head = 'id = "mine"\nzh = "我的"\nen = "mine"\ninclude = ["base"]\n[[limit]]\nid = "X1"\nclause = "一"\n'
    by_fact = "within = { level = { major = '2 days', otherwise = '3 days' } }\nattempts = { level = { major = 2 } }\n"
    path.write_text(head + by_fact + "times = 2\n", "utf-8")
    assert faults(path) == []
    path.write_text(head + "times = { level = { major = 2 } }\n", "utf-8")
    assert [f.code for f in faults(path)] == ["rules.wrong_type"]
    path.write_text(head.replace("[[limit]]", 'roll = "sideways"\ncount_receipt_day = "no"\n[[limit]]'), "utf-8")
    assert [(f.code, f.params["place"], f.params["line"]) for f in faults(path)] == [
        ("rules.wrong_type", "count_receipt_day", 6), ("rules.unknown_name", "roll", 5),
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
        ("id = 'mine'\ninclude = ['nothing']", "没有制度“nothing”"),
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
