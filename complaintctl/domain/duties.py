"""What the office owes by the calendar: reception days, boxes, bulletins (RFC 5545)."""

import datetime as dt
from collections.abc import Collection
from itertools import pairwise

from .policy import Duty
from .workdays import WorkCalendar

Days = Collection[dt.date]


def occasions(
    duty: Duty, calendar: WorkCalendar, first: dt.date, last: dt.date, done: Days, began: dt.date
) -> dict[dt.date, dt.date]:
    """The days between first and last (both included) on which the duty falls, in order, each with
    the day planned before it moved off a rest day.

    ``began`` is the day from which recurring dates without a fixed weekday or day of the month are
    counted; ``done`` are the days on which it was done.
    """
    if not duty.rrule:
        return {}
    from dateutil.rrule import rrulestr

    counted = max(done, default=None) if duty.start == "last" else None
    rule = rrulestr(duty.rrule, dtstart=_midnight(counted or began))
    # A date can roll over a long holiday into the window, so look a fortnight around it.
    far = dt.timedelta(days=14)
    moments = rule.between(_midnight(first - far), _midnight(last + far), inc=True)
    days = [moment.date() for moment in moments if moment.date() != counted]
    # Of dates that roll off the same holiday only the first is an occasion.
    planned = {calendar.roll(day, duty.roll): day for day in reversed(days)}
    found = sorted(day for day in planned if first <= day <= last)
    return {day: planned[day] for day in (found[:1] if counted else found)}


def _midnight(day: dt.date) -> dt.datetime:
    return dt.datetime.combine(day, dt.time())


def owed(
    duty: Duty, calendar: WorkCalendar, today: dt.date, until: dt.date, done: Days, began: dt.date
) -> list[dt.date]:
    """Occasions not yet kept: the latest missed one and those up to ``until``.

    An occasion is kept by a record on its day or after it, before the next one; one that was missed
    before the last record is past.
    """
    first = max(began, today - dt.timedelta(days=400))
    planned = occasions(duty, calendar, first, until, done, began)
    pairs = pairwise([*planned, dt.date.max])
    open_ = [day for day, end in pairs if not any(min(day, planned[day]) <= d < end for d in done)]
    missed = [day for day in open_ if max(done, default=dt.date.min) < day < today]
    return missed[-1:] + [day for day in open_ if day >= today]
