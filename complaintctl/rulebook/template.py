"""A commented copy of a regime for an office to make its own, every rule ready to uncomment."""

import json
from pathlib import Path
from typing import Any

from ..domain.policy import RULES, Policy
from ..errors import LedgerTrouble, Usage
from .files import PACKAGED


def write(policy: Policy, id_: str, title: str, own: Path, edition: str) -> Path:
    """Writes ``OWN/policies/ID.toml``; LedgerTrouble when it exists. Returns its path."""
    if not id_.replace("-", "").replace("_", "").isalnum() or not id_.isascii():
        raise Usage("policies.id", value=id_)
    path = own / "policies" / f"{id_}.toml"
    if path.exists():
        raise LedgerTrouble("policies.exists", path=path)
    head = (PACKAGED / "template.toml").read_text(encoding="utf-8")
    blocks = [head.format(id=id_, zh=title.replace('"', ""), source=policy.id, edition=edition)]
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
