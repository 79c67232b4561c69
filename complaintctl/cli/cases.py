"""Commands that do something on a complaint: log, assign, update, amend, close, reopen, undo."""

from ..services import casework, reading
from ..services.session import Values
from .desk import Desk, Fields, Many, Opt, pairs, typed
from .render import clock_lines, labelled, when


def log_(desk: Desk, text: Opt, *, at: Opt, set_: Many, **given: Fields) -> None:
    given["account_no"] = given.pop("account")
    said = {name: value for name, value in {"content": typed(text), **given}.items() if value}
    found = casework.log(desk.office, [*said.items(), *pairs(set_)], at=at)
    similar = [{"number": number, "same": field} for number, field in found["similar"]]
    _done(desk, "said.logged", found["number"], {"similar": similar})
    for number, field in found["similar"]:
        desk.note("said.similar", number=number, field=desk.text(f"field.{field}"))


def assign_(desk: Desk, number: str, handler: str, *, unit: Opt, at: Opt) -> None:
    number, _, new = casework.assign(desk.office, number, handler, unit, at)
    _done(desk, "said.assigned" if new else "said.already_assigned", number, handler=handler)


def update_(desk: Desk, number: str, step: str, text: Opt, *, at: Opt, set_: Many) -> None:
    number, taken, _ = casework.update(desk.office, number, step, typed(text), pairs(set_), at)
    _done(desk, "said.updated", number, step=taken)


def amend_(desk: Desk, number: str, *, set_: list[str], reason: str) -> None:
    number, fields = casework.amend(desk.office, number, pairs(set_), reason)
    _done(desk, "said.amended" if fields else "said.unchanged", number, fields=fields)


def close_(desk: Desk, number: str, *, at: Opt, set_: Many) -> None:
    number, _, new = casework.close(desk.office, number, pairs(set_), at)
    _done(desk, "said.closed" if new else "said.already_closed", number)


def reopen_(desk: Desk, number: str, *, reason: str, at: Opt) -> None:
    number, _, new = casework.reopen(desk.office, number, reason, at)
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


def undo_(desk: Desk, batch: Opt) -> None:
    found = casework.undo(desk.office, batch)
    done = [desk.office.policy.called(t) for t in found["types"].split(",")]
    shown = found["numbers"][:5] + ["…"] * (len(found["numbers"]) > 5)
    told = {"at": when(found["at"]), "done": done, "count": len(found["numbers"])}
    key = "said.undone" if found["new"] else "said.already_undone"
    desk.tell(key, found, **told, numbers=shown)
