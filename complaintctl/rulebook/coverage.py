"""Holds the packaged policies against the index of ids, and two regimes against each other."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ..domain.policy import RULES, Policy, Term
from ..domain.vocabulary import Named
from ..errors import Fault
from .files import PACKAGED, found, read

PROVING = ("due", "state", "penalties", "points", "shared", "measure", "duties")
COMPARED = (
    "within",
    "until",
    "from",
    "when",
    "unless",
    "steps",
    "fields",
    "true",
    "amount",
    "points",
    "measure",
    "rrule",
    "approver",
    "at_most",
    "clause",
)


@dataclass(frozen=True)
class Standing:
    """Where an id stands: the policy, the kind of rule, whether an example of that file proves
    it."""

    policy: str
    kind: str
    proven: bool


def standings() -> dict[str, list[Standing]]:
    """Every rule id of the packaged policies and where it stands."""
    known: dict[str, list[Standing]] = {}
    for id_, path in found("policies").items():
        text = read(path)
        proven = set(_proven(text))
        for kind in RULES:
            for item in text.get(kind, ()):
                entry = Standing(id_, kind, item["id"] in proven)
                known.setdefault(item["id"], []).append(entry)
    return known


def _proven(text: Mapping[str, Any]) -> Iterator[str]:
    for example in text.get("example", ()):
        for key in PROVING:
            yield from (id_.partition("/")[0].partition("#")[0] for id_ in example.get(key, ()))
        yield from (*example.get("covers", ()), *example.get("refused", ()))


def coverage() -> dict[str, Any]:
    """``{policies, limits, penalties, duties, steps, examples, missing}``: counts, and every id of
    the
    index that stands in no file, in more than one, or that no example proves."""
    index = read(PACKAGED / "index.toml")
    texts = {id_: read(path) for id_, path in found("policies").items()}
    known = standings()
    missing = [
        {"id": id_, "why": why}
        for id_ in (*index["limits"], *index["penalties"])
        for why in _lack(known.get(id_, []))
    ]
    regimes = [id_ for id_ in (*index["seed"], *index["public"]) if id_ in texts]
    missing += [
        {"id": i, "why": "absent"} for i in (*index["seed"], *index["public"]) if i not in texts
    ]
    return {
        "policies": len(regimes),
        "limits": sum(id_ in known for id_ in index["limits"]),
        "penalties": sum(id_ in known for id_ in index["penalties"]),
        **{
            f"{kind[:-1]}ies" if kind == "duty" else f"{kind}s": sum(
                len(t.get(kind, ())) for t in texts.values()
            )
            for kind in ("duty", "step", "example")
        },
        "missing": missing,
    }


def _lack(where: list[Standing]) -> list[str]:
    if not where:
        return ["absent"]
    if len(where) > 1:
        return ["twice"]
    return [] if where[0].proven else ["unproven"]


def differences(one: Policy, two: Policy) -> list[Fault]:
    """What changes from one regime to the other, as sentences."""
    found_ = _by_kind(one, two)
    for kind in RULES:
        if kind == "note":
            continue
        ours, theirs = ({i["id"]: i for i in p.text.get(kind, ())} for p in (one, two))
        for id_ in sorted(ours.keys() & theirs.keys()):
            found_ += _changed(ours[id_], theirs[id_])
        left = [ours[i] for i in ours if i not in theirs]
        right = [theirs[i] for i in theirs if i not in ours]
        found_ += [_only("diff.gone", kind, item, one) for item in left]
        found_ += [_only("diff.new", kind, item, two) for item in right]
    return found_


def _changed(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[Fault]:
    return [
        Fault(
            "diff.changed",
            {
                "id": old["id"],
                "key": Fault(f"diff.key.{key}"),
                "old": _shown(old.get(key)),
                "new": _shown(new.get(key)),
            },
        )
        for key in COMPARED
        if old.get(key) != new.get(key)
    ]


def _by_kind(one: Policy, two: Policy) -> list[Fault]:
    """For each kind of record, of the default level: the limits one regime sets and the other."""
    kinds = {**two.vocabulary.get("kind", {}), **one.vocabulary.get("kind", {})}
    groups: dict[str, tuple[list[Term], tuple[Fault, ...], tuple[Fault, ...]]] = {}
    for kind in kinds.values():
        ours, theirs = (_limits(policy, kind.id) for policy in (one, two))
        if ours != theirs:
            groups.setdefault(f"{ours}{theirs}", ([], ours, theirs))[0].append(kind)
    return [
        Fault(
            "diff.kind",
            {
                "kinds": words,
                "one": _title(one),
                "ours": list(ours),
                "two": _title(two),
                "theirs": list(theirs),
            },
        )
        for words, ours, theirs in groups.values()
    ]


def _limits(policy: Policy, kind: str) -> tuple[Fault, ...]:
    defaults = {f.id: f.default for f in policy.fields.values() if f.default is not None}
    level = policy.term("level", defaults.get("level"))
    known = {**defaults, "kind": kind, "rank": level.rank if level else 0, "origin": "live"}
    return tuple(
        Fault(
            "diff.item",
            {
                "id": limit.id,
                "what": Named(limit.id, limit.zh, limit.en),
                "span": limit.span(known),
            },
        )
        for limit in policy.limits
        if limit.until and limit.applies(known)
    )


def _title(policy: Policy) -> Named:
    return Named(policy.id, policy.title(policy.id, "zh"), policy.title(policy.id, "en"))


def _only(code: str, kind: str, item: Mapping[str, Any], policy: Policy) -> Fault:
    kind_, value = Fault(f"kind.{kind}"), worth(item)
    said = {"kind": kind_, "id": item["id"], "clause": item["clause"], "policy": _title(policy)}
    return Fault(code, {**said, "value": Fault("diff.value", {"value": value}) if value else ""})


def worth(item: Mapping[str, Any]) -> object:
    """What a rule says in one value: its span, amount, recurrence or measure; an empty text if
    none."""
    for key in ("within", "amount", "rrule", "measure"):
        if item.get(key):
            return _shown(item[key])
    return ""


def _shown(value: Any) -> object:
    from ..domain.spans import read_span

    if isinstance(value, str):
        try:
            return read_span(value)
        except ValueError:
            return value
    if isinstance(value, Mapping):
        return "; ".join(f"{k}={_shown(v)}" for k, v in value.items())
    return value if value is not None else "-"
