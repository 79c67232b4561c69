"""How things look on a terminal: columns that line up with Chinese in them, user text made
inert."""

from __future__ import annotations

import datetime as dt
import re
import sys
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

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
    desk: Desk, heads: Sequence[str], rows: Iterable[Sequence[object]], *, rich: bool = False
) -> None:
    """Columns under headings; by Rich when a person is at a terminal and the command may be
    slow."""
    lines = [[inert(desk.put(v)) if v is not None else "" for v in row] for row in rows]
    if desk.json:
        return
    if rich and sys.stdout.isatty():
        _rich(heads, lines)
        return
    sizes = [max(map(width, column)) for column in zip(heads, *lines, strict=True)]
    for cells in [list(heads), *lines]:
        padded = [c + " " * (size - width(c)) for c, size in zip(cells, sizes, strict=True)]
        print("  ".join(padded).rstrip())


def _rich(heads: Sequence[str], lines: list[list[str]]) -> None:
    from rich import box
    from rich.console import Console
    from rich.table import Table

    shown = Table(*heads, box=box.SIMPLE_HEAD)
    for line in lines:
        shown.add_row(*line)
    Console(markup=False, emoji=False, highlight=False).print(shown)


def when(value: object) -> str:
    """A moment for people: a limit that ends at midnight is its date."""
    if not value:
        return ""
    moment = value if isinstance(value, dt.datetime) else dt.datetime.fromisoformat(str(value))
    if moment.time() in (dt.time(23, 59, 59), dt.time()):
        return f"{moment:%Y-%m-%d}"
    return f"{moment:%Y-%m-%d %H:%M}"


def clock_lines(desk: Desk, clocks: Iterable[Mapping[str, Any]]) -> None:
    """The clocks of a complaint, each with its clause."""
    rows = []
    for item in clocks:
        state = desk.text(f"state.{item['state']}")
        if item["met_at"]:
            state += " " + when(item["met_at"])
        if item["provisional"]:
            state += " " + desk.text("provisional")
        due = when(item["due_at"]) or desk.text("promptly")
        title = item["title"]
        clause = short(item["clause"], 60)
        name = desk.put(title) if title and (title.zh or title.en) else clause
        rows.append(("", due, item["limit"], name, state, clause if name != clause else ""))
    if not rows:
        return
    heads = ["", *(desk.text(f"head.{h}") for h in ("due", "limit", "what", "state", "clause"))]
    table(desk, heads, rows)


def case(desk: Desk, row: Mapping[str, Any]) -> None:
    """One complaint, with the words of its vocabularies."""
    words = [desk.put(row[name]) for name in ("kind", "channel", "category", "level") if row[name]]
    desk.line(f"{row['number']}  {' · '.join(words)}  [{desk.put(row['status'])}]")
    names = (
        "received_at",
        "registered_at",
        "closed_at",
        "reference",
        "handler",
        "unit",
        "receiver",
        "name",
        "phone",
        "address",
        "account_no",
        "content",
        "demand",
        "accused",
        "contacted_at",
        "resolved_at",
        "replied_at",
        "reply_mode",
        "notified_at",
        "followed_up_at",
        "result",
        "outcome",
        "substantiated",
        "responsibility",
        "satisfaction",
        "note",
    )
    labels = {name: desk.text(f"field.{name}") for name in names if row[name] not in (None, "")}
    more = [(inert(desk.put(label)), desk.put(value)) for label, value in row["more"]]
    size = max(map(width, [*labels.values(), *(label for label, _ in more)]), default=0)
    shown = [(labels[n], when(row[n]) if n.endswith("_at") else desk.put(row[n])) for n in labels]
    for label, value in [*shown, *more]:
        desk.line(f"  {label}{' ' * (size - width(label))}  {inert(value)}")


def derivation(desk: Desk, item: Mapping[str, Any]) -> None:
    """Why one date is what it is, line by line."""
    title = desk.put(item["title"])
    desk.line(f"{item['limit']}  {title}".rstrip())
    desk.say(
        "explain.clause", source=item["source"], article=item["article"], clause=item["clause"]
    )
    if item["assumed"]:
        desk.say("explain.assumed", reason=item["assumed"])
    desk.say("explain.within", span=item["within"])
    for line in item["days"]:
        day = when(line.day) if isinstance(line.day, dt.datetime) else line.day.isoformat()
        weekday = desk.text("weekdays")[line.day.weekday() * (1 if desk.lang == "zh" else 3) :]
        weekday = weekday[: 1 if desk.lang == "zh" else 3]
        why = desk.text(f"why.{line.why}", name=line.name) if line.why else ""
        desk.say(f"explain.{line.what}", day=day, weekday=weekday, n=line.n, why=why)
    state = desk.text(f"state.{item['state']}")
    desk.say("explain.state", state=state, met=when(item["met_at"]))
    if item["provisional"]:
        desk.say("explain.provisional")
    desk.line()
