"""A row of somebody's old book, turned into an old record: pure, one row at a time, and fast.

A column that no mapping knows is kept with the record; a cell that cannot be read is a problem with
its column, value and reason. Nothing is guessed.
"""

import datetime as dt
import re
from collections.abc import Callable, Sequence
from functools import lru_cache, partial
from hashlib import sha256
from itertools import chain
from typing import Any

from ..clock import TZ, instant, iso
from ..errors import Fault, Usage
from . import mask
from .entry import RECEIVED, Values, free_text, phone, read
from .fold import ENDS, UNMAPPED
from .form import Layout, heading
from .moments import stored
from .policy import Policy
from .vocabulary import Named, unspaced

OLDEST = "1980-01-01T00:00:00+08:00"  # before that there was no such book; a slip of the pen
DATES = ("received_at", "contacted", *reversed(ENDS))
NOTHING = (None, "")
Cells = Sequence[object]
# What one row says: when it was received, as stored; what may stand in the chain; what is personal,
# and the ``fingerprint`` by which all of it is known again.
Record = tuple[str, Values, Values]
# Of each cell that cannot be taken: its column, its value as it is safe to print, the reason.
Problems = list[Values]


class Reader:
    """Reads the rows under one heading. Keeps what ditto marks refer to and the words it has met.

    ``headings`` are the cells of the heading, a second one of the same words with its number;
    ``columns`` the field that each known one means. Where required columns are ``lacking`` (their
    labels) no row can be read.
    """

    def __init__(self, layout: Layout, policy: Policy, headings: Cells, now: dt.datetime) -> None:
        self.layout, self.policy, self.now = layout, policy, iso(now)
        texts = [as_text(cell) for cell in headings]
        self.headings = [
            f"{text}#{place + 1}" if text and text in texts[:place] else text
            for place, text in enumerate(texts)
        ]
        self._fields = known = layout.columns(headings)
        self.columns = {self.headings[place]: name for place, name in known.items()}
        self._column = {name: h for h, name in reversed(self.columns.items())}
        self._extra = [(p, h or f"#{p + 1}") for p, h in enumerate(self.headings) if p not in known]
        self._readers = [(place, name, *self._reader(name)) for place, name in known.items()]
        self._named = lru_cache(4096)(lambda *here: " ".join(map(known.__getitem__, here)))
        # In order, so that there is less to sort where it is written down.
        self._private = sorted(policy.private & {*known.values(), *layout.defaults})
        self._nothing, self._marks = frozenset(layout.nothing), frozenset(layout.ditto)
        self._odd = self._nothing | self._marks | {*NOTHING}
        self._required = dict.fromkeys(("received_at", *layout.required))
        self._above: dict[int, Any] = {}  # the cells of the record before, dittos resolved
        self._first = next(filter(None, map(heading, headings)), None)
        self._passed = tuple(map(heading, layout.passed))
        fields, given = policy.fields, layout.defaults.items()
        self._defaults = {name: read(fields[name], str(text), policy) for name, text in given}
        self.lacking = [self._label(n) for n in self._required if n not in self._column]

    def no_record(self, cells: Cells) -> str:
        """Why a row of ``stripped`` cells is no record: ``blank``, ``heading`` (repeated),
        ``total``; else an empty text. What has all that a record needs is one, whatever it says."""
        filled = (cell for cell in cells if cell not in NOTHING)
        first = next(filled, None)
        if first is None:
            return "blank"
        word = heading(first) if isinstance(first, str) else ""
        if word.startswith(self._passed):
            held = {self._fields.get(p) for p, cell in enumerate(cells) if cell not in NOTHING}
            if not held.issuperset(self._required):
                return "total"
        return "heading" if word == self._first and next(filled, None) is not None else ""

    def record(self, cells: Cells) -> Record | Problems:
        """The record of a row of ``stripped`` cells, or all that is wrong with it."""
        cells = [*cells, *[""] * (len(self.headings) - len(cells))]
        beyond = ((place, f"#{place + 1}") for place in range(len(self.headings), len(cells)))
        kept = {n: text for p, n in (*self._extra, *beyond) if (text := as_text(cells[p]))}
        values, problems = self._read(cells, kept)
        for name in [name for name in self._required if name not in values]:
            column = self._column[name]
            if all(problem["column"] != column for problem in problems):  # nor was it refused
                fault = Fault("import.empty", {"field": self._label(name)})
                problems.append({"column": column, "value": "", "reason": fault})
        steps = self._dated(values, kept, problems)
        if problems:
            return problems
        received = steps.pop("received_at")
        values = self._defaults | values
        private = {name: values.pop(name) for name in self._private if name in values}
        values["named"] = bool(private.get("name"))
        values |= {"steps": steps} if steps else {}
        private |= {UNMAPPED: kept} if kept else {}
        said = (self._named(*self._above), *self._above.values(), *chain(*kept.items()))
        try:
            text = "\x1f".join(said)
        except TypeError:  # a workbook's are not all text
            text = "\x1f".join(map(str, said))
        private["fingerprint"] = sha256(text.encode()).hexdigest()[:32]
        return received, values, private

    def resolved(self, cells: Cells) -> list[object]:
        """The cells of the row that was read last as they can be written down: no ditto marks."""
        return [
            f"={cell.formula}" if hasattr(cell, "formula") else self._above.get(place, cell)
            for place, cell in enumerate(cells)
        ]

    def _read(self, cells: Cells, kept: dict[str, str]) -> tuple[Values, Problems]:
        """The values of the cells of every known column, and those that cannot be taken."""
        values: Values = {}
        problems: Problems = []
        here: dict[int, Any] = {}
        above, self._above = self._above, here
        for place, name, raw, value_of in self._readers:
            cell = cells[place]
            if odd := cell in self._odd or type(cell) is not str:
                if cell in NOTHING:
                    continue
                cell = above.get(place, cell) if cell in self._marks else cell
            here[place] = cell
            if name in values:
                kept[self.headings[place]] = as_text(cell)
                continue
            try:
                if odd:
                    text = as_text(cell)
                    if text in self._nothing and name != "content":
                        continue
                    if cell in self._marks:
                        raise Usage("import.ditto", value=text)
                    if hasattr(cell, "formula"):
                        raise Usage("import.uncomputed")
                    cell = cell if raw else text
                if (value := value_of(cell)) != "":
                    values[name] = value
            except Usage as wrong:
                hidden = mask.name if name in self.policy.private else mask.telephones
                fault = wrong.faults[0].about(field=self._label(name))
                problem = {"value": hidden(as_text(here[place]))[:40], "reason": fault}
                problems.append({"column": self.headings[place], **problem})
        return values, problems

    def _dated(self, values: Values, kept: dict[str, str], problems: Problems) -> dict[str, str]:
        """When it was received and each step done, as stored, taken out of the values; times that
        cannot be are problems."""
        received, done = OLDEST, {}
        for name in DATES:
            time, found = values.pop(f"time:{name}", None), values.pop(name, None)
            if not found:
                continue
            at, has_time = found
            if time and not has_time:
                at, has_time = f"{at[:10]}T{time}", True
            if name == "received_at":
                received = at
            elif at < received and at[:10] == received[:10]:
                if has_time:
                    kept[self._column[name]] = f"{at[:10]} {at[11:16]}"
                at = received  # an old book is not precise within the day of receipt
            if not max(OLDEST, received) <= at <= self.now:
                code = "future" if at > self.now else "too_old" if at < OLDEST else "before_receipt"
                fault = Fault(f"time.{code}", {"value": at[:10], "since": instant(received)})
                problems += [{"column": self._column[name], "value": at[:10], "reason": fault}]
            done[name] = at
        return done

    def _reader(self, name: str) -> tuple[bool, Callable[[Any], Any]]:
        """Whether a column is read from its raw cells, not from their text; and by what."""
        if name in DATES:
            return True, moment
        if name.startswith("time:"):
            return True, time_of_day
        field = self.policy.fields[name]
        if field.type == "text":
            return False, free_text
        if field.type in ("phone", "digits"):
            return True, partial(digits, phone if field.type == "phone" else unspaced)
        words = self.layout.values.get(name, {})
        # Words of a vocabulary recur; each spelling is looked up once.
        return False, lru_cache(4096)(lambda text: read(field, words.get(text, text), self.policy))

    def _label(self, name: str) -> Named | Fault:
        if name == "received_at":
            return RECEIVED
        return Fault(f"field.{name}_at") if name in DATES else self.policy.label(name)


def stripped(cells: Sequence[Any]) -> list[Any]:
    """The cells of a row, texts without the blanks around them."""
    try:
        return [*map(str.strip, cells)]
    except TypeError:  # a workbook's are not all text
        return [cell.strip() if isinstance(cell, str) else cell for cell in cells]


def as_text(cell: object) -> str:
    """A cell as text: whole numbers without a point, dates in ISO form."""
    if isinstance(cell, str):
        return cell.strip()
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 1e15:
        cell = int(cell)
    return "" if cell is None else str(getattr(cell, "formula", cell))


def moment(cell: object) -> tuple[str, bool]:
    """The moment, as stored, of a text, a date or a number like 20250305; whether it has a time."""
    if isinstance(cell, str):
        return stored(cell)
    if isinstance(cell, dt.date):
        time = cell.time() if isinstance(cell, dt.datetime) else dt.time()
        return iso(dt.datetime.combine(cell, time.replace(microsecond=0), TZ)), time != dt.time()
    if not re.fullmatch(r"(19|20)[0-9]{6}", text := as_text(cell)):
        raise Usage("import.number_date")
    return stored(text)


def digits(folding: Callable[[str], str], cell: object) -> str:
    """A phone or account number in one form, as no spreadsheet has spoilt it."""
    text = as_text(cell)
    if len(text) <= 11 and text.isascii() and text.isdigit():
        return text
    folded = folding(text)
    rounded = isinstance(cell, float) and cell >= 1e15
    if rounded or re.search(r"[0-9]e\+[0-9]", folded.casefold()):
        raise Usage("import.lost_digits")
    return folded


def time_of_day(cell: object) -> str:
    """The time of day, as stored, of a column of its own: 9:05, 0905, 90500."""
    found = re.sub("[^0-9]", "", as_text(cell.time() if isinstance(cell, dt.datetime) else cell))
    found = found.zfill(6) if len(found) in (5, 6) else found.zfill(4) + "00"
    try:
        return dt.time(int(found[:2]), int(found[2:4]), int(found[4:6]), tzinfo=TZ).isoformat()
    except ValueError:
        raise Usage("date.unknown", value=as_text(cell)) from None
