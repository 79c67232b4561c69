"""Deadlines on the command line: the dates, why they are what they are, what is due, what the calendar changes."""

from __future__ import annotations

import json

import pytest
from conftest import Runner


def due(run: Runner, number: str) -> dict[str, str | None]:
    """Due days by limit, in the present round."""
    lines = run.json("show", number)["clocks"]
    return {c["limit"]: c["due_at"] and c["due_at"][:10] for c in lines if c["round"] == lines[-1]["round"]}


# ---- the dates of the station's rules ----


@pytest.mark.parametrize(
    ("kind", "received", "dates"),
    [
        ("投诉", "2026-02-12 16:00",
         {"L02-1": "2026-02-24", "L01-2": "2026-02-24", "L05-1": "2026-02-12", "L02-4": None, "LAW-10wd": "2026-03-04"}),
        ("投诉", "2026-11-20 14:05",
         {"L02-1": "2026-11-25", "L01-2": "2026-11-25", "L05-1": "2026-11-20", "LAW-10wd": "2026-12-04"}),
        ("举报", "2026-02-13 09:00", {"L02-3": "2026-02-27"}),
        ("投诉", "2026-09-24 10:00", {"L01-2": "2026-09-29", "L02-1": "2026-09-30"}),
        ("投诉", "2026-09-18 10:00", {"L02-1": "2026-09-22", "L01-2": "2026-09-23"}),
    ],
)  # fmt: skip
def test_due_dates_of_the_station(run: Runner, kind: str, received: str, dates: dict[str, str | None]) -> None:
    number = run.log("电压低", "--kind", kind, "--at", received)
    shown = due(run, number)
    assert {limit: shown[limit] for limit in dates} == dates
    if kind == "举报":
        assert set(shown) == {"L02-3"}


def test_a_first_contact_is_due_the_same_day(run: Runner) -> None:
    number = run.log("电压低", "--at", "2026-02-12 16:00")
    assert run.clock(number, "L05-1")["due_at"] == "2026-02-12T23:59:59+08:00"
    assert run.clock(number, "L05-1")["state"] == "overdue"


def test_a_major_complaint_has_ten_days_instead_of_five(run: Runner) -> None:
    number = run.log("电压低", "--level", "重大", "--at", "2026-11-20 14:05")
    shown = due(run, number)
    assert shown["L01-3"] == "2026-11-30"
    assert "L01-2" not in shown


def test_the_clocks_name_policy_and_clause(run: Runner) -> None:
    number = run.log("电压低", "--at", "2026-11-20 14:05")
    line = run.clock(number, "L01-2")
    assert line["policy"] == "s01"
    assert line["clause"] == "属于正确合理的投诉和要求,要在5天内给予解决"
    assert line["from"] == "2026-11-20T14:05:00+08:00"
    assert line["provisional"] is False


@pytest.mark.parametrize(
    ("at", "state"),
    [("2026-11-25 23:59", "met"), ("2026-11-26 00:00", "late"), ("2026-11-20 14:05", "met")],
)
def test_the_day_ends_at_midnight(run: Runner, at: str, state: str) -> None:
    number = run.log("电压低", now="2026-11-20 14:05")
    run.now = "2026-11-27 09:00"
    run.ok("update", number, "已答复", "--at", at)
    assert run.clock(number, "L02-1")["state"] == state


def test_a_running_clock_past_its_time_is_overdue(run: Runner) -> None:
    number = run.log("电压低", now="2026-11-20 14:05")
    for now, state in (("2026-11-25 23:59", "running"), ("2026-11-26 00:01", "overdue")):
        run.now = now
        assert run.clock(number, "L02-1")["state"] == state


def test_a_withdrawn_complaint_stops_its_clocks(run: Runner) -> None:
    run.now = "2026-11-20 14:05"
    number = run.log()
    run.ok("close", number, "--set", "办结结果=撤诉")
    assert {c["state"] for c in run.json("show", number)["clocks"]} <= {"met", "void"}


# ---- explain ----


def test_explain_names_each_skipped_day_and_why(run: Runner) -> None:
    number = run.log("电压低", "--at", "2026-02-12 16:00")
    out = run.ok("explain", number).out
    part = out[out.index("L02-1") : out.index("L02-4")]
    for line in (
        "依据　电力客户来信、来访及投诉处理制度(修改)",
        "“投诉应在3个工作日内查处完毕并及时答复客户和回复上级”",
        "期限　3 个工作日",
        "起算　2026-02-12 16:00 周四",
        "不计　2026-02-12 周四　受理当日不计",
        "第 1 日 2026-02-13 周五　工作日",
        "第 2 日 2026-02-14 周六　调休上班",
        "不计　2026-02-16 周一　放假 春节",
        "不计　2026-02-17 周二　放假 春节",
        "第 3 日 2026-02-24 周二　工作日",
        "到期　2026-02-24 周二",
    ):
        assert line in part, line
    for day in range(15, 24):
        assert f"不计　2026-02-{day}" in part
    assert (part.count("放假 春节"), part.count("周末休息")) == (6, 3)


def test_explain_shows_a_last_day_rolling_off_a_holiday(run: Runner) -> None:
    number = run.log("电压低", "--at", "2026-02-12 16:00")
    out = run.ok("explain", number).out
    part = out[out.index("L01-2  ") : out.index("L02-1  ")]
    assert "第 5 日 2026-02-17 周二　放假 春节" in part
    assert "不计　2026-02-22" in part
    assert "不计　2026-02-23" in part
    assert "到期　2026-02-24 周二" in part


def test_explain_in_english_and_as_json(run: Runner) -> None:
    number = run.log("电压低", "--at", "2026-11-20 14:05")
    english = run.ok("explain", number, lang="en").out
    assert "skip   2026-11-21 Sat  weekend" in english.lower().replace("sat", "Sat")
    found = run.json("explain", number)
    days = next(c for c in found["clocks"] if c["limit"] == "L02-1")["days"]
    assert [d["what"] for d in days] == ["start", "skip", "skip", "skip", "day", "day", "day", "end"]
    assert [d["why"] for d in days][1:4] == ["receipt", "rest", "rest"]


def test_explain_under_another_policy_writes_nothing(run: Runner) -> None:
    number = run.log("电压低", "--at", "2026-11-20 14:05")
    before = run.ledger.read_bytes()
    found = run.json("explain", number, "--policy", "s01")
    assert found["policy"] == "s01"
    assert {c["limit"] for c in found["clocks"]} == {"L01-2"}
    assert run.ledger.read_bytes() == before


def test_explain_says_what_is_our_assumption(run: Runner) -> None:
    number = run.log("电压低", "--at", "2026-11-20 14:05")
    assert "本系统的推定：起算点原文未写" in run.ok("explain", number).out


# ---- the calendar ----


def test_a_date_past_the_announced_years_is_provisional_never_refused(run: Runner) -> None:
    run.now = "2026-12-30 10:00"
    number = run.log()
    line = run.clock(number, "L02-1")
    assert line["provisional"] is True
    assert line["due_at"].startswith("2027-01-05")  # New Year's Day is a holiday by law
    assert "（暂定）" in run.ok("show", number).out
    assert "尚未公布" in run.ok("explain", number).out
    assert run.json("calendar", "show", "2027-01")["waiting"] >= 1
    assert run.json("calendar", "show", "2027-01")["provisional"] is True
    assert run.json("calendar", "show", "2026-12")["provisional"] is False


def test_calendar_set_recomputes_what_hangs_on_the_day(run: Runner) -> None:
    number = run.log("电压低", now="2026-11-20 14:05")
    other = run.log("别的", now="2026-11-10 09:00")
    before = due(run, other)
    ran = run.ok("calendar", "set", "2026-11-24", "休息", "--name", "停产检修")
    assert "2026-11-24 已定为“休息”" in ran.out
    assert due(run, number)["L02-1"] == "2026-11-26"
    assert due(run, other)["L02-1"] == before["L02-1"]
    assert "放假 停产检修" in run.ok("explain", number).out
    run.verified()
    run.ok("calendar", "set", "2026-11-21", "work", "--name", "值班")
    assert due(run, number)["L02-1"] == "2026-11-25"
    assert "调休上班 值班" in run.ok("explain", number).out
    run.ok("undo")
    assert due(run, number)["L02-1"] == "2026-11-26"
    run.verified()


def test_calendar_set_moves_a_rolled_date(run: Runner) -> None:
    number = run.log("电压低", now="2026-11-20 14:05")
    run.ok("calendar", "set", "2026-11-25", "off")
    assert due(run, number)["L01-2"] == "2026-11-26"
    run.ok("calendar", "set", "2026-11-25", "work")
    assert due(run, number)["L01-2"] == "2026-11-25"
    run.verified()


def test_calendar_show(run: Runner) -> None:
    out = run.ok("calendar", "show", "2026-02").out
    assert "工作日 16 天" in out
    assert "2026-02-14  调休上班" in out
    assert "2026-02-17  放假 春节" in out
    assert run.json("calendar", "show", "2026-10")["workdays"] == 18
    assert run.ok("calendar", "show").out.startswith("2026-11-01 至 2026-12-01")


def test_calendar_update_has_nothing_new_now(run: Runner) -> None:
    events = run.json("verify")["events"]
    assert "没有新公布的年份" in run.ok("calendar", "update").out
    assert run.json("verify")["events"] == events


def test_calendar_update_takes_in_a_year_that_was_not_announced(run: Runner, monkeypatch: pytest.MonkeyPatch) -> None:
    """A ledger made before the notice of 2026: the notice arrives, the dates are recomputed."""
    from complaintctl.services import rules

    rules.official_calendar()  # by which the examples of the policy are proven
    monkeypatch.setattr(rules, "announced_years", lambda: list(range(2007, 2026)))
    run.ledger = run.ledger.with_name("2025.db")
    run.now = "2026-02-12 16:00"
    run.ok("init")
    number = run.log()
    assert run.clock(number, "L02-1")["provisional"] is True
    assert due(run, number)["L02-1"] == "2026-02-17"
    monkeypatch.undo()
    found = run.json("calendar", "update")
    assert 2026 in found["years"]
    assert found["recomputed"] == 1
    assert run.clock(number, "L02-1")["provisional"] is False
    assert due(run, number)["L02-1"] == "2026-02-24"
    run.verified()


# ---- due ----


def test_due_lists_the_most_urgent_first(run: Runner) -> None:
    old = run.log("早的", "--at", "2026-11-10 09:00")
    new = run.log("新的")
    found = run.json("due")
    order = [(c["due_at"], c["number"]) for c in found["clocks"]]
    assert order == sorted(order)
    assert order[0][1] == old
    assert order[-1] == ("2026-11-22T23:59:59+08:00", new)
    assert found["overdue"] == 3
    assert found["due"] == 1
    assert "已超期 3 项，到期 1 项" in run.ok("due").out
    assert "已超期" in run.ok("due").out.splitlines()[2]


def test_due_within(run: Runner) -> None:
    run.log("电压低", "--at", "2026-11-20 14:05")
    seen = {span: {c["limit"] for c in run.json("due", "--within", span)["clocks"]} for span in ("1wd", "3wd", "3天", "2 weeks")}
    assert seen["1wd"] == {"L05-1"}
    assert seen["3wd"] == seen["3天"] == {"L05-1", "L01-2", "L02-1"}
    assert seen["2 weeks"] == {"L05-1", "L01-2", "L02-1", "LAW-10wd"}


def test_due_check_sets_the_exit_code_for_cron(run: Runner) -> None:
    run.now = "2026-11-22 08:00"
    assert run("due", "--check").code == 0
    number = run.log()
    assert run("due", "--check").code == 0
    ran = run("due", "--check", now="2026-11-26 08:00")
    assert ran.code == 9
    assert "已超期" in ran.err
    run.ok("close", number, "--set", "办结结果=撤诉")
    for duty in ("L02-5", "L02-6"):
        run.ok("duty", "done", duty, now="2026-11-23 17:00")
    assert run("due", "--check", now="2026-11-24 08:00").code == 0


def test_due_check_as_json_still_tells_everything(run: Runner) -> None:
    run.log("电压低", "--at", "2026-11-10 09:00")
    ran = run("due", "--check", "--json")
    assert ran.code == 9
    assert json.loads(ran.out)["overdue"] == 3


def test_due_shows_call_backs_owed(run: Runner) -> None:
    number = run.log()
    run.ok("update", number, "已答复", "--set", "已回复上级=是")
    assert f"待回访：{number}" in run.ok("due").out
    assert run.json("due")["callbacks"][0]["number"] == number
    run.ok("update", number, "已回访", "--set", "满意度=满意")
    assert run.json("due")["callbacks"] == []


def test_nothing_of_a_closed_complaint_is_due(run: Runner) -> None:
    number = run.log("电压低", "--at", "2026-11-10 09:00")
    run.ok("close", number, "--set", "办结结果=转办")
    assert run.json("due")["clocks"] == []


# ---- duties ----


def test_duties_are_owed_until_they_are_done(run: Runner) -> None:
    run.now = "2026-11-23 09:00"  # a Monday
    assert "例行工作：所长接待日(每周一)　2026-11-23" in run.ok("due").out
    run.ok("duty", "done", "L02-5", "接待 3 人")
    assert "所长接待日" not in run.ok("due").out
    run.now = "2026-12-01 09:00"
    assert "例行工作已误期：所长接待日(每周一)　应于 2026-11-30" in run.ok("due").out
    assert "L02-7" in run.ok("due").out
    assert run("due", "--check").code == 9
    run.verified()


def test_a_duty_that_moves_back_off_a_rest_day_is_due_on_that_day(run: Runner) -> None:
    run.ok("duty", "done", "L02-7", now="2026-12-31 16:00")
    run.now = "2027-01-28 09:00"
    assert "L02-7" not in run.ok("due").out
    run.now = "2027-01-29 09:00"  # a Friday; the month ends on Sunday
    assert {d["duty"]: d["day"] for d in run.json("due")["duties"]}["L02-7"] == "2027-01-29"
    run.ok("duty", "done", "L02-7")
    assert "L02-7" not in run.ok("due", now="2027-02-01 09:00").out


def test_duty_done_by_its_title_and_with_a_date(run: Runner) -> None:
    run.now = "2026-11-25 09:00"
    run.ok("duty", "done", "开启意见箱", "--at", "2026-11-23")
    found = {d["duty"]: d for d in run.json("duty", "list")}
    assert found["L02-6"]["last"] == "2026-11-23"
    assert found["L02-6"]["next"] == "2026-11-30"  # five days on is Saturday 28th
    assert found["L02-5"]["rrule"] == "FREQ=WEEKLY;BYDAY=MO"
    assert found["L05-2"]["next"] is None
    assert "2026-11-30" in run.ok("duty", "list").out


def test_a_duty_record_can_be_undone(run: Runner) -> None:
    run.now = "2026-11-23 09:00"
    run.ok("duty", "done", "L02-5")
    run.ok("undo")
    assert "所长接待日" in run.ok("due").out
    run.verified()


# ---- adopting other rules ----


def test_a_complaint_keeps_the_rules_under_which_it_was_received(run: Runner) -> None:
    old = run.log("旧制度", "--at", "2026-11-20 14:05")
    ran = run.ok("policy", "adopt", "s01", "--from", "2026-11-23")
    assert "适用于 2026-11-23 起受理的件" in ran.out
    run.now = "2026-11-24 09:00"
    new = run.log("新制度")
    assert set(due(run, new)) == {"L01-2"}
    assert set(due(run, old)) == {"L05-1", "L02-1", "L01-2", "LAW-10wd", "L02-4"}
    late = run.log("补登的", "--at", "2026-11-22 14:05")
    assert "L02-1" in due(run, late)
    assert run.json("show", old)["policy"] == "station"
    assert run.json("show", new)["policy"] == "s01"
    run.verified()
