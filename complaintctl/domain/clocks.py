"""Every time limit that runs for a complaint: when it began, when it is due, whether it was met.

Pure: a complaint, a policy and a calendar in; clocks out. The present time is not known here, so a
running clock is never ``overdue`` here; the reader of the clock says that.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple

from .conditions import by_fact
from .fold import OLD, Complaint, Taken
from .policy import Limit, Policy
from .spans import Span, read_span
from .workdays import WorkCalendar

_LAST = dt.time(23, 59, 59)


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

    def state_at(self, now: dt.datetime) -> str:
        """The state as a person sees it now: a running clock past its time is overdue."""
        return (
            "overdue"
            if self.state == "running" and self.due_at and self.due_at < now
            else self.state
        )


def reach(
    span: Span, start: dt.datetime, calendar: WorkCalendar, *, roll: str, count_start: bool
) -> tuple[dt.datetime | None, bool]:
    """The last moment of a span that begins at ``start``, and whether it is provisional.

    Days end at 24:00 (民法典 203: 截止时间为二十四时); the day of receipt is not counted unless
    told (民法典 201); hours and minutes run by the clock.
    """
    match span.unit:
        case "promptly":
            return None, False
        case "minute" | "hour":
            return start + dt.timedelta(**{span.unit + "s": span.n}), False
    return _end(span, start.date(), start.tzinfo, calendar, roll, count_start)


@lru_cache(4096)  # in bulk the same days recur
def _end(
    span: Span,
    day: dt.date,
    zone: dt.tzinfo | None,
    calendar: WorkCalendar,
    roll: str,
    count_start: bool,
) -> tuple[dt.datetime, bool]:
    match span.unit:
        case "same day":
            return dt.datetime.combine(day, _LAST, zone), False
        case "workday":
            end = calendar.add_workdays(day, span.n, count_start=count_start)
        case "month":
            end = calendar.roll(calendar.add_months(day, span.n), roll)
        case unit:
            days = span.n * (7 if unit == "week" else 1)
            end = calendar.roll(calendar.add_days(day, days, count_start=count_start), roll)
    provisional = calendar.provisional(end) or (
        span.unit == "workday" and calendar.provisional(day)
    )
    return dt.datetime.combine(end, _LAST, zone), provisional


def clocks(state: Complaint, policy: Policy, calendar: WorkCalendar) -> list[Clock]:
    """All clocks of a complaint, round by round, in the order of the policy's limits.

    History starts no live clock: an old record has only those clocks that its dates can judge.
    """
    if state.voided:
        return []
    known = state.facts
    found: list[Clock] = []
    rounds = range(1 + (state.round if policy.reopen_restarts else 0))
    taken = [state.steps(round_) for round_ in rounds]
    for limit in policy.limits_on(known):
        for round_ in rounds:
            found += _run(limit, state, round_, taken[round_], known, policy, calendar)
    if state.origin == OLD:
        return [c for c in found if c.met_at or c.round > 0]
    return found


def _run(
    limit: Limit,
    state: Complaint,
    round_: int,
    steps: list[Taken],
    known: Mapping[str, Any],
    policy: Policy,
    calendar: WorkCalendar,
) -> list[Clock]:
    start = _start(limit, state, round_, steps)
    if start is None:
        return []
    if limit.attempts:
        return [_attempts(limit, round_, start, steps, known, state.rounds[round_][1])]
    first = earliest(limit, start, policy, calendar)
    valid = max(start, first) if first else start
    done: dict[int, Taken] = {}  # of what one event says only the first counts
    for taken in steps:
        if taken.step in limit.until and taken.at >= valid:
            done.setdefault(taken.seq, taken)
    made: list[Clock] = []
    each = iter(done.values())
    for part in range(1, limit.times + 1):
        met = next(each, None)
        if met is None and state.origin == OLD and round_ == 0:
            break  # it would be dropped: nothing to count
        span = limit.span(known)
        if part > 1:
            span = Span(span.n * part, span.unit)
        due, provisional = _due(limit, span, start, known, policy, calendar)
        due = _extended(limit, steps, due)
        # What is owed after the end (a call-back a month later) does not end with it.
        outlives = all(s in policy.steps and policy.steps[s].after_close for s in limit.until)
        ended = None if outlives else state.rounds[round_][1]
        made.append(
            Clock(
                limit.id if limit.times == 1 else f"{limit.id}/{part}",
                *(limit.origin, round_, start, due, met.at if met else None),
                _judge(due, met.at if met else None, ended),
                provisional,
            )
        )
    return made


def _attempts(
    limit: Limit,
    round_: int,
    start: dt.datetime,
    steps: list[Taken],
    known: Mapping[str, Any],
    ended: dt.datetime | None,
) -> Clock:
    """A limit on tries: late from the first one too many on, met by an end without it."""
    tries = [t for t in steps if t.step in limit.until]
    most = by_fact(limit.attempts, known)
    over = tries[int(most)].at if most and len(tries) > most else None
    met = over or (ended if tries else None)
    state = "late" if over else ("met" if tries else "void") if ended else "running"
    return Clock(limit.id, limit.origin, round_, start, None, met, state)


def _start(limit: Limit, state: Complaint, round_: int, steps: list[Taken]) -> dt.datetime | None:
    if "received" in limit.since:
        return state.rounds[round_][0]
    return next((t.at for t in steps if t.step in limit.since), None)


def _due(
    limit: Limit,
    span: Span,
    start: dt.datetime,
    known: Mapping[str, Any],
    policy: Policy,
    calendar: WorkCalendar,
) -> tuple[dt.datetime | None, bool]:
    if limit.due_field:
        promised = str(known.get(limit.due_field) or "")
        if not promised or promised[11:] not in ("", "00:00:00+08:00"):
            return (dt.datetime.fromisoformat(promised) if promised else None), False
        day = dt.date.fromisoformat(promised[:10])
        return dt.datetime.combine(day, _LAST, start.tzinfo), False
    count = policy.count_receipt_day if limit.count_receipt_day is None else limit.count_receipt_day
    return reach(span, start, calendar, roll=limit.roll or policy.roll, count_start=count)


def earliest(
    limit: Limit, start: dt.datetime, policy: Policy, calendar: WorkCalendar
) -> dt.datetime | None:
    """The first moment at which the limit can be met, where the text sets one (``not_before``)."""
    if not limit.not_before:
        return None
    span = read_span(limit.not_before)
    end, _ = reach(span, start, calendar, roll="none", count_start=False)
    if end and span.unit not in ("minute", "hour"):
        return dt.datetime.combine(end.date(), dt.time(), start.tzinfo)
    return end


def _extended(limit: Limit, steps: list[Taken], due: dt.datetime | None) -> dt.datetime | None:
    """The due time after the extensions recorded for this limit."""
    for taken in steps:
        if due and taken.step == "extended" and taken.fields.get("limit") == limit.id:
            until = dt.date.fromisoformat(str(taken.fields["until"])[:10])
            due = dt.datetime.combine(until, _LAST, due.tzinfo)
    return due


def _judge(due: dt.datetime | None, met: dt.datetime | None, ended: dt.datetime | None) -> str:
    if met:
        return "late" if due and met > due else "met"
    if ended:
        return "late" if due and ended > due else "void"
    return "running"


@dataclass(frozen=True)
class Line:
    """One line of a derivation. ``what``: start, day (counted, its ordinal in ``n``), skip, end,
    extended, not_before. ``why`` is the calendar's word (rest, off, makeup, work, receipt),
    ``name`` the holiday.
    """

    what: str
    day: dt.datetime | dt.date
    n: int = 0
    why: str = ""
    name: str = ""


def derive(
    limit: Limit, clock: Clock, state: Complaint, policy: Policy, calendar: WorkCalendar
) -> list[Line]:
    """How the due time came about: start, every day that was skipped and why, the result."""
    lines = [Line("start", clock.since)]
    first = earliest(limit, clock.since, policy, calendar)
    if first:
        lines.append(Line("not_before", first))
    span = limit.span(state.facts)
    part = int(clock.limit.partition("/")[2] or 1)
    count = policy.count_receipt_day if limit.count_receipt_day is None else limit.count_receipt_day
    if not limit.due_field:
        lines += _walk(
            Span(span.n * part, span.unit),
            clock.since.date(),
            calendar,
            roll=limit.roll or policy.roll,
            count_start=count,
        )
    for taken in state.steps(clock.round):
        if taken.step == "extended" and taken.fields.get("limit") == limit.id:
            lines.append(Line("extended", dt.date.fromisoformat(str(taken.fields["until"])[:10])))
    if clock.due_at:
        lines.append(Line("end", clock.due_at))
    return lines


def _walk(
    span: Span, day: dt.date, calendar: WorkCalendar, *, roll: str, count_start: bool
) -> list[Line]:
    """The days from the start: counted or skipped (working days), or the roll off a rest day."""
    if span.unit not in ("workday", "day", "week", "month"):
        return []
    lines, n, one = [], 0, dt.timedelta(days=1)
    if not count_start:
        lines.append(Line("skip", day, 0, "receipt"))
        day += one
    if span.unit == "workday":
        while n < span.n:
            why, name = calendar.why(day)
            if calendar.is_workday(day):
                n += 1
                lines.append(Line("day", day, n, why, name))
            else:
                lines.append(Line("skip", day, 0, why, name))
            day += one
        return lines
    start = day if count_start else day - one
    size = span.n * (7 if span.unit == "week" else 1)
    end = (
        calendar.add_months(start, span.n)
        if span.unit == "month"
        else calendar.add_days(start, size, count_start=count_start)
    )
    lines.append(Line("day", end, span.n, *calendar.why(end)))
    step = {"forward": one, "backward": -one}.get(roll)
    while step and not calendar.is_workday(end):
        end += step
        if not calendar.is_workday(end):
            lines.append(Line("skip", end, 0, *calendar.why(end)))
    return lines
