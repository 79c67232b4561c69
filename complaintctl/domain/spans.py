"""Lengths of time as rules and people write them (3 workdays, 2wd, 24小时). Knows no calendar."""

import re
from dataclasses import dataclass
from functools import lru_cache
from unicodedata import normalize

_UNITS = {
    "minute": "minute minutes min mins 分钟 分",
    "hour": "hour hours h hr hrs 小时 个小时",
    "day": "day days d 天 日 个自然日",
    "workday": "workday workdays wd 工作日 个工作日",
    "week": "week weeks w 周 星期 个星期",
    "month": "month months mo 月 个月",
}
_UNIT = {word: unit for unit, words in _UNITS.items() for word in words.split()}
_BARE = {"当日": "same day", "当天": "same day", "立即": "promptly", "及时": "promptly"}
_NUMERALS = dict(zip("〇○零一二两三四五六七八九", "0001223456789", strict=True))


@dataclass(frozen=True)
class Span:
    """``unit``: minute, hour, day, workday, week, month; ``same day``, ``promptly`` with n = 0."""

    n: int
    unit: str

    def __str__(self) -> str:
        return f"{self.n} {self.unit}{'s' * (self.n != 1)}" if self.n else self.unit


def arabic(text: str) -> str:
    """The text with digits for Chinese numerals: up to 九十九, or digit by digit (二〇一三)."""
    return re.sub(f"[{''.join(_NUMERALS)}十]+", _number, text)


def _number(run: re.Match[str]) -> str:
    text = "".join(_NUMERALS.get(c, c) for c in run[0])
    tens = re.fullmatch("([1-9]?)十([1-9]?)", text)
    return f"{tens[1] or 1}{tens[2] or 0}" if tens else text


@lru_cache(maxsize=256)
def read_span(text: str) -> Span:
    """Raises ValueError for anything that is not a whole positive number and a known unit."""
    plain = " ".join(normalize("NFKC", text).lower().split())
    bare = _BARE.get(plain, plain)
    if bare in _BARE.values():
        return Span(0, bare)
    found = re.fullmatch(r"([0-9]{1,4}) ?([a-z]+|[^ -~]+)", arabic(plain))
    if found is None or int(found[1]) == 0 or found[2] not in _UNIT:
        raise ValueError(f"not a span of time: {text[:30]!r}")
    return Span(int(found[1]), _UNIT[found[2]])
