"""The example scripts do what they say: run by sh in folders of their own, with this Python."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import openpyxl
import pytest

ROOT = Path(__file__).parents[1]
EXAMPLES = ROOT / "examples"
SHELL = shutil.which("sh")
pytestmark = pytest.mark.skipif(not SHELL or os.name == "nt", reason="the examples are for sh")


class Place:
    """A folder with blanks in its name and a program in it; its environment knows no language."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "供电所 one"
        self.folder.mkdir()
        program = self.folder / "complaintctl"
        program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m complaintctl "$@"\n')
        program.chmod(0o755)
        self.environment = {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(ROOT),
            "COMPLAINTCTL": str(program),
            "COMPLAINTCTL_LEDGER": str(self.folder / "台账.db"),
            "LOGNAME": "cron",
        }

    def script(self, name: str, *words: object) -> subprocess.CompletedProcess[str]:
        """Runs an example from within this folder."""
        return self._run([str(SHELL), str(EXAMPLES / name), *map(str, words)])

    def program(self, *words: object) -> subprocess.CompletedProcess[str]:
        """Runs the program itself."""
        return self._run([self.environment["COMPLAINTCTL"], *map(str, words)])

    def _run(self, words: list[str]) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            words, cwd=self.folder, env=self.environment, capture_output=True, encoding="utf-8"
        )


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


@pytest.fixture
def station(place: Place) -> Place:
    """A place with a ledger."""
    assert place.program("init", "--station", "青禾供电所").returncode == 0
    return place


def test_quickstart_does_the_whole_job(place: Place) -> None:
    done = place.script("quickstart.sh", "结果 folder")
    assert done.returncode == 0, done.stderr
    results = place.folder / "结果 folder"
    assert done.stdout.splitlines()[-1] == str(results)
    names = sorted(path.name for path in results.iterdir())
    assert sum(name.endswith(".xlsx") for name in names) == 4
    assert {"台账.db", "有问题的行-csv.csv", "有问题的行-xlsx.csv"} < set(names)
    place.environment["COMPLAINTCTL_LEDGER"] = str(results / "台账.db")
    proof = json.loads(place.program("--json", "verify").stdout)
    assert proof["ok"]
    assert proof["complaints"] == 214 + 128 + 3
    counts = [json.loads(place.program("--json", "list", *w, "--limit", "1").stdout)["count"]
              for w in (["--open"], ["--kind", "举报", "--open"])]  # fmt: skip
    assert counts == [2, 1]


def test_quickstart_speaks_chinese_and_explains(place: Place) -> None:
    said = place.script("quickstart.sh", "r").stdout
    for word in ("已登记", "期限", "受理当日不计", "月度受理办理情况通报", "期末在办", "校验通过"):
        assert word in said
    assert "收了好处费" not in said.replace("log '抄表员收了好处费才给换表'", "")


def test_quickstart_leaves_what_is_there(place: Place) -> None:
    mine = place.folder / "results"
    mine.mkdir()
    (mine / "台账.db").write_text("mine")
    said = [place.script("quickstart.sh", "results") for _ in range(2)]
    assert [done.returncode for done in said] == [0, 0]
    assert (mine / "台账.db").read_text() == "mine"
    folders = {Path(done.stdout.splitlines()[-1]) for done in said}
    assert len(folders) == 2
    assert {folder.parent for folder in folders} == {mine}


def test_quickstart_stops_at_the_first_failure(place: Place) -> None:
    place.environment["COMPLAINTCTL"] = "false"
    done = place.script("quickstart.sh", "r")
    assert done.returncode == 1
    assert "旧账" not in done.stdout


def test_a_folder_of_old_books_in_the_order_of_names(station: Place) -> None:
    books = station.folder / "old books"
    books.mkdir()
    shutil.copy(EXAMPLES / "old-records.xlsx", books / "b 2025.XLSX")
    shutil.copy(EXAMPLES / "old-records.csv", books / "a 2024.csv")
    (books / "~$b 2025.xlsx").write_text("a lock file of Excel")
    (books / "readme.txt").write_text("no book")
    done = station.script("import-old-records.sh", books, "--skip-bad")
    assert done.returncode == 0, done.stderr
    first, second = done.stdout.splitlines()
    assert "a 2024.csv read=231 accepted=214 rejected=6 duplicate=0 blank=11 batch=" in first
    assert "b 2025.XLSX read=135 accepted=128 rejected=2 duplicate=0 blank=5 batch=" in second
    again = station.script("import-old-records.sh", books, "--skip-bad").stdout.splitlines()
    assert ["accepted=0" in line for line in again] == [True, True]
    assert "duplicate=214" in again[0]
    assert json.loads(station.program("--json", "verify").stdout)["complaints"] == 342


def test_a_bad_book_stops_the_run(station: Place) -> None:
    books = station.folder / "books"
    books.mkdir()
    for name, day in (("1.csv", "2025-03-04 09:12"), ("2.csv", "24.3.5"), ("3.csv", "2025-03-06")):
        text = f"受理时间,内容,来源\n{day},停电,来信\n"
        (books / name).write_text(text, encoding="utf-8")
    done = station.script("import-old-records.sh", books)
    assert done.returncode == 5
    good, bad = done.stdout.splitlines()
    assert "1.csv read=1 accepted=1" in good
    assert bad.endswith("2.csv read=1 accepted=0 rejected=1 duplicate=0 blank=0 FAILED exit=5")
    assert "24.3.5" in done.stderr
    assert json.loads(station.program("--json", "verify").stdout)["complaints"] == 1


@pytest.mark.parametrize(("make", "code"), [(False, 2), (True, 3)])
def test_no_books_no_success(station: Place, make: bool, code: int) -> None:
    folder = station.folder / "none"
    if make:
        folder.mkdir()
    done = station.script("import-old-records.sh", folder)
    assert (done.returncode, done.stdout) == (code, "")
    assert done.stderr


def test_monthly_export_writes_one_line_and_two_registers(station: Place) -> None:
    station.program("log", "the meter runs fast", "--channel", "phone", "--name", "Chen")
    done = station.script("monthly-export.sh", "registers/2026", "this")
    assert done.returncode == 0, done.stderr
    (line,) = done.stdout.splitlines()
    counted = "rows=1 carried=1"
    pattern = rf"month=this events=4 anchor=4:\w{{16}} f01=(.*?) {counted} f03=(.*?) {counted}$"
    found = re.search(pattern, line)
    assert found, line
    for path in found.groups():
        sheet = openpyxl.load_workbook(station.folder / path).active
        assert sheet is not None
        assert sheet.page_setup.orientation == "landscape"


def test_monthly_export_keeps_what_was_written(station: Place) -> None:
    folder = station.folder / "registers"
    assert station.script("monthly-export.sh", folder).returncode == 0
    before = {path: path.read_bytes() for path in folder.iterdir()}
    again = station.script("monthly-export.sh", folder)
    assert again.returncode == 0
    assert again.stdout.rstrip().endswith("f01=kept f03=kept")
    assert {path: path.read_bytes() for path in folder.iterdir()} == before
    forced = station.script("monthly-export.sh", folder, "last", "--force")
    assert forced.returncode == 0
    assert "kept" not in forced.stdout


def test_monthly_export_says_what_failed(place: Place) -> None:
    nothing = place.script("monthly-export.sh", "r")
    assert nothing.returncode == 3
    assert nothing.stdout.rstrip().endswith("month=last FAILED verify exit=3")
    assert place.program("init").returncode == 0
    wrong = place.script("monthly-export.sh", "r", "13月")
    assert wrong.returncode == 2
    assert wrong.stdout.rstrip().endswith("FAILED f01 exit=2")
    assert "13月" in wrong.stderr


def test_monthly_export_writes_nothing_of_a_changed_ledger(station: Place) -> None:
    import sqlite3

    station.program("log", "the meter runs fast", "--channel", "phone")
    with sqlite3.connect(station.environment["COMPLAINTCTL_LEDGER"]) as ledger:
        ledger.execute("update complaint set status = 'closed'")
    ledger.close()
    done = station.script("monthly-export.sh", "r")
    assert done.returncode == 8
    assert "FAILED verify exit=8" in done.stdout
    assert not list((station.folder / "r").iterdir())
