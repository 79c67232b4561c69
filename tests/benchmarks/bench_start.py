"""The daily commands on a ledger of 100,000 complaints, beside ``python -I -c 'import sqlite3'``.

``python tests/benchmarks/bench_start.py [rounds]``: medians of paired ratios, bar 6.5, stretch 5.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path

import material

COMMANDS = {
    "log": ("log", "--channel", "电话", "--category", "停电公告", "停电没有通知",
            "--phone", "13912345678", "--name", "王芳"),
    "show": ("show", "202103-101"),
    "due": ("due",),
    "--help": ("--help",),
    "list": ("list", "--open"),
    "search": ("search", "停电公告"),
}  # fmt: skip


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 15
    env = material.environment(material.full_ledger())
    starts = {"python -m": [material.PYTHON, "-m", "complaintctl"]}
    script = Path(material.PYTHON).parent / "complaintctl"
    if script.exists():
        starts["script"] = [str(script)]

    def contestant(command: list[str], env: dict[str, str]) -> Callable[[], float]:
        return lambda: material.timed(command, env)[0]

    base = [material.PYTHON, "-I", "-c", "import sqlite3"]
    contestants = {"base": contestant(base, dict(os.environ))}
    for way, start in starts.items():
        for name, words in COMMANDS.items():
            contestants[f"{way} {name}"] = contestant([*start, *words], env)
    for measure in contestants.values():
        measure()  # byte code and pages are warm
    for name, ratios in material.paired(contestants, "base", rounds).items():
        print(f"{name:18} x base: {material.spread(ratios)}")


if __name__ == "__main__":
    main()
