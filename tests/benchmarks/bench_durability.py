"""Many writers at once, and SIGKILL at random moments. Here the assertions are the point.

``python tests/benchmarks/bench_durability.py [writers] [log] [import]`` (all three by default).
"""

from __future__ import annotations

import datetime as dt
import multiprocessing
import random
import re
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import material

WRITERS, EACH, LOG_KILLS, IMPORT_KILLS = 8, 500, 100, 20
# Logs until it is killed; a number is acknowledged once its line has left the process.
LOGGER = """
import sys
sys.path.insert(0, sys.argv[2])
import material
from pathlib import Path
from complaintctl import clock
for n in range(10**6):
    print(material.log_in_process(Path(sys.argv[1]), n, clock.now()), flush=True)
"""


def proved(ledger: Path) -> int:
    """Verifies the ledger; how many complaints it holds."""
    found = re.search(r"(\d+) 件", material.run(ledger, "verify"))
    assert found
    return int(found[1])


def count(ledger: Path) -> set[str]:
    from complaintctl.ledger.connection import opened

    with opened(ledger) as one:
        return {n for (n,) in one.execute("select number from complaint")}


def _writer(ledger: Path, first: int, now: dt.datetime) -> list[str]:
    return [material.log_in_process(ledger, first + n, now) for n in range(EACH)]


def writers(folder: Path) -> None:
    """Every number once, none missing, no error."""
    from complaintctl import clock

    ledger, now = material.new_ledger(folder / "writers.db"), clock.now()
    began = time.perf_counter()
    with multiprocessing.Pool(WRITERS) as pool:
        jobs = [pool.apply_async(_writer, (ledger, w * EACH, now)) for w in range(WRITERS)]
        given = [number for job in jobs for number in job.get()]
    spent = time.perf_counter() - began
    wanted = {f"{now:%Y%m}-{n:03}" for n in range(1, WRITERS * EACH + 1)}
    assert len(given) == len(set(given)), "a number was given twice"
    assert set(given) == wanted == count(ledger), "a number is missing"
    assert proved(ledger) == WRITERS * EACH
    print(f"{WRITERS} processes x {EACH} logs: {len(given)} numbers without gaps, {spent:.1f} s")


def killed_logs(folder: Path) -> None:
    """What was acknowledged stands; at most the one in flight stands besides."""
    ledger, dice, known = material.new_ledger(folder / "logs.db"), random.Random(), 0
    command = [material.PYTHON, "-c", LOGGER, str(ledger), str(Path(__file__).parent)]
    torn = 0
    for kill in range(LOG_KILLS):
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as child:
            assert child.stdout
            first = child.stdout.readline()
            time.sleep(dice.uniform(0, 0.12))
            child.send_signal(signal.SIGKILL)
            told = {first.strip(), *(line.strip() for line in child.stdout if line.endswith("\n"))}
        torn += Path(f"{ledger}-journal").exists()
        stands = count(ledger)
        assert told <= stands, f"lost: {told - stands}"
        assert known + len(told) <= len(stands) <= known + len(told) + 1
        known = len(stands)
        if kill % 10 == 9:
            assert proved(ledger) == known
    assert proved(ledger) == known
    print(
        f"{LOG_KILLS} kills of log: {known} complaints, none lost, {torn} hot journals, verify holds"
    )


def killed_imports(folder: Path) -> None:
    """A book is in the ledger whole or not at all."""
    rows, dice = 5000, random.Random()
    source, ledger = material.narrow(rows), material.new_ledger(folder / "imports.db")
    command = [material.PYTHON, "-m", "complaintctl", "import", str(source)]
    whole, _ = material.timed(command, material.environment(ledger))
    material.new_ledger(ledger)
    nothing = torn = 0
    for _ in range(IMPORT_KILLS):
        env = material.environment(ledger)
        child = subprocess.Popen(command, env=env, stdout=subprocess.DEVNULL)
        time.sleep(dice.uniform(whole * 0.3, whole * 1.02))
        child.kill()
        child.wait()
        torn += Path(f"{ledger}-journal").exists()
        stands = proved(ledger)
        assert stands in (0, rows), f"half an import: {stands}"
        nothing += stands == 0
        if stands:
            material.new_ledger(ledger)
    material.run(ledger, "import", str(source))
    assert proved(ledger) == rows
    print(f"{IMPORT_KILLS} kills of import: {nothing} left nothing, {IMPORT_KILLS - nothing} had been"
          f" finished, {torn} hot journals, no half import, verify holds")  # fmt: skip


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as temporary:
        for name, part in (("writers", writers), ("log", killed_logs), ("import", killed_imports)):
            if name in sys.argv or len(sys.argv) == 1:
                part(Path(temporary))
