"""Dates as people write them: what is read, what is refused and why; and lengths of time."""

from __future__ import annotations

import datetime as dt
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from complaintctl.clock import TZ, iso
from complaintctl.domain.moments import Moment, read_day, read_moment, read_month, stored
from complaintctl.domain.spans import Span, read_span
from complaintctl.errors import Usage

NOW = dt.datetime(2026, 11, 20, 16, 30, tzinfo=TZ)  # a Friday


def stamp(text: str, *, typed: bool = False, now: dt.datetime = NOW) -> str:
    moment = read_moment(text, now if typed else None)
    assert moment.at.tzinfo is TZ
    assert typed or stored(text) == (iso(moment.at), moment.has_time)
    return moment.at.strftime("%Y-%m-%d %H:%M:%S" if moment.has_time else "%Y-%m-%d")


@pytest.mark.parametrize(
    "text",
    [
        "2026-03-05", "2026-3-5", "2026/3/5", "2026/03/05", "2026.3.5", "20260305", "2026年3月5日",
        "2026年03月05日", "2026年3月5号", "2026年3月5", " 2026 年 3 月 5 日 ",
        "２０２６－０３－０５", "２０２６年３月５日", "２０２６．３．５", "2026。3。5",
        "二〇二六年三月五日", "二○二六年三月五号", "二零二六年三月五號",
        "\u200e2026/\u200e3/\u200e5", "\ufeff2026-03-05", "\t2026-03-05\n",
        "2026\u00a0年3月5日", "2026年三月5日",
    ],
)  # fmt: skip
def test_one_day_in_many_forms(text: str) -> None:
    for typed in (False, True):
        assert stamp(text, typed=typed) == "2026-03-05"
        assert read_day(text, NOW if typed else None) == dt.date(2026, 3, 5)


@pytest.mark.parametrize(
    "text",
    [
        "2026-03-05 08:30", "2026-03-05 08:30:00", "2026-03-05T08:30", "2026-03-05T08:30:00",
        "2026-03-05T08:30:00.250", "2026-03-05T08:30:00+08:00", "2026-03-05T00:30:00Z",
        "2026-03-05T00:30Z", "2026-03-04T19:30:00-05:00", "2026-03-05 08:30:00+0800",
        "2026-3-5 8:30", "2026/3/5 8:30", "2026.3.5 08:30", "20260305 0830", "20260305T083000",
        "2026年3月5日 8时30分", "2026年3月5日8时30分", "2026年3月5日 8点30", "2026年3月5日 08:30",
        "2026年3月5日 8 时 30 分 00 秒", "2026年3月5日上午8点半", "2026年3月5日 早上8:30",
        "２０２６－０３－０５　０８：３０", "2026年3月5日8时30分0秒", "2026/3/5  8：30：00",
        "二〇二六年三月五日上午八点三十分", "二〇二六年三月五日八時半", "2026-03-05 8:30 AM",
        "2026年3月5 8:30", "20260305 08:30", "20260305 上午8点半", "20260305T08:30:00+08:00",
    ],
)  # fmt: skip
def test_one_moment_in_many_forms(text: str) -> None:
    assert stamp(text) == stamp(text, typed=True) == "2026-03-05 08:30:00"
    assert read_day(text) == dt.date(2026, 3, 5)


@pytest.mark.parametrize(
    ("text", "time"),
    [
        ("下午2点", "14:00:00"), ("下午2点半", "14:30:00"), ("下午两点一刻", "14:15:00"),
        ("下午14:05", "14:05:00"), ("下午12点", "12:00:00"), ("中午12点半", "12:30:00"),
        ("中午1点", "13:00:00"), ("晚上9点", "21:00:00"), ("晚上21:10", "21:10:00"),
        ("上午11点整", "11:00:00"), ("上午12点", "12:00:00"), ("凌晨12点", "00:00:00"),
        ("凌晨2点", "02:00:00"), ("0:00", "00:00:00"), ("23:59:59.999999", "23:59:59"),
        ("2点钟", "02:00:00"), ("2点15分", "02:15:00"), ("14时05分", "14:05:00"),
        ("2 pm", "14:00:00"), ("12am", "00:00:00"), ("12:30 pm", "12:30:00"),
        ("傍晚6点", "18:00:00"),
    ],
)  # fmt: skip
def test_times_of_day(text: str, time: str) -> None:
    assert stamp(f"2026-03-05 {text}") == f"2026-03-05 {time}"
    assert stamp(text, typed=True) == f"2026-11-20 {time}"


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("二〇一三年一月九日", "2013-01-09"), ("二○一三年一月九号", "2013-01-09"),
        ("二〇二六年十一月二十日", "2026-11-20"), ("二〇二六年十二月三十一日", "2026-12-31"),
        ("二〇二六年十月十日", "2026-10-10"), ("2013.1.9", "2013-01-09"),
        ("2024-02-29", "2024-02-29"),
    ],
)  # fmt: skip
def test_chinese_numerals_and_old_books(text: str, day: str) -> None:
    assert stamp(text) == day


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("今天", "2026-11-20"), ("昨天", "2026-11-19"), ("前天", "2026-11-18"),
        ("明天", "2026-11-21"), ("后天", "2026-11-22"), ("大前天", "2026-11-17"),
        ("today", "2026-11-20"),
        ("Yesterday", "2026-11-19"), ("tomorrow", "2026-11-21"), ("今日", "2026-11-20"),
        ("今天 9:30", "2026-11-20 09:30:00"), ("今天9:30", "2026-11-20 09:30:00"),
        ("昨天下午3点", "2026-11-19 15:00:00"), ("昨晚8点", "2026-11-19 20:00:00"),
        ("今早8:05", "2026-11-20 08:05:00"), ("today 2pm", "2026-11-20 14:00:00"),
        ("yesterday 14:05", "2026-11-19 14:05:00"), ("14:05", "2026-11-20 14:05:00"),
        ("14:05:33", "2026-11-20 14:05:33"), ("１４：０５", "2026-11-20 14:05:00"),
        ("11月20日", "2026-11-20"), ("11月20日 下午2点", "2026-11-20 14:00:00"),
        ("11-20", "2026-11-20"), ("11/20", "2026-11-20"), ("11/20 9:05", "2026-11-20 09:05:00"),
        ("十一月二十日", "2026-11-20"), ("1月9日", "2026-01-09"), ("12月21日", "2026-12-21"),
        ("12月22日", "2025-12-22"), ("12-31", "2025-12-31"), ("周一", "2026-11-16"),
        ("周五", "2026-11-20"), ("星期日", "2026-11-22"), ("上周五", "2026-11-13"),
        ("上上周五", "2026-11-06"), ("下周一 9:00", "2026-11-23 09:00:00"),
        ("本周二", "2026-11-17"), ("周五14:05", "2026-11-20 14:05:00"),
        ("上个星期三上午九点", "2026-11-11 09:00:00"),
        ("这周日晚上7点", "2026-11-22 19:00:00"),
    ],
)  # fmt: skip
def test_what_only_a_person_at_the_keyboard_may_write(text: str, read: str) -> None:
    assert stamp(text, typed=True) == read
    with pytest.raises(Usage) as refused:
        read_moment(text)
    assert refused.value.faults[0].code == "date.unknown"


def test_in_january_december_is_last_year() -> None:
    now = dt.datetime(2027, 1, 4, 8, 0, tzinfo=TZ)
    assert stamp("12月30日", typed=True, now=now) == "2026-12-30"
    assert stamp("2月4日", typed=True, now=now) == "2027-02-04"
    assert stamp("2月5日", typed=True, now=now) == "2026-02-05"


@pytest.mark.parametrize(
    ("text", "code", "params"),
    [
        ("26.3.5", "date.two_digit_year", {}),
        ("24/3/5 10:00", "date.two_digit_year", {}),
        ("69-1-1", "date.two_digit_year", {}),
        ("13年1月9日", "date.two_digit_year", {}),
        ("03/04/2026", "date.ambiguous", {"first": "2026-03-04", "second": "2026-04-03"}),
        ("11-12-2026", "date.ambiguous", {"first": "2026-11-12", "second": "2026-12-11"}),
        ("11.12.2026 9:00", "date.ambiguous", {"first": "2026-11-12", "second": "2026-12-11"}),
        ("13/04/2026", "date.unknown", {}),
        ("5", "date.unknown", {}),
        ("2026", "date.unknown", {}),
        ("2026-3", "date.unknown", {}),
        ("2026年3月", "date.unknown", {}),
        ("45356", "date.unknown", {}),
        ("", "date.unknown", {}),
        ("   ", "date.unknown", {}),
        ("同上", "date.unknown", {}),
        ("CST", "date.unknown", {}),
        ("2026-03-05 08:30 CST", "date.unknown", {}),
        ("2024-W10-2", "date.unknown", {}),
        ("2026-03-05 8", "date.unknown", {}),
        ("2026年3月58:30", "date.unknown", {}),
        ("2026/3-5", "date.unknown", {}),
        ("2026-03-05 08:30 08:40", "date.unknown", {}),
        ("1" * 5000, "date.unknown", {}),
        ("2026-02-30", "date.impossible", {}),
        ("20260230", "date.impossible", {}),
        ("2026-13-01", "date.impossible", {}),
        ("2026年2月29日", "date.impossible", {}),
        ("2026-03-05 24:00", "date.impossible", {}),
        ("2026-03-05T24:00:00", "date.impossible", {}),
        ("2026-03-05 23:60", "date.impossible", {}),
        ("2026年3月5日24时", "date.impossible", {}),
        ("2026-03-05 上午14:05", "date.impossible", {}),
        ("2026-03-05 晚上12点", "date.impossible", {}),
        ("2026-03-05 上午8:30 pm", "date.impossible", {}),
        ("2026-03-05T08:30+99:00", "date.impossible", {}),
        ("0000-01-01", "date.impossible", {}),
        ("0026-03-05", "date.impossible", {}),
        ("9999-12-31T23:00-05:00", "date.impossible", {}),
        ("113.3.5", "date.minguo", {"year": 2024}),
        ("民国113.3.5", "date.minguo", {"year": 2024}),
        ("民國 113 年 3 月 5 日", "date.minguo", {"year": 2024}),
        ("民国113年", "date.minguo", {"year": 2024}),
        ("民国38年10月1日", "date.minguo", {"year": 1949}),
    ],
)
def test_refused_with_the_reason(text: str, code: str, params: dict[str, object]) -> None:
    for typed in (False, True):
        with pytest.raises(Usage) as refused:
            read_moment(text, NOW if typed else None)
        assert refused.value.faults[0].code == code
        assert refused.value.faults[0].params == {"value": text.strip()[:30], **params}


@pytest.mark.parametrize("text", ["14:05", "下午2点"])
def test_a_time_of_day_is_no_day(text: str) -> None:
    with pytest.raises(Usage):
        read_day(text, NOW)


@pytest.mark.parametrize(
    ("text", "first", "after"),
    [
        ("2026-11", "2026-11-01", "2026-12-01"), ("2026/12", "2026-12-01", "2027-01-01"),
        ("2026年11月", "2026-11-01", "2026-12-01"), ("2026年11月份", "2026-11-01", "2026-12-01"),
        ("二〇二六年十一月", "2026-11-01", "2026-12-01"),
        ("２０２６．３", "2026-03-01", "2026-04-01"),
        ("11月", "2026-11-01", "2026-12-01"), ("十二月", "2026-12-01", "2027-01-01"),
        ("last", "2026-10-01", "2026-11-01"), ("上月", "2026-10-01", "2026-11-01"),
        ("上个月", "2026-10-01", "2026-11-01"), ("this", "2026-11-01", "2026-12-01"),
        ("本月", "2026-11-01", "2026-12-01"), ("2026", "2026-01-01", "2027-01-01"),
        ("2026年", "2026-01-01", "2027-01-01"), ("去年", "2025-01-01", "2026-01-01"),
    ],
)  # fmt: skip
def test_months_and_years(text: str, first: str, after: str) -> None:
    assert [d.isoformat() for d in read_month(text, NOW)] == [first, after]


def test_last_month_in_january() -> None:
    now = dt.datetime(2027, 1, 1, tzinfo=TZ)
    assert read_month("last", now) == (dt.date(2026, 12, 1), dt.date(2027, 1, 1))


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("2026-13", "date.unknown_month"), ("0月", "date.unknown_month"), ("0026", "date.unknown_month"),
        ("26-3", "date.unknown_month"), ("11", "date.unknown_month"), ("", "date.unknown_month"),
        ("2026-11-20", "date.unknown_month"), ("next", "date.unknown_month"),
    ],
)  # fmt: skip
def test_no_month(text: str, code: str) -> None:
    with pytest.raises(Usage) as refused:
        read_month(text, NOW)
    assert refused.value.faults[0].code == code


@given(
    st.datetimes(dt.datetime(1900, 1, 1), dt.datetime(2199, 12, 31)),
    st.sampled_from(
        [
            "{0:%Y-%m-%d %H:%M:%S}", "{0:%Y-%m-%dT%H:%M:%S}", "{0:%Y-%m-%dT%H:%M:%S}+08:00",
            "{0.year}/{0.month}/{0.day} {0.hour}:{0:%M:%S}", "{0:%Y%m%d %H%M%S}",
            "{0.year}年{0.month}月{0.day}日 {0.hour}时{0.minute}分{0.second}秒",
            "{0.year}.{0.month}.{0.day} {0:%H:%M:%S}.{0:%f}",
        ]
    ),
    st.booleans(),
)  # fmt: skip
def test_what_is_written_is_read_back(at: dt.datetime, form: str, typed: bool) -> None:
    text = form.format(at)
    wide = text.translate({c: c + 0xFEE0 for c in map(ord, "0123456789:/")})
    wanted = Moment(at.replace(microsecond=0, tzinfo=TZ), True)
    assert read_moment(text, NOW if typed else None) == wanted
    assert read_moment(wide, NOW if typed else None) == wanted
    assert read_day(text, NOW if typed else None) == at.date()
    assert stored(text) == stored(wide) == (iso(wanted.at), True)


SIGNS = "0123456789-/.: TZ+年月日号时点分秒半十一二三〇上下午晚周今昨天民国"


@given(st.one_of(st.text(max_size=40), st.text(SIGNS, max_size=20)), st.booleans())
def test_whatever_is_written_is_read_or_refused(text: str, typed: bool) -> None:
    with suppress(Usage):
        read = read_moment(text, NOW if typed else None)
        assert read.at.tzinfo is TZ
        assert typed or read == read_moment(text, NOW)
        assert typed or stored(text) == (iso(read.at), read.has_time)
    with suppress(Usage):
        assert read_day(text, NOW if typed else None) == read_moment(text, NOW if typed else None).at.date()
    with suppress(Usage):
        first, after = read_month(text, NOW)
        assert first < after


@pytest.mark.parametrize(
    ("text", "span"),
    [
        ("5 days", Span(5, "day")), ("1 day", Span(1, "day")), ("3 workdays", Span(3, "workday")),
        ("20 minutes", Span(20, "minute")), ("24 hours", Span(24, "hour")),
        ("1 month", Span(1, "month")), ("1 week", Span(1, "week")), ("2wd", Span(2, "workday")),
        ("3d", Span(3, "day")), ("4h", Span(4, "hour")), ("30min", Span(30, "minute")),
        ("1mo", Span(1, "month")), ("1w", Span(1, "week")), ("same day", Span(0, "same day")),
        ("promptly", Span(0, "promptly")), ("3个工作日", Span(3, "workday")),
        ("5天", Span(5, "day")), ("24小时", Span(24, "hour")), ("30分钟", Span(30, "minute")),
        ("1个月", Span(1, "month")),
        ("一周", Span(1, "week")), ("三个工作日", Span(3, "workday")), ("十五日", Span(15, "day")),
        ("两个月", Span(2, "month")), ("当日", Span(0, "same day")), (" 5  DAYS ", Span(5, "day")),
    ],
)  # fmt: skip
def test_spans(text: str, span: Span) -> None:
    assert read_span(text) == span
    assert read_span(str(span)) == span


@pytest.mark.parametrize("text", ["", "5", "days", "0 days", "-1 days", "1.5 h", "5 ages", "5d 3h"])
def test_no_span(text: str) -> None:
    with pytest.raises(ValueError, match="not a span"):
        read_span(text)
