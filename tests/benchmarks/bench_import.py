"""Import of 100,000 rows with everything on, beside ``sqlite-utils insert --csv`` of the same file.

``python tests/benchmarks/bench_import.py [wide] [narrow] [rounds]``; with ``verify`` the result is proved too.
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

import material

INTERPRETER = [material.PYTHON, "-I", "-c", "import sqlite3"]


def measure(name: str, source: Path, rounds: int) -> None:
    sqlite_utils = Path(material.PYTHON).parent / "sqlite-utils"
    with tempfile.TemporaryDirectory() as folder:
        ledger, other = Path(folder) / "ledger.db", Path(folder) / "other.db"
        peaks: list[int] = []

        def ours() -> float:
            material.new_ledger(ledger)
            command = [material.PYTHON, "-m", "complaintctl", "import", str(source)]
            spent, peak = material.timed(command, material.environment(ledger))
            peaks.append(peak)
            return spent

        def theirs() -> float:
            other.unlink(missing_ok=True)
            command = [
                str(sqlite_utils),
                "insert",
                str(other),
                "rows",
                str(source),
                "--csv",
                "--silent",
            ]
            spent, _ = material.timed(command, dict(os.environ))
            print(f"  sqlite-utils {spent:.1f} s", flush=True)
            return spent

        ratios = material.paired({"theirs": theirs, "ours": ours}, "theirs", rounds)
        if "verify" in sys.argv:
            print(material.run(ledger, "verify").strip())
        size = ledger.stat().st_size / 2**20
    base = max(material.timed(INTERPRETER)[1] for _ in range(3))
    speed = [1 / ratio for ratio in ratios["ours"]]
    print(
        f"{name}: {material.ROWS} rows, {source.stat().st_size / 2**20:.0f} MiB, ledger {size:.0f} MiB"
    )
    print(f"  speed x sqlite-utils insert --csv: {material.spread(speed)}  (bar 1.0, stretch 1.6)")
    above = (max(peaks) - base) / 1024
    print(
        f"  peak memory above the interpreter's own {base / 1024:.0f} MiB: {above:.0f} MiB  (bar 64)"
    )


if __name__ == "__main__":
    rounds = next((int(word) for word in sys.argv[1:] if word.isdigit()), 3)
    for name, make in (("wide", material.wide), ("narrow", material.narrow)):
        if name in sys.argv or not {"wide", "narrow"} & set(sys.argv):
            measure(name, make(), rounds)
