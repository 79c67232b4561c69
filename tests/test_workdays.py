"""Working days: twenty years of State Council notices, and the dates deadlines rest on."""

from __future__ import annotations

import datetime as dt
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from complaintctl.clock import TZ
from complaintctl.domain.clocks import reach
from complaintctl.domain.spans import Span
from complaintctl.domain.workdays import WorkCalendar
from complaintctl.services.rules import announced_years, state_council_days

NOTICES = Path(__file__).parent / "data" / "workdays.txt"
DAY = dt.timedelta(days=1)


@cache
def calendar() -> WorkCalendar:
    years = announced_years()
    return WorkCalendar(state_council_days(years), years)


def day(text: str) -> dt.date:
    return dt.date.fromisoformat(text)


def workdays_between(a: dt.date, b: dt.date) -> int:
    """How many working days lie in (a, b], by walking."""
    return sum(calendar().is_workday(a + n * DAY) for n in range(1, (b - a).days + 1))


def exceptions() -> dict[dt.date, bool]:
    """The noticed days that are not as the weekday says: date -> works."""
    found = {}
    for line in NOTICES.read_text("utf-8").splitlines():
        if not line.startswith("#"):
            year, days = line.split(": ")
            for part, works in zip(days.split("|"), (False, True), strict=True):
                found.update({day(f"{year}-{d[:2]}-{d[2:]}"): works for d in part.split()})
    return found


def test_every_day_of_twenty_years_is_as_the_notices_say() -> None:
    known = exceptions()
    today, wrong = dt.date(2007, 1, 1), []
    while today.year < 2027:
        if calendar().is_workday(today) != known.get(today, today.weekday() < 5):
            wrong.append(today)
        today += DAY
    assert wrong == []


def test_the_announced_years_are_known() -> None:
    assert set(announced_years()) >= set(range(2007, 2027))
    assert all(state_council_days([year]) for year in announced_years())


def test_a_year_without_a_notice_is_not_invented() -> None:
    years = announced_years()
    assert max(state_council_days(years)) <= dt.date(max(years), 12, 31)
    assert state_council_days([]) == {}


def test_only_days_of_the_year_and_each_with_a_name() -> None:
    for year in announced_years():
        for date, (kind, name) in state_council_days([year]).items():
            assert date.year == year
            assert kind in ("off", "work")
            assert name not in ("", "调休")
            assert kind == "off" or date.weekday() >= 5


@pytest.mark.parametrize(
    ("date", "reason"),
    [
        ("2026-11-20", ("work", "")),
        ("2026-11-21", ("rest", "")),
        ("2026-02-14", ("makeup", "春节")),
        ("2026-02-16", ("off", "春节")),
        ("2026-02-20", ("off", "春节调休")),
        ("2026-05-02", ("off", "劳动节")),
        ("2026-02-21", ("rest", "")),
        ("2007-12-31", ("off", "元旦调休")),
        ("2006-12-30", ("makeup", "元旦")),
        ("2020-10-08", ("off", "中秋节、国庆节调休")),
        ("2020-01-19", ("makeup", "春节")),
    ],
)
def test_why(date: str, reason: tuple[str, str]) -> None:
    assert calendar().why(day(date)) == reason


@pytest.mark.parametrize(
    ("start", "n", "excluded", "included"),
    [
        ("2026-11-20", 3, "2026-11-25", "2026-11-24"),
        ("2026-11-23", 3, "2026-11-26", "2026-11-25"),
        ("2026-02-12", 3, "2026-02-24", "2026-02-14"),
        ("2026-02-13", 5, "2026-02-27", "2026-02-26"),
        ("2026-02-14", 3, "2026-02-26", "2026-02-25"),
        ("2026-02-15", 3, "2026-02-26", "2026-02-26"),
        ("2026-09-18", 3, "2026-09-22", "2026-09-21"),
        ("2026-09-19", 3, "2026-09-22", "2026-09-22"),
        ("2026-09-24", 3, "2026-09-30", "2026-09-29"),
        ("2026-09-29", 5, "2026-10-12", "2026-10-10"),
        ("2026-04-29", 10, "2026-05-15", "2026-05-14"),
        ("2025-01-24", 3, "2025-02-05", "2025-01-27"),
    ],
)
def test_limits_in_working_days(start: str, n: int, excluded: str, included: str) -> None:
    assert calendar().add_workdays(day(start), n) == day(excluded)
    assert calendar().add_workdays(day(start), n, count_start=True) == day(included)
    assert not calendar().provisional(day(excluded))


def test_past_the_last_notice_a_date_is_counted_and_provisional() -> None:
    known = WorkCalendar(state_council_days([2026]), [2026])
    due = known.add_workdays(day("2026-12-30"), 3)
    assert due == day("2027-01-05")  # New Year's Day is a holiday even without a notice
    assert known.provisional(due)
    assert not known.provisional(day("2026-12-31"))
    assert known.add_workdays(day("2026-12-18"), 10) == day("2027-01-04")


def test_holidays_known_by_law_before_the_notice() -> None:
    bare = WorkCalendar({}, [])
    off = {
        "2027-01-01": "元旦", "2027-05-01": "劳动节", "2027-05-02": "劳动节",
        "2024-05-01": "劳动节", "2027-10-01": "国庆节", "2027-10-02": "国庆节",
        "2027-10-03": "国庆节",
    }  # fmt: skip
    assert {text: bare.why(day(text)) for text in off} == {t: ("off", n) for t, n in off.items()}
    assert bare.is_workday(day("2024-05-02"))
    assert bare.is_workday(day("2027-10-04"))
    assert bare.is_workday(day("2028-05-03"))


def test_a_day_set_by_hand_always_wins() -> None:
    known = WorkCalendar(
        {day("2027-01-01"): ("work", "值班"), day("2027-01-02"): ("work", "值班"),
         day("2027-01-04"): ("off", "三月三")}, [])  # fmt: skip
    assert known.why(day("2027-01-01")) == ("work", "值班")
    assert known.why(day("2027-01-02")) == ("makeup", "值班")
    assert known.add_workdays(day("2027-01-02"), 1) == day("2027-01-05")
    assert known.why(dt.datetime(2027, 1, 4, 9, 0)) == ("off", "三月三")


def last_day(span: Span, start: str, *, count: bool = False) -> dt.date:
    end, _ = reach(span, dt.datetime.combine(day(start), dt.time(9), TZ), calendar(), count=count)
    assert end
    return end.date()


@pytest.mark.parametrize(
    ("start", "n", "literal", "forward", "backward"),
    [
        ("2026-11-20", 5, "2026-11-25", "2026-11-25", "2026-11-25"),
        ("2026-09-28", 5, "2026-10-03", "2026-10-08", "2026-09-30"),
        ("2026-02-10", 5, "2026-02-15", "2026-02-24", "2026-02-14"),
        ("2026-09-15", 5, "2026-09-20", "2026-09-20", "2026-09-20"),
        ("2026-03-06", 15, "2026-03-21", "2026-03-23", "2026-03-20"),
        ("2026-03-06", 60, "2026-05-05", "2026-05-06", "2026-04-30"),
    ],
)
def test_limits_in_calendar_days(
    start: str, n: int, literal: str, forward: str, backward: str
) -> None:
    end = last_day(Span(n, "day"), start)
    assert end == day(literal)
    assert calendar().roll(end, "none") == end
    assert calendar().roll(end, "forward") == day(forward)
    assert calendar().roll(end, "backward") == day(backward)
    assert last_day(Span(n + 1, "day"), start, count=True) == end


@pytest.mark.parametrize(
    ("start", "n", "end"),
    [
        ("2026-01-31", 1, "2026-02-28"),
        ("2024-01-31", 1, "2024-02-29"),
        ("2026-11-30", 3, "2027-02-28"),
        ("2026-03-31", -1, "2026-02-28"),
        ("2026-12-15", 1, "2027-01-15"),
        ("2026-05-20", 24, "2028-05-20"),
        ("2026-05-20", 0, "2026-05-20"),
    ],
)
def test_months_end_where_the_month_ends(start: str, n: int, end: str) -> None:
    assert calendar().add_months(day(start), n) == day(end)


def test_months_agree_with_dateutil() -> None:
    from dateutil.relativedelta import relativedelta

    for offset in range(0, 1500, 7):
        start = dt.date(1999, 1, 1) + offset * DAY
        for n in (-13, -1, 1, 2, 12, 25):
            assert calendar().add_months(start, n) == start + relativedelta(months=n)


def test_working_days_of_a_month() -> None:
    firsts = [dt.date(2026, month, 1) for month in range(1, 13)]
    counts = [workdays_between(first - DAY, calendar().add_months(first, 1) - DAY) for first in firsts]
    assert counts == [21, 16, 22, 21, 19, 21, 23, 21, 22, 18, 21, 23]


def test_beyond_the_calendar() -> None:
    with pytest.raises(ValueError):
        calendar().add_workdays(dt.date(9999, 12, 30), 5)
    with pytest.raises(ValueError):
        calendar().add_workdays(dt.date(1, 1, 2), -5)


dates = st.dates(dt.date(2001, 1, 1), dt.date(2029, 12, 31))


@given(dates, st.integers(1, 400))
def test_n_working_days_on_lie_n_working_days(start: dt.date, n: int) -> None:
    end = calendar().add_workdays(start, n)
    assert calendar().is_workday(end)
    assert workdays_between(start, end) == n
    assert workdays_between(start, end - DAY) == n - 1
    assert calendar().add_workdays(end + DAY, -n - 1) < start + DAY


@given(dates, st.integers(1, 60))
def test_counting_agrees_with_walking(start: dt.date, n: int) -> None:
    for step in (1, -1):
        at, left = start, n
        while left:
            at += step * DAY
            left -= calendar().is_workday(at)
        assert calendar().add_workdays(start, step * n) == at
        counted = calendar().add_workdays(start, step * n, count_start=True)
        earlier = calendar().add_workdays(start, step * (n - 1)) if n > 1 else start
        assert counted == (earlier if calendar().is_workday(start) else at)


@given(dates)
def test_rolling_never_skips_a_working_day(date: dt.date) -> None:
    later, sooner = calendar().roll(date, "forward"), calendar().roll(date, "backward")
    assert sooner <= date <= later
    assert calendar().is_workday(later)
    assert calendar().is_workday(sooner)
    assert (sooner == later) == calendar().is_workday(date)
    assert workdays_between(sooner, later) in (0, 1)
