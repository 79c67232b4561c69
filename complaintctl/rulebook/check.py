"""Reads a policy file as a strict examiner: every fault of it at once, each with its place."""

import datetime as dt
import re
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping
from functools import cache, partial
from pathlib import Path
from typing import Any, get_type_hints
from unicodedata import normalize

from ..domain.conditions import Table
from ..domain.entry import read as value_of
from ..domain.example import KEYS
from ..domain.fold import BESIDE, DERIVED, OF_THE_STEP, OWN
from ..domain.policy import ITEMS, RULES, Field, Policy, Roll, Term
from ..domain.spans import read_span
from ..errors import BadRules, Fault, Trouble, Usage
from .files import PACKAGED, TABLES, Wrong, examined, leaves, listed, misfits, pick, read, tables
from .policies import ABOUT, merged, reached

HEAD: dict[str, Any] = {  # the keys beside the items, and of which type their values are
    **dict.fromkeys(("id", "zh", "en", "edition", "number"), str),
    **dict.fromkeys((*ABOUT[3:], "url", "forms", "note_to_reader"), Any),
    **dict.fromkeys(("include", "drop", "plans"), list[str]),
    **{"roll": Roll, "vocabulary": dict[str, TABLES]},
    **dict.fromkeys(("example", *ITEMS), TABLES),
    **dict.fromkeys(("checklist", "count_receipt_day", "reopen_restarts"), bool),
}
# Tables of facts, the later ones if they are no plain value; and of values for fields.
ASKING = ("when", "unless", "one_of", "within", "attempts", "amount", "points", "multiplier")
GIVEN = ("sets", "default")
SPANS = ("within", "not_before", "at_most")
ASKED = ("given", "min", "below", "otherwise")  # what such a table may say instead of a value
KEPT = {  # ids of the program's own; base declares some of them
    "field": {*BESIDE, *DERIVED, *OF_THE_STEP, "policy", "steps", "row"},
    "step": {*OWN, "received", "logged", "amended"},
}
FARTHEST = 9999  # days, months …, in which the calendar does not end
# Near the last year there is, where a rule without any date soon ends.
LATE = dt.datetime.combine(dt.date(9992, 1, 1), dt.time())
# What comes before the serial number is its series; it ends the number, so that it can be counted.
NUMBERING = r"([^{}]|\{(year|month|yy|day)\})*\{serial(:0[1-9])?\}"
# An interval of nothing would be counted for ever, one of hours is no day's duty, an end none.
ENDLESS = r"(?!.*(INTERVAL=(?!0*[1-9])|SECOND|MINUTE|HOUR|COUNT|UNTIL))[A-Z0-9=;,+-]+"


def sound(wanted: str, own: Path | None = None) -> Policy:
    """The policy a person names, whole: with all it includes.

    BadRules with all that is wrong with its file and the office's own files that it includes or
    keeps as plans: syntax, keys, types, names that lead nowhere, values that cannot be read. Each
    fault has ``path``, ``place`` (item and key), ``line`` where the item's id stands, ``value``. A
    value of a wrong shape may hide the names that would have been followed after it.
    """
    path, wrong = pick("policies", wanted, own), list[Fault]()
    try:
        files, texts = reached(path, own)
        for here, text in texts.items():
            if here == path or not here.is_relative_to(PACKAGED):
                wrong += _located(here, text, partial(_malformed, here, files, texts, set()))
        policy = Policy(merged(path, files, texts))
        for here, text in texts.items():
            wrong += _located(here, text, partial(_dangling, policy, text.get("id")))
    except Trouble as trouble:
        wrong += trouble.faults
    except (TypeError, AttributeError, ValueError, KeyError) as error:  # of what is named already
        wrong = wrong or [Fault("rules.misshapen", {"path": path.name, "detail": str(error)})]
    if wrong:
        raise BadRules(faults=wrong)
    return policy


def _located(path: Path, text: Table, examine: Callable[[str, Table], Wrong]) -> Iterator[Fault]:
    bare = (re.sub(r"^\s*#.*", "", line) for line in path.read_text("utf-8-sig").splitlines())
    lines, met = [*enumerate(bare, 1)], Counter[str]()
    for kind, item in _parts(text):
        id_ = str(item.get("id", item.get("note", ""))) if kind else ""
        for key, code, value in examine(kind, item):
            mark = rf"""(?<![\w-])(?:id|note)\s*=\s*["']{re.escape(id_)}["']"""
            if not kind:  # a key of the head has a line of its own, unless it is missing
                mark = "(?!)" if code == "missing_key" else rf"""^\s*["'\[]*{re.escape(key)}\b"""
            hits = [n for n, line in lines for _ in re.findall(mark, line)]
            where = {"path": path.name, "place": f"{kind} {id_} {key}".strip(), "value": value}
            yield Fault(f"rules.{code}", {**where, "line": (*hits[met[id_] :], "-")[0]})
        met[id_] += 1


def _parts(text: Table) -> Iterator[tuple[str, Table]]:
    """What a file is made of: its head (of kind ""), the words of its vocabularies, its items."""
    yield "", text
    words = text.get("vocabulary")
    lists = {f"vocabulary.{n}": words[n] for n in words} if isinstance(words, dict) else {}
    lists |= {kind: text[kind] for kind in text if kind in ITEMS or kind == "example"}
    yield from ((kind, item) for kind, items in lists.items() for item in tables(items))


@cache
def _types(kind: str) -> dict[str, Any]:
    """The keys that a part of this kind may have, and of which type their values are."""
    if kind in ("", "example"):
        return KEYS if kind else HEAD
    known = get_type_hints(ITEMS.get(kind, Term)) | {"clause": str}
    return {"from" if k == "since" else k: type_ for k, type_ in known.items() if k != "origin"}


@cache
def _base() -> dict[tuple[str, str], Table]:
    """The fields and steps, by kind and id, that the program itself names."""
    text = read(PACKAGED / "policies" / "base.toml")
    return {(kind, item["id"]): item for kind in KEPT for item in text[kind]}


def _fitting(kind: str, item: Table) -> dict[str, Any]:
    """What of an item is of its type."""
    return {k: v for k, v in item.items() if not misfits(v, _types(kind).get(k, object))}


def _malformed(
    path: Path, files: Table, texts: Mapping[Path, Table], met: set[object], kind: str, item: Table
) -> Wrong:
    """Keys and ids that cannot be, and values of a wrong type or that cannot be read."""
    wanted = ["id", "clause"] if kind in RULES else ["id", "zh"]
    wanted += ["en"] if kind in ("", "field", "step") else []
    wanted += ["reason"] if item.get("assumed") else []
    wanted += ["until"] if kind == "limit" else []
    if kind == "example":
        wanted = ["try"] if "refused" in item else []
    yield from examined(item, _types(kind), wanted)
    fitting = _fitting(kind, item)
    for key, value in fitting.items():
        code = "bad_span" if key in SPANS else f"bad_{key}"
        yield from ((key, code, leaf) for leaf in leaves(value) if not _readable(key, leaf))
    if kind != "example":
        strange = _strangers(path, files, texts, fitting)
        yield from _misnamed(kind, fitting, met) if kind else strange


def _strangers(path: Path, files: Table, texts: Mapping[Path, Table], head: Table) -> Wrong:
    """Files that there are not, and items dropped that there are not or that the program needs."""
    if head.get("id", path.stem) != path.stem:
        yield "id", "bad_id", head["id"]
    if not head.get("include") and all(there.stem != "base" for there in texts):
        yield "include", "missing_key", "base"
    others = (part for there, text in texts.items() if there != path for part in _parts(text))
    known = {str(item.get("id")) for kind, item in others if kind in ITEMS}
    known -= {id_ for _, id_ in _base()}
    for key, names in (("include", files), ("plans", files), ("drop", known)):
        yield from ((key, "unknown_name", n) for n in head.get(key, ()) if n not in names)


def _misnamed(kind: str, item: Table, met: set[object]) -> Wrong:
    """An id that cannot be: with blanks, of two items, the program's own; a field unlike base's."""
    id_ = item.get("id", "")
    base = _base().get((kind, id_), {})
    kept = not base and id_ in KEPT.get(kind, ())
    if id_ and (kept or (kind, id_) in met or re.search(r"[\s/#]", id_)):
        yield "id", "bad_id", id_
    met.add((kind, id_))
    for key, usual in (("type", "text"), ("private", False)) if base and kind == "field" else ():
        if (ours := item.get(key, usual)) != base.get(key, usual):
            yield key, "bad_value", ours


def _readable(key: str, value: Any) -> bool:
    from dateutil.rrule import rrulestr  # here: only who checks a file waits for it

    try:
        if key in SPANS:
            read_span(value)
        if key == "number":  # as it is looked for
            plain = normalize("NFKC", value).strip()
            return plain == value and bool(re.fullmatch(NUMBERING, value))
        if key == "rrule" and value:  # without one a duty is owed as needed
            return bool(re.fullmatch(ENDLESS, value.upper()) and rrulestr(value, dtstart=LATE)[0])
    except (ValueError, LookupError, TypeError, AttributeError, ArithmeticError):
        return False
    return True


def _dangling(policy: Policy, file: object, kind: str, item: Table) -> Wrong:
    """What only the whole policy can tell of an item of a ``file`` that stands in it: names that
    lead nowhere (steps, fields, words, limits), values that do not fit what they are for."""
    there = policy.text[kind] if kind in ITEMS else ()
    if not any(i["id"] == item.get("id") and i["origin"] == file for i in there):
        return
    item = _fitting(kind, item)
    if "default" in item:  # is a value for its field, as those are that a step sets
        item["default"] = {item["id"]: item["default"]}
    facts, steps = (*policy.fields, *DERIVED), (*policy.steps, *OWN)
    known: dict[str, Collection[str]] = {
        **{"from": (*steps, "received"), "on": (*steps, "logged", "amended")},
        "due_field": [f.id for f in policy.fields.values() if f.type in ("day", "moment")],
        **dict.fromkeys(("until", "steps", "after", "resets"), steps),
        **dict.fromkeys(("fields", "true", "differ", "share_on"), facts),
        **dict.fromkeys(("late", "limits"), (*policy.limits,)),
        **{"status": {*policy.vocabulary.get("status", ())} - {"closed", "voided"}},
        "text": policy.fields,
    }
    for key, names in known.items():
        yield from ((key, "unknown_name", n) for n in listed(item.get(key)) if n not in names)
    for key, names in (dict.fromkeys(ASKING, facts) | dict.fromkeys(GIVEN, policy.fields)).items():
        for table in tables(listed(item.get(key))):
            yield from _unknown(policy, key, names, table)
    yield from _unheld(policy, item)


def _unheld(policy: Policy, item: Table) -> Wrong:
    """Values that can be read but would be misjudged."""
    if {} in listed(item.get("unless")):
        yield "unless", "bad_value", "{}"  # it would except all
    of = item.get("of") or (("field", item["id"]) not in _base() and item["id"])
    if item.get("type") == "term" and of and not policy.vocabulary.get(of):
        yield "of", "unknown_name", of
    spans = (s for s in leaves(item.get("within", "")) if _readable("within", s))
    if max((read_span(s).n for s in spans), default=0) * item.get("times", 1) > FARTHEST:
        yield "times", "bad_value", item["times"]


def _holds(policy: Policy, field: Field, value: Any) -> bool:
    """Whether a value of a rule file is what a person's input for the field would become."""
    try:
        read_as = value_of(field, str(value), policy)
    except Usage:
        return False
    return bool(read_as == value) and isinstance(read_as, bool) == isinstance(value, bool)


def _unknown(policy: Policy, key: str, names: Collection[str], table: Table) -> Wrong:
    """Fields in a table that there are not, words that their vocabularies lack, and values that
    they cannot have."""
    for name, wanted in table.items():
        if name not in names:
            yield key, "unknown_name", name
        vocabulary = name if name == "channel_group" else policy.vocabulary_of(name)
        if vocabulary:
            words, more = (wanted, ASKED) if isinstance(wanted, dict) else (listed(wanted), ("",))
            known, place = {*policy.vocabulary.get(vocabulary, ()), *more}, f"{key}.{name}"
            yield from ((place, "unknown_name", word) for word in words if str(word) not in known)
        elif key in GIVEN and name in names and not _holds(policy, policy.fields[name], wanted):
            yield key, "bad_value", wanted
