"""Reads a policy file as a strict examiner: every fault of the file at once, each with its
place."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

from ..domain.policy import RULES, Field, Policy, Step, Term
from ..domain.spans import read_span
from ..errors import BadRules, Fault, Trouble
from .files import pick, read
from .policies import LISTS, merged

HEAD = {
    *(
        "id",
        "edition",
        "zh",
        "en",
        "users",
        "source",
        "url",
        "include",
        "drop",
        "number",
        "roll",
        "plans",
        "checklist",
    ),
    *("count_receipt_day", "reopen_restarts", "vocabulary", "example", "forms", "note_to_reader"),
}
DERIVED = {"named", "channel_group", "rank", "class", "reopened", "origin", "status"}
MOMENTS = {"received", "assigned", "closed", "reopened", "logged", "amended"}
SHAPES: Mapping[str, type[Any]] = {"field": Field, "step": Step, **RULES}
FIELD_TYPES = {"text", "term", "bool", "number", "day", "moment", "count"}


def faults(path: Path, own: Path | None = None) -> list[Fault]:
    """All that is wrong with a policy file: syntax, unknown keys, dangling names, unreadable spans.

    Each fault has ``path``, ``place`` (item and key), ``line`` where the item's id stands,
    ``value``.
    """
    try:
        text = read(path)
        whole = merged(path, own)
    except Trouble as trouble:
        return trouble.faults
    lines = path.read_text(encoding="utf-8").splitlines()

    def placed(place: str, code: str, value: object, item_id: str = "") -> Fault:
        line = next((n for n, s in enumerate(lines, 1) if item_id and f'"{item_id}"' in s), 0)
        where = {"path": path.name, "place": place, "line": line or "-", "value": value}
        return Fault(f"rules.{code}", where)

    found = [placed(key, "unknown_key", key) for key in text if key not in HEAD | set(LISTS)]
    found += [placed(key, "missing_key", key) for key in ("id", "zh", "en") if not text.get(key)]
    for kind, item in _items(text):
        id_ = str(item.get("id", ""))
        for key, code, value in _item_faults(kind, item):
            found.append(placed(f"{kind} {id_} {key}".strip(), code, value, id_))
    if found:
        return found
    for place, id_, value in _dangling(text, Policy(whole)):
        found.append(placed(place, "unknown_name", value, id_))
    return found


def sound(wanted: str, own: Path | None = None) -> Policy:
    """The policy a person names, if its file has no fault; else BadRules with all of them."""
    path = pick("policies", wanted, own)
    wrong = faults(path, own)
    if wrong:
        raise BadRules(faults=wrong)
    return Policy(merged(path, own))


def _items(text: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for kind in LISTS:
        for item in text.get(kind, ()):
            yield kind, item


def _item_faults(kind: str, item: Mapping[str, Any]) -> Iterator[tuple[str, str, object]]:
    known = {f.name for f in fields(SHAPES[kind])} | {"from"}
    for key in item:
        if key not in known - {"since", "origin"}:
            yield key, "unknown_key", key
    wanted = ["id", *(("zh", "en") if kind in ("field", "step") else ("clause",))]
    for key in wanted:
        if not item.get(key):
            yield key, "missing_key", key
    if item.get("assumed") and not item.get("reason"):
        yield "reason", "missing_key", "reason"
    if kind == "field" and item.get("type", "text") not in FIELD_TYPES:
        yield "type", "unknown_name", item["type"]
    if item.get("roll", "none") not in ("forward", "backward", "none"):
        yield "roll", "unknown_name", item["roll"]
    for key in ("within", "not_before", "at_most"):
        for span in _leaves(item.get(key)):
            try:
                read_span(str(span))
            except ValueError:
                yield key, "bad_span", span
    if item.get("rrule"):
        from dateutil.rrule import rrulestr

        try:
            rrulestr(item["rrule"])
        except (ValueError, KeyError):
            yield "rrule", "bad_rrule", item["rrule"]


def _leaves(value: Any) -> Iterable[Any]:
    if isinstance(value, Mapping):
        return [leaf for inner in value.values() for leaf in _leaves(inner)]
    return [] if value in (None, "") else [value]


def _dangling(text: Mapping[str, Any], policy: Policy) -> Iterator[tuple[str, str, object]]:
    """Names that lead nowhere: steps, fields, vocabulary words, limits."""
    steps = set(policy.steps) | MOMENTS
    names = set(policy.fields) | DERIVED
    limits = {limit.id for limit in policy.limits}
    links: dict[str, set[str]] = {
        **dict.fromkeys(("from", "until", "on", "steps", "resets"), steps),
        **dict.fromkeys(("fields", "true", "differ", "due_field", "share_on"), names),
        **dict.fromkeys(("late", "limits"), limits),
    }
    for kind, item in _items(text):
        id_ = str(item.get("id", ""))
        for key, allowed in links.items():
            value = item.get(key, ())
            for name in value if isinstance(value, list) else [value] if value else []:
                if name not in allowed:
                    yield f"{kind} {id_} {key}", id_, name
        for key in ("when", "unless", "one_of"):
            tables = item.get(key) or {}
            pairs = [
                p for t in (tables if isinstance(tables, list) else [tables]) for p in t.items()
            ]
            for name, wanted in pairs:
                if name not in names:
                    yield f"{kind} {id_} {key}", id_, name
                yield from (
                    (f"{kind} {id_} {key}.{name}", id_, word)
                    for word in _unknown_words(policy, name, wanted)
                )
    for name, words in text.get("vocabulary", {}).items():
        for word in words:
            if set(word) - {f.name for f in fields(Term)} or not word.get("zh"):
                yield f"vocabulary.{name}", str(word.get("id")), word.get("id")


def _unknown_words(policy: Policy, name: str, wanted: Any) -> list[object]:
    vocabulary = policy.vocabulary_of(name) or ("channel_group" if name == "channel_group" else "")
    if not vocabulary or isinstance(wanted, Mapping):
        return []
    words = wanted if isinstance(wanted, list) else [wanted]
    return [w for w in words if w != "" and w not in policy.vocabulary.get(vocabulary, {})]
