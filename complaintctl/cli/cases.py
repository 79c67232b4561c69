"""Commands that do something on a complaint: log, assign, update, amend, close, reopen, undo."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import typer

from ..errors import Fault
from .desk import Desk, need, pairs
from .options import Arg, Opt, Set

if TYPE_CHECKING:
    from ..services.session import Office


def log_(
    ctx: typer.Context,
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
    from ..services import casework, reading

    desk: Desk = ctx.obj
    given = {
        "content": sys.stdin.read() if text == "-" else text,
        **{"kind": kind, "channel": channel, "category": category, "level": level, "name": name},
        **{"phone": phone, "address": address, "account_no": account, "demand": demand},
        **{"accused": accused, "receiver": receiver, "reference": reference, **pairs(set_)},
    }
    with desk.office() as office:
        found = casework.log(office, {k: v for k, v in given.items() if v}, at=at)
        shown = reading.show(office, found["number"])
        shown["similar"] = [{"number": n, "same": field} for n, field in found["similar"]]
        if desk.give(shown):
            return
        _told(desk, office, "said.logged", shown)
        for item in shown["similar"]:
            desk.note(
                "said.similar", number=item["number"], field=desk.text(f"field.{item['same']}")
            )


def _told(desk: Desk, office: Office, key: str, shown: dict[str, Any], **more: Any) -> None:
    """One sentence on what was done; all clocks after a registration, else the next deadline."""
    from ..services import reading, wording
    from .render import clock_lines, when

    row = wording.label(office.book.policy(reading.adoption(office, shown["number"])), shown)
    words = [desk.put(row[n]) for n in ("kind", "channel", "category", "level") if row[n]]
    values = {"number": shown["number"], "words": " · ".join(words), "status": row["status"]}
    desk.say(key, **values, **more)
    running = [c for c in shown["clocks"] if c["state"] in ("running", "overdue")]
    if key in ("said.logged", "said.reopened"):
        clock_lines(desk, running)
    elif dated := [c for c in running if c["due_at"]]:
        first = dated[0]
        state = desk.text("state.overdue") if first["state"] == "overdue" else ""
        due = when(first["due_at"])
        desk.say("said.next", due=due, limit=first["limit"], what=first["title"], state=state)


def _after(ctx: typer.Context, office: Office, number: str, key: str, **more: Any) -> None:
    from ..services import reading

    desk: Desk = ctx.obj
    shown = reading.show(office, number)
    if not desk.give(shown):
        _told(desk, office, key, shown, **more)


def assign_(
    ctx: typer.Context, number: Arg = None, handler: Arg = None, unit: Opt = None, at: Opt = None
) -> None:
    from ..services import casework

    need(number=number, handler=handler)
    with ctx.obj.office() as office:
        done = casework.assign(office, str(number), str(handler), unit, at)
        _after(ctx, office, done, "said.assigned", handler=handler)


def update_(
    ctx: typer.Context,
    number: Arg = None,
    step: Arg = None,
    text: Arg = None,
    at: Opt = None,
    set_: Set = None,
) -> None:
    from ..services import casework

    need(number=number, step=step)
    with ctx.obj.office() as office:
        body = sys.stdin.read() if text == "-" else text or ""
        done, taken = casework.update(office, str(number), str(step), body, pairs(set_), at)
        _after(ctx, office, done, "said.updated", step=taken)


def amend_(ctx: typer.Context, number: Arg = None, set_: Set = None, reason: Opt = None) -> None:
    from ..services import casework, reading

    need(number=number, set=set_, reason=reason)
    with ctx.obj.office() as office:
        done, values = casework.amend(office, str(number), pairs(set_), str(reason))
        _after(ctx, office, done, "said.amended", fields=reading.names(office, done, values))


def close_(ctx: typer.Context, number: Arg = None, at: Opt = None, set_: Set = None) -> None:
    from ..services import casework

    need(number=number)
    with ctx.obj.office() as office:
        done, new = casework.close(office, str(number), pairs(set_), at)
        _after(ctx, office, done, "said.closed" if new else "said.already_closed")


def reopen_(ctx: typer.Context, number: Arg = None, reason: Opt = None, at: Opt = None) -> None:
    from ..services import casework

    need(number=number, reason=reason)
    with ctx.obj.office() as office:
        done, new = casework.reopen(office, str(number), str(reason), at)
        _after(ctx, office, done, "said.reopened" if new else "said.already_open")


def undo_(ctx: typer.Context, batch: Arg = None) -> None:
    from ..services import casework

    desk: Desk = ctx.obj
    with desk.office() as office:
        found = casework.undo(office, batch)
        if not desk.give(found):
            numbers = found["numbers"]
            done = [Fault(f"event.{t}") for t in found["types"].split(",")]
            values = {"batch": found["batch"], "actor": found["actor"], "at": found["at"][:16]}
            desk.say("said.undone", **values, done=done, count=len(numbers), numbers=numbers[:5])
