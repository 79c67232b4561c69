"""What the office owes by the calendar: reception days, boxes, bulletins. RFC 5545 read by
dateutil."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

from .policy import Duty
from .workdays import WorkCalendar


@dataclass(frozen=True)
class Occasion:
    """One date on which a duty is owed; ``rolled`` when it moved off a rest day."""

    duty: str
    day: dt.date
    planned: dt.date


def occasions(
    duty: Duty,
    calendar: WorkCalendar,
    first: dt.date,
    last: dt.date,
    done: Iterable[dt.date] = (),
    began: dt.date | None = None,
) -> list[Occasion]:
    """The dates between first and last (both included) on which the duty falls.

    ``began`` is the day the policy was adopted, from which recurring dates without a fixed weekday
    or
    day of the month are counted; ``done`` are the days on which it was done.
    """
    if not duty.rrule:
        return []
    from dateutil.rrule import rrulestr

    counted = max(done, default=None) if duty.start == "last" else None
    start = counted or began or first
    rule = rrulestr(duty.rrule, dtstart=dt.datetime.combine(start, dt.time()))
    found: list[Occasion] = []
    # A date can roll over a long holiday into the window, so look a fortnight before it.
    for moment in rule.between(
        dt.datetime.combine(first - dt.timedelta(days=14), dt.time()),
        dt.datetime.combine(last, dt.time()),
        inc=True,
    ):
        planned = moment.date()
        day = calendar.roll(planned, duty.roll) if duty.roll else planned
        # Two dates that roll off the same holiday are one occasion.
        if first <= day <= last and planned != counted and (not found or found[-1].day != day):
            found.append(Occasion(duty.id, day, planned))
    return found[:1] if counted else found


def owed(
    duty: Duty,
    calendar: WorkCalendar,
    today: dt.date,
    until: dt.date,
    done: Iterable[dt.date],
    began: dt.date,
) -> list[Occasion]:
    """Occasions not yet kept: the latest missed one and those up to ``until``.

    An occasion is kept by a record on its day or after it, before the next one; one that was missed
    before the last record is past.
    """
    kept = sorted(done)
    every = occasions(
        duty, calendar, max(began, today - dt.timedelta(days=400)), until, kept, began
    )
    open_ = []
    for index, occasion in enumerate(every):
        following = every[index + 1].day if index + 1 < len(every) else dt.date.max
        if not any(min(occasion.day, occasion.planned) <= day < following for day in kept):
            open_.append(occasion)
    missed = [o for o in open_ if o.day < today and o.day > max(kept, default=dt.date.min)]
    return missed[-1:] + [o for o in open_ if o.day >= today]
