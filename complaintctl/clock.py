"""The only place that reads the time. Everybody else is handed it as an argument."""

from __future__ import annotations

import datetime as dt

# All of China keeps Beijing time. A fixed offset needs no time-zone database (plain Windows has
# none)
# and makes the text form of every stored instant sort in the order of time.
TZ = dt.timezone(dt.timedelta(hours=8), "CST")


def now() -> dt.datetime:
    """The present moment in Beijing time, to the second."""
    return dt.datetime.now(TZ).replace(microsecond=0)
