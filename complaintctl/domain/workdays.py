"""Which days work, and how days are counted (Civil Code, articles 201 and 203).

Pure: the exceptional days are handed in, nothing here knows a ledger or a library.
A year without a State Council notice still counts, and says that it is provisional.
"""

from __future__ import annotations

import datetime as dt
from bisect import bisect_left, bisect_right
from collections.abc import Collection, Mapping

Reason = tuple[str, str]

_MONTH_DAYS = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
_ROLL = {"forward": 1, "backward": -1, "none": 0}
_WORK: Reason = ("work", "")
_REST: Reason = ("rest", "")


def legal_holiday(day: dt.date) -> str:
    """The holiday that falls on this date by law, whatever the year's notice will say; else "".

    Lunar holidays are not among them: their dates are fixed by the notice.
    """
    if (day.month, day.day) == (1, 1):
        return "元旦"
    if day.month == 5 and day.day <= (2 if day.year >= 2025 else 1):
        return "劳动节"
    if day.month == 10 and day.day <= 3:
        return "国庆节"
    return ""


class WorkCalendar:
    """One office's calendar: Monday to Friday, except the days handed in, which always win."""

    def __init__(self, days: Mapping[dt.date, Reason], announced: Collection[int]) -> None:
        """``days``: date -> (``off`` or ``work``, name); ``announced``: years with a notice."""
        self._days = {day.toordinal(): entry for day, entry in days.items()}
        self._announced = frozenset(announced)
        self._years: dict[int, list[int]] = {}
        self._known: dict[tuple[int, int, bool], dt.date] = {}

    def why(self, day: dt.date) -> Reason:
        """(code, name): ``work``, ``rest`` (weekend), ``off``, ``makeup`` (weekend worked)."""
        entry = self._days.get(day.toordinal())
        weekend = day.weekday() >= 5
        if entry is not None:
            kind, name = entry
            if kind == "off":
                return "off", name
            return ("makeup" if weekend else "work"), name
        if day.year not in self._announced and (name := legal_holiday(day)):
            return "off", name
        return _REST if weekend else _WORK

    def is_workday(self, day: dt.date) -> bool:
        return self.why(day)[0] in ("work", "makeup")

    def provisional(self, day: dt.date) -> bool:
        """True where the year's notice is not known yet, so that the answer may still change."""
        return day.year not in self._announced

    def add_workdays(self, start: dt.date, n: int, *, count_start: bool = False) -> dt.date:
        """The n-th working day after ``start`` (before it, for a negative n; ``start`` for 0).

        The day of receipt is not counted, unless ``count_start``: then it is day 1 if it works.
        Raises OverflowError beyond the calendar (year 1 to 9999).
        """
        key = (start.toordinal(), n, count_start)
        found = self._known.get(key)
        if found is None:
            found = self._known[key] = self._count(key[0], start.year, n, count_start)
        return found

    def _count(self, start: int, year: int, n: int, count_start: bool) -> dt.date:
        if n == 0:
            return dt.date.fromordinal(start)
        days = self._working(year)
        if n > 0:
            place = (bisect_left if count_start else bisect_right)(days, start) + n - 1
            while place >= len(days):
                place -= len(days)
                year += 1
                days = self._working(year)
        else:
            place = (bisect_right if count_start else bisect_left)(days, start) + n
            while place < 0:
                year -= 1
                days = self._working(year)
                place += len(days)
        return dt.date.fromordinal(days[place])

    def _working(self, year: int) -> list[int]:
        """The ordinals of the year's working days, in order; made once, when first asked for."""
        days = self._years.get(year)
        if days is None:
            if not dt.MINYEAR <= year <= dt.MAXYEAR:
                raise OverflowError(f"no calendar for the year {year}")
            span = range(dt.date(year, 1, 1).toordinal(), dt.date(year, 12, 31).toordinal() + 1)
            days = [n for n in span if self.is_workday(dt.date.fromordinal(n))]
            self._years[year] = days
        return days

    def workdays_between(self, a: dt.date, b: dt.date) -> int:
        """How many working days lie in (a, b]; negative when b is before a."""
        if b < a:
            return -self.workdays_between(b, a)
        low, high = a.toordinal(), b.toordinal()
        years = map(self._working, range(a.year, b.year + 1))
        return sum(bisect_right(days, high) - bisect_right(days, low) for days in years)

    def roll(self, day: dt.date, how: str) -> dt.date:
        """A last day that does not work moves ``forward`` (article 203), ``backward``, ``none``."""
        return self.add_workdays(day, _ROLL[how], count_start=True)

    def add_days(self, start: dt.date, n: int, *, count_start: bool = False) -> dt.date:
        return start + dt.timedelta(days=n - 1 if count_start else n)

    def add_months(self, start: dt.date, n: int) -> dt.date:
        """The same day n months on; the month's last day where it has no such day."""
        year, month = divmod(start.year * 12 + start.month - 1 + n, 12)
        leap = month == 1 and year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
        return dt.date(year, month + 1, min(start.day, _MONTH_DAYS[month] + leap))
