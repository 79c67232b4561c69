"""Commands that do something on a complaint: log, assign, update, amend, close, reopen, undo."""

from ..services import casework, reading
from ..services.session import Values
from .desk import Arg, Desk, Fields, Must, MustSet, Need, Opt, Set, pairs, typed
from .render import clock_lines, labelled, when


def log_(desk: Desk, text: Arg, *, at: Opt, set_: Set, **given: Fields) -> None:
    given["account_no"] = given.pop("account")
    said = {name: value for name, value in {"content": typed(text), **given}.items() if value}
    found = casework.log(desk.office, [*said.items(), *pairs(set_)], at=at)
    _done(desk, "said.logged", found["number"], found)
    for item in found["similar"]:
        desk.note("said.similar", **item, field=desk.text(f"field.{item['same']}"))


def assign_(desk: Desk, number: Need, handler: Need, unit: Opt, at: Opt) -> None:
    given = [("handler", handler), *([("unit", unit)] if unit else [])]
    number, _, new = casework.act(desk.office, number, casework.ASSIGNED, given, at)
    _done(desk, "said.assigned" if new else "said.already_assigned", number, handler=handler)


def update_(desk: Desk, number: Need, step: Need, text: Arg, at: Opt, set_: Set) -> None:
    number, taken, _ = casework.act(desk.office, number, step, pairs(set_), at, typed(text))
    _done(desk, "said.updated", number, step=taken)


def amend_(desk: Desk, number: Need, set_: MustSet, reason: Must) -> None:
    number, fields = casework.amend(desk.office, number, pairs(set_), reason)
    _done(desk, "said.amended" if fields else "said.unchanged", number, fields=fields)


def close_(desk: Desk, number: Need, at: Opt, set_: Set) -> None:
    number, _, new = casework.act(desk.office, number, casework.CLOSED, pairs(set_), at)
    _done(desk, "said.closed" if new else "said.already_closed", number)


def reopen_(desk: Desk, number: Need, reason: Must, at: Opt) -> None:
    number, _, new = casework.act(desk.office, number, casework.REOPENED, (), at, reason)
    _done(desk, "said.reopened" if new else "said.already_open", number)


def _done(desk: Desk, key: str, number: str, more: Values | None = None, **words: object) -> None:
    """One sentence on what was done; all clocks after a registration, else the next deadline."""
    shown = reading.show(desk.office, number) | (more or {})
    desk.give(shown)
    desk.say(key, **labelled(desk, shown) | words)
    running = [c for c in shown["clocks"] if c["state"] in ("running", "overdue")]
    if key in ("said.logged", "said.reopened"):
        clock_lines(desk, running)
    elif first := next((c for c in running if c["due_at"]), None):
        state = desk.text("state.overdue") if first["state"] == "overdue" else ""
        told = {"due": when(first["due_at"]), "what": first["title"], "state": state}
        desk.say("said.next", **first | told)


def undo_(desk: Desk, batch: Arg) -> None:
    found = casework.undo(desk.office, batch)
    done = [desk.office.policy.called(t) for t in found["types"].split(",")]
    shown = found["numbers"][:5] + ["…"] * (len(found["numbers"]) > 5)
    told = {"at": when(found["at"]), "done": done, "count": len(found["numbers"])}
    key = "said.undone" if found["new"] else "said.already_undone"
    desk.tell(key, found, **told, numbers=shown)
