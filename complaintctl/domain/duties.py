"""What the office owes by the calendar: reception days, boxes, bulletins (RFC 5545)."""

import datetime as dt
from collections.abc import Collection
from itertools import pairwise
from typing import NamedTuple

from .policy import Duty
from .workdays import WorkCalendar

Days = Collection[dt.date]


class Occasion(NamedTuple):
    """One date on which a duty is owed, and the date planned before it moved off a rest day."""

    day: dt.date
    planned: dt.date


_NEVER = Occasion(dt.date.max, dt.date.max)


def occasions(
    duty: Duty, calendar: WorkCalendar, first: dt.date, last: dt.date, done: Days, began: dt.date
) -> list[Occasion]:
    """The dates between first and last (both included) on which the duty falls.

    ``began`` is the day from which recurring dates without a fixed weekday or day of the month are
    counted; ``done`` are the days on which it was done.
    """
    if not duty.rrule:
        return []
    from dateutil.rrule import rrulestr

    counted = max(done, default=None) if duty.start == "last" else None
    rule = rrulestr(duty.rrule, dtstart=_midnight(counted or began))
    # A date can roll over a long holiday into the window, so look a fortnight around it.
    far = dt.timedelta(days=14)
    moments = rule.between(_midnight(first - far), _midnight(last + far), inc=True)
    days = (moment.date() for moment in moments)
    every = [Occasion(calendar.roll(day, duty.roll), day) for day in days if day != counted]
    # Of dates that roll off the same holiday only the first is an occasion.
    found = {occasion.day: occasion for occasion in reversed(every)}
    dates = sorted(occasion for day, occasion in found.items() if first <= day <= last)
    return dates[:1] if counted else dates


def _midnight(day: dt.date) -> dt.datetime:
    return dt.datetime.combine(day, dt.time())


def owed(
    duty: Duty, calendar: WorkCalendar, today: dt.date, until: dt.date, done: Days, began: dt.date
) -> list[Occasion]:
    """Occasions not yet kept: the latest missed one and those up to ``until``.

    An occasion is kept by a record on its day or after it, before the next one; one that was missed
    before the last record is past.
    """
    first = max(began, today - dt.timedelta(days=400))
    pairs = pairwise([*occasions(duty, calendar, first, until, done, began), _NEVER])
    open_ = [one for one, after in pairs if not any(min(one) <= day < after.day for day in done)]
    missed = [one for one in open_ if max(done, default=dt.date.min) < one.day < today]
    return missed[-1:] + [one for one in open_ if one.day >= today]
