"""What is known: one complaint, its history, why its dates are so, lists, search, figures.

Returns plain dictionaries (the JSON the scripts rely on) with the ids of a policy's words, which
``labelled`` turns into words for people; restricted complaints come masked.
"""

import datetime as dt
import json
from collections.abc import Iterable, Iterator, Mapping
from functools import partial

from ..domain.clocks import clocks, derive, state_at
from ..domain.entry import read
from ..domain.fold import UNMAPPED
from ..domain.mask import masked
from ..domain.moments import read_month
from ..domain.policy import Field, Item, Policy, Term
from ..domain.vocabulary import Named
from ..errors import Fault, together
from ..ledger import queries
from ..ledger.store import Draft, events_of
from .session import Office, Typed, Values

Given = Mapping[str, Typed]  # field ids, and what was typed
STATUS = Field("status", "状态", "status", type="term")
ANY = Field("text", "文字", "text")  # what today's policy has no field for
LINES = Field("limit", "--limit", "--limit", type="count")
WITHHELD = "〔举报内容不予显示〕"
SHOWN = (
    *("number", "reference", "kind", "channel", "category", "level", "status", "received_at"),
    *("registered_at", "handler", "unit", "name", "phone", "address", "account_no", "content"),
    *("demand", "accused", "receiver", "contacted_at", "resolved_at", "replied_at", "reply_mode"),
    *("notified_at", "followed_up_at", "result", "outcome", "substantiated", "responsibility"),
    *("satisfaction", "note", "late", "origin", "batch"),
)
DUE = ("next_due_at", "next_limit", "due_at", "due_limit")
LISTED = (*SHOWN, *DUE, "adoption", "class", "closed_at")
OURS = ("named", "row", "text", "reason", UNMAPPED)  # what events hold beside a policy's fields
EVENT = ("seq", "occurred_at", "recorded_at", "actor", "batch")


def show(office: Office, wanted: str, unmask: Typed = None, *, history: bool = False) -> Values:
    """One complaint with its clocks and penalties. ``unmask`` is a reason; it is recorded."""
    row = queries.complaint(office.ledger, wanted)
    state, policy = office.state(row["number"])
    if unmask:
        disclose(office, state.number, unmask, [state.number])
    kept = {UNMAPPED: state.fields[UNMAPPED]} if UNMAPPED in state.fields else {}
    shown = seen(policy, row, bare=bool(unmask), **kept)
    about = {name: shown[name] for name in (*SHOWN, "closed_at", "more")}
    about |= {"late": bool(row["late"]), "policy": policy.id}
    fines = queries.penalties_of(office.ledger, state.number)
    if row["restricted"] and not unmask:
        fines = [masked(fine, WITHHELD, frozenset(("person",))) for fine in fines]
    plan = policy.text.get("checklists", {}).get(state.fields.get("plan") or policy.id, ())
    done = {taken.step: taken.at for taken in state.present.steps}
    steps = filter(None, map(policy.steps.get, plan))  # one may have been dropped
    ticked = [{"step": s.id, "title": s, "done_at": done.get(s.id)} for s in steps if not s.resets]
    lines = [clock(r, policy, office.now) for r in queries.clocks_of(office.ledger, state.number)]
    about |= {"penalties": fines, "checklist": ticked, "clocks": lines}
    return about | ({"history": _history(office, policy, row, bool(unmask))} if history else {})


def disclose(office: Office, what: str, reason: str, numbers: Iterable[str]) -> None:
    """Records that masked personal data of these complaints was looked at, by whom and why."""
    body = {"what": what, "numbers": [*numbers]}
    with office.ledger.unit():
        office.write(Draft("disclosed", office.now, None, body, {"reason": reason}))


def seen(policy: Policy, row: Values, *, bare: bool = False, **kept: object) -> Values:
    """A projected row with its further fields, also those ``kept`` by events alone; masked if
    restricted, unless it is ``bare``. ``closed_at`` is None also for an old record whose end
    nobody knows."""
    closed = None if row["status"] == "archived" else row["ended_at"]
    shown = {**row, "more": json.loads(row["more"]) | kept, "closed_at": closed}
    if bare or not row["restricted"]:
        return shown
    usual = policy.defaults
    shown["more"] = {k: WITHHELD for k, v in shown["more"].items() if v and v != usual.get(k)}
    return masked(shown, WITHHELD, policy.private)


def clock(line: Values, policy: Policy, now: dt.datetime) -> Values:
    """A clock as scripts get it, from its row or its values; ``state`` as of now."""
    limit, due = policy.limit(line["limit"]), line["due_at"]
    at = dt.datetime.fromisoformat(str(due)) if due else None
    told = {name: line[name] for name in ("limit", "policy", "due_at", "met_at")}
    told |= {"title": Named(line["limit"], limit.zh, limit.en), "clause": limit.clause}
    told |= {"from": line["since"], "state": state_at(line["state"], at, now)}
    return told | {"provisional": bool(line["provisional"]), "round": line["round"] + 1}


def _history(office: Office, policy: Policy, row: Values, bare: bool) -> list[Values]:
    """Every event of a complaint, also who looked behind its mask, oldest first, with both its
    times; undone ones are marked. What is private is masked if the complaint is restricted, unless
    it is ``bare``."""
    lines = []
    for event in events_of(office.ledger, row["number"], disclosed=True):
        said = {**event.body, **event.private}
        values = {k: v for k, v in said.items() if k not in ("policy", "what", "numbers")}
        name = str(values.pop("step", event.type))
        if list(values.values()).count(values.get("text")) > 1:
            del values["text"]
        if row["restricted"] and not bare:
            values = {k: (WITHHELD if k in event.private else v) for k, v in values.items()}
        usual = policy.defaults if event.type in ("logged", "recorded") else {}
        about = {key: getattr(event, key) for key in EVENT}
        about |= {"type": name, "title": policy.called(name)}
        about |= {"voided": event.batch in office.book.voided, "values": values}
        lines.append(about | {"words": [*worded(policy, values, usual)]})
    return lines


def explain(office: Office, wanted: str, policy: Typed = None) -> Values:
    """Why each date is what it is: rule, clause, start, every day counted or skipped, result.

    With another ``policy`` the same complaint under that regime; nothing is written.
    """
    from ..rulebook.check import sound  # here: who only shows a complaint need not load it

    number, under = together(
        lambda: queries.find(office.ledger, wanted), lambda: policy and sound(policy, office.own)
    )
    state, rules = office.state(number, under)
    calendar, lines = office.book.calendar, []
    for item in clocks(state, rules, calendar):
        limit = rules.limit(item.limit)
        told = clock(item._asdict(), rules, office.now)
        told |= {"title": limit, "article": limit.place, "source": rules.named(item.policy)}
        told |= {"within": limit.span(state.facts), "days": derive(limit, item, state, calendar)}
        lines.append(told | {"assumed": limit.reason if limit.assumed else None})
    about = {"number": state.number, "policy": rules.id, "title": rules.named(rules.id)}
    return {**about, "received_at": state.received_at, "clocks": lines}


def listing(
    office: Office, given: Given, month: Typed, open_: bool | None, overdue: bool, limit: Typed
) -> Values:
    """Complaints that meet the filters (words of today's policy), newest first; and how many."""
    policy, now = office.policy, office.now
    asked = {name: text for name, text in given.items() if text is not None}
    fields = {**policy.fields, "status": STATUS}
    *words, period, most = together(
        *(partial(read, fields.get(n, ANY), asked[n], policy, now) for n in asked),
        lambda: read_month(month, now) if month else None,
        lambda: _most(office, limit),
    )
    equal = dict(zip(asked, words, strict=True))
    if (term := policy.term("category", equal.get("category"))) and not term.parent:
        equal["class"] = equal.pop("category")  # a class means all its items
    late = now.isoformat() if overdue else ""
    found, count = queries.listing(office.ledger, equal, period, open_, late, most)
    return {"count": count, "complaints": [_brief(office, row) for row in found]}


def search(office: Office, text: str, limit: Typed) -> Values:
    """Complaints whose text holds every word, newest first; and whether there are more."""
    found, more = queries.search(office.ledger, text, _most(office, limit))
    return {"count": len(found), "more": more, "complaints": [_brief(office, row) for row in found]}


def _most(office: Office, limit: Typed) -> int:
    """How many lines are wanted; 0 for all."""
    return int(read(LINES, limit or "50", office.policy, office.now))


def _brief(office: Office, row: Values) -> Values:
    """A projected row as a line of a list."""
    shown = seen(office.book.policy(row["adoption"]), row)
    return {name: shown[name] for name in LISTED}


def labelled(office: Office, shown: Values) -> Values:
    """A complaint that is shown or listed, with the words of its vocabularies instead of ids."""
    known = shown.get("adoption") or queries.complaint(office.ledger, shown["number"])["adoption"]
    policy = office.book.policy(known)
    more = worded(policy, shown.get("more", {}), policy.defaults)
    return {**shown, **terms(policy, shown), "more": more}


def terms(policy: Policy, row: Values) -> dict[str, Term]:
    """The words of a row's vocabularies, of those that have one."""
    known = policy.vocabulary | {"class": policy.vocabulary.get("category", {})}
    return {n: w[str(row.get(n))] for n, w in known.items() if str(row.get(n)) in w}


def worded(policy: Policy, values: Values, usual: Values) -> Iterator[tuple[object, object]]:
    """Further values as (label, word) pairs, without those that are as ``usual``."""
    for name, value in values.items():
        if isinstance(value, Mapping):
            yield from value.items()
        elif value not in (None, "", usual.get(name)):
            own = Fault(f"field.{name}") if name in OURS else name
            word = policy.term(policy.vocabulary_of(name), value)
            yield policy.fields.get(name) or own, word or value


def report(office: Office, wanted: str, month: Typed) -> Values:
    """The figures and tables of a report file, counted by the ledger's views, for a month or year.

    ``{report, period: {first, last}, figures: {id: value}, labels, tables: [{id, title, rows}]}``;
    a rate is a fraction of 1, null where there is nothing to divide by.
    """
    from ..rulebook.files import load_report

    text, days = together(
        lambda: load_report(wanted, office.own), lambda: read_month(month or "this", office.now)
    )
    period = dict(zip(("first", "last"), map(str, days), strict=True))
    named = {"file": text["id"], "now": office.now.isoformat(), **period}
    policy, figures, tables = office.policy, Values(), []
    for sql in text["figures"]:
        figures |= next(iter(office.ledger.reported(sql, **named)), {})
    for table in text.get("table", ()):
        words, lines = table.get("vocabulary", ""), office.ledger.reported(table["sql"], **named)
        rows = [r | {"label": policy.term(words, r.get("id")) or r.get("id")} for r in lines]
        tables.append({"id": table["id"], "title": Item(**table), "rows": rows})
    titles = {figure["id"]: Item(**figure) for figure in text.get("figure", ())}
    labels = {name: titles.get(name, name) for name in figures}
    about = {"report": Item(**text), "period": period}
    return {**about, "figures": figures, "labels": labels, "tables": tables}
