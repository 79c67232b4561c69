"""Reads a policy file as a strict examiner: every fault of it at once, each with its place."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import fields
from itertools import chain
from pathlib import Path
from typing import Any

from ..domain.conditions import Table
from ..domain.policy import RULES, Field, Policy, Step, Term
from ..domain.spans import read_span
from ..errors import BadRules, Fault, Trouble
from .files import pick, read
from .policies import ABOUT, LISTS, load, merged

HEAD = {
    *("id", *ABOUT, "url", "forms", "include", "drop", "plans", "checklist", "number", "roll"),
    *("count_receipt_day", "reopen_restarts", "note_to_reader", "vocabulary", "example", *LISTS),
}
DERIVED = {"named", "channel_group", "rank", "class", "reopened", "origin", "status"}
MOMENTS = {"received", "assigned", "closed", "reopened", "logged", "amended"}
SHAPES: dict[str, type[Any]] = {"field": Field, "step": Step, **RULES}
CHOICES = {
    "type": ("text", "term", "bool", "number", "day", "moment", "count"),
    "roll": ("forward", "backward", "none"),
}
Wrong = Iterator[tuple[str, str, str, object]]  # the item's id, its place, code, value at fault


def faults(path: Path, own: Path | None = None) -> list[Fault]:
    """All that is wrong with a policy file: syntax, unknown keys, dangling names, unreadable spans.

    Each fault has ``path``, ``place`` (item and key), ``line`` where the item's id stands,
    ``value``. A value of a wrong shape may hide the names that would have been followed after it.
    """
    try:
        text, whole = read(path), merged(path, own)
    except Trouble as trouble:
        return trouble.faults
    except (TypeError, AttributeError, ValueError, KeyError) as error:
        return [_misshapen(path, error)]
    lines = path.read_text(encoding="utf-8").splitlines()
    found = []
    try:
        for id_, place, code, value in chain(_malformed(text), _dangling(text, whole)):
            mark = f'"{id_}"' if id_ else f"{place} ="
            line = next((n for n, s in enumerate(lines, 1) if mark in s), "-")
            where = {"path": path.name, "place": place, "line": line, "value": value}
            found.append(Fault(f"rules.{code}", where))
    except (TypeError, AttributeError, ValueError, KeyError) as error:
        found = found or [_misshapen(path, error)]
    return found


def _misshapen(path: Path, error: Exception) -> Fault:
    return Fault("rules.misshapen", {"path": path.name, "detail": str(error)})


def sound(wanted: str, own: Path | None = None) -> Policy:
    """The policy a person names, if its file has no fault; else BadRules with all of them."""
    path = pick("policies", wanted, own)
    wrong = faults(path, own)
    if wrong:
        raise BadRules(faults=wrong)
    return load(str(path), own)


def _items(text: Table) -> Iterator[tuple[str, str, Table]]:
    for kind in LISTS:
        for item in text.get(kind, ()):
            yield kind, str(item.get("id", "")), item


def _malformed(text: Table) -> Wrong:
    yield from (("", key, "unknown_key", key) for key in text if key not in HEAD)
    yield from (("", key, "missing_key", key) for key in ("id", "zh", "en") if not text.get(key))
    for kind, id_, item in _items(text):
        for key, code, value in _item_faults(kind, item):
            yield id_, f"{kind} {id_} {key}", code, value
    known = _keys(Term)
    for name, words in text.get("vocabulary", {}).items():
        for word in words:
            if set(word) - known or not word.get("zh"):
                yield str(word.get("id")), f"vocabulary.{name}", "unknown_name", word.get("id")


def _keys(shape: type[Any]) -> set[str]:
    return {f.name for f in fields(shape)} - {"since", "origin"} | {"from", "clause"}


def _item_faults(kind: str, item: Table) -> Iterator[tuple[str, str, object]]:
    known = _keys(SHAPES[kind])
    yield from ((key, "unknown_key", key) for key in item if key not in known)
    wanted = ["id", *(("zh", "en") if kind in ("field", "step") else ("clause",))]
    wanted += ["reason"] if item.get("assumed") else []
    yield from ((key, "missing_key", key) for key in wanted if not item.get(key))
    for key, words in CHOICES.items():
        if key in known and item.get(key, words[0]) not in words:
            yield key, "unknown_name", item[key]
    for key in ("within", "not_before", "at_most"):
        spans = (span for span in _leaves(item.get(key)) if not _readable(read_span, span))
        yield from ((key, "bad_span", span) for span in spans)
    if item.get("rrule"):
        from dateutil.rrule import rrulestr

        if not _readable(rrulestr, item["rrule"]):
            yield "rrule", "bad_rrule", item["rrule"]


def _readable(reader: Callable[[str], object], value: object) -> bool:
    try:
        reader(str(value))
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
        for key, allowed in ((key, allowed) for keys, allowed in links for key in keys):
            unknown = (name for name in _listed(item.get(key)) if str(name) not in allowed)
            yield from ((id_, f"{kind} {id_} {key}", "unknown_name", name) for name in unknown)
        for key in ("when", "unless", "one_of"):
            for table in _listed(item.get(key)):
                for place, value in _unknown(policy, names, table):
                    yield id_, f"{kind} {id_} {key}{place}", "unknown_name", value


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
