"""Commands on the rules: policy, form, calendar, duty; each a group of verbs."""

from __future__ import annotations

from typing import Any

import typer

from ..errors import BadRules
from .desk import Desk, need
from .options import Arg, Flag, From, Many, Opt


def policy_list(ctx: typer.Context) -> None:
    from ..services import rules
    from .render import table

    desk: Desk = ctx.obj
    found = rules.policies(desk.own)
    if desk.give(found):
        return
    names = ("limit", "penalty", "duty", "gate", "example")
    heads = [desk.text(f"head.{h}") for h in ("id", "title", *names)]
    table(desk, heads, [(p["id"], p["title"], *(p[n] for n in names)) for p in found], rich=True)


def policy_show(ctx: typer.Context, policy: Arg = None) -> None:
    from ..rulebook.coverage import worth
    from ..rulebook.policies import load
    from .render import inert

    desk: Desk = ctx.obj
    rules = load(policy or "station", desk.own)
    if desk.give(dict(rules.text)):
        return
    desk.say(
        "policy.head", id=rules.id, title=rules.title(rules.id, desk.lang), edition=rules.edition
    )
    for kind in ("limit", "extension", "gate", "penalty", "duty", "note"):
        items = rules.text.get(kind, ())
        if items:
            desk.line()
            desk.say(f"policy.{kind}", count=len(items))
        for item in items:
            words = (
                item["id"],
                inert(desk.put(worth(item))),
                item.get("article"),
                f"“{item['clause']}”",
            )
            desk.line("  " + "  ".join(w for w in words if w))
            if item.get("assumed"):
                desk.say("policy.assumed", reason=item["reason"])


def policy_check(ctx: typer.Context, files: Many = None) -> None:
    from ..services import rules

    desk: Desk = ctx.obj
    found = rules.check(files or [], desk.own)
    if found["faults"] and not desk.json:
        raise BadRules(faults=found["faults"])
    desk.give(found)
    desk.say("policy.checked", files=len(found["files"]), examples=found["examples"])
    if found["faults"]:
        raise typer.Exit(BadRules.exit_code)


def policy_adopt(
    ctx: typer.Context, policy: Arg = None, from_: From = None, dry_run: Flag = False
) -> None:
    from ..services import rules
    from .render import when

    need(policy=policy)
    desk: Desk = ctx.obj
    with desk.office() as office:
        found = rules.adopt(office, str(policy), from_, dry_run=dry_run)
    if desk.give(found):
        return
    key = "policy.would_adopt" if dry_run else "policy.adopted"
    desk.say(key, title=found["title"], id=found["policy"], day=found["from"])
    changed = found.get("would_change", ())
    for item in changed:
        days = {k: when(item[k]) or "—" for k in ("due_at", "new_due_at")}
        desk.say("policy.would_change", number=item["number"], limit=item["limit"], **days)
    if dry_run and not changed:
        desk.say("policy.nothing_changes")


def policy_coverage(ctx: typer.Context) -> None:
    from ..rulebook.coverage import coverage

    desk: Desk = ctx.obj
    found = coverage()
    if not desk.give(found):
        desk.say("policy.coverage", **{**found, "missing": [m["id"] for m in found["missing"]]})
    if found["missing"]:
        raise typer.Exit(BadRules.exit_code)


def policy_diff(ctx: typer.Context, policy: Arg = None, other: Arg = None) -> None:
    from ..rulebook.coverage import differences
    from ..rulebook.policies import load

    need(policy=policy, other=other)
    desk: Desk = ctx.obj
    found = differences(load(str(policy), desk.own), load(str(other), desk.own))
    if desk.give({"differences": found}):
        return
    for item in found:
        desk.line(desk.put(item))
    if not found:
        desk.say("diff.none")


def policy_new(
    ctx: typer.Context, policy: Arg = None, from_: From = None, name: Opt = None
) -> None:
    from ..rulebook.policies import load
    from ..rulebook.template import write

    desk: Desk = ctx.obj
    need(policy=policy, rules=desk.own)
    assert desk.own is not None, "need has asked for it"
    source = load(from_ or "station", desk.own)
    path = write(source, str(policy), name or str(policy), desk.own, f"{desk.clock():%Y-%m-%d}")
    if not desk.give({"path": path}):
        desk.say("policy.written", path=path, id=policy)


def form_list(ctx: typer.Context) -> None:
    from ..rulebook.files import titles
    from .render import table

    desk: Desk = ctx.obj
    found = titles("forms", desk.own)
    if not desk.give([{"id": f.id, "zh": f.zh, "en": f.en} for f in found]):
        table(desk, [desk.text("head.id"), desk.text("head.title")], [(f.id, f) for f in found])


def calendar_show(ctx: typer.Context, month: Arg = None) -> None:
    from ..services import rules
    from ..services.exporting import period
    from .render import table

    desk: Desk = ctx.obj
    with desk.office() as office:
        found = rules.calendar_month(office, *period(office, month or "this"))
    if desk.give(found):
        return
    desk.say("calendar.head", first=found["first"], last=found["last"], workdays=found["workdays"])
    rows = [(d["day"], desk.text(f"why.{d['kind']}", name=d["name"])) for d in found["days"]]
    if rows:
        table(desk, [desk.text("head.day"), desk.text("head.what")], rows)
    if found["provisional"]:
        desk.say("calendar.provisional", waiting=found["waiting"])


def calendar_set(ctx: typer.Context, day: Arg = None, kind: Arg = None, name: Opt = None) -> None:
    from ..services import rules

    need(day=day, kind=kind)
    desk: Desk = ctx.obj
    with desk.office() as office:
        found = rules.calendar_set(office, str(day), str(kind), name or "")
    if not desk.give(found):
        desk.say("calendar.set", **found)


def calendar_update(ctx: typer.Context) -> None:
    from ..services import rules

    desk: Desk = ctx.obj
    with desk.office() as office:
        found = rules.calendar_update(office)
    if not desk.give(found):
        desk.say("calendar.updated" if found["years"] else "calendar.nothing_new", **found)


def duty_list(ctx: typer.Context) -> None:
    from ..services import duties
    from .render import table

    desk: Desk = ctx.obj
    with desk.office() as office:
        found = duties.duty_list(office)
    if desk.give(found):
        return
    heads = [desk.text(f"head.{h}") for h in ("id", "what", "last", "next")]
    table(desk, heads, [(d["duty"], d["title"], d["last"], d["next"]) for d in found], rich=True)


def duty_done(ctx: typer.Context, duty: Arg = None, text: Arg = None, at: Opt = None) -> None:
    from ..services import duties

    need(duty=duty)
    desk: Desk = ctx.obj
    with desk.office() as office:
        done = duties.duty_done(office, str(duty), text or "", at)
    if not desk.give({"duty": done.id}):
        desk.say("duty.done", title=done)


GROUPS: dict[str, dict[str, Any]] = {
    "policy": {
        "list": policy_list,
        "show": policy_show,
        "check": policy_check,
        "adopt": policy_adopt,
        "coverage": policy_coverage,
        "diff": policy_diff,
        "new": policy_new,
    },
    "form": {"list": form_list},
    "calendar": {"show": calendar_show, "set": calendar_set, "update": calendar_update},
    "duty": {"list": duty_list, "done": duty_done},
}
