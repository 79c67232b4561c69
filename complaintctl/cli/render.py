"""How things look on a terminal: columns that line up with Chinese in them, user text made
inert."""

import sys
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any

from ..services import reading
from ..texts import catalogue
from .desk import Desk, inert

Rows = Iterable[Mapping[str, Any]]


@lru_cache(4096)  # a table asks twice, and its words recur
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
    line = line[:room]  # none that is seen takes less than a column
    while line and width(line) > room - 1:
        line = line[:-1]
    return line + "…"


def table(desk: Desk, names: str, rows: Rows, *, rich: bool = False, **heads: str) -> None:
    """Columns by name, indented as ``names`` is, under the catalogue's headings or other ``heads``,
    if there are rows; by Rich when a person is at a terminal and the command may be slow."""
    heads = {name: heads.get(name) or desk.text(f"head.{name}") for name in names.split()}
    lines = [[inert(desk.put(row.get(name))) for name in heads] for row in rows]
    if rich and lines and sys.stdout.isatty():
        from rich import box, console
        from rich.table import Table

        shown = Table(*heads.values(), box=box.SIMPLE_HEAD)
        for line in lines:
            shown.add_row(*line)
        console.Console(markup=False, emoji=False, highlight=False).print(shown)
    elif lines:
        columns(desk, [[*heads.values()], *lines], " " * (len(names) - len(names.lstrip())))


def columns(desk: Desk, lines: Sequence[Sequence[str]], indent: str) -> None:
    """Lines of cells, one below the other."""
    sizes = [max(map(width, column)) for column in zip(*lines, strict=True)]
    for line in lines:
        cells = (cell + " " * (size - width(cell)) for cell, size in zip(line, sizes, strict=True))
        desk.line(indent + "  ".join(cells))


def when(value: object) -> str:
    """A moment for people: a limit that ends at midnight is its date."""
    text = str(value or "").replace("T", " ")
    return text[:10] if text[11:19] in ("", "00:00:00", "23:59:59") else text[:16]


def clock_lines(desk: Desk, clocks: Rows, names: str = "  due limit what state clause") -> None:
    """Clocks in words; by default those of one complaint, each with its clause."""
    rows = []
    for item in clocks:
        due = when(item["due_at"]) or desk.text("promptly")
        state = [desk.text(f"state.{item['state']}"), when(item["met_at"])]
        state += [desk.text("provisional")] if item["provisional"] else []
        clause = short(item["clause"], 60)
        what = desk.put(item["title"]) or clause
        told = {"due": due, "what": what, "state": " ".join(filter(None, state))}
        rows.append({**item, **told, "clause": clause if what != clause else ""})
    table(desk, names, rows)


def labelled(desk: Desk, shown: dict[str, Any]) -> dict[str, Any]:
    """A complaint with the words of its policy for ids; ``words`` says what kind of thing it is."""
    row = reading.labelled(desk.office, shown)
    kinds = [desk.put(row[n]) for n in ("kind", "channel", "category", "level") if row[n]]
    return row | {"words": " · ".join(kinds)}


def case(desk: Desk, row: Mapping[str, Any]) -> None:
    """One complaint; its fields in the order in which the catalogue names them."""
    desk.line(f"{row['number']}  {row['words']}  [{desk.put(row['status'])}]")
    lines = []
    for key, label in catalogue(desk.lang).items():
        name = key.removeprefix("field.")
        if name != key and row.get(name) not in (None, ""):
            lines.append((label, when(row[name]) if name.endswith("_at") else desk.put(row[name])))
    lines += [(inert(desk.put(label)), desk.put(value)) for label, value in row["more"]]
    columns(desk, lines, "  ")
