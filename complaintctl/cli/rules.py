"""Commands on the rules: policy, form, calendar, duty; each a group of verbs."""

from __future__ import annotations

import typer

from ..errors import BadRules
from ..rulebook import coverage
from ..rulebook.files import titles
from ..rulebook.policies import load
from ..rulebook.template import write
from ..services import duties, rules
from ..services.session import period
from .desk import Desk, need
from .options import Arg, Flag, From, Many, Need, Opt
from .render import inert, table, when


def policy_list(desk: Desk) -> None:
    found = rules.policies(desk.own)
    desk.give(found)
    names = "id title limit penalty duty gate example"
    rows = [[policy[name] for name in names.split()] for policy in found]
    table(desk, desk.heads(names), rows, rich=True)


def policy_show(desk: Desk, policy: Arg = None) -> None:
    found = load(policy or "station", desk.own)
    desk.give(dict(found.text))
    desk.say("policy.head", id=found.id, title=found.named(found.id), edition=found.edition)
    for kind in ("limit", "extension", "gate", "penalty", "duty", "note"):
        items = found.text.get(kind, ())
        if items:
            desk.line()
            desk.say(f"policy.{kind}", count=len(items))
        for item in items:
            worth = inert(desk.put(coverage.worth(item)))
            words = (item["id"], worth, item.get("article"), f"“{item['clause']}”")
            desk.line("  " + "  ".join(filter(None, words)))
            if item.get("assumed"):
                desk.say("policy.assumed", reason=item["reason"])


def policy_check(desk: Desk, files: Many = None) -> None:
    found = rules.check(files or [], desk.own)
    desk.give(found, typer.Exit(BadRules.exit_code if found["faults"] else 0))
    if found["faults"]:
        raise BadRules(faults=found["faults"])
    desk.say("policy.checked", files=len(found["files"]), examples=found["examples"])


def policy_adopt(desk: Desk, policy: Need = "", from_: From = None, dry_run: Flag = False) -> None:
    found = rules.adopt(desk.office, policy, from_, dry_run=dry_run)
    desk.give(found)
    key = "policy.would_adopt" if dry_run else "policy.adopted"
    desk.say(key, title=found["title"], id=found["policy"], day=found["from"])
    changed = found.get("would_change", ())
    for item in changed:
        days = {k: when(item[k]) or "—" for k in ("due_at", "new_due_at")}
        desk.say("policy.would_change", **item | days)
    if dry_run and not changed:
        desk.say("policy.nothing_changes")


def policy_coverage(desk: Desk) -> None:
    found = coverage.coverage()
    end = typer.Exit(BadRules.exit_code if found["missing"] else 0)
    desk.give(found, end)
    desk.say("policy.coverage", **found | {"missing": [item["id"] for item in found["missing"]]})
    raise end


def policy_diff(desk: Desk, policy: Need = "", other: Need = "") -> None:
    found = coverage.differences(load(policy, desk.own), load(other, desk.own))
    desk.give({"differences": found})
    for item in found:
        desk.line(desk.put(item))
    if not found:
        desk.say("diff.none")


def policy_new(desk: Desk, policy: Arg = None, from_: From = None, name: Opt = None) -> None:
    need({"policy": policy, "rules": desk.own})
    assert policy and desk.own, "need has asked for them"
    source = load(from_ or "station", desk.own)
    path = write(source, policy, name or policy, desk.own, f"{desk.clock():%Y-%m-%d}")
    desk.give({"path": path})
    desk.say("policy.written", path=path, id=policy)


def form_list(desk: Desk) -> None:
    found = titles("forms", desk.own)
    desk.give(found)
    table(desk, desk.heads("id title"), [(form.id, form) for form in found])


def calendar_show(desk: Desk, month: Arg = None) -> None:
    found = rules.calendar_month(desk.office, *period(desk.office, month))
    desk.give(found)
    desk.say("calendar.head", first=found["first"], last=found["last"], workdays=found["workdays"])
    rows = [(d["day"], desk.text(f"why.{d['kind']}", name=d["name"])) for d in found["days"]]
    if rows:
        table(desk, desk.heads("day what"), rows)
    if found["provisional"]:
        desk.say("calendar.provisional", waiting=found["waiting"])


def calendar_set(desk: Desk, day: Need = "", kind: Need = "", name: Opt = None) -> None:
    found = rules.calendar_set(desk.office, day, kind, name or "")
    desk.give(found)
    desk.say("calendar.set", **found)


def calendar_update(desk: Desk) -> None:
    found = rules.calendar_update(desk.office)
    desk.give(found)
    desk.say("calendar.updated" if found["years"] else "calendar.nothing_new", **found)


def duty_list(desk: Desk) -> None:
    found = duties.duty_list(desk.office)
    desk.give(found)
    rows = [(d["duty"], d["title"], d["last"], d["next"]) for d in found]
    table(desk, desk.heads("id what last next"), rows, rich=True)


def duty_done(desk: Desk, duty: Need = "", text: Arg = None, at: Opt = None) -> None:
    done = duties.duty_done(desk.office, duty, text or "", at)
    desk.give({"duty": done.id})
    desk.say("duty.done", title=done)
