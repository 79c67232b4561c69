"""Which days work, and how days are counted (Civil Code, articles 201 and 203).

Pure: the exceptional days are handed in, nothing here knows a ledger or a library.
A year without a State Council notice still counts, and says that it is provisional.
"""

import datetime as dt
from bisect import bisect_left, bisect_right
from collections.abc import Collection, Mapping
from functools import cache

Reason = tuple[str, str]

_ROLL = {"forward": 1, "backward": -1, "none": 0}
# Holidays by law, whatever the year's notice will say: month and day -> name, first year. The
# dates of lunar ones are fixed by the notice alone.
_BY_LAW = {(1, 1): ("元旦", 1), (5, 1): ("劳动节", 1), (5, 2): ("劳动节", 2025)}
_BY_LAW |= {(10, day): ("国庆节", 1) for day in (1, 2, 3)}


class WorkCalendar:
    """One office's calendar: Monday to Friday, except the days handed in, which always win."""

    def __init__(self, days: Mapping[dt.date, Reason], announced: Collection[int]) -> None:
        """``days``: date -> (``off`` or ``work``, name); ``announced``: years with a notice."""
        self._days = {day.toordinal(): entry for day, entry in days.items()}
        self.announced = frozenset(announced)
        self._working = cache(self._workdays)

    def why(self, day: dt.date) -> Reason:
        """(code, name): ``work``, ``rest`` (weekend), ``off``, ``makeup`` (weekend worked)."""
        kind, name = self._days.get(day.toordinal(), ("", ""))
        by_law, since = _BY_LAW.get((day.month, day.day), ("", dt.MAXYEAR))
        if not kind and self.provisional(day) and day.year >= since:
            kind, name = "off", by_law
        if day.weekday() >= 5:
            return {"work": "makeup", "": "rest"}.get(kind, kind), name
        return kind or "work", name

    def is_workday(self, day: dt.date) -> bool:
        """Whether the office works on this day."""
        return self.why(day)[0] in ("work", "makeup")

    def provisional(self, day: dt.date) -> bool:
        """True where the year's notice is not known yet, so that the answer may still change."""
        return day.year not in self.announced

    def add_workdays(self, start: dt.date, n: int, *, count_start: bool = False) -> dt.date:
        """The n-th working day after ``start`` (before it, for a negative n; ``start`` for 0).

        The day of receipt is not counted, unless ``count_start``: then it is day 1 if it works.
        Raises ValueError beyond the calendar (year 1 to 9999).
        """
        if n == 0:
            return start
        year, days = start.year, self._working(start.year)
        bisect = bisect_left if count_start == (n > 0) else bisect_right
        place = bisect(days, start.toordinal()) + n - (n > 0)
        while place >= len(days):
            place -= len(days)
            year += 1
            days = self._working(year)
        while place < 0:
            year -= 1
            days = self._working(year)
            place += len(days)
        return dt.date.fromordinal(days[place])

    def _workdays(self, year: int) -> list[int]:
        """The ordinals of the year's working days, in order."""
        span = range(dt.date(year, 1, 1).toordinal(), dt.date(year, 12, 31).toordinal() + 1)
        return [n for n in span if self.is_workday(dt.date.fromordinal(n))]

    def roll(self, day: dt.date, how: str) -> dt.date:
        """A last day that does not work moves ``forward`` (article 203), ``backward``, ``none``."""
        return self.add_workdays(day, _ROLL[how], count_start=True)

    def add_months(self, start: dt.date, n: int) -> dt.date:
        """The same day n months on; the month's last day where it has no such day."""
        year, month = divmod(start.year * 12 + start.month - 1 + n, 12)
        first = dt.date(year, month + 1, 1)
        last = (first + dt.timedelta(days=31)).replace(day=1) - dt.timedelta(days=1)
        return min(first + dt.timedelta(days=start.day - 1), last)
