"""Commands on whole books: init, import, export, verify."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import typer

from ..errors import BadData, Fault, VerifyFailed
from .desk import Desk, need
from .options import Arg, Flag, Opt, Out


def init_(ctx: typer.Context, station: Opt = None, code: Opt = None, policy: Opt = None) -> None:
    from ..services import audit

    desk: Desk = ctx.obj
    found = audit.init(
        desk.path(),
        station=station or desk.text("station.default"),
        code=code or "S1",
        policy=policy or "station",
        by=desk.actor(),
        now=desk.clock(),
        own=desk.own,
    )
    if not desk.give(found):
        desk.say(
            "said.founded", **{**found, "first": found["calendar"][0], "last": found["calendar"][1]}
        )


def import_(
    ctx: typer.Context,
    file: Arg = None,
    mapping: Opt = None,
    sheet: Opt = None,
    encoding: Opt = None,
    dry_run: Flag = False,
    skip_bad: Flag = False,
    rejects: Opt = None,
) -> None:
    from ..services import importing

    need(file=file)
    desk: Desk = ctx.obj
    with desk.office() as office:
        found = importing.import_book(
            office,
            Path(str(file)),
            mapping=mapping or "books",
            sheet=sheet,
            encoding=encoding,
            dry_run=dry_run,
            skip_bad=skip_bad,
            rejects=Path(rejects) if rejects else None,
        )
    problems = [
        {**p, "code": p["reason"].code, "reason": desk.put(p["reason"])} for p in found["problems"]
    ]
    if not desk.give({**found, "problems": problems}):
        _imported(desk, found)
    if found["problems"] and not skip_bad:
        if desk.json:
            raise typer.Exit(BadData.exit_code)
        raise BadData("import.refused", rejected=found["rejected"])


def _imported(desk: Desk, found: dict[str, Any]) -> None:
    from .render import inert, short

    columns = {"known": list(found["mapping"]["columns"]), "unknown": found["unknown"]}
    desk.say("import.columns", **{k: short(desk.put(v), 200) for k, v in columns.items()})
    for problem in found["problems"][:20]:
        values = {k: inert(problem[k]) for k in ("row", "column", "value")}
        desk.say("import.problem", **values, reason=problem["reason"])
    if len(found["problems"]) > 20:
        desk.say("import.more_problems", count=len(found["problems"]) - 20)
    if found["twins"]:
        desk.say("import.twins", rows=found["twins"][:20], count=len(found["twins"]))
    if found["passed"]:
        desk.say(
            "import.passed",
            rows=[p["row"] for p in found["passed"]][:20],
            count=len(found["passed"]),
        )
    desk.say(
        "import.counts",
        **{k: found[k] for k in ("read", "accepted", "rejected", "duplicate", "blank")},
    )
    if found.get("rejects"):
        desk.say("import.rejects", path=found["rejects"])
    key = (
        "dry"
        if found["dry_run"]
        else "known"
        if not found["accepted"]
        else "written"
        if found["written"]
        else "nothing"
    )
    desk.say(f"import.{key}", batch=found["batch"])


def export_(
    ctx: typer.Context,
    form: Arg = None,
    month: Opt = None,
    as_of: Opt = None,
    output: Out = None,
    force: Flag = False,
    unmask: Opt = None,
) -> None:
    from ..services import exporting

    need(form=form)
    desk: Desk = ctx.obj
    with desk.office() as office:
        found = exporting.export(
            office,
            str(form),
            month=month,
            as_of=as_of,
            output=Path(output) if output else None,
            force=force,
            unmask=unmask or "",
        )
    if not desk.give(found):
        desk.say("said.exported", **found)


def verify_(ctx: typer.Context, anchor: Opt = None) -> None:
    from ..services import audit

    desk: Desk = ctx.obj
    with desk.office() as office:
        found = audit.verify(office, [anchor] if anchor else [])
    desk.give({**found, "problems": list(found["problems"])})
    if found["ok"]:
        desk.say("said.verified", **found)
        return
    if desk.json:
        raise typer.Exit(VerifyFailed.exit_code)
    count = Fault("verify.failed", {"count": len(found["problems"])})
    raise VerifyFailed(faults=[*found["problems"][:50], count])
