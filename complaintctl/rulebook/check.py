"""Reads a policy file as a strict examiner: every fault of it at once, each with its place."""

from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import Any

from ..domain.conditions import Table
from ..domain.fold import DERIVED
from ..domain.policy import ITEMS, RULES, Policy, Term, shape
from ..domain.spans import read_span
from ..errors import BadRules, Fault, Trouble
from .files import pick, read
from .policies import ABOUT, load, merged

HEAD = {
    *("id", *ABOUT, "url", "forms", "include", "drop", "plans", "checklist", "number", "roll"),
    *("count_receipt_day", "reopen_restarts", "note_to_reader", "vocabulary", "example", *ITEMS),
}
MOMENTS = {"received", "assigned", "closed", "reopened", "logged", "amended"}
CHOICES = {
    "type": ("text", "term", "bool", "number", "day", "moment", "count"),
    "roll": ("forward", "backward", "none"),
}
WRITTEN = {**dict.fromkeys(("within", "not_before", "at_most"), "bad_span"), "rrule": "bad_rrule"}
Wrong = Iterator[tuple[str, str, str, object]]  # the item's id, its place, code, value at fault


def faults(path: Path, own: Path | None = None) -> list[Fault]:
    """All that is wrong with a policy file: syntax, unknown keys, dangling names, unreadable spans.

    Each fault has ``path``, ``place`` (item and key), ``line`` where the item's id stands,
    ``value``. A value of a wrong shape may hide the names that would have been followed after it.
    """
    found: list[Fault] = []
    try:
        text, whole = read(path), merged(path, own)
        lines = path.read_text(encoding="utf-8").splitlines()
        for id_, place, code, value in chain(_malformed(text), _dangling(text, whole)):
            mark = f'"{id_}"' if id_ else f"{place} ="
            line = next((n for n, s in enumerate(lines, 1) if mark in s), "-")
            where = {"path": path.name, "place": place, "line": line, "value": value}
            found.append(Fault(f"rules.{code}", where))
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


def _items(text: Table) -> Iterator[tuple[str, str, Table]]:
    for kind in ITEMS:
        for item in text.get(kind, ()):
            yield kind, str(item.get("id", "")), item


def _malformed(text: Table) -> Wrong:
    yield from (("", key, "unknown_key", key) for key in text if key not in HEAD)
    yield from (("", key, "missing_key", key) for key in ("id", "zh", "en") if not text.get(key))
    for kind, id_, item in _items(text):
        known = _keys(ITEMS[kind])
        wanted = ["id", *(("clause",) if kind in RULES else ("zh", "en"))]
        wanted += ["reason"] if item.get("assumed") else []
        wrong = [(key, "unknown_key", key) for key in item if key not in known]
        wrong += [(key, "missing_key", key) for key in wanted if not item.get(key)]
        for key, words in CHOICES.items():
            if key in known and item.get(key, words[0]) not in words:
                wrong.append((key, "unknown_name", item[key]))
        for key, code in WRITTEN.items():
            values = _leaves(item.get(key))
            wrong += [(key, code, value) for value in values if not _readable(code, str(value))]
        yield from ((id_, f"{kind} {id_} {key}", code, value) for key, code, value in wrong)
    known = _keys(Term)
    for name, words in text.get("vocabulary", {}).items():
        for word in words:
            if set(word) - known or not word.get("zh"):
                yield str(word.get("id")), f"vocabulary.{name}", "unknown_name", word.get("id")


def _keys(cls: Any) -> set[str]:
    return shape(cls).keys() - {"since", "origin"} | {"from", "clause"}


def _readable(code: str, text: str) -> bool:
    from dateutil.rrule import rrulestr  # here: only who checks a file waits for it

    try:
        (rrulestr if code == "bad_rrule" else read_span)(text)
    except (ValueError, KeyError):
        return False
    return True


def _leaves(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return [leaf for inner in value.values() for leaf in _leaves(inner)]
    return [] if value in (None, "") else [value]


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value] if value else []


def _dangling(text: Table, whole: Table) -> Wrong:
    """Names that lead nowhere: steps, fields, vocabulary words, limits."""
    policy = Policy(whole)
    names = {*policy.fields, *DERIVED}
    links = (
        (("from", "until", "on", "steps", "resets"), {*policy.steps, *MOMENTS}),
        (("fields", "true", "differ", "due_field", "share_on"), names),
        (("late", "limits"), {limit.id for limit in policy.limits}),
    )
    for kind, id_, item in _items(text):
        wrong = []
        for key, allowed in ((key, allowed) for keys, allowed in links for key in keys):
            wrong += [(key, n) for n in _listed(item.get(key)) if str(n) not in allowed]
        for key in ("when", "unless", "one_of"):
            for table in _listed(item.get(key)):
                wrong += [(key + place, n) for place, n in _unknown(policy, names, table)]
        yield from ((id_, f"{kind} {id_} {key}", "unknown_name", n) for key, n in wrong)


def _unknown(policy: Policy, names: set[str], table: Any) -> Iterator[tuple[str, object]]:
    """The fields a condition asks for that there are not, and the words that their fields lack."""
    if not isinstance(table, dict):
        yield "", table
        return
    for name, wanted in table.items():
        if name not in names:
            yield "", name
        vocabulary = name if name == "channel_group" else policy.vocabulary_of(name)
        if vocabulary and not isinstance(wanted, dict):
            known = {"", *policy.vocabulary.get(vocabulary, ())}
            words = wanted if isinstance(wanted, list) else [wanted]
            yield from ((f".{name}", word) for word in words if str(word) not in known)
