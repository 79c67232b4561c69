"""Which days work, and how days are counted (Civil Code, articles 201 and 203).

The exceptional days are handed in. A year without a State Council notice still counts, and says
that it is provisional.
"""

import datetime as dt
from collections.abc import Collection, Mapping
from functools import cache

Reason = tuple[str, str]

_ROLL = {"forward": 1, "backward": -1, "none": 0}
# By what is said of a day, and whether it is of a weekend; else it is called as it is said.
_CALLED = {("work", True): "makeup", ("", True): "rest", ("", False): "work"}
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
        self._works = cache(lambda n: self.is_workday(dt.date.fromordinal(n)))

    def why(self, day: dt.date) -> Reason:
        """(code, name): ``work``, ``rest`` (weekend), ``off``, ``makeup`` (weekend worked)."""
        kind, name = self._days.get(day.toordinal(), ("", ""))
        by_law, since = _BY_LAW.get((day.month, day.day), ("", dt.MAXYEAR))
        if not kind and self.provisional(day) and day.year >= since:
            kind, name = "off", by_law
        return _CALLED.get((kind, day.weekday() >= 5), kind), name

    def is_workday(self, day: dt.date) -> bool:
        return self.why(day)[0] in ("work", "makeup")

    def provisional(self, day: dt.date) -> bool:
        """True where the year's notice is not known yet, so that the answer may still change."""
        return day.year not in self.announced

    def add_workdays(self, start: dt.date, n: int, *, count_start: bool = False) -> dt.date:
        """The n-th working day after ``start`` (before it, for a negative n; ``start`` for 0).

        The day of receipt is not counted, unless ``count_start``: then it is day 1 if it works.
        Raises ValueError beyond the calendar (year 1 to 9999).
        """
        step = (n > 0) - (n < 0)
        day = start.toordinal() - step * count_start
        while n:
            day += step
            n -= step * self._works(day)
        return dt.date.fromordinal(day)

    def roll(self, day: dt.date, how: str) -> dt.date:
        """A last day that does not work moves ``forward`` (article 203), ``backward``, ``none``."""
        return self.add_workdays(day, _ROLL[how], count_start=True)

    def add_months(self, start: dt.date, n: int) -> dt.date:
        """The same day n months on; the month's last day where it has no such day."""
        year, month = divmod(start.year * 12 + start.month - 1 + n, 12)
        first = dt.date(year, month + 1, 1)
        last = (first + dt.timedelta(days=31)).replace(day=1) - dt.timedelta(days=1)
        return min(first + dt.timedelta(days=start.day - 1), last)
