"""The only place that reads the time; everybody else is handed it. And how an instant is stored."""

import datetime as dt
from functools import lru_cache

# All of China keeps Beijing time. A fixed offset needs no time-zone database (plain Windows has
# none) and makes the text form of every stored instant sort in the order of time.
TZ = dt.timezone(dt.timedelta(hours=8), "CST")
_OFFSET = "+08:00"
# In bulk the days and the times of day recur: two look-ups are faster than reading or writing one.
_day, _day_text = lru_cache(4096)(dt.date.fromisoformat), lru_cache(4096)(dt.date.isoformat)
_time, _time_text = lru_cache(4096)(dt.time.fromisoformat), lru_cache(4096)(dt.time.isoformat)


def now() -> dt.datetime:
    """The present moment in Beijing time, to the second."""
    return dt.datetime.now(TZ).replace(microsecond=0)


def evening(day: dt.date) -> dt.datetime:
    """The last moment of a day."""
    return dt.datetime.combine(day, dt.time(23, 59, 59), TZ)


def iso(at: dt.datetime) -> str:
    """The stored form of an instant: in Beijing time, to the second."""
    if at.tzinfo is not TZ:
        at = at.astimezone(TZ)
    return f"{_day_text(at.date())}T{_time_text(at.time())}{_OFFSET}"


def instant(text: str) -> dt.datetime:
    """An instant from its stored form. One zone for all, because only so are they compared fast."""
    if text[19:] == _OFFSET:
        return dt.datetime.combine(_day(text[:10]), _time(text[11:19]), TZ)
    return dt.datetime.fromisoformat(text).astimezone(TZ)
