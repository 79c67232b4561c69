"""A row of somebody's old book, turned into an old record: pure, one row at a time, and fast.

A column that no mapping knows is kept with the record; a cell that cannot be read is a problem with
its column, value and reason. Nothing is guessed.
"""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Any

from ..clock import TZ
from ..errors import Fault, Usage
from .entry import CONTROL, LONGEST, read
from .layout import SPACES, Layout, heading, recognise, spellings
from .mask import name as masked_name
from .moments import read_moment
from .policy import Field, Policy
from .vocabulary import Named

OLDEST = dt.datetime(1980, 1, 1, tzinfo=TZ)  # before that there was no such book; a slip of the pen
STEPS = ("contacted", "resolved", "replied", "notified", "followed_up", "closed")
UNMAPPED = "unmapped"


@dataclass(frozen=True)
class Record:
    """What one row says: when it was received, what may stand in the chain, what is personal."""

    received_at: dt.datetime
    body: dict[str, Any]
    private: dict[str, Any]


@dataclass(frozen=True)
class Problem:
    """A cell that cannot be taken: ``fault`` has the reason, ``value`` is safe to print."""

    row: int
    column: str
    value: str
    fault: Fault


class Reader:
    """Reads the rows under one heading. Keeps what ditto marks refer to and the words it has
    met."""

    def __init__(
        self, mapping: Layout, policy: Policy, headings: Sequence[object], now: dt.datetime
    ) -> None:
        columns = recognise(headings, spellings(mapping))
        self.policy, self.mapping, self.now = policy, mapping, now
        self.headings = [str(h).strip() if h not in (None, "") else "" for h in headings]
        order = sorted(columns, key=lambda i: columns[i][0])
        self.by_field: dict[str, list[int]] = {}
        for index in order:
            self.by_field.setdefault(columns[index][1], []).append(index)
        self.extra = [i for i, h in enumerate(self.headings) if i not in columns]
        self._private = {f.id for f in policy.fields.values() if f.private}
        self._open = policy.fields.keys() - self._private
        self._times = [name for name in ("received_at", *STEPS) if name in self.by_field]
        readers = {name: self._reader(name) for name in self.by_field}
        self._columns = [
            (i, name, readers[name]) for name, group in self.by_field.items() for i in group
        ]
        self._ditto: dict[int, object] = {}
        self._first = next(filter(None, map(heading, headings)), None)
        self._nothing, self._marks = set(mapping.nothing), set(mapping.ditto)
        self._passed = tuple(heading(p) for p in mapping.passed)
        self._default = {
            k: read(policy.fields[k], str(v), policy, now, typed=False)
            for k, v in mapping.defaults.items()
        }

    def blank(self, cells: Sequence[object]) -> str:
        """Why a row is no record: ``blank``, ``heading`` (repeated), ``total``; else an empty
        text."""
        filled = (c for c in cells if c is not None and (not isinstance(c, str) or c.strip()))
        first = next(filled, None)
        if first is None:
            return "blank"
        if isinstance(first, str):
            compared = heading(first)
            if self._passed and compared.startswith(self._passed):
                return "total"
            if compared == self._first and next(filled, None) is not None:
                return "heading"
        return ""

    def record(self, row: int, cells: Sequence[object]) -> Record | list[Problem]:
        """The record of a row, or all that is wrong with it."""
        values: dict[str, Any] = {}
        problems: list[Problem] = []
        kept = self._unmapped(cells)
        width, marks, ditto = len(cells), self._marks, self._ditto
        for index, name, value_of in self._columns:
            cell = cells[index] if index < width else None
            if isinstance(cell, str):
                cell = cell.strip()
            if cell is None or cell == "":
                continue
            if cell not in marks:
                ditto[index] = cell
            elif (cell := ditto.get(index)) is None:
                continue
            if name in values:
                kept[self.headings[index]] = _plain(cell)
                continue
            try:
                if not isinstance(cell, str) and hasattr(cell, "formula"):
                    raise Usage("import.uncomputed", field=_label(self.policy, name))
                value = value_of(cell)
            except Usage as wrong:
                problems.append(self._problem(row, name, index, cell, wrong.faults[0]))
            else:
                if value is not None and value != "":
                    values[name] = value
        problems += self._check(row, values, {p.column for p in problems})
        return problems or self._build(values, kept)

    def _unmapped(self, cells: Sequence[object]) -> dict[str, str]:
        kept = {}
        for index in self.extra:
            cell = cells[index] if index < len(cells) else None
            if cell is not None and (text := _plain(cell)):
                kept[self.headings[index] or f"#{index + 1}"] = text
        for index in range(len(self.headings), len(cells)):
            if text := _plain(cells[index]):
                kept[f"#{index + 1}"] = text
        return kept

    def _reader(self, name: str) -> Callable[[object], Any]:
        target = self.policy.fields.get(name)
        if name == "received_at" or name in STEPS:
            return partial(self._moment, name)
        if name.startswith("time:"):
            return _time_of_day
        if name in ("phone", "account_no"):
            return partial(self._digits, name)
        if target is None or target.type == "text":
            return partial(self._text, name)
        words = self.mapping.values.get(name, {})
        # Words of a vocabulary recur; each spelling is looked up once.
        return lru_cache(4096, typed=True)(partial(self._word, target, words))

    def _word(self, target: Field, words: Mapping[str, str], cell: object) -> Any:
        text = _plain(cell)
        if text in self._nothing:
            return None
        return read(target, words.get(text, text), self.policy, self.now, typed=False)

    def _text(self, name: str, cell: object) -> str | None:
        text = _plain(cell)
        if text in self._nothing and name != "content":
            return None
        if not text.isprintable() and CONTROL.search(text):
            raise Usage("value.control", field=_label(self.policy, name))
        if len(text) > LONGEST:
            raise Usage(
                "value.long", field=_label(self.policy, name), length=len(text), most=LONGEST
            )
        return text

    def _digits(self, name: str, cell: object) -> str | None:
        text = _plain(cell)
        if text in self._nothing:
            return None
        if isinstance(cell, str) and len(text) <= 11 and text.isascii() and text.isdigit():
            return text
        folded = SPACES.sub("", unicodedata.normalize("NFKC", text))
        if name == "phone":
            folded = re.sub(r"^(\+?86|0086)-?(?=1[0-9]{10}$|1[0-9]{2}-)", "", folded)
            if re.fullmatch(r"1[0-9]{2}-[0-9]{4}-[0-9]{4}", folded):
                folded = folded.replace("-", "")
        if re.search(r"[0-9]e\+[0-9]", folded.casefold()) or (
            isinstance(cell, float) and cell >= 1e15
        ):
            raise Usage("import.lost_digits", field=_label(self.policy, name))
        return folded

    def _moment(self, name: str, cell: object) -> tuple[dt.datetime, bool] | None:
        if isinstance(cell, dt.datetime):
            return cell.replace(tzinfo=TZ, microsecond=0), cell.time() != dt.time()
        if isinstance(cell, dt.date):
            return dt.datetime.combine(cell, dt.time(), TZ), False
        text = _plain(cell)
        if text in self._nothing:
            return None
        if not isinstance(cell, str) and not re.fullmatch(r"(19|20)[0-9]{6}", text):
            raise Usage("import.number_date", field=_label(self.policy, name))
        try:
            return read_moment(text, self.now, typed=False)
        except Usage as wrong:
            label = _label(self.policy, name)
            raise Usage(faults=[f.about(field=label) for f in wrong.faults]) from None

    def _check(self, row: int, values: dict[str, Any], bad: set[str]) -> list[Problem]:
        """What must be there, and times that cannot be. Dates get their time of day."""
        problems = []
        for name in self.mapping.required:
            if name not in values and self._column(name) not in bad:
                fault = Fault("import.empty", {"field": _label(self.policy, name)})
                problems.append(Problem(row, self._column(name), "", fault))
        for name in self._times:
            if name in values:
                at, has_time = values[name]
                time = values.pop(f"time:{name}", None)
                if time and not has_time:
                    at = dt.datetime.combine(at.date(), time, TZ)
                values[name] = at
        received = values.get("received_at")
        for name in self._times:
            at = values.get(name)
            if at is None:
                continue
            if received and at < received and at.date() == received.date():
                values[name] = at = received
            code = (
                "time.future"
                if at > self.now
                else "time.too_old"
                if at < OLDEST
                else "time.before_receipt"
                if received and at < received
                else ""
            )
            if code:
                fault = Fault(code, {"value": f"{at:%Y-%m-%d}", "received": received})
                problems.append(Problem(row, self._column(name), f"{at:%Y-%m-%d}", fault))
        return problems

    def _build(self, values: dict[str, Any], kept: dict[str, str]) -> Record:
        received = values.pop("received_at")
        steps = {s: values.pop(s).isoformat() for s in STEPS if s in values}
        values = {**self._default, **values}
        body = {k: v for k, v in values.items() if k in self._open}
        private = {k: v for k, v in values.items() if k not in body}
        body["named"] = bool(values.get("name"))
        if steps:
            body["steps"] = steps
        if kept:
            private[UNMAPPED] = kept
        return Record(received, body, private)

    def _column(self, name: str) -> str:
        indexes = self.by_field.get(name)
        return self.headings[indexes[0]] if indexes else _label(self.policy, name).zh

    def _problem(self, row: int, name: str, index: int, cell: object, fault: Fault) -> Problem:
        shown = _plain(cell)
        if name in self._private:
            shown = masked_name(shown)
        return Problem(row, self.headings[index], shown[:40], fault)


def _label(policy: Policy, name: str) -> Named:
    found = policy.fields.get(name)
    step = policy.steps.get(name)
    words = found or step
    if name == "received_at":
        return Named(name, "受理时间", "received at")
    return Named(name, words.zh, words.en) if words else Named(name, name, name)


def _plain(cell: object) -> str:
    """A cell as text: whole numbers without a point, dates in ISO form."""
    if isinstance(cell, str):
        return cell.strip()
    if cell is None:
        return ""
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 1e15:
        return str(int(cell))
    return str(getattr(cell, "formula", cell))


def _time_of_day(cell: object) -> dt.time | None:
    if isinstance(cell, dt.datetime | dt.time):
        return cell.time() if isinstance(cell, dt.datetime) else cell
    digits = re.sub(r"[^0-9]", "", _plain(cell))
    digits = digits.zfill(6) if len(digits) in (5, 6) else digits.zfill(4) + "00"
    try:
        return dt.time(int(digits[:2]), int(digits[2:4]), int(digits[4:6]))
    except ValueError:
        raise Usage("date.unknown", value=_plain(cell)) from None
