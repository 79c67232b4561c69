"""Commands on whole books: init, import, export, verify."""

from pathlib import Path

from ..errors import BadData, Fault, VerifyFailed
from ..services import audit
from .desk import Book, Desk, Opt, Span, safe
from .render import short


def init_(desk: Desk, *, station: Opt, code: str = "S1", policy: str = "station") -> None:
    name = station or desk.text("station.default")
    found = audit.init(station=name, code=code, policy=policy, **desk.who())
    first, last = found["calendar"]
    desk.tell("said.founded", found, first=first, last=last)


def import_(
    desk: Desk, file: str, *, dry_run: bool, skip_bad: bool, force: bool, **how: Book
) -> None:
    from ..services.importing import import_book

    flags = {"dry_run": dry_run, "skip_bad": skip_bad, "force": force}
    found = import_book(desk.office, Path(file), how, **flags)
    for problem in found["problems"]:
        problem |= {"code": problem["reason"].code, "reason": desk.put(safe(problem["reason"]))}
    refused = found["problems"] and not skip_bad
    desk.give(found, BadData.exit_code if refused else 0)
    columns = {"known": list(found["mapping"]["columns"]), "unknown": found["unknown"]}
    desk.say("import.columns", **{k: short(desk.put(v), 200) for k, v in columns.items()})
    for problem in found["problems"][:20]:
        desk.say("import.problem", **problem)
    if len(found["problems"]) > 20:
        desk.say("import.more_problems", count=len(found["problems"]) - 20)
    for key in ("twins", "passed", "shared"):
        rows = [p["row"] for p in found[key]] if key == "passed" else found[key]
        if rows:
            desk.say(f"import.{key}", rows=rows[:20], count=len(rows))
    desk.say("import.counts", **found)
    if "rejects" in found:
        desk.say("import.rejects", path=found["rejects"])
    nothing = "nothing" if found["rejected"] or found["accepted"] else "known"
    end = "dry" if found["dry_run"] else "written" if found["written"] else nothing
    desk.say(f"import.{end}", batch=found["batch"])
    if refused:
        raise BadData("import.refused", rejected=found["rejected"])


def export_(desk: Desk, form: str, *, output: Opt, force: bool, unmask: Opt, **span: Span) -> None:
    from ..services import exporting

    found = exporting.export(desk.office, form, to=output, force=force, unmask=unmask, **span)
    desk.tell("said.exported", found)


def verify_(desk: Desk, *, anchor: Opt) -> None:
    found = audit.verify(desk.office, anchor)
    problems, count = found["problems"], len(found["problems"])
    desk.give(found, VerifyFailed.exit_code if problems else 0)
    if problems:
        raise VerifyFailed(faults=[*problems[:50], Fault("verify.failed", {"count": count})])
    desk.say("said.verified", **found)
