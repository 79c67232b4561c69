"""Commands that only look: show, explain, list, search, due, report."""

from __future__ import annotations

from typing import Any

import typer

from ..errors import Overdue
from ..services import duties, reading, wording
from .desk import Desk
from .options import Arg, Flag, Need, Opt, Out
from .render import case, clock_lines, derivation, inert, labelled, short, table, when


def show_(desk: Desk, number: Need = "", history: Flag = False, unmask: Opt = None) -> None:
    found = reading.show(desk.office, number, unmask)
    if history:
        found["history"] = reading.history(desk.office, found["number"])
    desk.give(found)
    case(desk, labelled(desk, found))
    clock_lines(desk, found["clocks"])
    for item in found["checklist"]:
        mark = "☑" if item["done_at"] else "☐"
        desk.line(f"  {mark} {desk.put(item['title'])} {when(item['done_at'])}")
    for line in found["penalties"]:
        money = desk.text("yuan", amount=f"{line['amount']:g}")
        amount = line["measure"] if line["measure"] and not line["amount"] else money
        desk.say(f"penalty.{line['state']}", penalty=line["penalty_id"], amount=amount)
    rows = []
    for event in found.get("history", ()):
        values = "；".join(f"{desk.put(k)}={inert(desk.put(v))}" for k, v in event["words"])
        times = (event[t][:16].replace("T", " ") for t in ("occurred_at", "recorded_at"))
        mark = desk.text("voided") if event["voided"] else ""
        what, who = (event["seq"], event["title"]), (event["actor"], event["batch"])
        rows.append((*what, *times, *who, mark + values))
    if rows:
        table(desk, desk.heads("seq what occurred recorded actor batch values"), rows)


def explain_(desk: Desk, number: Need = "", policy: Opt = None) -> None:
    from ..rulebook.policies import load

    rules = load(policy, desk.own) if policy else None
    found = reading.explain(desk.office, number, rules)
    desk.give(found)
    told = {"number": found["number"], "received": found["received_at"], "policy": found["title"]}
    desk.say("explain.head", **told)
    desk.line()
    for item in found["clocks"]:
        derivation(desk, item)


def list_(
    desk: Desk,
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
    given = {"kind": kind, "channel": channel, "category": category, "level": level}
    given |= {"status": status, "handler": handler}
    state, most = (open if open or closed else None), max(limit, 0) or None
    found, count = reading.listing(
        desk.office, given, month=month, open_=state, overdue=overdue, limit=most
    )
    desk.give({"count": count, "complaints": found})
    if not found:
        desk.say("said.none")
        return
    _lines(desk, found)
    desk.say("said.listed", shown=len(found), count=count)


def search_(desk: Desk, text: Need = "", limit: int = 50) -> None:
    found, more = reading.search(desk.office, text, max(limit, 1))
    desk.give({"count": len(found), "more": more, "complaints": found})
    if found:
        _lines(desk, found)
    desk.say("said.found_more" if more else "said.found", count=len(found))


def _lines(desk: Desk, found: list[dict[str, Any]]) -> None:
    rows = []
    for row in (wording.labelled(desk.office, item) for item in found):
        first = row["number"], when(row["received_at"])[:10]
        last = when(row["next_due_at"]), short(row["content"], 44)
        rows.append((*first, row["kind"], row["status"], row["handler"], *last))
    table(desk, desk.heads("number received kind status handler due content"), rows, rich=True)


def due_(desk: Desk, within: Opt = None, check: Flag = False) -> None:
    found = duties.due(desk.office, within)
    late = found["overdue"] + found["overdue_duties"]
    end = Overdue("overdue", count=late) if check and late else None
    desk.give(found, typer.Exit(Overdue.exit_code) if end else None)
    desk.say("due.head", now=found["as_of"], overdue=found["overdue"], due=found["due"])
    rows = []
    for clock in found["clocks"]:
        first = desk.text(f"state.{clock['state']}"), when(clock["due_at"])
        what = (clock[name] for name in ("number", "limit", "title", "handler"))
        rows.append((*first, *what, short(clock["content"], 30)))
    if rows:
        table(desk, desk.heads("state due number limit what handler content"), rows)
    if found["hidden"]:
        desk.say("due.hidden", count=found["hidden"])
    for item in found["callbacks"]:
        desk.say("due.callback", number=item["number"], day=when(item["replied_at"])[:10])
    for item in found["duties"]:
        desk.say(f"due.duty_{item['state']}", **item)
    if found["later"] and not within:
        desk.say("due.later", count=found["later"])
    if not (rows or found["callbacks"] or found["duties"]):
        desk.say("due.nothing")
    if end:
        raise end


def report_(desk: Desk, name: Arg = None, month: Opt = None, output: Out = None) -> None:
    from ..services import reporting

    found = reporting.report(desk.office, name or "summary", month)
    if output:
        _save(desk, found, output)
    period = {"first": found["first"], "last": found["last"]}
    tables = {part["id"]: part["rows"] for part in found["tables"]}
    desk.give({"report": found["report"].id, **period, **found["figures"], "tables": tables})
    desk.say("report.head", title=found["report"], **period)
    for key, value in found["figures"].items():
        label = found["labels"].get(key, key)
        desk.say("report.figure", label=label, value=_figure(desk, key, value))
    for part in found["tables"]:
        if part["rows"]:
            desk.line()
            lines = [(row["label"] or desk.text("unsorted"), row["count"]) for row in part["rows"]]
            table(desk, [desk.put(part["title"]), *desk.heads("count")], lines, rich=True)


def _figure(desk: Desk, key: str, value: Any) -> str:
    if value is None:
        return desk.text("nothing")
    if key.endswith("_rate"):
        return f"{value:.1%}"
    return f"{value:g}" if isinstance(value, float) else str(value)


def _save(desk: Desk, found: dict[str, Any], output: str) -> None:
    """The figures as a CSV that Excel opens."""
    import csv
    from pathlib import Path

    from ..sheets.atomic import replace_file

    lines: list[tuple[object, ...]]
    lines = [(desk.put(found["labels"].get(k, k)), v) for k, v in found["figures"].items()]
    for part in found["tables"]:
        lines += [(), (desk.put(part["title"]), *desk.heads("count"))]
        lines += [(desk.put(row["label"] or ""), row["count"]) for row in part["rows"]]
    with replace_file(Path(output), force=True) as private:
        with open(private, "w", encoding="utf-8-sig", newline="") as out:
            csv.writer(out).writerows(lines)
    desk.note("said.saved", path=output)
