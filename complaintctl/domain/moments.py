"""Dates and times as people write them, from a closed list of forms; all else is refused.

A lenient parser reads 24.3.5 as 2005-03-24; this one never guesses. Nothing here reads the
clock: what is typed at a terminal is handed ``now``, and may lean on it; what is stored is not.
"""

import datetime as dt
import re
from functools import lru_cache
from typing import Any, NamedTuple
from unicodedata import normalize

from ..clock import TZ, iso
from ..errors import Usage
from .spans import arabic

# The patterns stay text, compiled when first used, so that importing this module is cheap.
_FULL = r"([0-9]{4})([-/.])([0-9]{1,2})\2([0-9]{1,2})(?![0-9])t? *(.*)"
_COMPACT = r"([0-9]{4})([0-9]{2})([0-9]{2})(?:[ t](?:([0-9]{2})([0-9]{2})([0-9]{2})?|(.*)))?"
_YEAR_LAST = r"([0-9]{1,2})([-/.])([0-9]{1,2})\2([0-9]{4})(?![0-9])"
_SHORT = r"民国 ?([0-9]{1,3})|([0-9]{1,3})[-/.][0-9]{1,2}[-/.][0-9]{1,2}(?![0-9])"
_TIME = (
    "(凌晨|清晨|早上|早晨|上午|中午|下午|傍晚|晚上)? ?"
    "([0-9]{1,2}(?::[0-9]{2}(?::[0-9]{2}(?:[.,][0-9]+)?)?"
    "|[点时](?:(?:[0-9]{2}|[0-9](?=分))(?:分(?:[0-9]{1,2}秒)?)?|(半|[13]刻)|整|钟)?"
    "|(?= ?[ap]m)))(?: ?([ap]m))?(?: ?(z|[+-][0-9]{2}:?[0-9]{2}))?"
)
_YEAR, _NTH = "((?:19|20|21)[0-9]{2})", "(0?[1-9]|1[0-2])"
_MONTH = f"{_YEAR}(?:年|[-/.]){_NTH}(?:月份?)?|{_NTH}月份?|{_YEAR}年?"

# Traditional and look-alike characters, and the invisible marks Windows and Excel put into dates.
_SAME = str.maketrans("號點時週後國。∶鐘兩", "号点时周后国.:钟两", "\u200b\u200e\u202a\u202c\ufeff")
_NAMED = ("大前天", "前天", "昨天 昨日 yesterday", "今天 今日 today", "明天 明日 tomorrow", "后天")
_DAYS = {word: ahead for ahead, words in enumerate(_NAMED, -3) for word in words.split()}
_WEEKS = {"上上": -2, "上": -1, "下": 1}
_LEANING = (  # on today: a day by its name, of the week, of the month
    f"(?:({'|'.join(_DAYS)})|(上上|上|本|这|下)?个?(?:周|星期|礼拜)([1-6日天])"
    "|([0-9]{1,2})[-/]([0-9]{1,2})(?![-/.0-9])) *(.*)"
)
# The hours of the 24-hour clock that each part of the day may mean.
_PARTS = {
    "凌晨": (0, 6), "清晨": (3, 9), "早上": (3, 11), "早晨": (3, 11),
    "上午": (0, 12), "am": (0, 11), "中午": (10, 14), "下午": (12, 19), "傍晚": (15, 20),
    "晚上": (17, 23), "pm": (12, 23),
}  # fmt: skip
_PAST = {"1刻": 15, "半": 30, "3刻": 45}
_PERIODS = {  # how many months they have, and which one it is from the present one on
    **dict.fromkeys(("last", "last month", "上月", "上个月"), (1, -1)),
    **dict.fromkeys(("this", "this month", "本月", "这个月", "当月"), (1, 0)),
    **dict.fromkeys(("last year", "去年", "上年"), (12, -1)),
    **dict.fromkeys(("this year", "今年", "本年"), (12, 0)),
}
_LONGEST = 80  # characters; no form comes near it, and a pasted page is not searched for one


class Moment(NamedTuple):
    """``at`` is aware, in Beijing time, to the second; 00:00 when no time of day was given."""

    at: dt.datetime
    has_time: bool


def read_moment(text: str, now: dt.datetime | None = None) -> Moment:
    """Raises only Usage: date.unknown, .ambiguous, .impossible, .two_digit_year, .minguo."""
    return _read(text, now.date(), alone=True) if now else _read(text)


def read_day(text: str, now: dt.datetime | None = None) -> dt.date:
    """The day alone; a time of day may follow it, but is no day by itself."""
    return _read(text, now and now.date()).at.date()


def read_month(text: str, now: dt.datetime) -> tuple[dt.date, dt.date]:
    """A month, or a whole year, as [first day, first day after it). Raises Usage."""
    plain = _tidy(text)
    if found := re.fullmatch(_MONTH, plain):
        year, month = int(found[1] or found[4] or now.year), int(found[2] or found[3] or 1)
        start, length = year * 12 + month - 1, 12 if found[4] else 1
    elif plain in _PERIODS:
        length, ahead = _PERIODS[plain]
        start = ((now.year * 12 + now.month - 1) // length + ahead) * length
    else:
        raise _refused("date.unknown_month", text)
    first, after = (dt.date(n // 12, n % 12 + 1, 1) for n in (start, start + length))
    return first, after


def stored(text: str) -> tuple[str, bool]:
    """A moment as it is stored, and whether it has a time of day; raises as ``read_moment``. In
    bulk, days and times recur, so each half is kept by itself."""
    half = 10 if text[10:11] == "T" else text.find(" ")
    try:
        if half > 0 and (day := _day(text[:half])) and (time := _clock(text[half + 1 :])):
            return f"{day}T{time}", True
    except (ValueError, Usage):
        pass
    found = _read(text)
    return iso(found.at), found.has_time


@lru_cache(4096)
def _day(text: str) -> str:
    """A day alone, as it is stored; empty if a time follows."""
    found = _read(text)
    return "" if found.has_time else found.at.date().isoformat()


@lru_cache(4096)
def _clock(text: str) -> str:
    """A time of day in Beijing, as it is stored; empty if it is something else."""
    time = _time(text)
    return time.isoformat() if time and time.tzinfo is TZ else ""


@lru_cache(4096)
def _read(text: str, today: dt.date | None = None, alone: bool = False) -> Moment:
    """Only what is typed may lean on ``today``; a time of day may be ``alone``, as one of today."""
    plain = _tidy(text)
    try:
        named, rest = _split(plain, today)
        day, time = today if alone and not named else named, _time(rest)
        if day and (time or (named and not rest)):
            at = dt.datetime.combine(day, time or dt.time(tzinfo=TZ)).astimezone(TZ)
            return Moment(at, time is not None)
    except (ValueError, OverflowError):
        raise _refused("date.impossible", text) from None
    raise _refusal(plain, text)


def _tidy(text: str) -> str:
    """One spelling for what means the same: full-width, Chinese numerals, 年月日 as dashes."""
    if len(text) > _LONGEST:
        return ""
    plain = normalize("NFKC", text).translate(_SAME).lower()
    plain = arabic(" ".join(plain.split()))
    plain = re.sub(" *([年月日号时点分秒]) *", r"\1", plain)
    plain = re.sub("^([今昨明])([早晚])上?(?!上)", r"\1天\2上", plain)
    if compact := re.fullmatch(_COMPACT, plain):
        year, month, date, *time = compact.groups()
        return f"{year}-{month}-{date} {':'.join(filter(None, time))}".strip()
    day = r"(?:([0-9]+)年)?([0-9]+)月([0-9]+)(?:[日号]|(?= |$))"
    return re.sub(day, lambda m: "-".join(filter(None, m.groups())) + " ", plain, count=1).strip()


def _split(plain: str, today: dt.date | None) -> tuple[dt.date | None, str]:
    """The day named and the text after it; no day when the text begins otherwise."""
    if found := re.fullmatch(_FULL, plain):
        day = dt.date(int(found[1]), int(found[3]), int(found[4]))
        if not 1900 <= day.year < 2200:  # no book is of such a year
            raise ValueError(day)
        return day, found[5]
    if not today or not (found := re.fullmatch(_LEANING, plain)):
        return None, plain
    name, week, weekday, month, date, rest = found.groups()
    if month:
        day = dt.date(today.year, int(month), int(date))
        # In January a clerk still writes of December.
        far = day - today > dt.timedelta(days=31)
        return day.replace(year=day.year - far), rest
    monday = 7 * _WEEKS.get(week, 0) - today.weekday()
    ahead = _DAYS[name] if name else monday + "123456".find(weekday) % 7
    return today + dt.timedelta(days=ahead), rest


@lru_cache(4096)
def _time(text: str) -> dt.time | None:
    """None if it is no time of day; ValueError for an hour, minute or offset there is not."""
    if not (found := re.fullmatch(_TIME, text)):
        return None
    part, clock, past, noon, zone = found.groups()
    hour, minute, second, *_ = (*map(int, re.findall("[0-9]+", clock)), 0, 0)
    hours = [hour, (hour + 12) % 24] if 0 < hour <= 12 else [hour]
    for low, high in (_PARTS[name] for name in (part, noon) if name):
        hours = [h for h in hours if low <= h <= high]
    tz = dt.time.fromisoformat(f"00:00{zone.upper()}").tzinfo if zone else TZ
    hour = next(iter(hours), 24)  # which is no hour, if the parts of the day allow none
    return dt.time(hour, _PAST.get(past, minute), second, tzinfo=tz)


def _refused(code: str, text: str, **params: Any) -> Usage:
    return Usage(code, value=text.strip()[:30], **params)


def _refusal(plain: str, text: str) -> Usage:
    """Why a text that begins with no known form, or ends with something else, is refused."""
    if found := re.match(_YEAR_LAST, plain):
        both = ((found[1], found[3]), (found[3], found[1]))
        readings = {f"{found[4]}-{m:0>2}-{d:0>2}" for m, d in both if int(m) <= 12 and int(d) <= 31}
        if len(readings) == 2:
            return _refused("date.ambiguous", text, first=min(readings), second=max(readings))
    elif found := re.match(_SHORT, plain):
        if found[1] or len(found[2]) == 3:
            return _refused("date.minguo", text, year=1911 + int(found[1] or found[2]))
        return _refused("date.two_digit_year", text)
    return _refused("date.unknown", text)
