"""The rules of an office: policies listed, checked, adopted; the calendar filled and corrected.

The one place that knows the ``holidays`` package, which holds the State Council's yearly notices;
used when calendar years are filled, never day by day.
"""

import datetime as dt
import re
from collections.abc import Collection, Iterable, Iterator
from functools import cache, partial
from itertools import groupby
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


def announced_years() -> list[int]:
    """The years whose notice is known: a swapped day proves one, a lone decreed day does not."""
    from holidays.countries.china import ChinaStaticHolidays

    table = ChinaStaticHolidays.special_public_holidays.items()
    return sorted({y for y, rows in table for r in rows if isinstance(r, tuple) and len(r) > 3})


def state_council_days(years: Collection[int]) -> dict[dt.date, tuple[str, str]]:
    """Every exceptional day of announced years: date -> (``off`` or ``work``, name), in order.

    A day off that another is worked for is named after its block (春节调休), the other too (春节).
    """
    from holidays import country_holidays

    # With their neighbours: 2006-12-30 is in the notice for 2007.
    near = sorted({year + n for year in years for n in (-1, 0, 1)})
    china = country_holidays("CN", years=near, language="zh_CN")
    labels, why = dict(china.items()), dict.fromkeys(china.weekend_workdays, ("work", "调休"))
    # Most years end on their 365th day: then a New Year's Day comes twice, which is no matter.
    days = (dt.date(year, 1, 1) + dt.timedelta(days=n) for year in near for n in range(366))
    for _, stretch in groupby(days, china.is_working_day):
        block = {day: labels[day] for day in stretch if day in labels}
        own = (label for label in block.values() if not re.search("补假|调休|延长", label))
        name = _names("; ".join(own))  # such as 中秋节、国庆节
        for day, label in block.items():
            if swapped := re.search(r"由 (\d{4}-\d\d-\d\d) 调休", label):
                why[dt.date.fromisoformat(swapped[1])] = ("work", name)
            why[day] = ("off", f"{name}调休" if swapped else _names(label))
    return {day: why[day] for day in sorted(why) if day.year in years}


def _names(label: str) -> str:
    names = label.replace("（补假）", "").replace("农历除夕", "春节").split("; ")
    return "、".join(dict.fromkeys(names))


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


def calendar_set(office: Office, date: str, kind: str, name: str) -> Values:
    """Corrects one day by hand (weekend duty, a regional holiday) and the dates that hang on it."""
    match, day = together(
        lambda: meant(DAY_KINDS, kind, "value", field=DAY_KIND), lambda: read_day(date, office.now)
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
    whys = ((day, *calendar.why(day)) for day in days)
    odd = [{"day": d, "kind": k, "name": n} for d, k, n in whys if n or k in ("off", "makeup")]
    told = {"first": first, "last": last, "workdays": sum(map(calendar.is_workday, days))}
    unsure, waiting = any(map(calendar.provisional, days)), queries.running(office.ledger)
    return {**told, "days": odd, "provisional": unsure, "waiting": waiting}
