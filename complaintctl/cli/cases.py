"""Commands that do something on a complaint: log, assign, update, amend, close, reopen, undo."""

from __future__ import annotations

from typing import Any

from ..errors import Fault
from ..services import casework, reading
from .desk import Desk, pairs, typed
from .options import EMPTY, Arg, Must, Need, Opt, Set
from .render import clock_lines, labelled, when


def log_(
    desk: Desk,
    text: Arg = None,
    kind: Opt = None,
    channel: Opt = None,
    category: Opt = None,
    level: Opt = None,
    name: Opt = None,
    phone: Opt = None,
    address: Opt = None,
    account: Opt = None,
    demand: Opt = None,
    accused: Opt = None,
    receiver: Opt = None,
    reference: Opt = None,
    at: Opt = None,
    set_: Set = None,
) -> None:
    given = {
        **{"content": typed(text), "kind": kind, "channel": channel, "category": category},
        **{"level": level, "name": name, "phone": phone, "address": address},
        **{"account_no": account, "demand": demand, "accused": accused, "receiver": receiver},
        **{"reference": reference, **pairs(set_)},
    }
    found = casework.log(desk.office, {k: v for k, v in given.items() if v}, at=at)
    similar = [{"number": number, "same": field} for number, field in found["similar"]]
    _tell(desk, "said.logged", reading.show(desk.office, found["number"]) | {"similar": similar})
    for item in similar:
        desk.note("said.similar", number=item["number"], field=desk.text(f"field.{item['same']}"))


def _tell(desk: Desk, key: str, shown: dict[str, Any], **more: object) -> None:
    """One sentence on what was done; all clocks after a registration, else the next deadline."""
    desk.give(shown)
    row = labelled(desk, shown)
    desk.say(key, number=row["number"], words=row["words"], status=row["status"], **more)
    running = [c for c in shown["clocks"] if c["state"] in ("running", "overdue")]
    if key in ("said.logged", "said.reopened"):
        clock_lines(desk, running)
    elif first := next((c for c in running if c["due_at"]), None):
        state = desk.text("state.overdue") if first["state"] == "overdue" else ""
        due = when(first["due_at"])
        desk.say("said.next", due=due, limit=first["limit"], what=first["title"], state=state)


def assign_(
    desk: Desk, number: Need = "", handler: Need = "", unit: Opt = None, at: Opt = None
) -> None:
    number = casework.assign(desk.office, number, handler, unit, at)
    _tell(desk, "said.assigned", reading.show(desk.office, number), handler=handler)


def update_(
    desk: Desk,
    number: Need = "",
    step: Need = "",
    text: Arg = None,
    at: Opt = None,
    set_: Set = None,
) -> None:
    number, taken = casework.update(desk.office, number, step, typed(text) or "", pairs(set_), at)
    _tell(desk, "said.updated", reading.show(desk.office, number), step=taken)


def amend_(desk: Desk, number: Need = "", set_: Set = EMPTY, reason: Must = "") -> None:
    number, fields = casework.amend(desk.office, number, pairs(set_), reason)
    _tell(desk, "said.amended", reading.show(desk.office, number), fields=fields)


def close_(desk: Desk, number: Need = "", at: Opt = None, set_: Set = None) -> None:
    number, new = casework.close(desk.office, number, pairs(set_), at)
    key = "said.closed" if new else "said.already_closed"
    _tell(desk, key, reading.show(desk.office, number))


def reopen_(desk: Desk, number: Need = "", reason: Must = "", at: Opt = None) -> None:
    number, new = casework.reopen(desk.office, number, reason, at)
    _tell(desk, "said.reopened" if new else "said.already_open", reading.show(desk.office, number))


def undo_(desk: Desk, batch: Arg = None) -> None:
    found = casework.undo(desk.office, batch)
    desk.give(found)
    done = [Fault(f"event.{t}") for t in found["types"].split(",")]
    values = {"batch": found["batch"], "actor": found["actor"], "at": found["at"][:16]}
    numbers = found["numbers"]
    desk.say("said.undone", **values, done=done, count=len(numbers), numbers=numbers[:5])
