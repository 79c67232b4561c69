"""Policies from their files: includes merged, every item marked with the regime it comes from; a
policy file to begin with; policies held against the index of ids, and against each other."""

import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from ..domain.conditions import Table
from ..domain.fold import LIVE, facts_of
from ..domain.policy import ITEMS, RULES, Policy, Term
from ..domain.spans import read_span
from ..errors import BadRules, Fault, LedgerTrouble, Usage
from .files import PACKAGED, found, listed, read

ABOUT = ("zh", "en", "edition", "source", "users")
JOINED = (*ITEMS, "vocabulary", "include", "drop")  # what of a file is not simply its head
COMPARED = (  # in the order in which differences are told
    *("within", "until", "from", "when", "unless", "steps", "after", "fields", "true", "on"),
    *("differ", "one_of", "not_before", "due_field", "attempts", "times", "roll"),
    *("count_receipt_day", "amount", "points", "multiplier", "per", "minimum", "share", "share_on"),
    *("late", "measure", "limits", "approver", "at_most", "rrule", "start", "number"),
    *("reopen_restarts", "clause"),
)
PROVING = ("due", "state", "penalties", "points", "shared", "measure", "duties")
COUNTED = {"duty": "duties", "step": "steps", "example": "examples"}
Text = dict[str, Any]


def reached(path: Path, own: Path | None = None) -> tuple[dict[str, Path], dict[Path, Text]]:
    """All policy files by id; the texts of one and of all that it includes or keeps as plans."""
    files, texts, waiting = found("policies", own), dict[Path, Text](), [path]
    for here in waiting:
        texts[here] = text = read(here)
        named = (files.get(str(n)) for key in ("include", "plans") for n in listed(text.get(key)))
        waiting += [there for there in named if there and there not in waiting]
    return files, texts


def merged(path: Path, files: Mapping[str, Path], texts: Mapping[Path, Text]) -> Text:
    """The text of a policy with its includes: a later item replaces an earlier one of the same id.

    Every file is taken once, however many of the others include it. The examples are those of the
    file itself: an included regime's need not hold in combination. KeyError for a file unknown.
    """
    lineage: dict[str, Text] = {}

    def include(path: Path, above: tuple[str, ...]) -> None:
        text = {"id": path.stem, **texts[path]}
        id_ = text["id"]
        if id_ in above:
            raise BadRules("rules.circle", path=path.name, names=[*above, id_])
        for name in text.get("include", ()):
            if name not in lineage:
                include(files[name], (*above, id_))
        lineage[id_] = text

    include(path, ())
    whole: Text = {"vocabulary": {}, "sources": {}, "checklists": {}}
    for text in lineage.values():
        whole |= {"example": [], **{k: v for k, v in text.items() if k not in JOINED}}
        for part in (text, *(_plan(texts[files[plan]]) for plan in text.get("plans", ()))):
            _join(whole, part)
    return whole


def _plan(text: Text) -> Text:
    """A plan (预案) a regime keeps ready: its rules hold once a complaint has that plan."""
    word = {key: text[key] for key in ("id", "zh", "en")}
    plan = {**text, "vocabulary": {**text.get("vocabulary", {}), "plan": [word]}}
    for kind in RULES:
        items = text.get(kind, ())
        plan[kind] = [{**i, "when": {**i.get("when", {}), "plan": text["id"]}} for i in items]
    return plan


def _join(whole: Text, text: Text) -> None:
    """Adds the items of a file with their origin, without those it drops, and what stays known of
    the file in the whole: its head, and its steps in order if they are a list to tick."""
    id_, dropped = text["id"], text.get("drop", ())
    for kind in ITEMS:
        kept = (item for item in whole.get(kind, ()) if item.get("id") not in dropped)
        items = ({**item, "origin": id_} for item in text.get(kind, ()))
        whole[kind] = _replaced(kept, items)
    for name, words in text.get("vocabulary", {}).items():
        whole["vocabulary"][name] = _replaced(whole["vocabulary"].get(name, ()), words)
    whole["sources"][id_] = {key: text[key] for key in ABOUT if key in text}
    if text.get("checklist"):
        whole["checklists"][id_] = [step["id"] for step in text.get("step", ())]


def _replaced(old: Iterable[Text], new: Iterable[Text]) -> list[Text]:
    return list({item.get("id"): item for item in (*old, *new)}.values())


def write(policy: Policy, id_: str, title: str, own: Path, edition: str) -> Path:
    """A commented copy of a regime for an office to make its own: ``OWN/policies/ID.toml``, every
    rule ready to uncomment. Returns its path; LedgerTrouble when it exists."""
    if not id_.replace("-", "").replace("_", "").isalnum() or not id_.isascii():
        raise Usage("policies.id", value=id_)
    path = own / "policies" / f"{id_}.toml"
    if there := next((p for p in (path, PACKAGED / "policies" / path.name) if p.exists()), None):
        raise LedgerTrouble("policies.exists", path=there)
    head = (PACKAGED / "template.toml").read_text(encoding="utf-8")
    blocks = [head.format(id=id_, zh=_toml(title), source=policy.id, edition=edition)]
    for kind in RULES:
        for item in policy.text.get(kind, ()):
            lines = [f"# {key} = {_toml(value)}" for key, value in item.items() if key != "origin"]
            blocks.append("\n".join([f"# [[{kind}]]", *lines]))
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n\n".join(blocks) + "\n", encoding="utf-8")
    return path


def _toml(value: Any) -> str:
    """A value as TOML on one line; like JSON but for its tables."""
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{_toml(k)} = {_toml(v)}" for k, v in value.items()) + " }"
    if isinstance(value, list):
        return "[" + ", ".join(map(_toml, value)) + "]"
    return json.dumps(value, ensure_ascii=False)


def coverage() -> dict[str, Any]:
    """``{policies, limits, penalties, duties, steps, examples, missing}``: counts, and every id of
    the index that stands in no file, in more than one, or that no example of its file proves."""
    index = read(PACKAGED / "index.toml")
    texts = {id_: read(path) for id_, path in found("policies").items()}
    standing: dict[str, str] = {}  # every id there is, and what is wrong with it
    for text in texts.values():
        proven = {*_proven(text)}
        for id_ in (item["id"] for kind in RULES for item in text.get(kind, ())):
            standing[id_] = "twice" if id_ in standing else "" if id_ in proven else "unproven"
    regimes = (*index["seed"], *index["public"])
    lacking = {i: standing.get(i, "absent") for i in (*index["limits"], *index["penalties"])}
    lacking |= {id_: "absent" for id_ in regimes if id_ not in texts}
    return {
        "policies": sum(id_ in texts for id_ in regimes),
        **{kind: sum(id_ in standing for id_ in index[kind]) for kind in ("limits", "penalties")},
        **{k: sum(len(t.get(kind, ())) for t in texts.values()) for kind, k in COUNTED.items()},
        "missing": [{"id": id_, "why": why} for id_, why in lacking.items() if why],
    }


def _proven(text: Table) -> Iterator[str]:
    for example in text.get("example", ()):
        for key in PROVING:
            yield from (id_.partition("/")[0].partition("#")[0] for id_ in example.get(key, ()))
        yield from (*example.get("covers", ()), *example.get("refused", ()))


def differences(one: Policy, two: Policy) -> list[Fault]:
    """What changes from one regime to the other, as sentences."""
    told = [*_by_kind(one, two), *_changed(one.text, two.text)]
    for kind in (kind for kind in RULES if kind != "note"):
        ours, theirs = ({i["id"]: i for i in p.text.get(kind, ())} for p in (one, two))
        for id_ in sorted(ours.keys() & theirs.keys()):
            told += _changed(ours[id_], theirs[id_])
        told += [_only("diff.gone", kind, ours[i], one) for i in ours if i not in theirs]
        told += [_only("diff.new", kind, theirs[i], two) for i in theirs if i not in ours]
    return told


def _changed(old: Table, new: Table) -> Iterator[Fault]:
    for key in COMPARED:
        before, after = old.get(key), new.get(key)
        if before != after:
            said = {"id": old["id"], "old": _shown(before), "new": _shown(after)}
            yield Fault("diff.changed", {**said, "key": Fault(f"diff.key.{key}")})


def _by_kind(one: Policy, two: Policy) -> list[Fault]:
    """For each kind of record, of the default level: the limits one regime sets and the other."""
    sides = {"one": one.named(one.id), "two": two.named(two.id)}
    told: dict[str, tuple[list[Term], Fault]] = {}  # kinds of which the same is to be said
    for kind in {**two.vocabulary.get("kind", {}), **one.vocabulary.get("kind", {})}.values():
        ours, theirs = (_limits(policy, kind.id) for policy in (one, two))
        if [f.about(what="") for f in ours] != [f.about(what="") for f in theirs]:
            said = Fault("diff.kind", {**sides, "ours": ours, "theirs": theirs})
            told.setdefault(str(said), ([], said))[0].append(kind)
    return [said.about(kinds=kinds) for kinds, said in told.values()]


def _limits(policy: Policy, kind: str) -> list[Fault]:
    known = facts_of(policy.defaults | {"kind": kind}, policy, LIVE, "registered")
    limits = policy.limits_on(known)
    said = ({"id": limit.id, "what": limit, "span": limit.span(known)} for limit in limits)
    return [Fault("diff.item", item) for item in said]


def _only(code: str, kind: str, item: Table, policy: Policy) -> Fault:
    said = {"kind": Fault(f"kind.{kind}"), "id": item["id"], "clause": item["clause"]}
    told = (value := worth(item)) and Fault("diff.value", {"value": value})
    return Fault(code, {**said, "policy": policy.named(policy.id), "value": told})


def worth(item: Table) -> object:
    """What a rule says in one value: its span, amount, recurrence or measure; "" if none."""
    said = (item[key] for key in ("within", "amount", "rrule", "measure") if item.get(key))
    return _shown(next(said, ""))


def _shown(value: Any) -> object:
    with suppress(ValueError, TypeError):  # many a text is no span, what is no text never is
        return read_span(value)
    if isinstance(value, dict):
        return "; ".join(f"{k}={_shown(v)}" for k, v in value.items())
    return value if value is not None else "-"
