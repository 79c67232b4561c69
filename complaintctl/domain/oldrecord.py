"""A row of somebody's old book, turned into an old record: pure, one row at a time, and fast.

A column that no mapping knows is kept with the record; a cell that cannot be read is a problem with
its column, value and reason. Nothing is guessed.
"""

import datetime as dt
import re
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache, partial
from itertools import chain
from typing import Any, NamedTuple

from ..clock import TZ, iso
from ..errors import Fault, Usage
from .cell import as_text, digits, free_text, time_of_day
from .entry import RECEIVED, read
from .fold import ENDS, UNMAPPED
from .layout import Layout, heading, recognise, spellings
from .mask import name as masked_name
from .mask import telephones
from .moments import Moment, read_moment
from .policy import Field, Policy
from .vocabulary import Named

OLDEST = dt.datetime(1980, 1, 1, tzinfo=TZ)  # before that there was no such book; a slip of the pen
# Where a value goes: into the chain (0), beside it (1), among the dates (2).
Sinks = tuple[dict[str, Any], dict[str, Any], dict[str, Any]]
DATES = ("received_at", "contacted", *reversed(ENDS))


class Record(NamedTuple):
    """What one row says: when it was received, in the stored form; what may stand in the chain;
    what is personal."""

    received_at: str
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

    ``headings`` are the cells of the heading, a second one of the same words with its number;
    ``columns`` the field that each known one means. Where required columns are ``lacking`` no row
    can be read. ``said`` is the last record as a text, by which it is known again.
    """

    said = ""

    def __init__(
        self, layout: Layout, policy: Policy, headings: Sequence[object], now: dt.datetime
    ) -> None:
        self.layout, self.policy, self.now = layout, policy, now
        texts = [as_text(cell) for cell in headings]
        self.headings = [
            f"{text}#{place + 1}" if text and text in texts[:place] else text
            for place, text in enumerate(texts)
        ]
        known = recognise(headings, spellings(layout))
        self._places: dict[str, list[int]] = {}  # a field's columns, the one that wins first
        for place in sorted(known, key=lambda place: known[place][0]):
            self._places.setdefault(known[place][1], []).append(place)
        self.columns = {self.headings[p]: n for n, group in self._places.items() for p in group}
        self._extra = [
            (p, name or f"#{p + 1}") for p, name in enumerate(self.headings) if p not in known
        ]
        self._nothing, self._marks = frozenset(layout.nothing), frozenset(layout.ditto)
        self._readers = [
            (place, name, self._sink(name), *self._reader(name))
            for name, group in self._places.items()
            for place in group
        ]
        self._required = dict.fromkeys(("received_at", *layout.required))
        self._above: dict[int, object] = {}  # the cells of the record before, dittos resolved
        self._named = lru_cache(4096)(self._names)
        self._first = next(filter(None, map(heading, headings)), None)
        self._passed = tuple(map(heading, layout.passed))
        self._defaults = [
            (name, self._sink(name), read(policy.fields[name], str(text), policy, now, typed=False))
            for name, text in layout.defaults.items()
        ]

    def lacking(self) -> list[Named | Fault]:
        """The required columns that the heading does not have."""
        return [self._label(n) for n in self._required if n not in self._places]

    def no_record(self, cells: Sequence[object], filled: Sequence[object]) -> str:
        """Why a row with these ``filled`` cells is no record: ``blank``, ``heading`` (repeated),
        ``total``; else an empty text. What has all that a record needs is one, whatever it says."""
        if not filled:
            return "blank"
        if isinstance(filled[0], str):
            first = heading(filled[0])
            if self._passed and first.startswith(self._passed) and not self._whole(cells):
                return "total"
            if first == self._first and len(filled) > 1:
                return "heading"
        return ""

    def _whole(self, cells: Sequence[object]) -> bool:
        """Whether every required column has a cell that holds something."""
        held = {place for place, cell in enumerate(cells) if cell not in (None, "")}
        return all(held.intersection(self._places[name]) for name in self._required)

    def record(self, row: int, cells: Sequence[object]) -> Record | list[Problem]:
        """The record of a row of ``stripped`` cells, or all that is wrong with it."""
        sinks: Sinks = ({}, {}, {})
        kept = self._unmapped(cells)
        problems = self._read(row, cells, sinks, kept)
        body, private, dates = sinks
        for name in self._required:
            if name not in body and name not in private and name not in dates:
                column = self._column(name)
                if all(problem.column != column for problem in problems):  # nor was it refused
                    fault = Fault("import.empty", {"field": self._label(name)})
                    problems.append(Problem(row, column, "", fault))
        steps = self._dated(row, dates, kept, problems)
        if problems:
            return problems
        received = steps.pop("received_at")
        for name, sink, value in self._defaults:
            sinks[sink].setdefault(name, value)
        body["named"] = bool(private.get("name"))
        if steps:
            body["steps"] = steps
        if kept:
            private[UNMAPPED] = kept
        here = self._above
        said = [self._named(*here), *map(str, here.values()), *chain.from_iterable(kept.items())]
        self.said = "\x1f".join(said)
        return Record(received, body, private)

    def _names(self, *places: int) -> str:
        fields = {place: name for name, group in self._places.items() for place in group}
        return " ".join(map(fields.__getitem__, places))

    def resolved(self, cells: Sequence[object]) -> list[object]:
        """The cells of the row that was read last as they can be written down: no ditto marks."""
        return [
            f"={cell.formula}" if hasattr(cell, "formula") else self._above.get(place, cell)
            for place, cell in enumerate(cells)
        ]

    def _read(
        self, row: int, cells: Sequence[object], sinks: Sinks, kept: dict[str, str]
    ) -> list[Problem]:
        """Reads every cell of a known column into its sink; returns those that cannot be taken."""
        problems = []
        marks, nothing, width = self._marks, self._nothing, len(cells)
        above, here = self._above, dict[int, object]()
        self._above = here
        for place, name, sink, raw, value_of in self._readers:
            cell = cells[place] if place < width else None
            if cell is None or cell == "":
                continue
            if cell in marks:
                cell = above.get(place, cell)
            here[place] = cell
            text = cell if type(cell) is str else as_text(cell)
            if name in sinks[sink]:
                kept[self.headings[place]] = text
                continue
            if text in nothing and name != "content":
                continue
            try:
                if cell in marks:
                    raise Usage("import.ditto", value=text)
                if not isinstance(cell, str) and hasattr(cell, "formula"):
                    raise Usage("import.uncomputed")
                value = value_of(cell if raw else text)
            except Usage as wrong:
                shown = masked_name(text) if sink == 1 else telephones(text)
                fault = wrong.faults[0].about(field=self._label(name))
                problems.append(Problem(row, self.headings[place], shown[:40], fault))
            else:
                if value != "":
                    sinks[sink][name] = value
        return problems

    def _unmapped(self, cells: Sequence[object]) -> dict[str, str]:
        named = [(place, name) for place, name in self._extra if place < len(cells)]
        named += ((place, f"#{place + 1}") for place in range(len(self.headings), len(cells)))
        return {name: text for place, name in named if (text := as_text(cells[place]))}

    def _dated(
        self, row: int, dates: Mapping[str, Any], kept: dict[str, str], problems: list[Problem]
    ) -> dict[str, str]:
        """When it was received and each step done, as stored; times that cannot be are problems."""
        received, done = None, {}
        for name in DATES:
            if name not in dates:
                continue
            at, has_time = dates[name]
            if not has_time and (time := dates.get(f"time:{name}")):
                at, has_time = dt.datetime.combine(at.date(), time, TZ), True
            if name == "received_at":
                received = at
            elif received and at < received and at.date() == received.date():
                if has_time:
                    kept[self._column(name)] = f"{at:%Y-%m-%d %H:%M}"
                at = received  # an old book is not precise within the day of receipt
            if code := self._impossible(at, received):
                day = f"{at:%Y-%m-%d}"
                fault = Fault(code, {"value": day, "since": received})
                problems.append(Problem(row, self._column(name), day, fault))
            done[name] = iso(at)
        return done

    def _impossible(self, at: dt.datetime, received: dt.datetime | None) -> str:
        if at > self.now:
            return "time.future"
        if at < OLDEST:
            return "time.too_old"
        return "time.before_receipt" if received and at < received else ""

    def _sink(self, name: str) -> int:
        if name in DATES or name.startswith("time:"):
            return 2
        field = self.policy.fields.get(name)
        return 0 if field and not field.private else 1

    def _reader(self, name: str) -> tuple[bool, Callable[[Any], Any]]:
        """Whether a column is read from its raw cells, not from their text; and by what."""
        field = self.policy.fields.get(name)
        if name in DATES:
            return True, self._moment
        if name.startswith("time:"):
            return True, time_of_day
        if field is None or field.type == "text":
            return False, free_text
        if field.type in ("phone", "digits"):
            return True, partial(digits, field.type == "phone")
        words = self.layout.values.get(name, {})
        # Words of a vocabulary recur; each spelling is looked up once.
        return False, lru_cache(4096)(partial(self._word, field, words))

    def _word(self, field: Field, words: Mapping[str, str], text: str) -> Any:
        return read(field, words.get(text, text), self.policy, self.now, typed=False)

    def _moment(self, cell: object) -> Moment:
        if isinstance(cell, dt.datetime):
            return Moment(cell.replace(tzinfo=TZ, microsecond=0), cell.time() != dt.time())
        if isinstance(cell, dt.date):
            return Moment(dt.datetime.combine(cell, dt.time(), TZ), False)
        text = cell if type(cell) is str else as_text(cell)
        if not isinstance(cell, str) and not re.fullmatch(r"(19|20)[0-9]{6}", text):
            raise Usage("import.number_date")
        return read_moment(text, self.now, typed=False)

    def _column(self, name: str) -> str:
        return self.headings[self._places[name][0]]

    def _label(self, name: str) -> Named | Fault:
        if name == "received_at":
            return RECEIVED
        return Fault(f"field.{name}_at") if name in DATES else self.policy.label(name)
