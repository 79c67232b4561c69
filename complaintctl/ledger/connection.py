"""The ledger's file: creating, opening and the unit of work. Refuses what is not ours or is newer.

The header is read before the first connection and never beside one: closing a second handle on the
file would drop SQLite's POSIX locks.
"""

from __future__ import annotations

import os
import sqlite3
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

from ..errors import LedgerTrouble, NotFound

APPLICATION_ID = 0x43504C54  # "CPLT"
VERSION = (
    1  # how many migrations schema.py holds; kept here because the daily commands do not load it
)
TIMEOUT = 30.0
SETTINGS = (
    "foreign_keys=on",
    "recursive_triggers=on",
    "trusted_schema=off",
    "cell_size_check=on",
    "synchronous=extra",
    "secure_delete=on",
)
_HEADER = 100


class Ledger:
    """An open ledger. ``station`` is the code of the one station that writes here."""

    def __init__(self, connection: sqlite3.Connection, path: Path | None) -> None:
        self.connection = connection
        self.path = path
        self.station = ""

    @contextmanager
    def unit(self) -> Iterator[None]:
        """One command, one unit of work: all of it is written, or nothing."""
        with translated(self.path):
            self.connection.execute("begin immediate")
            try:
                yield
            except BaseException:
                if self.connection.in_transaction:
                    self.connection.execute("rollback")
                raise
            try:
                self.connection.execute("commit")
            except sqlite3.Error:
                if self.connection.in_transaction:
                    self.connection.execute("rollback")
                    raise
                raise LedgerTrouble("ledger.unknown_outcome", path=self.path) from None

    def close(self) -> None:
        self.connection.close()


@contextmanager
def translated(path: Path | None) -> Iterator[None]:
    """Turns what SQLite says into a sentence for the clerk."""
    try:
        yield
    except sqlite3.DatabaseError as error:
        name = getattr(error, "sqlite_errorname", "") or ""
        known = {
            "SQLITE_BUSY": "busy",
            "SQLITE_LOCKED": "busy",
            "SQLITE_FULL": "full",
            "SQLITE_READONLY": "readonly",
            "SQLITE_CORRUPT": "damaged",
            "SQLITE_NOTADB": "damaged",
            "SQLITE_IOERR": "disk",
            "SQLITE_CANTOPEN": "disk",
        }
        code = next((v for k, v in known.items() if name.startswith(k)), None)
        if code is None and "malformed" in str(error):
            code = "damaged"
        if code is None:
            raise
        raise LedgerTrouble(f"ledger.{code}", path=path) from error


def create(path: Path) -> Ledger:
    """A new, empty ledger with its tables, mode 0600. LedgerTrouble when the file exists."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0)
    try:
        os.close(os.open(path, flags, 0o600))
    except FileExistsError:
        raise LedgerTrouble("ledger.exists", path=path) from None
    except OSError:
        raise LedgerTrouble("ledger.disk", path=path) from None
    ledger = Ledger(connect(path), path)
    with ledger.unit():
        build(ledger.connection)
    return ledger


def build(connection: sqlite3.Connection) -> None:
    """The tables of the present version, inside the caller's transaction."""
    from .schema import apply

    apply(connection)
    connection.execute(f"pragma application_id={APPLICATION_ID}")
    connection.execute(f"pragma user_version={VERSION}")


def open_ledger(path: Path) -> Ledger:
    """An existing ledger, brought to the present version if it is older."""
    version = _inspect(path)
    ledger = Ledger(connect(path), path)
    try:
        with translated(path):
            if version < VERSION:
                with ledger.unit():
                    build(ledger.connection)
            row = ledger.connection.execute("select code from station").fetchone()
    except BaseException:
        ledger.close()
        raise
    ledger.station = row[0] if row else ""
    return ledger


def in_memory() -> Ledger:
    """A ledger that is never written to disk: for proving and for looking at the past."""
    connection = sqlite3.connect(":memory:", isolation_level=None)
    connection.execute("begin")
    build(connection)
    connection.execute("commit")
    return Ledger(connection, None)


def connect(path: Path) -> sqlite3.Connection:
    """A connection with the settings that were measured to lose nothing (rollback journal,
    EXTRA)."""
    uri = "file:" + quote(str(path.absolute()).replace(os.sep, "/"), safe="/:") + "?mode=rw"
    with translated(path):
        connection = sqlite3.connect(uri, uri=True, timeout=TIMEOUT, isolation_level=None)
        for setting in SETTINGS:
            connection.execute("pragma " + setting)
    return connection


def _inspect(path: Path) -> int:
    """The version in the header of a file that is surely ours."""
    try:
        info = os.stat(path)
    except OSError:
        raise NotFound("ledger.missing", path=path) from None
    if not stat.S_ISREG(info.st_mode):
        raise LedgerTrouble("ledger.foreign", path=path)
    try:
        with open(path, "rb") as file:
            head = file.read(_HEADER)
    except OSError:
        raise LedgerTrouble("ledger.disk", path=path) from None
    if len(head) < _HEADER or not head.startswith(b"SQLite format 3\0"):
        raise LedgerTrouble("ledger.foreign", path=path)
    if int.from_bytes(head[68:72], "big") != APPLICATION_ID:
        raise LedgerTrouble("ledger.foreign", path=path)
    version = int.from_bytes(head[60:64], "big")
    if version > VERSION:
        raise LedgerTrouble("ledger.newer", path=path, version=version, known=VERSION)
    return version
