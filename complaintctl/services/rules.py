"""The rules an office lives under: policies listed, shown, checked, adopted; the calendar
corrected."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from ..domain.clocks import clocks
from ..domain.example import run
from ..domain.fold import fold
from ..domain.moments import Unreadable, read_day
from ..domain.policy import Policy
from ..domain.vocabulary import Named, candidates
from ..domain.workdays import WorkCalendar
from ..errors import Fault, Trouble, Usage
from ..ledger import office as tables
from ..ledger import queries
from ..ledger.store import Draft, append, events_of
from ..rulebook.check import faults, sound
from ..rulebook.files import found, pick, read
from ..rulebook.policies import load
from .audit import adoption, announced
from .holiday_source import announced_years, state_council_days
from .session import Office

DAY_KINDS = (Named("work", "上班", "work"), Named("off", "休息", "off"))


def policies(own: Path | None) -> list[dict[str, Any]]:
    """Every policy at hand: id, titles, how many rules of each kind."""
    listed = []
    for id_, path in found("policies", own).items():
        text = read(path)
        counts = {
            k: len(text.get(k, ())) for k in ("limit", "penalty", "duty", "gate", "step", "example")
        }
        listed.append(
            {"id": id_, "title": Named(id_, text.get("zh", id_), text.get("en", id_)), **counts}
        )
    return listed


def check(wanted: Iterable[str], own: Path | None) -> dict[str, Any]:
    """Examines policy files and executes their examples: ``{files, examples, faults}``."""
    paths = [pick("policies", w, own) for w in wanted] or list(found("policies", own).values())
    calendar = official_calendar()
    problems: list[Fault] = []
    count = 0
    for path in paths:
        wrong = faults(path, own)
        problems += wrong
        if wrong:
            continue
        policy = load(str(path), own)
        for index, example in enumerate(policy.text.get("example", ()), 1):
            count += 1
            problems += _failed(path, policy, index, example, calendar)
    return {"files": [p.name for p in paths], "examples": count, "faults": problems}


def _failed(
    path: Path, policy: Policy, index: int, example: dict[str, Any], calendar: WorkCalendar
) -> list[Fault]:
    try:
        wrong = run(policy, example, calendar)
    except (KeyError, ValueError, TypeError, AttributeError, Trouble) as error:
        wrong = [f"{type(error).__name__}: {error}"]
    return [
        Fault(
            "rules.example",
            {"path": path.name, "index": index, "note": example.get("note", ""), "detail": w},
        )
        for w in wrong
    ]


def official_calendar() -> WorkCalendar:
    """The State Council's calendar of every announced year, before any correction by hand."""
    years = announced_years()
    days = {day: why for year in years for day, why in state_council_days(year).items()}
    return WorkCalendar(days, years)


def adopt(
    office: Office, wanted: str, from_: str | None, *, dry_run: bool = False
) -> dict[str, Any]:
    """Adopts a policy for complaints received from a day on; those registered before keep
    theirs."""
    rules = sound(wanted, office.own)
    day = _day(office, from_) if from_ else office.now.date()
    if dry_run:
        return _adopted(rules, day) | {"would_change": would_change(office, rules)}
    with office.ledger.unit():
        append(office.ledger, office.stamp, [adoption(rules, office.now, day)])
        tables.project_office(office.ledger, office.book)
    return _adopted(rules, day)


def _adopted(rules: Policy, day: dt.date) -> dict[str, Any]:
    title = Named(rules.id, rules.title(rules.id, "zh"), rules.title(rules.id, "en"))
    return {"policy": rules.id, "title": title, "from": day}


def would_change(office: Office, rules: Policy) -> list[dict[str, Any]]:
    """Each running deadline of an open complaint that would be another if it did not keep its
    policy."""
    changed = []
    for row in queries.listing(office.ledger, equal={}, open_=True)[0]:
        events = events_of(office.ledger, row["number"])
        state, own = office.book.state(events)
        other = fold(events, rules, office.book.voided) or state
        old, new = (
            {c.limit: c.due_at for c in clocks(s, p, office.book.calendar) if c.state == "running"}
            for s, p in ((state, own), (other, rules))
        )
        changed += [
            {"number": row["number"], "limit": n, "due_at": old.get(n), "new_due_at": new.get(n)}
            for n in sorted(old.keys() | new.keys())
            if old.get(n) != new.get(n) or (n in old) != (n in new)
        ]
    return changed


def calendar_set(office: Office, day_text: str, kind: str, name: str) -> dict[str, Any]:
    """Corrects one day by hand (weekend duty, a regional holiday); dates that hang on it are
    recomputed."""
    match = candidates(DAY_KINDS, kind)
    faults_ = (
        []
        if len(match) == 1
        else [
            Fault(
                "value.unknown",
                {
                    "field": Named("kind", "上班或休息", "work or off"),
                    "value": kind,
                    "nearest": list(DAY_KINDS),
                },
            )
        ]
    )
    try:
        day = read_day(day_text, office.now, typed=True)
    except Unreadable as error:
        raise Usage(faults=[error.fault, *faults_]) from None
    if faults_:
        raise Usage(faults=faults_)
    body = {"days": {day.isoformat(): [match[0].id, name]}, "source": "hand"}
    return {
        "day": day,
        "kind": match[0],
        "recomputed": _calendar(office, Draft("calendar", office.now, None, body)),
    }


def calendar_update(office: Office) -> dict[str, Any]:
    """Takes in the years announced since the ledger was made."""
    draft = announced(office.now, queries.calendar_years(office.ledger))
    years = list(draft.body["years"])
    return {"years": years, "recomputed": _calendar(office, draft) if years else 0}


def _calendar(office: Office, draft: Draft) -> int:
    days = [dt.date.fromisoformat(d) for d in draft.body["days"]]
    with office.ledger.unit():
        append(office.ledger, office.stamp, [draft])
        return tables.refresh(office.ledger, office.book, days)


def calendar_month(office: Office, first: dt.date, last: dt.date) -> dict[str, Any]:
    """The days of a period that are not as their weekday says, and how many are working days."""
    calendar = office.book.calendar
    days = [first + dt.timedelta(days=n) for n in range((last - first).days)]
    special = [
        (d, *calendar.why(d))
        for d in days
        if calendar.why(d)[0] in ("off", "makeup") or calendar.why(d)[1]
    ]
    return {
        "first": first,
        "last": last,
        "workdays": sum(calendar.is_workday(d) for d in days),
        "days": [{"day": d, "kind": kind, "name": name} for d, kind, name in special],
        "provisional": any(calendar.provisional(d) for d in days),
        "waiting": queries.provisional(office.ledger),
    }


def _day(office: Office, text: str) -> dt.date:
    try:
        return read_day(text, office.now, typed=True)
    except Unreadable as error:
        raise Usage(faults=[error.fault]) from None
