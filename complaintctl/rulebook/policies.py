"""Policies from their files: includes merged, every item marked with the regime it comes from; and
a policy file to begin with."""

import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from ..domain.policy import ITEMS, RULES, Policy
from ..errors import BadRules, LedgerTrouble, NotFound, Usage
from .files import PACKAGED, found, read

ABOUT = ("zh", "en", "edition", "source", "users")
JOINED = (*ITEMS, "vocabulary", "include", "drop")  # what of a file is not simply its head
Text = dict[str, Any]


def merged(path: Path, own: Path | None = None, reading: Callable[[Path], Text] = read) -> Text:
    """The text of a policy with its includes: a later item replaces an earlier one of the same id.

    Every file is taken once, however many of the others include it. The examples are those of the
    file itself: an included regime's need not hold in combination.
    """
    lineage: dict[str, Text] = {}
    files = found("policies", own)
    _include(lineage, path, files, (), reading)
    whole: Text = {"vocabulary": {}, "sources": {}, "checklists": {}}
    for text in lineage.values():
        whole |= {"example": [], **{k: v for k, v in text.items() if k not in JOINED}}
        plans = (reading(_file(files, plan)) for plan in text.get("plans", ()))
        for part in (text, *map(_plan, plans)):
            _join(whole, part)
    return whole


def _include(
    lineage: dict[str, Text], path: Path, files: dict[str, Path], above: Any, reading: Any
) -> None:
    """Adds the texts a policy is made of by id, the included ones first, each once."""
    text = {"id": path.stem, **reading(path)}
    id_ = text["id"]
    if id_ in above:
        raise BadRules("rules.circle", path=path.name, names=[*above, id_])
    for name in text.get("include", ()):
        if name not in lineage:
            _include(lineage, _file(files, name), files, (*above, id_), reading)
    lineage[id_] = text


def _file(files: dict[str, Path], name: str) -> Path:
    if name not in files:
        raise NotFound("policies.unknown", value=name, nearest=sorted(files))
    return files[name]


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
