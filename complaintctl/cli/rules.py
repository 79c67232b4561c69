"""Commands on the rules: policy, form, calendar, duty; each a group of verbs."""

import typer

from ..errors import BadRules, Fault, together
from ..rulebook import check, files, policies
from ..services import duties, rules
from .desk import Desk, Many, Opt, lacking
from .render import table, when


def policy_list(desk: Desk) -> None:
    found = rules.policies(desk.own)
    desk.give(found)
    table(desk, "id title limit penalty duty gate example", found, rich=True)


def policy_show(desk: Desk, policy: Opt) -> None:
    found = check.sound(policy or "station", desk.own)
    desk.give(dict(found.text))
    desk.say("policy.head", id=found.id, title=found.named(found.id), edition=found.edition)
    for kind in ("limit", "extension", "gate", "penalty", "duty", "note"):
        if items := found.text.get(kind, ()):
            desk.line()
            desk.say(f"policy.{kind}", count=len(items))
        for item in items:
            worth, clause = desk.put(policies.worth(item)), f"“{item['clause']}”"
            words = (item["id"], worth, item.get("article"), clause)
            desk.line("  " + "  ".join(filter(None, words)))
            if item.get("assumed"):
                desk.say("policy.assumed", reason=item["reason"])
    desk.line()
    desk.say("policy.step", words=[*found.steps.values()])
    desk.say("policy.field", words=[*found.fields.values()])
    for field in found.fields.values():
        if choices := found.vocabulary.get(found.vocabulary_of(field.id)):
            desk.say("policy.words", label=field, words=[*choices.values()])


def policy_check(desk: Desk, files: Many) -> None:
    found = rules.check(files or [], desk.own)
    desk.give(found, BadRules.exit_code if found["faults"] else 0)
    if found["faults"]:
        raise BadRules(faults=found["faults"])
    desk.say("policy.checked", files=len(found["files"]), examples=found["examples"])


def policy_adopt(desk: Desk, policy: str, *, from_: Opt, dry_run: bool) -> None:
    found = rules.adopt(desk.office, policy, from_, dry_run=dry_run)
    key = "policy.would_adopt" if dry_run else "policy.adopted"
    desk.tell(key, found, id=found["policy"], day=found["from"])
    for item in found.get("would_change", ()):
        days = {k: when(item[k]) or "—" for k in ("due_at", "new_due_at")}
        desk.say("policy.would_change", **item | days)
    if dry_run and not found["would_change"]:
        desk.say("policy.nothing_changes")


def policy_coverage(desk: Desk) -> None:
    found = policies.coverage()
    code = BadRules.exit_code if found["missing"] else 0
    desk.give(found, code)
    desk.say("policy.coverage", **found | {"missing": [item["id"] for item in found["missing"]]})
    raise typer.Exit(code)


def policy_diff(desk: Desk, policy: str, other: str) -> None:
    sides = together(lambda: check.sound(policy, desk.own), lambda: check.sound(other, desk.own))
    found = policies.differences(*sides)
    desk.give({"differences": found})
    for item in found or [Fault("diff.none")]:
        desk.line(desk.put(item))


def policy_new(desk: Desk, policy: Opt, *, from_: Opt, name: Opt) -> None:
    lacking({"policy": policy, "rules": desk.own}).tell()
    assert policy and desk.own, "they would be lacking"
    source = check.sound(from_ or "station", desk.own if desk.own.is_dir() else None)
    path = policies.write(source, policy, name or policy, desk.own, f"{desk.clock():%Y-%m-%d}")
    desk.tell("policy.written", {"path": path}, id=policy, rules=desk.own)


def form_list(desk: Desk) -> None:
    found = [*files.titles("forms", desk.own)]
    desk.give(found)
    table(desk, "id title", [{"id": form.id, "title": form} for form in found])


def calendar_show(desk: Desk, month: Opt) -> None:
    found = rules.calendar_month(desk.office, month)
    desk.tell("calendar.head", found)
    rows = [d | {"what": desk.text(f"why.{d['kind']}", **d)} for d in found["days"]]
    table(desk, "day what", rows)
    if found["provisional"]:
        desk.say("calendar.provisional", **found)


def calendar_set(desk: Desk, day: str, kind: str, *, name: Opt) -> None:
    desk.tell("calendar.set", rules.calendar_set(desk.office, day, kind, name or ""))


def calendar_update(desk: Desk) -> None:
    found = rules.calendar_update(desk.office)
    desk.tell("calendar.updated" if found["years"] else "calendar.nothing_new", found)


def duty_list(desk: Desk) -> None:
    found = duties.duty_list(desk.office)
    desk.give(found)
    rows = [d | {"id": d["duty"], "what": d["title"]} for d in found]
    table(desk, "id what last next", rows, rich=True)


def duty_done(desk: Desk, duty: str, text: Opt, *, at: Opt) -> None:
    done = duties.duty_done(desk.office, duty, text or "", at)
    desk.tell("duty.done", {"duty": done.id}, title=done)
