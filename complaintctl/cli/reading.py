"""Commands that only look: show, explain, list, search, due, report."""

from __future__ import annotations

from typing import Any

import typer

from ..errors import Overdue
from .desk import Desk, need
from .options import Arg, Flag, Opt, Out


def show_(
    ctx: typer.Context, number: Arg = None, history: Flag = False, unmask: Opt = None
) -> None:
    from ..services import reading, wording
    from .render import case, clock_lines, inert, table, when

    need(number=number)
    desk: Desk = ctx.obj
    with desk.office() as office:
        found = reading.show(office, str(number), unmask=unmask or "")
        if history:
            found["history"] = reading.history(office, found["number"])
        if desk.give(found):
            return
        policy = office.book.policy(reading.adoption(office, found["number"]))
        case(desk, wording.label(policy, found))
        clock_lines(desk, found["clocks"])
        for item in found["checklist"]:
            mark, done = ("☑", when(item["done_at"])) if item["done_at"] else ("☐", "")
            desk.line(f"  {mark} {desk.put(item['title'])} {done}".rstrip())
        for line in found["penalties"]:
            key = f"penalty.{line['state']}"
            money = desk.text("yuan", amount=f"{line['amount']:g}")
            amount = line["measure"] if line["measure"] and not line["amount"] else money
            desk.say(key, penalty=line["penalty_id"], amount=amount)
        rows = []
        for event in found.get("history", ()):
            values = "；".join(f"{desk.put(k)}={inert(desk.put(v))}" for k, v in event["words"])
            title = event["title"]
            mark = desk.text("voided") if event["voided"] else ""
            times = (
                event["occurred_at"][:16].replace("T", " "),
                event["recorded_at"][:16].replace("T", " "),
            )
            rows.append(
                (event["seq"], title, *times, event["actor"], event["batch"], mark + values)
            )
        if rows:
            names = ("seq", "what", "occurred", "recorded", "actor", "batch", "values")
            table(desk, [desk.text(f"head.{n}") for n in names], rows)


def explain_(ctx: typer.Context, number: Arg = None, policy: Opt = None) -> None:
    from ..services import reading
    from .render import derivation

    need(number=number)
    desk: Desk = ctx.obj
    rules = None
    if policy:
        from ..rulebook.policies import load

        rules = load(policy, desk.own)
    with desk.office() as office:
        found = reading.explain(office, str(number), rules)
    if desk.give(found):
        return
    desk.say(
        "explain.head", number=found["number"], received=found["received_at"], policy=found["title"]
    )
    desk.line()
    for item in found["clocks"]:
        derivation(desk, item)


def list_(
    ctx: typer.Context,
    kind: Opt = None,
    channel: Opt = None,
    category: Opt = None,
    level: Opt = None,
    status: Opt = None,
    handler: Opt = None,
    month: Opt = None,
    open: Flag = False,
    closed: Flag = False,
    overdue: Flag = False,
    limit: int = 50,
) -> None:
    from ..services import reading, wording

    desk: Desk = ctx.obj
    given = {
        "kind": kind,
        "channel": channel,
        "category": category,
        "level": level,
        "status": status,
        "handler": handler,
    }
    state = True if open else False if closed else None
    with desk.office() as office:
        found, count = reading.listing(
            office, given, month=month, open_=state, overdue=overdue, limit=max(limit, 0) or None
        )
        rows = [] if desk.json else wording.labels(office, found)
    if desk.give({"count": count, "complaints": found}):
        return
    if not rows:
        desk.say("said.none")
        return
    _lines(desk, rows)
    desk.say("said.listed", shown=len(rows), count=count)


def _lines(desk: Desk, rows: list[dict[str, Any]]) -> None:
    from .render import short, table, when

    heads = [
        desk.text(f"head.{h}")
        for h in ("number", "received", "kind", "status", "handler", "due", "content")
    ]
    table(
        desk,
        heads,
        [
            (
                r["number"],
                when(r["received_at"])[:10],
                r["kind"],
                r["status"],
                r["handler"],
                when(r["next_due_at"]),
                short(r["content"], 44),
            )
            for r in rows
        ],
        rich=True,
    )


def search_(ctx: typer.Context, text: Arg = None, limit: int = 50) -> None:
    from ..services import reading, wording

    need(text=text)
    desk: Desk = ctx.obj
    with desk.office() as office:
        found, more = reading.search(office, str(text), max(limit, 1))
        rows = [] if desk.json else wording.labels(office, found)
    if desk.give({"count": len(found), "more": more, "complaints": found}):
        return
    _lines(desk, rows)
    desk.say("said.found_more" if more else "said.found", count=len(found))


def due_(ctx: typer.Context, within: Opt = None, check: Flag = False) -> None:
    from ..services import duties

    desk: Desk = ctx.obj
    with desk.office() as office:
        found = duties.due(office, within)
    if not desk.give(found):
        _due(desk, found, within)
    if check and found["overdue"] + found["overdue_duties"]:
        raise Overdue("overdue", count=found["overdue"] + found["overdue_duties"])


def _due(desk: Desk, found: dict[str, Any], within: str | None) -> None:
    from .render import short, table, when

    desk.say("due.head", now=found["as_of"], overdue=found["overdue"], due=found["due"])
    if found["clocks"]:
        names = ("state", "due", "number", "limit", "what", "handler", "content")
        table(
            desk,
            [desk.text(f"head.{h}") for h in names],
            [
                (
                    desk.text(f"state.{c['state']}"),
                    when(c["due_at"]),
                    c["number"],
                    c["limit"],
                    c["title"],
                    c["handler"],
                    short(c["content"], 30),
                )
                for c in found["clocks"]
            ],
        )
    if found["hidden"]:
        desk.say("due.hidden", count=found["hidden"])
    for item in found["callbacks"]:
        desk.say("due.callback", number=item["number"], day=when(item["replied_at"])[:10])
    for item in found["duties"]:
        desk.say(
            f"due.duty_{item['state']}", title=item["title"], day=item["day"], duty=item["duty"]
        )
    if found["later"] and not within:
        desk.say("due.later", count=found["later"])
    if not (found["clocks"] or found["callbacks"] or found["duties"]):
        desk.say("due.nothing")


def report_(ctx: typer.Context, name: Arg = None, month: Opt = None, output: Out = None) -> None:
    from ..services import reporting
    from .render import table

    desk: Desk = ctx.obj
    with desk.office() as office:
        found = reporting.report(office, name or "summary", month)
    if output:
        _save(desk, found, output)
    document = {
        "report": found["report"].id,
        "first": found["first"],
        "last": found["last"],
        **found["figures"],
        "tables": {t["id"]: t["rows"] for t in found["tables"]},
    }
    if desk.give(document):
        return
    desk.say("report.head", title=found["report"], first=found["first"], last=found["last"])
    for key, value in found["figures"].items():
        label = found["labels"].get(key, key)
        desk.say("report.figure", label=label, value=_figure(desk, key, value))
    for part in found["tables"]:
        if part["rows"]:
            desk.line()
            lines = [(row["label"] or desk.text("unsorted"), row["count"]) for row in part["rows"]]
            table(desk, [desk.put(part["title"]), desk.text("head.count")], lines, rich=True)


def _figure(desk: Desk, key: str, value: Any) -> str:
    if value is None:
        return desk.text("nothing")
    return (
        f"{value:.1%}"
        if key.endswith("_rate")
        else f"{value:g}"
        if isinstance(value, float)
        else str(value)
    )


def _save(desk: Desk, found: dict[str, Any], output: str) -> None:
    """The figures as a CSV that Excel opens."""
    import csv
    from pathlib import Path

    from ..sheets.atomic import replace_file

    with replace_file(Path(output), force=True) as private:
        with open(private, "w", encoding="utf-8-sig", newline="") as out:
            writer = csv.writer(out)
            for key, value in found["figures"].items():
                writer.writerow(
                    [desk.put(found["labels"].get(key, key)), "" if value is None else value]
                )
            for part in found["tables"]:
                writer.writerow([])
                writer.writerow([desk.put(part["title"]), desk.text("head.count")])
                writer.writerows(
                    [desk.put(row["label"] or ""), row["count"]] for row in part["rows"]
                )
    desk.note("said.saved", path=output)
