"""Every time limit that runs for a complaint: when it began, when it is due, whether it was met.

The present time is not known here: only the reader of a running clock says that it is ``overdue``.
"""

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from itertools import product
from typing import Any, NamedTuple

from ..clock import TZ, evening, instant, iso
from .conditions import Table, by_fact
from .fold import OLD, Complaint, T, Taken
from .policy import Limit, Policy
from .spans import Span, read_span
from .workdays import WorkCalendar

BY_CLOCK = ("minute", "hour")
ONE = dt.timedelta(days=1)
Due = tuple[dt.datetime | None, bool]  # the last moment, and whether it is provisional


class Clock(NamedTuple):
    """One limit on one complaint. ``due_at`` None: the text gives no number (at once).

    ``state``: running, met, late (met or closed after the due time), void (closed before it was
    due).
    """

    limit: str
    policy: str
    round: int
    since: dt.datetime
    due_at: dt.datetime | None
    met_at: dt.datetime | None
    state: str
    provisional: bool = False


def state_at(state: str, due: dt.datetime | None, now: dt.datetime) -> str:
    """A clock's state as a person sees it now: running past its due time it is overdue."""
    return "overdue" if state == "running" and due and due < now else state


def reach(
    span: Span, start: dt.datetime, calendar: WorkCalendar, roll: str = "none", count: bool = False
) -> Due:
    """The last moment of a span that begins at ``start``, and whether it is provisional.

    Days end at 24:00 (民法典 203: 截止时间为二十四时); the day of receipt is not counted unless
    told to ``count`` it (民法典 201); hours and minutes run by the clock.
    """
    if span.unit == "promptly":
        return None, False
    if span.unit in BY_CLOCK:
        return start + dt.timedelta(**{span.unit + "s": span.n}), False
    return _end(span, start.date(), calendar, roll, count)


@lru_cache(4096)  # in bulk the same days recur
def _end(span: Span, day: dt.date, calendar: WorkCalendar, roll: str, count: bool) -> Due:
    if span.unit == "same day":
        return evening(day), False
    end = calendar.roll(_planned(span, day, calendar, count), roll)
    unsure = calendar.provisional(end) or (span.unit == "workday" and calendar.provisional(day))
    return evening(end), unsure


def _planned(span: Span, day: dt.date, calendar: WorkCalendar, count: bool) -> dt.date:
    """The last of so many days, weeks or months, which may yet roll off a rest day."""
    if span.unit == "workday":
        return calendar.add_workdays(day, span.n, count_start=count)
    if span.unit == "month":
        return calendar.add_months(day, span.n)
    return day + dt.timedelta(days=span.n * (7 if span.unit == "week" else 1) - count)


def clocks(state: Complaint, policy: Policy, calendar: WorkCalendar) -> list[Clock]:
    """All clocks of a complaint, round by round, in the order of the policy's limits.

    History starts no live clock: an old record has only those clocks that its dates can judge.
    """
    if state.voided:
        return []
    rounds = range(len(state.rounds) if policy.reopen_restarts else 1)
    runs = product(policy.limits_on(state.facts), rounds)
    found = (c for limit, n in runs for c in _clocks(limit, n, state, policy, calendar))
    return [clock for clock in found if clock.met_at or clock.round or state.origin != OLD]


def _clocks(
    limit: Limit, number: int, state: Complaint, policy: Policy, calendar: WorkCalendar
) -> Iterator[Clock]:
    """The clocks of a limit in one round: one, or as many as it has ``times``."""
    round_ = state.rounds[number]
    steps, ended = round_.steps, round_.ended
    begun = (t.at for t in steps if t.step in limit.since)
    start = round_.since if "received" in limit.since else next(begun, None)
    if start is None:
        return
    tries = [t for t in steps if t.step in limit.until]
    if limit.attempts:  # late from the first one too many on, met by an end without it
        most = by_fact(limit.attempts, state.facts) or len(tries)
        over = next((t.at for t in tries[int(most) :]), None)
        met = over or (ended if tries else None)
        told = "late" if over else judge(None, met, ended)
        yield Clock(limit.id, limit.origin, number, start, None, met, told)
        return
    if policy.lasting.issuperset(limit.until):  # a call-back a month later: no end ends it
        ended = None
    valid = max(start, earliest(limit, start, calendar) or start)
    first: dict[int, dt.datetime] = {}  # of what one event says only the first step counts
    for taken in tries:
        if taken.at >= valid:
            first.setdefault(taken.seq, taken.at)
    done = iter(first.values())
    for part in range(1, limit.times + 1):
        name = limit.id if limit.times == 1 else f"{limit.id}/{part}"
        due, unsure = _due(limit, part, start, state.facts, calendar)
        if due and (moved := _extensions(limit, steps)):
            due = evening(moved[-1])
        met = next(done, None)
        yield Clock(name, limit.origin, number, start, due, met, judge(due, met, ended), unsure)


def _due(limit: Limit, part: int, start: dt.datetime, facts: Table, calendar: WorkCalendar) -> Due:
    """When a part of the limit is due before any extension, and if provisionally."""
    if not limit.due_field:
        span = limit.span(facts, part)
        return reach(span, start, calendar, limit.roll, limit.count_receipt_day)
    at = dt.datetime.fromisoformat(text) if (text := facts.get(limit.due_field)) else None
    return evening(at) if at and at.time() == dt.time() else at, False


def _extensions(limit: Limit, steps: Iterable[Taken]) -> list[dt.date]:
    """The days to which the limit was moved, one after another."""
    moves = [t.fields for t in steps if t.step == "extended" and t.fields.get("limit") == limit.id]
    return [dt.date.fromisoformat(str(move["until"])[:10]) for move in moves]


def earliest(limit: Limit, start: dt.datetime, calendar: WorkCalendar) -> dt.datetime | None:
    """The first moment at which the limit can be met, where the text sets one (``not_before``)."""
    if not limit.not_before:
        return None
    span = read_span(limit.not_before)
    end, _ = reach(span, start, calendar)
    return end if not end or span.unit in BY_CLOCK else dt.datetime.combine(end, dt.time(), TZ)


def judge(due: T | None, met: T | None, ended: T | None = None) -> str:
    """The state of a clock, in whatever comparable form its moments are."""
    end = met or ended
    if end and due and end > due:
        return "late"
    return "met" if met else "void" if ended else "running"


def judged(
    policy: Policy, facts: Table, received: str, done: Mapping[str, str], calendar: WorkCalendar
) -> list[tuple[Any, ...]] | None:
    """What ``clocks`` finds for an old record, from the stored form of its dates, which sorts as
    moments do: many times a second more, and ready for the table (round, limit, policy, since,
    due, met, state, provisional). None where a limit asks for more than a date. ``verify`` holds
    the two together.

    Only what the steps ``done`` have met is judged; of an old record none is before the receipt.
    """
    found, midnight = [], f"{received[:10]}T00:00:00+08:00"
    for limit in policy.limits_on(facts):
        if not limit.plain:
            return None
        if met := min(filter(None, map(done.get, limit.until)), default=None):
            within = by_fact(limit.within, facts, "promptly")
            since = received if read_span(within).unit in BY_CLOCK else midnight
            due, unsure = _stored(limit, within, since, calendar)
            found.append((0, limit.id, limit.origin, received, due, met, judge(due, met), unsure))
    return found


@lru_cache(4096)  # the same days recur
def _stored(limit: Limit, within: str, at: str, calendar: WorkCalendar) -> tuple[str | None, int]:
    span, start = read_span(within), instant(at)
    due, unsure = reach(span, start, calendar, limit.roll, limit.count_receipt_day)
    return iso(due) if due else None, int(unsure)  # a number is bound faster than a truth value


def derive(limit: Limit, clock: Clock, state: Complaint, calendar: WorkCalendar) -> list[Table]:
    """How the due time came about: start, every day that was skipped and why, the result."""
    lines = [_line("start", clock.since)]
    if first := earliest(limit, clock.since, calendar):
        lines.append(_line("not_before", first))
    if not limit.due_field:
        span = limit.span(state.facts, int(clock.limit.partition("/")[2] or 1))
        lines += _walk(span, clock.since.date(), limit, calendar)
    lines += [_line("extended", day) for day in _extensions(limit, state.rounds[clock.round].steps)]
    return [*lines, _line("end", clock.due_at)] if clock.due_at else lines


def _walk(span: Span, day: dt.date, limit: Limit, calendar: WorkCalendar) -> Iterator[Table]:
    """The days from the start: counted or skipped (working days), or the roll off a rest day."""
    if span.unit in BY_CLOCK or not span.n:
        return
    n, count = 0, limit.count_receipt_day
    if not count:
        yield _line("skip", day, why="receipt")
    end = _planned(span, day, calendar, count)
    if span.unit == "workday":
        day -= ONE * count
        while day < end:
            day += ONE
            works = calendar.is_workday(day)
            n += works
            yield _line("day" if works else "skip", day, n * works, *calendar.why(day))
        return
    yield _line("day", end, span.n, *calendar.why(end))
    last = calendar.roll(end, limit.roll)
    while abs(last - end) > ONE:
        end += ONE if last > end else -ONE
        yield _line("skip", end, 0, *calendar.why(end))


def _line(what: str, day: dt.date, n: int = 0, why: str = "", name: str = "") -> Table:
    """One line of a derivation. ``what``: start, day (counted, its ordinal in ``n``), skip, end,
    extended, not_before. ``why`` is the calendar's word (rest, off, makeup, work, receipt),
    ``name`` the holiday."""
    return {"what": what, "day": day, "n": n, "why": why, "name": name}
