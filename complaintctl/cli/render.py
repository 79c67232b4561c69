"""How things look on a terminal: columns that line up with Chinese in them, user text made
inert."""

from __future__ import annotations

import datetime as dt
import re
import sys
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ..texts import catalogue
from .desk import Desk

# Control and direction characters would act on the terminal; they are shown instead of sent.
_ACTIVE = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]")


def inert(text: object) -> str:
    """User text that cannot act on a terminal."""
    return _ACTIVE.sub(lambda m: " " if m[0] == "\t" else f"\\x{ord(m[0]):02x}", str(text))


def width(text: str) -> int:
    """Columns a text takes on a terminal: two for a Chinese character."""
    if text.isascii():
        return len(text)
    wide = sum(unicodedata.east_asian_width(c) in "WF" for c in text)
    return len(text) + wide - sum(unicodedata.combining(c) != 0 for c in text)


def short(text: object, room: int) -> str:
    """One line of at most ``room`` columns, with a visible mark where it was cut."""
    line = inert(" ".join(str(text or "").split()))
    if width(line) <= room:
        return line
    while line and width(line) > room - 1:
        line = line[:-1]
    return line + "…"


def table(
    desk: Desk, heads: list[str], rows: Iterable[Sequence[object]], *, rich: bool = False
) -> None:
    """Columns under headings; by Rich when a person is at a terminal and the command may be
    slow."""
    lines = [[inert(desk.put(v)) if v is not None else "" for v in row] for row in rows]
    if rich and sys.stdout.isatty():
        from rich import box, console
        from rich.table import Table

        shown = Table(*heads, box=box.SIMPLE_HEAD)
        for line in lines:
            shown.add_row(*line)
        console.Console(markup=False, emoji=False, highlight=False).print(shown)
        return
    sizes = [max(map(width, column)) for column in zip(heads, *lines, strict=True)]
    for cells in [heads, *lines]:
        desk.line("  ".join(map(padded, cells, sizes)))


def padded(text: str, room: int) -> str:
    """A text with blanks up to so many columns."""
    return text + " " * (room - width(text))


def when(value: object) -> str:
    """A moment for people: a limit that ends at midnight is its date."""
    if not value:
        return ""
    moment = value if isinstance(value, dt.datetime) else dt.datetime.fromisoformat(str(value))
    whole = moment.time() in (dt.time(23, 59, 59), dt.time())
    return f"{moment:%Y-%m-%d}" if whole else f"{moment:%Y-%m-%d %H:%M}"


def clock_lines(desk: Desk, clocks: Iterable[Mapping[str, Any]]) -> None:
    """The clocks of a complaint, each with its clause."""
    rows = []
    for item in clocks:
        state = [desk.text(f"state.{item['state']}"), when(item["met_at"])]
        state += [desk.text("provisional")] if item["provisional"] else []
        due = when(item["due_at"]) or desk.text("promptly")
        title, clause = item["title"], short(item["clause"], 60)
        name = desk.put(title) if title and (title.zh or title.en) else clause
        rest = clause if name != clause else ""
        rows.append(("", due, item["limit"], name, " ".join(filter(None, state)), rest))
    if rows:
        table(desk, ["", *desk.heads("due limit what state clause")], rows)


def labelled(desk: Desk, shown: Mapping[str, Any]) -> dict[str, Any]:
    """A complaint with the words of its policy for ids; ``words`` says what kind of thing it is."""
    from ..services import wording

    row = wording.labelled(desk.office, shown)
    kinds = [desk.put(row[n]) for n in ("kind", "channel", "category", "level") if row[n]]
    return row | {"words": " · ".join(kinds)}


def case(desk: Desk, row: Mapping[str, Any]) -> None:
    """One complaint; its fields in the order in which the catalogue names them."""
    desk.line(f"{row['number']}  {row['words']}  [{desk.put(row['status'])}]")
    lines = []
    for key, label in catalogue(desk.lang).items():
        name = key.removeprefix("field.")
        if name != key and row.get(name) not in (None, ""):
            value = when(row[name]) if name.endswith("_at") else desk.put(row[name])
            lines.append((label, value))
    lines += [(inert(desk.put(label)), desk.put(value)) for label, value in row["more"]]
    size = max((width(label) for label, _ in lines), default=0)
    for label, value in lines:
        desk.line(f"  {padded(label, size)}  {inert(value)}")


def derivation(desk: Desk, item: Mapping[str, Any]) -> None:
    """Why one date is what it is, line by line."""
    desk.line(f"{item['limit']}  {desk.put(item['title'])}")
    where = {name: item[name] for name in ("source", "article", "clause")}
    desk.say("explain.clause", **where)
    if item["assumed"]:
        desk.say("explain.assumed", reason=item["assumed"])
    desk.say("explain.within", span=item["within"])
    names = desk.text("weekdays")
    size = len(names) // 7
    for line in item["days"]:
        day = when(line.day) if isinstance(line.day, dt.datetime) else line.day
        weekday = names[line.day.weekday() * size :][:size]
        why = desk.text(f"why.{line.why}", name=line.name) if line.why else ""
        desk.say(f"explain.{line.what}", day=day, weekday=weekday, n=line.n, why=why)
    state = desk.text(f"state.{item['state']}")
    desk.say("explain.state", state=state, met=when(item["met_at"]))
    if item["provisional"]:
        desk.say("explain.provisional")
    desk.line()
