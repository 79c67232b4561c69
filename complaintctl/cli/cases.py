"""Commands that do something on a complaint: log, assign, update, amend, close, reopen, undo."""

from ..domain.fold import ASSIGNED, CLOSED, REOPENED
from ..services import casework, reading
from .desk import Desk, Fields, Many, Opt, pairs, typed
from .render import clock_lines, labelled, when


def log_(desk: Desk, text: Opt, *, at: Opt, set_: Many, **given: Fields) -> None:
    given["account_no"] = given.pop("account")
    said = {name: value for name, value in {"content": typed(text), **given}.items() if value}
    found = casework.log(desk.office, [*said.items(), *pairs(set_)], at=at)
    _done(desk, "logged", (found["number"], None, True), **found)
    for other in found["similar"]:
        desk.note("said.similar", **other, field=desk.text(f"field.{other['same']}"))


def assign_(desk: Desk, number: str, handler: str, *, unit: Opt, at: Opt) -> None:
    given = [("handler", handler), *([("unit", unit)] if unit else [])]
    number, _, new = casework.act(desk.office, number, ASSIGNED, given, at)
    _done(desk, "assigned", (number, handler, new))


def update_(desk: Desk, number: str, step: str, text: Opt, *, at: Opt, set_: Many) -> None:
    _done(desk, "updated", casework.act(desk.office, number, step, pairs(set_), at, typed(text)))


def amend_(desk: Desk, number: str, *, set_: list[str], reason: str) -> None:
    _done(desk, "amended", casework.amend(desk.office, number, pairs(set_), reason))


def close_(desk: Desk, number: str, *, at: Opt, set_: Many) -> None:
    _done(desk, "closed", casework.act(desk.office, number, CLOSED, pairs(set_), at))


def reopen_(desk: Desk, number: str, *, reason: str, at: Opt) -> None:
    _done(desk, "reopened", casework.act(desk.office, number, REOPENED, (), at, reason))


def _done(desk: Desk, key: str, done: casework.Done, **more: object) -> None:
    """One sentence on what was done; all clocks after a registration, else the next deadline."""
    number, what, new = done
    shown = reading.show(desk.office, number) | more
    desk.give(shown)
    desk.say(f"said.{key}" if new else f"said.already_{key}", **labelled(desk, shown), what=what)
    running = [c for c in shown["clocks"] if c["state"] in ("running", "overdue")]
    if new and key in ("logged", "reopened"):
        clock_lines(desk, running)
    elif first := next((c for c in running if c["due_at"]), None):
        state = desk.text("state.overdue") if first["state"] == "overdue" else ""
        told = {"due": when(first["due_at"]), "what": first["title"], "state": state}
        desk.say("said.next", **first | told)


def undo_(desk: Desk, batch: Opt) -> None:
    found = casework.undo(desk.office, batch)
    done = [desk.office.policy.called(t) for t in found["types"].split(",")]
    shown = found["numbers"][:5] + ["…"] * (len(found["numbers"]) > 5)
    told = {"at": when(found["at"]), "done": done, "count": len(found["numbers"]), "numbers": shown}
    desk.tell("said.undone" if found["new"] else "said.already_undone", found, **told)
