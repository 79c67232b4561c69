"""Commands that only look: show, explain, list, search, due, report."""

from typing import Any

from ..errors import Overdue
from ..services import duties, reading
from ..services.session import writable
from .desk import Desk, Opt, Where
from .render import case, clock_lines, labelled, short, table, when


def show_(desk: Desk, number: str, *, history: bool, unmask: Opt) -> None:
    found = reading.show(desk.office, number, unmask, history=history)
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
    for event in found.get("history", ()):
        event |= {t: event[f"{t}_at"][:16].replace("T", " ") for t in ("occurred", "recorded")}
        mark = desk.text("voided") if event["voided"] else ""
        values = "；".join(f"{desk.put(k)}={desk.put(v)}" for k, v in event["words"])
        event |= {"what": event["title"], "values": mark + values}
    table(desk, "seq what occurred recorded actor batch values", found.get("history", ()))


def explain_(desk: Desk, number: str, *, policy: Opt) -> None:
    found = reading.explain(desk.office, number, policy)
    desk.tell("explain.head", found, received=when(found["received_at"]), policy=found["title"])
    weekdays = desk.text("weekdays").split()
    for item in found["clocks"]:
        desk.line()
        desk.line(f"{item['limit']}  {desk.put(item['title'])}")
        desk.say("explain.clause", **item)
        if item["assumed"]:
            desk.say("explain.assumed", reason=item["assumed"])
        desk.say("explain.within", span=item["within"])
        for step in item["days"]:
            day, why = step["day"], step["why"] and desk.text(f"why.{step['why']}", **step)
            told = {"day": when(day), "weekday": weekdays[day.weekday()], "why": why}
            desk.say(f"explain.{step['what']}", **step | told)
        state = desk.text(f"state.{item['state']}")
        desk.say("explain.state", state=state, met=when(item["met_at"]))
        if item["provisional"]:
            desk.say("explain.provisional")
    desk.line()


def list_(desk: Desk, *, open: bool, closed: bool, overdue: bool, limit: Opt, **how: Where) -> None:
    month = how.pop("month")
    state = open if open != closed else None
    found = reading.listing(desk.office, how, month, state, overdue, limit)
    _lines(desk, found)
    shown = len(found["complaints"])
    desk.say("said.listed" if shown else "said.none", shown=shown, **found)


def search_(desk: Desk, text: str, *, limit: Opt) -> None:
    found = reading.search(desk.office, text, limit)
    _lines(desk, found)
    key = "found_more" if found["more"] else "found" if found["count"] else "found_none"
    desk.say(f"said.{key}", **found)


def _lines(desk: Desk, found: dict[str, Any]) -> None:
    desk.give(found)
    rows = [reading.labelled(desk.office, row) for row in found["complaints"]]
    for row in rows:
        row |= {"received": when(row["received_at"])[:10], "due": when(row["next_due_at"])}
        row["content"] = short(row["content"], 44)
    table(desk, "number received kind status handler due content", rows, rich=True)


def due_(desk: Desk, *, within: Opt, check: bool) -> None:
    found = duties.due(desk.office, within)
    late = found["overdue"] + found["overdue_duties"]
    desk.give(found, Overdue.exit_code if check and late else 0)
    desk.say("due.head", now=found["as_of"], **found | {"overdue": late})
    clocks = [item | {"content": short(item["content"], 30)} for item in found["clocks"]]
    clock_lines(desk, clocks, "state due number limit what handler content")
    if found["hidden"]:
        desk.say("due.hidden", count=found["hidden"])
    for item in found["callbacks"]:
        desk.say("due.callback", number=item["number"], day=when(item["replied_at"])[:10])
    for item in found["duties"]:
        desk.say(f"due.duty_{item['state']}", **item)
    if found["later"] and not within:
        desk.say("due.later", count=found["later"])
    if not (found["clocks"] or found["callbacks"] or found["duties"]):
        desk.say("due.nothing")
    if check and late:
        raise Overdue("overdue", count=late)


def report_(desk: Desk, name: Opt, *, month: Opt, output: Opt, force: bool) -> None:
    from ..sheets.atomic import save_csv

    found = reading.report(desk.office, name or "summary", month)
    if output:
        save_csv(writable(output, ".csv", desk.office.ledger.path), _rows(desk, found), force=force)
        desk.note("said.saved", path=output)
    tables = {part["id"]: part["rows"] for part in found["tables"]}
    about = {"report": found["report"].id, **found["period"]}
    desk.give({**about, **found["figures"], "tables": tables})
    desk.say("report.head", title=found["report"], **found["period"])
    for key, value in found["figures"].items():
        desk.say("report.figure", label=found["labels"][key], value=_figure(desk, key, value))
    for part in found["tables"]:
        if part["rows"]:
            desk.line()
            rows = [row | {"label": row["label"] or desk.text("unsorted")} for row in part["rows"]]
            table(desk, "label count", rows, rich=True, label=desk.put(part["title"]))


def _figure(desk: Desk, key: str, value: Any) -> str:
    if value is None:
        return desk.text("nothing")
    if key.endswith("_rate") and isinstance(value, int | float):
        return f"{value:.1%}"
    return f"{value:g}" if isinstance(value, float) else str(value)


def _rows(desk: Desk, found: dict[str, Any]) -> list[list[object]]:
    """The figures as the rows of a sheet."""
    rows = [[desk.put(found["labels"][k]), v] for k, v in found["figures"].items()]
    for part in found["tables"]:
        rows += [[], [desk.put(part["title"]), desk.text("head.count")]]
        rows += [[desk.put(row["label"]), row.get("count")] for row in part["rows"]]
    return rows
