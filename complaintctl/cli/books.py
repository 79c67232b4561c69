"""Commands on whole books: init, import, export, verify."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import typer

from ..errors import BadData, Fault, VerifyFailed
from .desk import Desk
from .options import Flag, Need, Opt, Out
from .render import inert, short


def init_(desk: Desk, station: Opt = None, code: Opt = None, policy: Opt = None) -> None:
    from ..services import audit

    found = audit.init(
        desk.path(),
        station=station or desk.text("station.default"),
        code=code or "S1",
        policy=policy or "station",
        by=desk.actor(),
        now=desk.clock(),
        own=desk.own,
    )
    first, last = found["calendar"]
    desk.give(found)
    desk.say("said.founded", **found, first=first, last=last)


def import_(
    desk: Desk,
    file: Need = "",
    mapping: Opt = None,
    sheet: Opt = None,
    encoding: Opt = None,
    dry_run: Flag = False,
    skip_bad: Flag = False,
    rejects: Opt = None,
) -> None:
    from ..services import importing

    found = importing.import_book(
        desk.office,
        Path(file),
        mapping=mapping or "books",
        sheet=sheet,
        encoding=encoding,
        dry_run=dry_run,
        skip_bad=skip_bad,
        rejects=Path(rejects) if rejects else None,
    )
    problems = [
        p | {"code": p["reason"].code, "reason": desk.put(p["reason"])} for p in found["problems"]
    ]
    refused = bool(problems) and not skip_bad
    desk.give(found | {"problems": problems}, typer.Exit(BadData.exit_code if refused else 0))
    _imported(desk, found)
    if refused:
        raise BadData("import.refused", rejected=found["rejected"])


def _imported(desk: Desk, found: dict[str, Any]) -> None:
    columns = {"known": list(found["mapping"]["columns"]), "unknown": found["unknown"]}
    desk.say("import.columns", **{k: short(desk.put(v), 200) for k, v in columns.items()})
    for problem in found["problems"][:20]:
        values = {k: inert(problem[k]) for k in ("row", "column", "value")}
        desk.say("import.problem", **values, reason=problem["reason"])
    if len(found["problems"]) > 20:
        desk.say("import.more_problems", count=len(found["problems"]) - 20)
    for key, rows in ("twins", found["twins"]), ("passed", [p["row"] for p in found["passed"]]):
        if rows:
            desk.say(f"import.{key}", rows=rows[:20], count=len(rows))
    sums = ("read", "accepted", "rejected", "duplicate", "blank")
    desk.say("import.counts", **{name: found[name] for name in sums})
    if found.get("rejects"):
        desk.say("import.rejects", path=found["rejects"])
    ends = {"dry": found["dry_run"], "known": not found["accepted"], "written": found["written"]}
    end = next((name for name, so in ends.items() if so), "nothing")
    desk.say(f"import.{end}", batch=found["batch"])


def export_(
    desk: Desk,
    form: Need = "",
    month: Opt = None,
    as_of: Opt = None,
    output: Out = None,
    force: Flag = False,
    unmask: Opt = None,
) -> None:
    from ..services import exporting

    found = exporting.export(
        desk.office, form, month=month, as_of=as_of, output=output, force=force, unmask=unmask
    )
    desk.give(found)
    desk.say("said.exported", **found)


def verify_(desk: Desk, anchor: Opt = None) -> None:
    from ..services import audit

    found = audit.verify(desk.office, anchor)
    desk.give(found, typer.Exit(0 if found["ok"] else VerifyFailed.exit_code))
    if not found["ok"]:
        count = Fault("verify.failed", {"count": len(found["problems"])})
        raise VerifyFailed(faults=[*found["problems"][:50], count])
    desk.say("said.verified", **found)
