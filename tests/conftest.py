"""What the tests share: an office in a temporary folder, a clock that stands still, and the command line."""

from __future__ import annotations

import contextlib
import datetime as dt
import io
import json
import os
import shutil
import sqlite3
import sys
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from complaintctl.cli.app import main
from complaintctl.clock import TZ

NOW = dt.datetime(2026, 11, 22, 10, 0, tzinfo=TZ)  # a Sunday
STATION = "青禾供电所"
BY = "陈敏"


class Ran(NamedTuple):
    """What one command line gave back."""

    code: int
    out: str
    err: str

    @property
    def data(self) -> Any:
        """The JSON document on stdout."""
        return json.loads(self.out)


def moment(text: str | dt.datetime) -> dt.datetime:
    """A test's time: ``2026-11-22 10:00`` in Beijing."""
    return text if isinstance(text, dt.datetime) else dt.datetime.fromisoformat(text).replace(tzinfo=TZ)


class Runner:
    """Runs command lines in this process on one ledger; ``now`` stands still until it is set."""

    def __init__(self, ledger: Path) -> None:
        self.ledger = ledger
        self.now: str | dt.datetime = NOW

    def __call__(
        self, *args: object, now: str | dt.datetime | None = None, lang: str = "zh", stdin: str = ""
    ) -> Ran:
        at = moment(now or self.now)
        out, err, old = io.StringIO(), io.StringIO(), sys.stdin
        sys.stdin = io.StringIO(stdin)
        argv = ["--ledger", str(self.ledger), "--lang", lang, "--by", BY, *map(str, args)]
        try:
            with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
                code = main(argv, now=lambda: at)
        finally:
            sys.stdin = old
        return Ran(code, out.getvalue(), err.getvalue())

    def ok(self, *args: object, **more: Any) -> Ran:
        """The same for a command line that must succeed."""
        ran = self(*args, **more)
        assert ran.code == 0, (args, ran.err)
        return ran

    def json(self, *args: object, **more: Any) -> Any:
        """The JSON document of a command line that must succeed."""
        return self.ok(*args, "--json", **more).data

    def log(self, text: str = "电压低", *args: object, **more: Any) -> str:
        """Registers a complaint by phone, unless told otherwise; returns its number."""
        channel = () if "--channel" in args else ("--channel", "电话")
        return str(self.json("log", text, *channel, *args, **more)["number"])

    def settle(self, number: str, **more: Any) -> None:
        """All that an anonymous complaint needs before it may be closed."""
        for step in (
            ("已联系",),
            ("已调查", "--set", "原因清楚=是", "--set", "责任人受教育=是"),
            ("已解决", "已更换电表", "--set", "采取整改措施=是", "--set", "责任人受处理=是"),
            ("已答复", "--set", "已回复上级=是", "--set", "答复方式=电话", "--set", "处理结果=已更换电表"),
            ("已回访", "--set", "满意度=满意"),
        ):
            self.ok("update", number, *step, **more)

    def clock(self, number: str, limit: str, round_: int = 1) -> dict[str, Any]:
        """One clock of a complaint."""
        lines = self.json("show", number)["clocks"]
        return next(c for c in lines if c["limit"] == limit and c["round"] == round_)

    def verified(self, **more: Any) -> dict[str, Any]:
        """The proof of the whole ledger, which must be green."""
        proof = self.json("verify", **more)
        assert proof["ok"] is True, proof["problems"]
        assert proof["problems"] == []
        return dict(proof)

    def sql(self, text: str, *values: object) -> list[tuple[Any, ...]]:
        """Rows of the ledger, read beside the program."""
        with contextlib.closing(sqlite3.connect(self.ledger)) as db:
            return db.execute(text, values).fetchall()


@pytest.fixture(autouse=True)
def _plain_surroundings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No setting of the developer's machine reaches a test; an internal error shows as such."""
    for name in list(os.environ):
        if name.startswith("COMPLAINTCTL_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("COMPLAINTCTL_DEBUG", "1")
    monkeypatch.chdir(tmp_path)


@pytest.fixture(scope="session")
def founded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty ledger, made once by ``init``; nobody writes to it."""
    run = Runner(tmp_path_factory.mktemp("founded") / "台账.db")
    run.ok("init", "--station", STATION)
    return run.ledger


@pytest.fixture
def run(founded: Path, tmp_path: Path) -> Runner:
    """The command line on a ledger of the test's own."""
    ledger = tmp_path / "台账.db"
    shutil.copy(founded, ledger)
    return Runner(ledger)
