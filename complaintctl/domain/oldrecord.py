"""A row of somebody's old book, turned into an old record: pure, one row at a time, and fast.

A column that no mapping knows is kept with the record; a cell that cannot be read is a problem with
its column, value and reason. Nothing is guessed.
"""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache, partial
from typing import Any, NamedTuple

from ..clock import TZ, iso
from ..errors import Fault, Usage
from .entry import CONTROL, LONGEST, RECEIVED, read
from .fold import UNMAPPED
from .layout import SPACES, Layout, heading, recognise, spellings
from .mask import name as masked_name
from .moments import Moment, read_moment
from .policy import Field, Policy
from .vocabulary import Named

OLDEST = dt.datetime(1980, 1, 1, tzinfo=TZ)  # before that there was no such book; a slip of the pen
STEPS = ("contacted", "resolved", "replied", "notified", "followed_up", "closed")
DATES = ("received_at", *STEPS)


class Record(NamedTuple):
    """What one row says: when it was received, what may stand in the chain, what is personal."""

    received_at: dt.datetime
    body: dict[str, Any]
    private: dict[str, Any]


class Problem(NamedTuple):
    """A cell that cannot be taken, and why; ``value`` is safe to print."""

    row: int
    column: str
    value: str
    reason: Fault


class Reader:
    """Reads the rows under one heading. Keeps what ditto marks refer to and the words it has met.

    ``headings`` are the cells of the heading, ``columns`` the field that each known one means.
    """

    def __init__(
        self, layout: Layout, policy: Policy, headings: Sequence[object], now: dt.datetime
    ) -> None:
        self.layout, self.policy, self.now = layout, policy, now
        self.headings = [_plain(h) for h in headings]
        known = recognise(headings, spellings(layout))
        self._places: dict[str, list[int]] = {}  # a field's columns, the one that wins first
        for place in sorted(known, key=lambda place: known[place][0]):
            self._places.setdefault(known[place][1], []).append(place)
        self.columns = {self.headings[p]: n for n, group in self._places.items() for p in group}
        self._extra = [
            (place, name or f"#{place + 1}")
            for place, name in enumerate(self.headings)
            if place not in known
        ]
        self._nothing, self._marks = frozenset(layout.nothing), frozenset(layout.ditto)
        self._readers = [
            (place, name, self._sink(name), reader)
            for name, group in self._places.items()
            for reader in [self._reader(name)]
            for place in group
        ]
        self._required = dict.fromkeys(("received_at", *layout.required))
        self._ditto: dict[int, object] = {}
        self._first = next(filter(None, map(heading, headings)), None)
        self._passed = tuple(map(heading, layout.passed))
        self._defaults = [
            (name, self._sink(name), read(policy.fields[name], str(text), policy, now, typed=False))
            for name, text in layout.defaults.items()
        ]

    def lacking(self) -> list[Named]:
        """The required columns that the heading does not have."""
        return [self._label(n) for n in self._required if n not in self._places]

    def no_record(self, filled: Sequence[object]) -> str:
        """Why the filled cells of a row are no record: ``blank``, ``heading`` (repeated),
        ``total``; else an empty text."""
        if not filled:
            return "blank"
        if isinstance(filled[0], str):
            first = heading(filled[0])
            if self._passed and first.startswith(self._passed):
                return "total"
            if first == self._first and len(filled) > 1:
                return "heading"
        return ""

    def record(self, row: int, cells: Sequence[object]) -> Record | list[Problem]:
        """The record of a row of ``stripped`` cells, or all that is wrong with it."""
        sinks: tuple[dict[str, Any], ...] = ({}, {}, {})
        problems: list[Problem] = []
        kept = self._unmapped(cells)
        marks, ditto, width = self._marks, self._ditto, len(cells)
        for place, name, sink, value_of in self._readers:
            cell = cells[place] if place < width else None
            if cell is None or cell == "":
                continue
            if cell not in marks:
                ditto[place] = cell
            elif (cell := ditto.get(place)) is None:
                continue
            if name in sinks[sink]:
                kept[self.headings[place]] = _plain(cell)
                continue
            try:
                if not isinstance(cell, str) and hasattr(cell, "formula"):
                    raise Usage("import.uncomputed")
                value = value_of(cell)
            except Usage as wrong:
                problems.append(self._problem(row, name, place, cell, wrong.faults[0]))
            else:
                if value is not None and value != "":
                    sinks[sink][name] = value
        body, private, dates = sinks
        for name in self._required:
            if name not in body and name not in private and name not in dates:
                problems += self._missing(row, name, problems)
        received, steps = self._dated(row, dates, kept, problems)
        if problems or received is None:
            return problems
        for name, sink, value in self._defaults:
            sinks[sink].setdefault(name, value)
        body["named"] = bool(private.get("name"))
        if steps:
            body["steps"] = steps
        if kept:
            private[UNMAPPED] = kept
        return Record(received, body, private)

    def _unmapped(self, cells: Sequence[object]) -> dict[str, str]:
        named = [(place, name) for place, name in self._extra if place < len(cells)]
        named += ((place, f"#{place + 1}") for place in range(len(self.headings), len(cells)))
        return {name: text for place, name in named if (text := _plain(cells[place]))}

    def _missing(self, row: int, name: str, problems: Sequence[Problem]) -> list[Problem]:
        """That a cell must be there and is not, where it was not refused already."""
        column = self._column(name)
        fault = Fault("import.empty", {"field": self._label(name)})
        known = any(problem.column == column for problem in problems)
        return [] if known else [Problem(row, column, "", fault)]

    def _dated(
        self, row: int, dates: Mapping[str, Any], kept: dict[str, str], problems: list[Problem]
    ) -> tuple[dt.datetime | None, dict[str, str]]:
        """When it was received and when each step was done; times that cannot be are problems."""
        received, steps = None, {}
        for name in DATES:
            if name not in dates:
                continue
            at, has_time = dates[name]
            if not has_time and (time := dates.get(f"time:{name}")):
                at = dt.datetime.combine(at.date(), time, TZ)
            if name == "received_at":
                received = at
            elif received and at < received and at.date() == received.date():
                if has_time:
                    kept[self._column(name)] = f"{at:%Y-%m-%d %H:%M}"
                at = received  # an old book is not precise within the day of receipt
            if code := self._impossible(at, received):
                day = f"{at:%Y-%m-%d}"
                fault = Fault(code, {"value": day, "received": received})
                problems.append(Problem(row, self._column(name), day, fault))
            steps[name] = iso(at)
        steps.pop("received_at", None)
        return received, steps

    def _impossible(self, at: dt.datetime, received: dt.datetime | None) -> str:
        if at > self.now:
            return "time.future"
        if at < OLDEST:
            return "time.too_old"
        return "time.before_receipt" if received and at < received else ""

    def _sink(self, name: str) -> int:
        """Where a value goes: into the chain (0), beside it (1), among the dates (2)."""
        if name in DATES or name.startswith("time:"):
            return 2
        field = self.policy.fields.get(name)
        return 0 if field and not field.private else 1

    def _reader(self, name: str) -> Callable[[object], Any]:
        field = self.policy.fields.get(name)
        if name in DATES:
            return self._moment
        if name.startswith("time:"):
            return _time_of_day
        if name in ("phone", "account_no"):
            return partial(self._digits, name == "phone")
        if field is None or field.type == "text":
            return partial(self._text, frozenset() if name == "content" else self._nothing)
        words = self.layout.values.get(name, {})
        # Words of a vocabulary recur; each spelling is looked up once.
        return lru_cache(4096, typed=True)(partial(self._word, field, words))

    def _word(self, field: Field, words: Mapping[str, str], cell: object) -> Any:
        text = _plain(cell)
        if text in self._nothing:
            return None
        return read(field, words.get(text, text), self.policy, self.now, typed=False)

    def _text(self, nothing: frozenset[str], cell: object) -> str | None:
        text = cell if type(cell) is str else _plain(cell)
        if text in nothing:
            return None
        if not text.isprintable() and CONTROL.search(text):
            raise Usage("value.control")
        if len(text) > LONGEST:
            raise Usage("value.long", length=len(text), most=LONGEST)
        return text

    def _digits(self, phone: bool, cell: object) -> str | None:
        text = _plain(cell)
        if text in self._nothing:
            return None
        if isinstance(cell, str) and len(text) <= 11 and text.isascii() and text.isdigit():
            return text
        folded = SPACES.sub("", unicodedata.normalize("NFKC", text))
        if phone:
            folded = re.sub(r"^(\+?86|0086)-?(?=1[0-9]{10}$|1[0-9]{2}-)", "", folded)
            if re.fullmatch(r"1[0-9]{2}-[0-9]{4}-[0-9]{4}", folded):
                folded = folded.replace("-", "")
        rounded = isinstance(cell, float) and cell >= 1e15
        if rounded or re.search(r"[0-9]e\+[0-9]", folded.casefold()):
            raise Usage("import.lost_digits")
        return folded

    def _moment(self, cell: object) -> Moment | None:
        if isinstance(cell, dt.datetime):
            return Moment(cell.replace(tzinfo=TZ, microsecond=0), cell.time() != dt.time())
        if isinstance(cell, dt.date):
            return Moment(dt.datetime.combine(cell, dt.time(), TZ), False)
        text = cell if type(cell) is str else _plain(cell)
        if text in self._nothing:
            return None
        if not isinstance(cell, str) and not re.fullmatch(r"(19|20)[0-9]{6}", text):
            raise Usage("import.number_date")
        return read_moment(text, self.now, typed=False)

    def _column(self, name: str) -> str:
        places = self._places.get(name)
        return self.headings[places[0]] if places else self._label(name).zh

    def _problem(self, row: int, name: str, place: int, cell: object, fault: Fault) -> Problem:
        shown = masked_name(_plain(cell)) if self._sink(name) == 1 else _plain(cell)
        return Problem(row, self.headings[place], shown[:40], fault.about(field=self._label(name)))

    def _label(self, name: str) -> Named:
        if name == "received_at":
            return RECEIVED
        known = self.policy.fields.get(name) or self.policy.steps.get(name)
        return known or Named(name, name, name)


def stripped(cells: Sequence[Any]) -> tuple[list[Any], list[Any]]:
    """The cells of a row, texts without the blanks around them; and those that hold anything."""
    try:
        texts = [*map(str.strip, cells)]
        return texts, [*filter(None, texts)]
    except TypeError:  # a workbook's are not all text
        plain = [cell.strip() if isinstance(cell, str) else cell for cell in cells]
        return plain, [cell for cell in plain if cell not in (None, "")]


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
