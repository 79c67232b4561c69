"""Reads a policy file as a strict examiner: every fault of it at once, each with its place."""

import re
from collections.abc import Callable, Collection, Iterator
from functools import cache, partial
from pathlib import Path
from typing import Any, get_type_hints

from ..domain.conditions import Table
from ..domain.fold import DERIVED
from ..domain.policy import ITEMS, RULES, Policy, Term
from ..domain.spans import read_span
from ..errors import BadRules, Fault, Trouble
from .files import pick, read
from .policies import ABOUT, load, merged

Wrong = Iterator[tuple[str, str, object]]  # the key, the code of its fault, the value at fault
HEAD: dict[str, Any] = {  # the keys beside the items, and of which type their values are
    **dict.fromkeys(("id", *ABOUT, "url", "forms", "include", "drop", "plans", "number"), Any),
    **dict.fromkeys(("roll", "note_to_reader", "vocabulary", "example", *ITEMS), Any),
    **dict.fromkeys(("checklist", "count_receipt_day", "reopen_restarts"), bool),
}
FITTING = {str: (str,), bool: (bool,), int: (int,), float: (int, float)}  # no bool is a number
SPANS = ("within", "not_before", "at_most")
NUMBERS = ("attempts", "amount", "points", "multiplier")
BY_FACT = ("within", *NUMBERS)  # what may be a table {field: {value: …}}
ASKED = ("given", "min", "below", "otherwise")  # what such a table may say instead of a value
MOMENTS = ("received", "assigned", "closed", "reopened", "logged", "amended")
# What comes before the serial number is its series; it ends the number, so that it can be counted.
NUMBERING = r"([^{}]|\{(year|month|yy|day)\})*\{serial(:0[1-9])?\}"
WORDS = {
    "type": ("text", "term", "bool", "number", "count", "day", "moment", "phone", "digits"),
    "roll": ("forward", "backward", "none"),
    "per": ("case", "person", "day_late"),
    "start": ("calendar", "last"),
}


def faults(path: Path, own: Path | None = None) -> list[Fault]:
    """All that is wrong with a policy file: syntax, unknown keys, dangling names, unreadable spans.

    Each fault has ``path``, ``place`` (item and key), ``line`` where the item's id stands,
    ``value``. A value of a wrong shape may hide the names that would have been followed after it.
    """
    found: list[Fault] = []
    try:
        text, whole = read(path), merged(path, own)
        found += _located(path, text, _malformed)
        found += _located(path, text, partial(_dangling, Policy(whole)))
    except Trouble as trouble:
        return trouble.faults
    except (TypeError, AttributeError, ValueError, KeyError) as error:
        return found or [Fault("rules.misshapen", {"path": path.name, "detail": str(error)})]
    return found


def sound(wanted: str, own: Path | None = None) -> Policy:
    """The policy a person names, if its file has no fault; else BadRules with all of them."""
    path = pick("policies", wanted, own)
    if wrong := faults(path, own):
        raise BadRules(faults=wrong)
    return load(str(path), own)


def _located(path: Path, text: Table, examine: Callable[[str, Table], Wrong]) -> Iterator[Fault]:
    lines = path.read_text(encoding="utf-8").splitlines()
    for kind, item in _parts(text):
        id_ = str(item.get("id", "")) if kind else ""
        for key, code, value in examine(kind, item):
            place = f"{kind} {id_} {key}" if kind else key
            mark = f'"{id_}"' if id_ else f"{place} ="
            line = next((n for n, s in enumerate(lines, 1) if mark in s), "-")
            where = {"path": path.name, "place": place, "line": line, "value": value}
            yield Fault(f"rules.{code}", where)


def _parts(text: Table) -> Iterator[tuple[str, Table]]:
    """What a file is made of: its head (of kind ""), its items, the words of its vocabularies."""
    yield "", text
    yield from ((kind, item) for kind in ITEMS for item in text.get(kind, ()))
    for name, words in text.get("vocabulary", {}).items():
        yield from ((f"vocabulary.{name}", word) for word in words)


@cache
def _types(kind: str) -> dict[str, Any]:
    """The keys that a part of this kind may have, and of which type their values are."""
    if not kind:
        return HEAD
    known = get_type_hints(ITEMS.get(kind, Term)) | {"from": Any, "clause": str}
    return {key: type_ for key, type_ in known.items() if key not in ("since", "origin")}


def _malformed(kind: str, item: Table) -> Wrong:
    """Keys that are unknown or missing, and values of a wrong type or that cannot be read."""
    types = _types(kind)
    wanted = ["id", "clause"] if kind in RULES else ["id", "zh"]
    wanted += ["en"] if kind in ("", "field", "step") else []
    wanted += ["reason"] if item.get("assumed") else []
    yield from ((key, "unknown_key", key) for key in item if key not in types)
    yield from ((key, "missing_key", key) for key in wanted if not item.get(key))
    for key in (key for key in types if key in item):
        fitting = FITTING.get(float if key in NUMBERS else types[key])
        for value in _leaves(item[key]) if key in BY_FACT else [item[key]]:
            if fitting and type(value) not in fitting:
                yield key, "wrong_type", value
            elif not _readable(key, value):
                yield key, "bad_span" if key in SPANS else f"bad_{key}", value


def _leaves(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return [leaf for inner in value.values() for leaf in _leaves(inner)]
    return [value]


def _readable(key: str, value: Any) -> bool:
    from dateutil.rrule import rrulestr  # here: only who checks a file waits for it

    try:
        if key == "rrule" and value:  # without one a duty is owed as needed
            rrulestr(value)
            # An interval of nothing would be counted for ever, one of hours is no day's duty.
            return not re.search("INTERVAL=(?!0*[1-9])|(SECOND|MINUTE|HOUR)LY", value.upper())
        if key == "number":
            return bool(re.fullmatch(NUMBERING, value))
        if key in SPANS:
            read_span(str(value))
    except (ValueError, LookupError):
        return False
    return True


def _dangling(policy: Policy, kind: str, item: Table) -> Wrong:
    """Names that lead nowhere: steps, fields, vocabulary words, limits."""
    facts = (*policy.fields, *DERIVED)
    known: dict[str, Collection[str]] = {
        **dict.fromkeys(
            ("from", "until", "on", "steps", "after", "resets"), (*policy.steps, *MOMENTS)
        ),
        **dict.fromkeys(("fields", "true", "differ", "due_field", "share_on", "text"), facts),
        **dict.fromkeys(("late", "limits"), tuple(limit.id for limit in policy.limits)),
        **{"status": policy.vocabulary.get("status", ()), "of": policy.vocabulary, **WORDS},
    }
    for key, names in known.items():
        yield from ((key, "unknown_name", n) for n in _listed(item.get(key)) if str(n) not in names)
    for key in ("when", "unless", "one_of", "sets", *BY_FACT):
        names = tuple(policy.fields) if key == "sets" else facts
        for table in _listed(item.get(key)):
            if isinstance(table, dict) or key not in BY_FACT:
                for place, n in _unknown(policy, names, table):
                    yield key + place, "unknown_name", n


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]


def _unknown(policy: Policy, names: Collection[str], table: Any) -> Iterator[tuple[str, object]]:
    """The fields a table asks for that there are not, and the words that their fields lack."""
    if not isinstance(table, dict):
        yield "", table
        return
    for name, wanted in table.items():
        if name not in names:
            yield "", name
        vocabulary = name if name == "channel_group" else policy.vocabulary_of(name)
        if vocabulary:
            known = {*policy.vocabulary.get(vocabulary, ())}
            known |= {*ASKED} if isinstance(wanted, dict) else {""}
            words = wanted if isinstance(wanted, list | dict) else [wanted]
            yield from ((f".{name}", word) for word in words if str(word) not in known)
