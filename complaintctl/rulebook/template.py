"""A commented copy of a regime for an office to make its own: one include, every rule ready to
uncomment."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..domain.policy import RULES, Policy
from ..errors import LedgerTrouble, Usage

HEAD = """\
# {zh} —— 本单位制度。下面这一行表示：凡未改动的，都照“{source}”办理。
# 要改一条，去掉该条各行行首的“# ”再改；编号（id）不变即替换原条，换一个编号就是新增一条。
# 不要的条款写进 drop，例如 drop = ["L02-6"]。改完运行：complaintctl --rules 文件夹 policy check
# {id}
# A regime of your own: what is not changed below is as in "{source}". Uncomment an item to change
# it.
id = "{id}"
zh = "{zh}"
en = "{id}"
edition = "{edition}"
include = ["{source}"]
drop = []
"""


def write(policy: Policy, id_: str, title: str, own: Path, edition: str) -> Path:
    """Writes ``OWN/policies/ID.toml``; LedgerTrouble when it exists. Returns its path."""
    if not id_.replace("-", "").replace("_", "").isalnum() or not id_.isascii():
        raise Usage("policies.id", value=id_)
    path = own / "policies" / f"{id_}.toml"
    if path.exists():
        raise LedgerTrouble("file.exists", path=path)
    head = HEAD.format(id=id_, zh=title.replace('"', ""), source=policy.id, edition=edition)
    blocks = [
        "\n".join(f"# {line}" for line in [f"[[{kind}]]", *_lines(item)])
        for kind in RULES
        for item in policy.text.get(kind, ())
    ]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n\n".join([head, *blocks]) + "\n", encoding="utf-8")
    return path


def _lines(item: Mapping[str, Any]) -> list[str]:
    return [f"{key} = {toml(value)}" for key, value in item.items() if key != "origin"]


def toml(value: Any) -> str:
    """A value as TOML on one line."""
    if isinstance(value, Mapping):
        inner = ", ".join(
            f"{json.dumps(k, ensure_ascii=False)} = {toml(v)}" for k, v in value.items()
        )
        return "{ " + inner + " }"
    if isinstance(value, list):
        return "[" + ", ".join(toml(v) for v in value) + "]"
    return json.dumps(value, ensure_ascii=False)
