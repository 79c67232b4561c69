"""The daily commands as a clerk types them: what they answer, what they refuse, what they leave behind."""

from __future__ import annotations

import datetime as dt
import json
import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import STATION, Runner, moment

KEYS = {
    *("number", "reference", "kind", "channel", "status", "received_at", "registered_at", "clocks"),
}
CLOCK_KEYS = {"limit", "policy", "clause", "from", "due_at", "met_at", "state", "provisional"}
NAMED = ("--name", "李秀英", "--phone", "13912345678")


# ---- init ----


def test_init_says_what_it_made(tmp_path: Path) -> None:
    run = Runner(tmp_path / "新 文件夹" / "账.db")
    ran = run.ok("init", "--station", STATION, "--code", "QH01")
    assert "已建立“青禾供电所”的台账" in ran.out
    assert "制度 station" in ran.out
    assert "2026 年" in ran.out
    assert run.verified()["complaints"] == 0
    assert run.sql("select code, name from station") == [("QH01", STATION)]
    assert run.ledger.stat().st_mode & 0o777 == 0o600 or os.name == "nt"


def test_init_json(tmp_path: Path) -> None:
    found = Runner(tmp_path / "a.db").json("init", "--station", STATION)
    assert found["station"] == STATION
    assert found["policy"] == "station"
    assert found["calendar"][0] <= 2007
    assert found["calendar"][1] == 2026
    assert found["anchor"].startswith("3:")


def test_init_leaves_an_existing_file_alone(run: Runner, tmp_path: Path) -> None:
    before = run.ledger.read_bytes()
    assert run("init").code == 7
    assert run.ledger.read_bytes() == before
    other = tmp_path / "信.db"
    other.write_text("我的文件")
    ran = Runner(other)("init")
    assert ran.code == 7
    assert "已经存在" in ran.err
    assert other.read_text() == "我的文件"


def test_init_with_an_unknown_policy_leaves_nothing(tmp_path: Path) -> None:
    ran = Runner(tmp_path / "a.db")("init", "--policy", "没有的制度")
    assert ran.code == 3
    assert "没有制度“没有的制度”" in ran.err
    assert not (tmp_path / "a.db").exists()


def test_the_ledger_holds_the_policy_whole(run: Runner) -> None:
    (body,) = run.sql("select body from event where type = 'adopted'")[0]
    text = json.loads(body)["text"]
    assert {"L01-2", "L02-1", "LAW-10wd"} <= {limit["id"] for limit in text["limit"]}
    assert len([c for c in text["vocabulary"]["category"] if not c.get("parent")]) == 4
    assert len([c for c in text["vocabulary"]["category"] if c.get("parent")]) == 17


# ---- log ----


def test_log_tells_number_and_deadlines_with_their_clauses(run: Runner) -> None:
    ran = run.ok("log", "电压低", "--channel", "电话", "--at", "2026-11-20 14:05")
    assert ran.out.startswith("已登记 202611-001　投诉 · 电话 · 一般\n")
    lines = ran.out.splitlines()
    first = next(line for line in lines if "L05-1" in line)
    assert "2026-11-20" in first
    assert any("2026-11-25" in li and "L02-1" in li and "3个工作日" in li for li in lines)
    assert any("2026-11-25" in li and "L01-2" in li and "5天内" in li for li in lines)
    assert any("2026-12-04" in li and "LAW-10wd" in li and "10个工作日" in li for li in lines)
    assert any("立即" in li and "L02-4" in li for li in lines)
    assert ran.err == ""


def test_log_in_english(run: Runner) -> None:
    ran = run.ok("log", "low voltage", "--channel", "phone", lang="en")
    assert "202611-001" in ran.out
    assert "complaint" in ran.out
    assert "phone" in ran.out
    assert "at once" in ran.out


def test_log_json_has_the_keys_scripts_rely_on(run: Runner) -> None:
    found = run.json("log", "电压低", "--channel", "电话", "--at", "2026-11-20 14:05")
    assert set(found) >= KEYS
    assert found["number"] == "202611-001"
    assert found["reference"] is None
    assert (found["kind"], found["channel"]) == ("complaint", "phone_station")
    assert found["received_at"] == "2026-11-20T14:05:00+08:00"
    assert found["registered_at"] == "2026-11-22T10:00:00+08:00"
    assert all(set(clock) >= CLOCK_KEYS for clock in found["clocks"])
    assert found["clocks"] == run.json("show", "202611-001")["clocks"]
    due = {c["limit"]: c["due_at"] for c in found["clocks"]}
    assert due["L02-1"] == "2026-11-25T23:59:59+08:00"
    assert due["L02-4"] is None


def test_the_first_clock_shown_is_the_earliest_date_not_the_smallest_number(run: Runner) -> None:
    run.now = "2026-09-24 10:00"
    found = run.json("log", "电压低", "--channel", "电话")
    order = [c["limit"] for c in found["clocks"]]
    assert order.index("L01-2") < order.index("L02-1")
    assert [c["due_at"] for c in found["clocks"]][-1] is None


@pytest.mark.parametrize(
    ("word", "id_"),
    [
        ("phone_station", "phone_station"), ("电话", "phone_station"), ("phone", "phone_station"),
        ("PHONE", "phone_station"), ("12345热线", "hotline_12345"), ("12345", "hotline_12345"),
        ("hotline-12345", "hotline_12345"), ("95598 hotline", "hotline_95598"), ("955", "hotline_95598"),
        ("１２３４５", "hotline_12345"), ("来信", "letter"), ("意见箱", "box"), ("接待日", "reception_day"),
        ("所长", "reception_day"), ("recep", "reception_day"),
    ],
)  # fmt: skip
def test_a_word_may_be_an_id_a_label_or_a_clear_part_of_one(run: Runner, word: str, id_: str) -> None:
    assert run.json("log", "电压低", "--channel", word)["channel"] == id_


def test_words_of_every_vocabulary(run: Runner) -> None:
    number = run.log(
        "抄表不准", "--kind", "举报", "--category", "抄表", "--level", "重要", "--set", "限制查阅=是"
    )
    row = run.json("show", number)
    assert (row["kind"], row["category"], row["level"]) == ("report", "meter_reading", "important")


def test_an_unclear_beginning_names_what_it_may_be(run: Runner) -> None:
    ran = run("log", "x", "--channel", "hotline")
    assert ran.code == 2
    for word in ("95598热线", "12398热线", "12345热线"):
        assert word in ran.err


def test_everything_missing_and_wrong_is_named_at_once(run: Runner) -> None:
    ran = run("log", "--kind", "投拆", "--level", "特大", "--at", "24.3.5", "--set", "满意=甲", "--set", "责任人数=很多")
    assert ran.code == 2
    for word in ("投拆", "投诉", "特大", "重大", "24.3.5", "四位", "满意", "责任人数", "很多", "缺少“来源”", "缺少“反映内容”"):
        assert word in ran.err, word
    assert "电话" in ran.err  # the choices of what is missing
    assert run.json("list")["count"] == 0


def test_the_same_faults_as_json(run: Runner) -> None:
    ran = run("log", "--kind", "投拆", "--at", "明天 9:00", "--json")
    assert ran.code == 2
    error = ran.data["error"]
    assert error["exit"] == 2
    codes = [f["code"] for f in error["faults"]]
    assert sorted(codes) == ["time.future", "value.empty", "value.missing", "value.unknown"]


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("2026-11-20 14:05", "2026-11-20T14:05"), ("2026/11/20 14:05", "2026-11-20T14:05"),
        ("2026.11.20 14:05", "2026-11-20T14:05"), ("20261120", "2026-11-20T00:00"),
        ("11月20日 下午2点", "2026-11-20T14:00"), ("2026年11月20日14时5分", "2026-11-20T14:05"),
        ("昨天", "2026-11-21T00:00"), ("昨天 下午3点半", "2026-11-21T15:30"), ("今天 9:30", "2026-11-22T09:30"),
        ("9:30", "2026-11-22T09:30"), ("今天", "2026-11-22T10:00"), ("前天 8点", "2026-11-20T08:00"),
        ("上周五 14:05", "2026-11-13T14:05"), ("周五 14:05", "2026-11-20T14:05"),
        ("yesterday 2:05 pm", "2026-11-21T14:05"), ("２０２６－１１－２０ １４：０５", "2026-11-20T14:05"),
        ("2026-11-20T14:05:00+08:00", "2026-11-20T14:05"), ("2026-11-20T06:05:00Z", "2026-11-20T14:05"),
    ],
)  # fmt: skip
def test_at_takes_dates_as_people_write_them(run: Runner, text: str, at: str) -> None:
    found = run.json("log", "电压低", "--channel", "电话", "--at", text)
    assert found["received_at"].startswith(at)


def test_an_ambiguous_date_is_refused_with_both_readings(run: Runner) -> None:
    ran = run("log", "电压低", "--channel", "电话", "--at", "03/04/2026")
    assert ran.code == 2
    assert "2026-03-04" in ran.err
    assert "2026-04-03" in ran.err


def test_text_from_standard_input(run: Runner) -> None:
    number = run.json("log", "-", "--channel", "来信", stdin="第一行\n第二行\n")["number"]
    assert run.json("show", number)["content"] == "第一行\n第二行"


def test_likely_duplicates_are_pointed_out_not_swallowed(run: Runner) -> None:
    first = run.log("电压低", *NAMED, "--account", "0412345678")
    ran = run.ok("log", "又停电", "--channel", "95598", "--phone", "13912345678")
    assert first in ran.err
    assert "联系电话" in ran.err
    assert "202611-002" in ran.out
    ran = run.ok("log", "又停电", "--channel", "95598", "--account", "0412345678", "--json")
    assert {"number": first, "same": "account_no"} in ran.data["similar"]
    ran = run.ok("log", "别的事", "--channel", "95598", "--phone", "13900000000")
    assert ran.err == ""


def test_a_complaint_of_long_ago_is_no_duplicate(run: Runner) -> None:
    run.log("电压低", *NAMED, "--at", "2026-07-01")
    assert run.ok("log", "又停电", "--channel", "电话", "--phone", "13912345678").err == ""


def test_two_times_always(run: Runner) -> None:
    number = run.log("周五接的", "--at", "2026-11-20 14:05", now="2026-11-23 08:30")
    shown = run.ok("show", number).out
    assert "受理时间  2026-11-20 14:05" in shown
    assert "登记时间  2026-11-23 08:30" in shown


def test_the_receipt_cannot_be_in_the_future(run: Runner) -> None:
    ran = run("log", "x", "--channel", "电话", "--at", "2026-11-22 10:30")
    assert ran.code == 2
    assert "还没有到" in ran.err
    assert run("log", "x", "--channel", "电话", "--at", "2026-11-22 10:04").code == 0


# ---- numbers ----


def test_the_serial_restarts_each_month_and_goes_by_the_day_of_registration(run: Runner) -> None:
    assert run.log(now="2026-11-30 23:59") == "202611-001"
    assert run.log("上月的事", "--at", "2026-11-30 09:00", now="2026-12-01 00:00") == "202612-001"
    assert run.log(now="2026-12-31 23:59") == "202612-002"
    assert run.log(now="2027-01-01 00:00") == "202701-001"


def test_a_refused_log_takes_no_number(run: Runner) -> None:
    assert run.log() == "202611-001"
    assert run("log", "--channel", "电话").code == 2
    assert run.log() == "202611-002"


def test_an_ending_a_reference_or_the_whole_number_finds_it(run: Runner) -> None:
    run.log("一", "--reference", "95598-2026-77")
    run.log("二")
    for wanted, number in (
        ("202611-001", "202611-001"), ("001", "202611-001"), ("-002", "202611-002"),
        ("95598-2026-77", "202611-001"), ("611-002", "202611-002"),
    ):  # fmt: skip
        assert run.json("show", wanted)["number"] == number, wanted
    assert run.json("show", "001")["reference"] == "95598-2026-77"


def test_an_ending_of_two_months_is_ambiguous_unless_one_is_open(run: Runner) -> None:
    run.log("十月的", now="2026-10-10 09:00")
    run.log("十一月的")
    ran = run("show", "001")
    assert ran.code == 2
    assert "202610-001" in ran.err
    assert "202611-001" in ran.err
    run.ok("close", "202610-001", "--set", "办结结果=转办")
    assert run.json("show", "001")["number"] == "202611-001"


def test_the_same_reference_twice_is_ambiguous(run: Runner) -> None:
    run.log("一", "--reference", "A7")
    run.log("二", "--reference", "A7")
    ran = run("show", "A7")
    assert ran.code == 2
    assert "202611-001、202611-002" in ran.err.replace("202611-002、202611-001", "202611-001、202611-002")


# ---- assign, update ----


def test_assign(run: Runner) -> None:
    number = run.log()
    ran = run.ok("assign", "001", "赵强", "--unit", "营业班")
    assert "202611-001 已交办给 赵强。" in ran.out
    row = run.json("show", number)
    assert (row["handler"], row["unit"], row["status"]) == ("赵强", "营业班", "assigned")


def test_update_understands_labels_ids_and_beginnings(run: Runner) -> None:
    number = run.log()
    for word in ("已联系", "contacted", "cont", "已联"):
        ran = run.ok("update", "001", word)
        assert "已记录“已联系”" in ran.out
    assert run.json("show", number)["status"] == "handling"
    assert run.clock(number, "L05-1")["state"] == "met"


def test_update_with_text_time_and_fields(run: Runner) -> None:
    number = run.log("电压低", "--at", "2026-11-20 14:05")
    ran = run.ok(
        "update", "001", "已答复", "已更换电表", "--at", "昨天 16:00", "--set", "答复方式=电话", "--set", "superior_replied=yes"
    )
    assert "现状态：已答复" in ran.out
    row = run.json("show", number)
    assert row["replied_at"] == "2026-11-21T16:00:00+08:00"
    assert row["reply_mode"] == "phone"
    assert run.clock(number, "L02-1")["met_at"] == "2026-11-21T16:00:00+08:00"
    assert run.clock(number, "L02-1")["state"] == "met"


def test_a_step_cannot_be_before_the_receipt_or_in_the_future(run: Runner) -> None:
    run.log("电压低", "--at", "2026-11-20 14:05")
    ran = run("update", "001", "已联系", "--at", "2026-11-19 09:00")
    assert ran.code == 2
    assert "早于受理时间" in ran.err
    assert run("update", "001", "已联系", "--at", "2026-11-23").code == 2
    assert run("update", "001", "已联系", "--at", "2026-11-20").code == 0  # that day, time unknown
    ran = run("update", "001", "已解决", "--at", "2026-11-20 14:00")  # a time that was typed is never changed
    assert (ran.code, "早于受理时间" in ran.err) == (2, True)


def test_a_watch_that_is_a_little_ahead_stops_nobody(run: Runner) -> None:
    received = moment(run.now) + dt.timedelta(minutes=4)
    run.log("电压低", "--at", f"{received:%Y-%m-%d %H:%M}")
    assert run.json("assign", "001", "张建国")["handler"] == "张建国"


def test_update_steps_of_the_office_s_daily_life(run: Runner) -> None:
    run.log()
    for step in ("已受理", "已联系", "已调查", "拟出意见", "退回", "已调查", "已审批", "已解决", "已上报", "催办", "督办",
                 "越级", "申诉", "补充", "记事"):  # fmt: skip
        assert run.ok("update", "001", step).code == 0
    titles = [event["type"] for event in run.json("show", "001", "--history")["history"]]
    assert titles[0] == "logged"
    assert "returned" in titles
    run.verified()


def test_a_return_undoes_the_steps_after_it(run: Runner) -> None:
    number = run.log()
    run.ok("update", number, "已答复")
    assert run.clock(number, "L02-1")["state"] == "met"
    run.ok("update", number, "退回")
    assert run.clock(number, "L02-1")["state"] == "running"


# ---- amend ----


def test_amend_keeps_the_old_value_in_history(run: Runner) -> None:
    number = run.log("电压低", *NAMED)
    ran = run.ok("amend", number, "--set", "电话=13700000000", "--set", "category=供电质量", "--reason", "抄错")
    assert "原内容保留在历史中" in ran.out
    assert run.json("show", number)["phone"] == "13700000000"
    history = run.ok("show", number, "--history").out
    assert "13912345678" in history
    assert "13700000000" in history
    assert "抄错" in history


def test_amending_the_receipt_moves_the_deadlines(run: Runner) -> None:
    number = run.log("电压低", "--at", "2026-11-20 14:05")
    run.ok("amend", number, "--set", "受理时间=2026-11-18 14:05", "--reason", "记错")
    assert run.clock(number, "L02-1")["due_at"].startswith("2026-11-23")
    assert number == run.json("show", "001")["number"]
    run.verified()


def test_amend_needs_a_value_and_a_reason(run: Runner) -> None:
    run.log()
    ran = run("amend", "001")
    assert ran.code == 2
    assert "--set" in ran.err
    assert "--reason" in ran.err


# ---- close ----


def test_a_refused_close_lists_all_that_is_missing(run: Runner) -> None:
    number = run.log("电压低", *NAMED)
    ran = run("close", "001", "--json")
    assert ran.code == 4
    codes = [f["code"] for f in ran.data["error"]["faults"]]
    assert set(codes) == {"gate.step", "gate.true", "gate.field"}
    for word in ("已书面通知", "已回访", "满意度", "已答复", "已回复上级", "已调查", "处理结果", "原因清楚",
                 "责任人受教育", "采取整改措施", "责任人受处理"):  # fmt: skip
        assert word in ran.err, word
    assert "要将投诉或举报事项的处理结果书面通知其本人" in ran.err
    assert "四不放过" in ran.err
    assert number in ran.err
    assert "李秀英" not in ran.err
    assert run.json("show", number)["status"] == "registered"
    assert run.json("verify")["events"] == 4  # nothing of the attempt is written


def test_an_anonymous_complaint_closes_when_all_is_done(run: Runner) -> None:
    number = run.log()
    run.settle(number)
    ran = run.ok("close", "001", "--set", "办结结果=已处理", "--set", "是否属实=属实", "--set", "责任认定=工作人员")
    assert "202611-001：已办结。" in ran.out
    row = run.json("show", number)
    assert row["status"] == "closed"
    assert row["closed_at"] == "2026-11-22T10:00:00+08:00"
    assert {c["state"] for c in row["clocks"]} == {"met"}
    run.verified()


def test_a_named_complainant_needs_the_written_notice(run: Runner) -> None:
    number = run.log("电压低", *NAMED)
    run.settle(number)
    ran = run("close", number)
    assert ran.code == 4
    assert len(ran.err.splitlines()) == 2  # the heading and the one thing
    assert "先 update 202611-001 已书面通知" in ran.err
    run.ok("update", number, "已书面通知", "--set", "书面通知编号=通知-01")
    assert run("close", number).code == 0
    assert run.json("show", number)["notified_at"] is not None


def test_a_complaint_needs_the_four_answers(run: Runner) -> None:
    number = run.log()
    run.settle(number)
    run.ok("amend", number, "--set", "责任人受处理=否", "--reason", "尚未处理")
    ran = run("close", number)
    assert ran.code == 4
    assert "责任人受处理" in ran.err
    assert "四不放过" in ran.err


def test_a_complaint_needs_the_call_back(run: Runner) -> None:
    number = run.log()
    run.ok("update", number, "已调查", "--set", "原因清楚=是", "--set", "责任人受教育=是", "--set", "处理结果=换表")
    run.ok("update", number, "已答复", "--set", "已回复上级=是")
    run.ok("update", number, "已解决", "--set", "采取整改措施=是", "--set", "责任人受处理=是")
    ran = run("close", number)
    assert ran.code == 4
    assert "已回访" in ran.err
    assert "满意度" in ran.err
    assert "闭环管理" in ran.err
    run.ok("update", number, "已回访", "--set", "满意度=未联系上")
    ran = run("close", number)
    assert "未回访原因" in ran.err
    assert run("close", number, "--set", "未回访原因=三次无人接听").code == 0


def test_rejected_transferred_and_withdrawn_need_none_of_it(run: Runner) -> None:
    for outcome, status in (("不予受理", "rejected"), ("转办", "transferred"), ("撤诉", "withdrawn")):
        number = run.log("电压低", *NAMED)
        run.ok("close", number, "--set", f"办结结果={outcome}")
        assert run.json("show", number)["status"] == status


def test_closing_twice_is_already_so(run: Runner) -> None:
    number = run.log()
    run.ok("close", number, "--set", "办结结果=撤诉")
    events = run.json("verify")["events"]
    ran = run.ok("close", number)
    assert "先前已办结" in ran.out
    assert run.json("verify")["events"] == events


def test_nothing_but_reopening_moves_what_is_closed(run: Runner) -> None:
    number = run.log()
    run.ok("close", number, "--set", "办结结果=撤诉")
    ran = run("update", number, "已联系")
    assert ran.code == 4
    assert "reopen" in ran.err
    assert run("assign", number, "赵强").code == 4


# ---- reopen ----


def test_reopen_restarts_the_clocks_and_keeps_the_first_closing(run: Runner) -> None:
    run.now = "2026-11-02 09:00"
    number = run.log()
    run.settle(number, now="2026-11-04 09:00")
    run.ok("close", number, now="2026-11-04 10:00")
    ran = run.ok("reopen", number, "--reason", "客户又来", now="2026-11-20 09:00")
    assert "首次办结时间保留" in ran.out
    run.now = "2026-11-20 09:30"
    assert run.clock(number, "L02-1", 1)["met_at"] == "2026-11-04T09:00:00+08:00"
    assert run.clock(number, "L02-1", 2)["due_at"].startswith("2026-11-25")
    assert run.clock(number, "L02-1", 2)["state"] == "running"
    row = run.json("show", number)
    assert row["closed_at"] is None
    assert run.sql("select round, opened_at, ended_at from spell order by round") == [
        (0, "2026-11-02T09:00:00+08:00", "2026-11-04T10:00:00+08:00"), (1, "2026-11-20T09:00:00+08:00", None)]  # fmt: skip
    assert run("close", number).code == 4  # the second round needs its own steps
    run.verified()
    assert "本来就在办" in run.ok("reopen", number, "--reason", "再来").out


# ---- extension ----


def test_an_extension_needs_a_date_and_an_approver_and_moves_only_its_limit(run: Runner) -> None:
    run.now = "2026-11-20 14:05"
    number = run.log()
    run.ok("amend", number, "--set", "情况复杂=是", "--reason", "牵涉三户")
    ran = run("update", number, "延期")
    assert ran.code == 2
    assert "延至" in ran.err
    assert "批准人" in ran.err
    ran = run("update", number, "延期", "--set", "延至=2026-11-24", "--set", "批准人=所长")
    assert ran.code == 4
    assert "2026-11-25" in ran.err
    ran = run("update", number, "延期", "--set", "时限编号=L01-2", "--set", "延至=2026-12-02", "--set", "批准人=王所长")
    assert ran.code == 4
    assert "L02-1" in ran.err
    run.ok("update", number, "延期", "--set", "延至=2026-12-02", "--set", "批准人=王所长")
    assert run.clock(number, "L02-1")["due_at"].startswith("2026-12-02")
    assert run.clock(number, "L01-2")["due_at"].startswith("2026-11-25")
    assert "延至　2026-12-02" in run.ok("explain", number).out
    run.verified()


def test_an_extension_only_for_complex_cases(run: Runner) -> None:
    run.now = "2026-11-20 14:05"
    number = run.log()
    given = ("--set", "延至=2026-12-02", "--set", "批准人=王所长")
    ran = run("update", number, "延期", *given)
    assert ran.code == 4
    assert "情况复杂的,时限可以适当延长" in ran.err
    assert "用 --set 写明：情况复杂" in ran.err
    assert run("update", number, "延期", *given, "--set", "情况复杂=是").code == 0


# ---- penalties ----


def test_penalties_are_proposed_approved_and_waived(run: Runner) -> None:
    run.now = "2026-11-20 14:05"
    number = run.log()
    found = {p["penalty_id"]: p for p in run.json("show", number)["penalties"]}
    assert (found["P01-1"]["amount"], found["P01-1"]["state"]) == (20, "proposed")
    run.ok("update", number, "已答复", now="2026-11-26 09:00")
    assert "P02-2" in {p["penalty_id"] for p in run.json("show", number)["penalties"]}
    assert "考核建议 P01-1：20" in run.ok("show", number).out
    run.ok("update", number, "考核批准", "--set", "考核条款=P01-1", "--set", "责任人=赵强", now="2026-11-26 10:00")
    run.ok("update", number, "考核免除", "--set", "考核条款=P02-2", now="2026-11-26 10:00")
    run.now = "2026-11-26 11:00"
    found = {p["penalty_id"]: p for p in run.json("show", number)["penalties"]}
    assert (found["P01-1"]["state"], found["P01-1"]["person"]) == ("approved", "赵强")
    assert found["P02-2"]["state"] == "waived"
    assert run.json("report", "summary", "--month", "2026-11")["fines"] == 20
    ran = run("update", number, "考核批准", "--set", "考核条款=P09-9")
    assert ran.code == 4
    assert "P01-1" in ran.err


def test_penalties_may_be_decided_after_the_closing(run: Runner) -> None:
    number = run.log()
    run.ok("close", number, "--set", "办结结果=撤诉")
    run.ok("update", number, "考核批准", "--set", "考核条款=P01-1")
    assert run.json("show", number)["penalties"][0]["state"] == "approved"
    assert run.json("show", number)["status"] == "withdrawn"


@pytest.mark.parametrize(("text", "amount"), [("50元", 50), ("1,050 元", 1050), ("５０．５", 50.5)])
def test_an_approved_amount_may_differ(run: Runner, text: str, amount: float) -> None:
    number = run.log()
    run.ok("update", number, "考核批准", "--set", "考核条款=P01-1", "--set", f"金额={text}")
    assert run.json("show", number)["penalties"][0]["amount"] == amount


# ---- undo ----


def test_undo_takes_back_the_last_invocation_and_leaves_a_trace(run: Runner) -> None:
    number = run.log()
    run.ok("assign", number, "赵强")
    before = run.json("verify")["events"]
    ran = run.ok("undo")
    assert "涉及 1 件：202611-001" in ran.out
    assert run.json("show", number)["handler"] is None
    assert run.json("show", number)["status"] == "registered"
    assert run.verified()["events"] == before + 1
    assert "〔已撤回〕" in run.ok("show", number, "--history").out


def test_an_undone_registration_keeps_its_number_and_is_void(run: Runner) -> None:
    number = run.log()
    run.ok("undo")
    assert run.json("show", number)["status"] == "voided"
    assert run.json("list")["count"] == 0
    assert run.json("search", "电压")["count"] == 0
    assert run.json("due")["clocks"] == []
    assert run.log() == "202611-002"
    ran = run("update", number, "已联系")
    assert ran.code == 4
    assert "已作废" in ran.err
    run.verified()


def test_undoing_an_undo_brings_it_back(run: Runner) -> None:
    number = run.log()
    run.ok("assign", number, "赵强")
    undone = run.json("undo")["batch"]
    (batch,) = run.sql("select batch from event where type = 'voided'")[0]
    assert batch != undone
    run.ok("undo", batch)
    assert run.json("show", number)["handler"] == "赵强"
    run.verified()


def test_undo_walks_back_step_by_step(run: Runner) -> None:
    number = run.log()
    run.ok("assign", number, "赵强")
    run.ok("update", number, "已联系")
    run.ok("undo")
    run.ok("undo")
    row = run.json("show", number)
    assert (row["handler"], row["contacted_at"]) == (None, None)
    run.ok("undo")
    assert run.json("show", number)["status"] == "voided"
    ran = run("undo")  # the founding is not taken back
    assert ran.code == 3
    assert "没有可撤回的批次" in ran.err
    run.verified()


def test_undo_of_what_later_steps_stand_on_is_refused(run: Runner) -> None:
    number = run.log()
    batch = run.json("show", number)["batch"]
    run.ok("assign", number, "赵强")
    ran = run("undo", batch)
    assert ran.code == 4
    assert "请先撤回" in ran.err
    run.ok("undo")
    assert run("undo", batch).code == 0
    events = run.json("verify")["events"]
    again = run.ok("undo", batch)
    assert "先前已撤回，没有再写入" in again.out
    assert run.json("undo", batch)["new"] is False
    assert run.json("verify")["events"] == events
    assert run("undo", "20261122-000000-zzzz").code == 3


def test_undo_of_a_closing_and_of_an_amendment(run: Runner) -> None:
    number = run.log("电压低", "--at", "2026-11-20 14:05")
    run.ok("amend", number, "--set", "受理时间=2026-11-18 14:05", "--reason", "记错")
    run.ok("undo")
    assert run.json("show", number)["received_at"] == "2026-11-20T14:05:00+08:00"
    run.ok("close", number, "--set", "办结结果=撤诉")
    run.ok("undo")
    row = run.json("show", number)
    assert (row["status"], row["closed_at"], row["outcome"]) == ("registered", None, None)
    run.verified()


# ---- whistle-blowers ----

SECRET = ("--kind", "举报", "--name", "钱守正", "--phone", "13987654321", "--address", "柳河村七组", "--accused", "孙某某")
LEAKS = ("钱守正", "13987654321", "柳河村七组", "孙某某", "收了红包")


def test_a_report_is_masked_everywhere(run: Runner) -> None:
    number = run.log("抄表员收了红包", *SECRET)
    run.ok("update", number, "已联系", "钱守正说收了红包")
    for args in (("show", number), ("show", number, "--history"), ("list",), ("search", "红包"), ("due",),
                 ("explain", number), ("report",), ("due", "--within", "30d")):  # fmt: skip
        for form in ((), ("--json",)):
            ran = run.ok(*args, *form)
            assert not [word for word in LEAKS if word in ran.out + ran.err], (args, form)
    row = run.json("show", number)
    assert row["name"] == "钱**"
    assert row["phone"] == "139****4321"
    assert row["content"] == "〔举报内容不予显示〕"


def test_the_answer_to_log_is_masked_too(run: Runner) -> None:
    ran = run.ok("log", "抄表员收了红包", "--channel", "来信", *SECRET)
    assert not [word for word in LEAKS if word in ran.out]


def test_unmask_shows_it_and_is_recorded(run: Runner) -> None:
    number = run.log("抄表员收了红包", *SECRET)
    row = run.json("show", number, "--unmask", "所长核实")
    assert row["name"] == "钱守正"
    assert row["content"] == "抄表员收了红包"
    (event,) = run.sql("select actor, body, seq from event where type = 'disclosed'")
    assert event[0] == "陈敏"
    assert number in event[1]
    assert run.sql("select text from private where seq = ?", event[2]) == [('{"reason":"所长核实"}',)]
    run.verified()


def test_a_field_may_be_set_with_a_full_width_sign(run: Runner) -> None:
    number = run.log("电压低", "--set", "姓名：李秀英", "--set", "地址＝东街3号", "--set", "客户要求=时间:尽快")
    row = run.json("show", number)
    assert (row["name"], row["address"], row["demand"]) == ("李秀英", "东街3号", "时间:尽快")


def test_unmask_shows_the_history_too(run: Runner) -> None:
    number = run.log("抄表员收了红包", *SECRET)
    run.ok("amend", number, "--set", "姓名=钱守成", "--reason", "记错")
    assert "钱守正" not in run.ok("show", number, "--history").out
    assert "钱守正" in run.ok("show", number, "--history", "--unmask", "所长核实").out
    looked = run.json("show", number, "--history")["history"][-1]
    assert (looked["type"], looked["actor"]) == ("disclosed", "陈敏")


def test_short_help_and_no_limit(run: Runner) -> None:
    assert run.ok("log", "-h").out == run.ok("log", "--help").out
    for _ in range(52):
        run.log("电表快", now="2026-11-20 09:00")
    assert run.json("search", "电表")["count"] == 50
    assert run.json("search", "电表", "--limit", "0")["count"] == 52
    assert len(run.json("list", "--limit", "0")["complaints"]) == 52


def test_what_was_a_report_stays_masked_until_somebody_says_otherwise(run: Runner) -> None:
    number = run.log("抄表员收了红包", *SECRET)
    told = run.ok("amend", number, "--set", "性质=投诉", "--reason", "记错")
    assert "限制查阅" in told.out
    assert run.json("show", number)["name"] == "钱**"
    run.ok("amend", number, "--set", "限制查阅=否", "--reason", "本人同意公开")
    assert run.json("show", number)["name"] == "钱守正"
    both = run.log("抄表员收了红包", *SECRET)
    run.ok("amend", both, "--set", "性质=投诉", "--set", "限制查阅=否", "--reason", "本人同意公开")
    assert run.json("show", both)["name"] == "钱守正"
    run.verified()


def test_an_export_unmasked_stands_in_the_history_of_each(run: Runner, tmp_path: Path) -> None:
    secret, plain = run.log("抄表员收了红包", *SECRET), run.log("电压低")
    run.ok("export", "f01", "--unmask", "上级检查", "-o", tmp_path / "a.xlsx")
    assert [e["type"] for e in run.json("show", secret, "--history")["history"]] == ["logged", "disclosed"]
    assert [e["type"] for e in run.json("show", plain, "--history")["history"]] == ["logged"]


def test_the_person_of_a_penalty_is_masked_too(run: Runner) -> None:
    number = run.log("抄表员收了红包", *SECRET, "--set", "吃拿卡要=是", "--set", "责任人数=2")
    run.ok("update", number, "考核批准", "--set", "考核条款=P01-4", "--set", "责任人=赵六", "--set", "金额=200")
    assert "赵六" not in run.ok("show", number, "--json").out
    assert "赵六" in run.ok("show", number, "--json", "--unmask", "核实").out


def test_the_history_tells_of_a_correction_to_what_is_usual(run: Runner) -> None:
    number = run.log("电压低", "--kind", "咨询", "--level", "重大")
    run.ok("amend", number, "--set", "性质=投诉", "--set", "等级=一般", "--reason", "写错")
    assert "性质=投诉；等级=一般；理由=写错" in run.ok("show", number, "--history").out


def test_the_receipt_is_a_field_of_corrections_alone(run: Runner) -> None:
    number = run.log()
    for words in (("log", "x", "--channel", "电话"), ("update", number, "已联系"), ("close", number)):
        ran = run(*words, "--set", "受理时间=昨天 9:00")
        assert ran.code == 2
        assert "没有字段“受理时间”" in ran.err
    run.ok("amend", number, "--set", "受理时间=昨天 9:00", "--reason", "记错")


def test_an_ordinary_complaint_may_be_restricted_too(run: Runner) -> None:
    number = run.log("内容甲", *NAMED, "--set", "限制查阅=是")
    assert run.json("show", number)["name"] == "李**"


# ---- looking ----


def test_list_filters(run: Runner) -> None:
    run.log("一", now="2026-10-05 09:00")
    run.log("二", "--channel", "来信", "--kind", "咨询")
    run.log("三")
    run.ok("assign", "003" if run("show", "003").code == 0 else "202611-002", "赵强")
    run.ok("close", "202611-001", "--set", "办结结果=已处理")
    assert run.json("list")["count"] == 3
    assert [c["content"] for c in run.json("list")["complaints"]][-1] == "一"
    assert run.json("list", "--month", "2026-11")["count"] == 2
    assert run.json("list", "--month", "上月")["count"] == 1
    assert run.json("list", "--channel", "来信")["count"] == 1
    assert run.json("list", "--kind", "咨询", "--open")["count"] == 0
    assert run.json("list", "--closed")["count"] == 1
    assert run.json("list", "--handler", "赵强")["count"] == 1
    assert run.json("list", "--overdue")["count"] == 1
    assert run.json("list", "--status", "已办结")["count"] == 1
    assert run.json("list", "--status", "closed")["count"] == 1
    assert run("list", "--status", "办完了").code == 2
    found = run.json("list", "--limit", "1")
    assert (found["count"], len(found["complaints"])) == (3, 1)
    assert "显示 1 件，共 3 件。" in run.ok("list", "--limit", "1").out


def test_columns_line_up_with_chinese_in_them(run: Runner) -> None:
    from complaintctl.cli.render import width

    run.log("电压低")
    run.log("low voltage", "--kind", "咨询")
    run.ok("assign", "001", "赵强")
    head, *lines = run.ok("list").out.splitlines()[:3]
    place = width(head[: head.index("内容")])
    for line, text in zip(lines, ("low voltage", "电压低"), strict=True):
        if text in line:
            assert width(line[: line.index(text)]) == place


def test_search_finds_two_characters_and_no_false_friends(run: Runner) -> None:
    run.log("配电变压器噪音大,影响休息", "--address", "东风村")
    run.log("表计,费用有疑问", *NAMED)
    run.log("Low VOLTAGE at No.7", "--channel", "网上")
    assert run.json("search", "噪音")["count"] == 1
    assert run.json("search", "东风")["count"] == 1
    assert run.json("search", "李秀")["count"] == 1
    assert run.json("search", "13912345678")["count"] == 1
    assert run.json("search", "计费")["count"] == 0  # matches across the comma only
    assert run.json("search", "表计,费用")["count"] == 1
    assert run.json("search", "voltage")["count"] == 1
    assert run.json("search", "噪音 休息")["count"] == 1
    assert run.json("search", "噪音 费用")["count"] == 0
    assert "找到 1 件。" in run.ok("search", "变压器").out


def test_search_finds_rare_characters_and_what_stands_beside_them(run: Runner) -> None:
    run.log("𠮷家院村🏠电压低")
    assert [run.json("search", word)["count"] for word in ("𠮷家", "𠮷", "🏠电压", "院村")] == [1] * 4
    assert run.json("search", "𠮷村")["count"] == 0
    assert run("verify").code == 0


def test_search_follows_amendments(run: Runner) -> None:
    number = run.log("停电")
    run.ok("amend", number, "--set", "反映内容=闪断", "--reason", "听错")
    assert run.json("search", "停电")["count"] == 0
    assert run.json("search", "闪断")["count"] == 1
    run.ok("undo")
    assert run.json("search", "停电")["count"] == 1


def test_report_summary_has_the_keys_scripts_rely_on(run: Runner) -> None:
    number = run.log()
    run.settle(number)
    run.ok("close", number, "--set", "是否属实=属实")
    run.log("二")
    found = run.json("report", "summary", "--month", "2026-11")
    for key, value in {
        "received": 2, "closed": 1, "open": 1, "overdue": 0, "on_time": 1, "on_time_rate": 1.0, "substantiated": 1,
        "assessed": 0, "satisfaction_rate": 1.0, "first_time_rate": 1.0, "opening": 0, "reopened": 0,
    }.items():  # fmt: skip
        assert found[key] == value, key
    assert found["opening"] + found["received"] + found["reopened"] - found["closed"] == found["open"]
    ran = run.ok("report")
    assert "本期受理：2" in ran.out
    assert "按期办结率：100.0%" in ran.out


def test_a_rate_of_nothing_is_null(run: Runner) -> None:
    found = run.json("report", "--month", "2026-10")
    assert found["on_time_rate"] is None
    assert found["satisfaction_rate"] is None
    assert found["received"] == 0


def test_report_as_csv(run: Runner, tmp_path: Path) -> None:
    run.log()
    run.ok("report", "-o", tmp_path / "汇总 十一月.csv")
    text = (tmp_path / "汇总 十一月.csv").read_bytes()
    assert text.startswith(b"\xef\xbb\xbf")
    assert "本期受理,1" in text.decode("utf-8-sig")


def test_nothing_due(run: Runner) -> None:
    run.now = "2026-11-22 08:00"
    assert "今日没有到期事项" in run.ok("due").out


def test_no_command_is_due(run: Runner) -> None:
    run.log()
    assert run.ok().out == run.ok("due").out
    assert "L05-1" in run.ok().out
    assert run.json() == run.json("due")


def test_history_shows_both_times_actor_and_batch(run: Runner) -> None:
    number = run.log("电压低", "--at", "2026-11-20 14:05")
    line = run.json("show", number, "--history")["history"][0]
    assert line["occurred_at"] == "2026-11-20T14:05:00+08:00"
    assert line["recorded_at"] == "2026-11-22T10:00:00+08:00"
    assert line["actor"] == "陈敏"
    assert line["batch"].startswith("20261122-100000-")


# ---- the desk ----


def test_global_options_may_stand_anywhere(run: Runner) -> None:
    run.log()
    assert json.loads(run.ok("--json", "show", "001").out) == json.loads(run.ok("show", "001", "--json").out)
    assert "complaint" in run.ok("show", "001", "--lang", "en").out
    assert run.ok("assign", "001", "赵强", "--by", "王所长").code == 0
    assert run.json("show", "001", "--history")["history"][-1]["actor"] == "王所长"


def test_help_is_in_the_chosen_language(run: Runner) -> None:
    chinese, english = run.ok("--help").out, run.ok("--help", lang="en").out
    assert "新建台账文件" in chinese
    assert "Create a ledger." in english
    assert "用法：" in chinese
    for name in ("init", "log", "assign", "update", "amend", "close", "reopen", "show", "explain", "list", "search",
                 "due", "report", "export", "import", "undo", "verify", "policy", "form", "calendar", "duty"):  # fmt: skip
        assert name in english
        assert run.ok(name, "--help").out.startswith("用法：")
        assert run.ok(name, "--help", lang="en").out.startswith("Usage:")


def test_version(run: Runner) -> None:
    assert run.ok("--version").out == "complaintctl 0.1.0\n"


@pytest.mark.parametrize(
    ("environment", "word"),
    [
        ({"LANG": "zh_CN.UTF-8"}, "没有台账"), ({"LANG": "en_US.UTF-8"}, "There is no ledger"), ({"LANG": "C"}, "There is no"),
        ({"LC_ALL": "zh_CN.gb18030", "LANG": "en_US"}, "没有台账"), ({"LANG": "zh_CN", "COMPLAINTCTL_LANG": "en"}, "There is"),
    ],
)  # fmt: skip
def test_the_language_comes_from_the_locale(tmp_path: Path, environment: dict[str, str], word: str) -> None:
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("LC_", "LANG"))}
    ran = subprocess.run(
        [sys.executable, "-m", "complaintctl", "due"],
        env={**kept, "PYTHONUTF8": "1", "PYTHONPATH": str(Path(__file__).parent.parent),
             "COMPLAINTCTL_LEDGER": str(tmp_path / "nil.db"), **environment},
        capture_output=True, encoding="utf-8", check=False, stdin=subprocess.DEVNULL,
    )  # fmt: skip
    assert ran.returncode == 3
    assert word in ran.stderr
    assert ran.stdout == ""


def test_the_ledger_and_the_actor_come_from_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from complaintctl.cli.app import main

    monkeypatch.setenv("COMPLAINTCTL_LEDGER", str(tmp_path / "env.db"))
    monkeypatch.setenv("COMPLAINTCTL_BY", "周敏")
    monkeypatch.setenv("COMPLAINTCTL_LANG", "en")
    assert main(["init"]) == 0
    assert main(["log", "x", "--channel", "phone"]) == 0
    assert Runner(tmp_path / "env.db").sql("select distinct actor from event") == [("周敏",)]


def test_a_number_needs_no_leading_zeros(run: Runner) -> None:
    run.log()
    assert "202611-001" in run.ok("show", "1").out


def test_an_emergency_plan_is_a_list_to_tick_off(run: Runner) -> None:
    number = run.log()
    assert run.json("show", number)["checklist"] == []
    assert run("update", number, "紧急处置").code == 2  # no step of this complaint yet
    run.ok("update", number, "启动预案", "--set", "应急预案=s03")
    run.ok("update", number, "紧急处置")
    refused = run("update", number, "制定处理方案")
    assert refused.code == 4
    assert "领导小组下达命令" in refused.err
    report = ("发生过程", "投诉原因", "影响范围", "客户损失", "处理进程", "可能后果")
    sections = [word for name in report for word in ("--set", f"{name}=已写明")]
    assert run("update", number, "报送投诉信息报告", *sections[:-2]).code == 4
    run.ok("update", number, "报送投诉信息报告", *sections)
    ticked = [item for item in run.json("show", number)["checklist"] if item["done_at"]]
    assert [item["step"] for item in ticked] == ["contained", "info_reported"]
    assert "☑ 紧急处置" in run.ok("show", number).out


def test_what_is_open_and_what_is_closed_together_is_all(run: Runner) -> None:
    done, _ = run.log("一"), run.log("二")
    run.settle(done)
    run.ok("close", done)
    counts = [run.json("list", *flags)["count"] for flags in ([], ["--open"], ["--closed"], ["--open", "--closed"])]
    assert counts == [2, 1, 1, 2]


def test_a_moment_is_shown_as_people_write_it(run: Runner) -> None:
    number = run.log("电压低", "--at", "2026-11-20")
    assert "受理 2026-11-20　" in run.ok("explain", number).out
    assert "已撤回 2026-11-22 10:00 由" in run.ok("undo").out


# ---- the order of what happened ----


def test_nothing_happens_before_the_step_it_follows(run: Runner) -> None:
    number = run.log("电费有疑问", "--kind", "咨询", now="2026-11-02 09:00")
    run.ok("update", number, "已答复", "已解释", now="2026-11-05 09:00")
    early = run("close", number, "--at", "2026-11-04", now="2026-11-06 09:00")
    assert early.code == 2
    assert "早于已记录的“已答复”（2026-11-05 09:00）" in early.err
    run.ok("close", number, "--at", "2026-11-05", now="2026-11-06 09:00")
    early = run("reopen", number, "--reason", "又来", "--at", "2026-11-03", now="2026-11-07 09:00")
    assert early.code == 2
    assert "早于已记录的“办结”（2026-11-05 09:00）" in early.err
    run.ok("reopen", number, "--reason", "又来", now="2026-11-08 09:00")
    early = run("update", number, "已联系", "--at", "2026-11-07", now="2026-11-09 09:00")
    assert early.code == 2
    assert "早于已记录的“重新办理”（2026-11-08 09:00）" in early.err
    run.verified()


def test_the_receipt_cannot_be_amended_to_after_a_step(run: Runner) -> None:
    number = run.log(now="2026-11-10 09:00")
    run.ok("update", number, "已联系", now="2026-11-10 10:00")
    late = run("amend", number, "--set", "受理时间=2026-11-11", "--reason", "错", now="2026-11-12 09:00")
    assert late.code == 2
    assert "受理时间 2026-11-11 00:00 晚于已记录的“已联系”（2026-11-10 10:00）" in late.err
    run.ok("amend", number, "--set", "受理时间=2026-11-09", "--reason", "错", now="2026-11-12 09:00")


def test_an_amendment_cannot_empty_what_is_required(run: Runner) -> None:
    number = run.log()
    ran = run("amend", number, "--set", "反映内容=", "--reason", "x")
    assert ran.code == 2
    assert "缺少“反映内容”" in ran.err


def test_what_is_so_already_is_not_written_again(run: Runner) -> None:
    number = run.log()
    run.ok("assign", number, "张强", "--unit", "计量班")
    run.ok("amend", number, "--set", "电话=13800138000", "--reason", "补")
    before = run.sql("select count(*) from event")
    assert "本来就由 张强 承办" in run.ok("assign", number, "张强").out
    assert "本来就是这样" in run.ok("amend", number, "--set", "电话=13800138000", "--reason", "补").out
    assert run.sql("select count(*) from event") == before
    run.ok("assign", number, "张强", "--unit", "运维班")
    assert run.sql("select count(*) from event") != before


def test_what_is_void_can_be_neither_closed_nor_amended(run: Runner) -> None:
    number = run.log()
    run.ok("undo")
    for words in (("close", number), ("amend", number, "--set", "姓名=王", "--reason", "x"), ("update", number, "已联系")):
        ran = run(*words)
        assert ran.code == 4, words
        assert "已作废" in ran.err


def test_a_command_typed_as_a_step_is_pointed_out(run: Runner) -> None:
    number = run.log()
    for word, command in (("办结", "close"), ("重新办理", "reopen")):
        ran = run("update", number, word)
        assert ran.code == 2
        assert f"请用 complaintctl {command}" in ran.err


def test_every_fault_of_set_is_told_with_the_others(run: Runner) -> None:
    ran = run("log", "x", "--channel", "微信", "--kind", "抱怨", "--set", "满意度")
    assert ran.code == 2
    assert all(word in ran.err for word in ("微信", "抱怨", "“满意度”不是 字段=值"))


def test_a_whistle_blower_cannot_be_found_by_searching(run: Runner) -> None:
    run.log("收好处费", "--kind", "举报", "--name", "王小明", "--phone", "13912345678")
    run.log("电压低", "--name", "王小明")
    assert [c["kind"] for c in run.json("search", "王小明")["complaints"]] == ["complaint"]
    assert run.json("log", "又一件", "--channel", "电话", "--phone", "13912345678")["similar"] == []
    assert run.json("list", "--kind", "举报")["count"] == 1


def test_lines_without_measure(run: Runner) -> None:
    run.log()
    for words in (("list",), ("search", "电压")):
        assert run.json(*words, "--limit", "99999999999999999999")["count"] == 1


def test_an_unknown_language_and_a_missing_folder_of_rules_are_told(run: Runner) -> None:
    ran = run("due", "--lang", "fr")
    assert ran.code == 2
    assert "fr" in ran.err
    ran = run("policy", "adopt", "s02", "--rules", "nowhere")
    assert ran.code == 3
    assert "nowhere" in ran.err


def test_the_words_of_a_regime_are_listed(run: Runner) -> None:
    shown = run.ok("policy", "show", "station").out
    assert "\n步骤：已受理、已联系、" in shown
    assert "\n来源：电话、95598热线、" in shown


def test_a_number_in_full_width_and_a_horizon_out_of_sight(run: Runner) -> None:
    number = run.log()
    wide = str.maketrans("0123456789-", "０１２３４５６７８９－")
    assert run.json("show", number.translate(wide))["number"] == number
    ran = run("due", "--within", "9999月")
    assert ran.code == 2
    assert "超过 400 天" in ran.err


# ---- what is told at once, what is missing, what is the last word ----


def test_a_wrong_step_does_not_hide_the_other_faults(run: Runner) -> None:
    number = run.log()
    ran = run("update", number, "xyz", "--at", "24.3.5", "--set", "满意度=好", "--set", "foo=2")
    assert ran.code == 2
    assert all(word in ran.err for word in ("xyz", "24.3.5", "“好”", "foo"))
    ran = run("duty", "done", "没有", "--at", "坏")
    assert ran.code == 2
    assert all(word in ran.err for word in ("没有", "坏"))
    ran = run("export", "f01", "--month", "bad", "--as-of", "worse")
    assert ran.code == 2
    assert all(word in ran.err for word in ("bad", "worse"))


def test_blanks_are_no_value(run: Runner) -> None:
    number = run.log()
    for words in (("assign", number, "   "), ("amend", number, "--set", "等级=重要", "--reason", "  "), ("log", "  ", "--channel", "电话")):
        ran = run(*words)
        assert ran.code == 2, words
        assert "缺少" in ran.err


def test_an_option_without_its_value_is_named(run: Runner) -> None:
    ran = run("log", "x", "--channel", "--kind", "投诉")
    assert ran.code == 2
    assert "选项“--channel”后面缺少值" in ran.err
    assert run.json("log", "x", "--channel", "电话", "--name=--张")["name"] == "--张"


def test_a_text_that_is_a_number_stays_what_it_is(run: Runner) -> None:
    assert run("log", "-3", "--channel", "来信").code == 2  # an option there is not
    assert run.ok("log", "--channel", "来信", "--json", "--", "-3").data["content"] == "-3"


def test_a_field_is_given_once(run: Runner) -> None:
    ran = run("log", "x", "--channel", "电话", "--set", "备注=a", "--set", "note=b")
    assert ran.code == 2
    assert "“备注”给了两次" in ran.err


def test_a_phone_number_has_one_form(run: Runner) -> None:
    assert run.json("log", "x", "--channel", "电话", "--phone", "+86 138-0013-8000")["phone"] == "13800138000"
    again = run.json("log", "y", "--channel", "电话", "--phone", "138 0013 8000")
    assert [s["same"] for s in again["similar"]] == ["phone"]
    ran = run("log", "x", "--channel", "电话", "--phone", "王小明")
    assert ran.code == 2
    assert "不像电话号码" in ran.err
    assert "王小明" not in ran.err


def test_search_folds_what_the_index_folds(run: Runner) -> None:
    run.log("全角ＡＢ相，Ångström，abc")
    for text in ("ＡＢ相", "Ångström", "ABC"):
        assert run.json("search", text)["count"] == 1, text


def test_a_call_back_counts_by_its_latest_time(run: Runner) -> None:
    number = run.log(now="2026-11-20 09:00")
    done = "2026-11-25 18:00"
    for step in (("已调查", "--set", "原因清楚=是", "--set", "责任人受教育=是"), ("已解决", "好", "--set", "采取整改措施=是", "--set", "责任人受处理=是")):
        run.ok("update", number, *step, "--at", "2026-11-23", now=done)
    run.ok("update", number, "已答复", "x", "--set", "已回复上级=是", "--at", "2026-11-24 09:00", now=done)
    run.ok("update", number, "已回访", "--set", "满意度=满意", "--at", "2026-11-23 08:00", now=done)
    assert "再 update" in run("close", number, now=done).err
    run.ok("update", number, "已回访", "--at", "2026-11-24", now=done)  # of that day: after the reply
    run.ok("update", number, "已回访", "--at", "2026-11-24 08:30", now=done)  # told later, made earlier
    run.ok("close", number, now=done)


def test_an_unclear_beginning_of_a_step_is_no_command(run: Runner) -> None:
    ran = run("update", run.log(), "re")
    assert ran.code == 2
    assert "已解决" in ran.err
    assert "complaintctl reopen" not in ran.err


def test_undoing_an_undo_is_refused_when_others_built_on_it(run: Runner) -> None:
    number = run.log(now="2026-11-02 09:00")
    run.ok("close", number, "--set", "办结结果=撤诉", now="2026-11-03 09:00")
    run.ok("reopen", number, "--reason", "a", now="2026-11-04 09:00")
    undone = run.json("undo", now="2026-11-05 09:00")
    assert undone["numbers"] == [number]
    back = run.sql("select batch from event order by seq desc limit 1")[0][0]
    run.ok("reopen", number, "--reason", "b", now="2026-11-06 09:00")
    ran = run("undo", back, now="2026-11-07 09:00")
    assert ran.code == 4
    run.verified()


def test_a_path_that_the_system_refuses_is_no_bug(run: Runner) -> None:
    long = "长" * 300
    for words in (("report", "-o", f"{long}.csv"), ("policy", "check", f"{long}.toml"), ("export", "f01", "-o", f"{long}/x.xlsx")):
        assert run(*words).code in (3, 7), words


def test_what_was_reopened_was_not_settled_the_first_time(run: Runner) -> None:
    for n in range(2):
        number = run.log(now=f"2026-11-0{n + 2} 09:00")
        run.settle(number, now="2026-11-04 09:00")
        run.ok("close", number, now="2026-11-05 09:00")
    assert run.json("report", "--month", "2026-11")["first_time_rate"] == 1
    run.ok("reopen", number, "--reason", "又来", now="2026-11-06 09:00")
    assert run.json("report", "--month", "2026-11")["first_time_rate"] == 0.5


def test_a_penalty_that_is_a_floor_is_not_approved_for_less(run: Runner, tmp_path: Path) -> None:
    rules = tmp_path / "mine.toml"
    rules.write_text(
        'id = "mine"\nzh = "本所规定"\nen = "our own rule"\ninclude = ["base"]\n[[penalty]]\nid = "P1"\nclause = "罚款300元起"\n'
        'zh = "罚款"\nen = "fine"\nwhen = { kind = "complaint" }\namount = 300\nminimum = true\n', "utf-8")  # fmt: skip
    run.ok("policy", "adopt", rules)
    number = run.log()
    ran = run("update", number, "考核批准", "--set", "考核条款=P1", "--set", "金额=100")
    assert ran.code == 4
    assert "下限 300" in ran.err
    run.ok("update", number, "考核批准", "--set", "考核条款=P1", "--set", "金额=400")


def test_streams_that_the_caller_has_closed(run: Runner) -> None:
    python = [sys.executable, "-m", "complaintctl", "--ledger", str(run.ledger), "--lang", "zh"]
    env = {**os.environ, "PYTHONPATH": str(Path(__file__).parent.parent), "PYTHONUTF8": "1"}
    for words, redirect, code in (("log - --channel 电话", "<&-", 2), ("list", ">&-", 0)):
        shell = f"{shlex.join(python)} {words} {redirect}"
        done = subprocess.run(["sh", "-c", shell], env=env, capture_output=True, check=False)
        assert done.returncode == code, done.stderr


def test_a_contact_of_that_day_is_not_moved_behind_the_reply(run: Runner) -> None:
    """Written down later, without a time: nothing says that it came after what was timed."""
    number = run.log(now="2026-11-24 09:00")
    run.ok("update", number, "已答复", "x", "--at", "2026-11-24 16:00", now="2026-11-25 09:00")
    shown = run.json("update", number, "已联系", "--at", "2026-11-24", now="2026-11-25 09:00")
    assert shown["contacted_at"] == "2026-11-24T09:00:00+08:00"


def test_standard_input_of_another_encoding_is_no_damage(run: Runner) -> None:
    run.log()
    env = {**os.environ, "PYTHONPATH": str(Path(__file__).parent.parent), "PYTHONUTF8": "1", "PYTHONIOENCODING": "utf-8:strict"}
    for words in (("update", "1", "记事", "-"), ("log", "-", "--channel", "电话")):
        command = [sys.executable, "-m", "complaintctl", "--ledger", str(run.ledger), "--lang", "zh", *words]
        done = subprocess.run(command, env=env, input="中文".encode("gb18030"), capture_output=True, check=False)
        assert done.returncode == 2, done.stderr.decode()
        assert "不是文字的字节" in done.stderr.decode()
