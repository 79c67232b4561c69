"""The rules of an office: policies listed, checked, adopted; the calendar corrected."""

import datetime as dt
from collections.abc import Iterable, Iterator
from functools import cache, partial
from pathlib import Path

from ..domain.clocks import clocks
from ..domain.event import canonical, digest
from ..domain.example import run
from ..domain.moments import read_day, read_month
from ..domain.policy import Policy
from ..domain.vocabulary import Named, meant
from ..domain.workdays import WorkCalendar
from ..errors import BadRules, Fault, Trouble, together
from ..ledger import queries
from ..ledger.store import Draft
from ..rulebook.check import sound
from ..rulebook.files import found, pick, tables, titles
from .holiday_source import announced_years, state_council_days
from .session import Office, Typed, Values

COUNTED = ("limit", "penalty", "duty", "gate", "step", "example")
DAY_KIND = Named("kind", "上班或休息", "work or off")
DAY_KINDS = (Named("work", "上班", "work"), Named("off", "休息", "off"))


def policies(own: Path | None) -> list[Values]:
    """Every policy at hand: id, titles, how many rules of each kind."""
    return [
        {"id": named.id, "title": named} | {kind: len(tables(text.get(kind))) for kind in COUNTED}
        for named, text in titles("policies", own).items()
    ]


def check(wanted: Iterable[str], own: Path | None) -> Values:
    """Examines policy files and executes their examples: ``{files, examples, faults}``."""
    paths = together(*(partial(pick, "policies", w, own) for w in wanted))
    paths, problems, count = paths or [*found("policies", own).values()], list[Fault](), 0
    for path in paths:
        try:
            policy = sound(str(path), own)
            problems += _failing(policy)
            count += len(policy.text["example"])
        except BadRules as wrong:
            problems += wrong.faults
    return {"files": [p.name for p in paths], "examples": count, "faults": problems}


def _failing(policy: Policy) -> Iterator[Fault]:
    """What the examples of a sound policy claim and its rules do not give."""
    for index, example in enumerate(policy.text["example"], 1):
        about = {"path": f"{policy.id}.toml", "index": index, "note": example.get("note", "")}
        try:
            failed = run(policy, example, official_calendar())
        except (KeyError, ValueError, TypeError, AttributeError, Trouble) as error:
            failed = [f"{type(error).__name__}: {error}"]
        yield from (Fault("rules.example", {**about, "detail": why}) for why in failed)


@cache
def official_calendar() -> WorkCalendar:
    """The State Council's calendar of every announced year, before any correction by hand."""
    years = announced_years()
    return WorkCalendar(state_council_days(years), years)


def proven(wanted: str, own: Path | None) -> Policy:
    """A sound policy whose examples hold, which an office may adopt."""
    policy = sound(wanted, own)
    if wrong := [*_failing(policy)]:
        raise BadRules(faults=wrong)
    return policy


def adoption(rules: Policy, now: dt.datetime, day: dt.date) -> Draft:
    """The event by which an office adopts a policy: the ledger keeps its full text."""
    body = {"policy": rules.id, "edition": rules.edition, "from": str(day), "text": rules.text}
    return Draft("adopted", now, None, body | {"digest": digest(b"", canonical(rules.text))})


def announced(now: dt.datetime, known: Iterable[int] = ()) -> Draft:
    """The event that fills the calendar with every announced year not yet known."""
    years = sorted(set(announced_years()) - set(known))
    days = {day.isoformat(): list(why) for day, why in state_council_days(years).items()}
    return Draft("calendar", now, None, {"years": years, "days": days, "source": "holidays"})


def adopt(office: Office, wanted: str, from_: Typed, *, dry_run: bool) -> Values:
    """Adopts a policy for complaints received from a day on; the older ones keep theirs."""
    rules, day = together(
        lambda: proven(wanted, office.own),
        lambda: read_day(from_, office.now) if from_ else office.now.date(),
    )
    told = {"policy": rules.id, "title": rules.named(rules.id), "from": day}
    if dry_run:
        return told | {"would_change": [*_would_change(office, rules)]}
    office.record(adoption(rules, office.now, day))
    return told


def _would_change(office: Office, rules: Policy) -> Iterator[Values]:
    """The running deadlines of open complaints that would be others under these rules."""
    for row in queries.listing(office.ledger, {}, None, True, "", 0)[0]:
        number, calendar = row["number"], office.book.calendar
        lines = (clocks(*office.state(number, under), calendar) for under in (None, rules))
        old, new = ({c.limit: c.due_at for c in found if c.state == "running"} for found in lines)
        for id_ in sorted(old.keys() | new.keys()):
            if (before := old.get(id_)) != (after := new.get(id_)):
                yield {"number": number, "limit": id_, "due_at": before, "new_due_at": after}


def calendar_set(office: Office, day_text: str, kind: str, name: str) -> Values:
    """Corrects one day by hand (weekend duty, a regional holiday) and the dates that hang on it."""
    match, day = together(
        lambda: meant(DAY_KINDS, kind, "value", field=DAY_KIND),
        lambda: read_day(day_text, office.now),
    )
    body = {"days": {day.isoformat(): [match.id, name]}, "source": "hand"}
    recomputed = office.record(Draft("calendar", office.now, None, body))
    return {"day": day, "kind": match, "recomputed": recomputed}


def calendar_update(office: Office) -> Values:
    """Takes in the years announced since the ledger was made."""
    draft = announced(office.now, office.book.calendar.announced)
    years = draft.body["years"]
    return {"years": years, "recomputed": office.record(draft) if years else 0}


def calendar_month(office: Office, month: Typed) -> Values:
    """The days of a month or year that are not as their weekday says, how many are working days."""
    (first, last), calendar = read_month(month or "this", office.now), office.book.calendar
    days = [first + dt.timedelta(days=n) for n in range((last - first).days)]
    odd = [
        {"day": day, "kind": kind, "name": name}
        for day, (kind, name) in zip(days, map(calendar.why, days), strict=True)
        if kind in ("off", "makeup") or name
    ]
    told = {"first": first, "last": last, "workdays": sum(map(calendar.is_workday, days))}
    unsure, waiting = any(map(calendar.provisional, days)), queries.running(office.ledger)
    return {**told, "days": odd, "provisional": unsure, "waiting": waiting}
