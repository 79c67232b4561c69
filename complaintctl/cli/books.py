"""Commands on whole books: init, import, export, verify."""

from pathlib import Path
from typing import Any

from ..errors import BadData, Fault, VerifyFailed
from .desk import Desk
from .options import Book, Flag, Need, Opt, Out
from .render import short


def init_(desk: Desk, station: Opt, code: Opt, policy: Opt) -> None:
    from ..services import audit

    station = station or desk.text("station.default")
    found = audit.init(
        desk.path(), station=station, code=code or "S1", policy=policy or "station", **desk.who()
    )
    first, last = found["calendar"]
    desk.tell("said.founded", found, first=first, last=last)


def import_(
    desk: Desk, file: Need, *, dry_run: Flag, skip_bad: Flag, rejects: Opt, **how: Book
) -> None:
    from ..services import importing

    how["mapping"] = how["mapping"] or "books"
    how["rejects"] = Path(rejects) if rejects else None
    found = importing.import_book(
        desk.office, Path(file), dry_run=dry_run, skip_bad=skip_bad, **how
    )
    problems = [
        p | {"code": p["reason"].code, "reason": desk.put(p["reason"])} for p in found["problems"]
    ]
    refused = bool(problems) and not skip_bad
    desk.give(found | {"problems": problems}, BadData.exit_code if refused else 0)
    _imported(desk, found)
    if refused:
        raise BadData("import.refused", rejected=found["rejected"])


def _imported(desk: Desk, found: dict[str, Any]) -> None:
    columns = {"known": list(found["mapping"]["columns"]), "unknown": found["unknown"]}
    desk.say("import.columns", **{k: short(desk.put(v), 200) for k, v in columns.items()})
    for problem in found["problems"][:20]:
        desk.say("import.problem", **problem)
    if len(found["problems"]) > 20:
        desk.say("import.more_problems", count=len(found["problems"]) - 20)
    for key, rows in ("twins", found["twins"]), ("passed", [p["row"] for p in found["passed"]]):
        if rows:
            desk.say(f"import.{key}", rows=rows[:20], count=len(rows))
    desk.say("import.counts", **found)
    if found.get("rejects"):
        desk.say("import.rejects", path=found["rejects"])
    ends = {"dry": found["dry_run"], "known": not found["accepted"], "written": found["written"]}
    end = next((name for name, so in ends.items() if so), "nothing")
    desk.say(f"import.{end}", batch=found["batch"])


def export_(
    desk: Desk, form: Need, month: Opt, as_of: Opt, output: Out, force: Flag, unmask: Opt
) -> None:
    from ..services import exporting

    found = exporting.export(
        desk.office, form, month=month, as_of=as_of, output=output, force=force, unmask=unmask
    )
    desk.tell("said.exported", found)


def verify_(desk: Desk, anchor: Opt) -> None:
    from ..services import audit

    found = audit.verify(desk.office, anchor)
    problems, count = found["problems"], len(found["problems"])
    desk.give(found, VerifyFailed.exit_code if problems else 0)
    if problems:
        raise VerifyFailed(faults=[*problems[:50], Fault("verify.failed", {"count": count})])
    desk.say("said.verified", **found)
