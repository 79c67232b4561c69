"""The ledger's file: creating, opening and the unit of work. Refuses what is not ours or is newer.

The header is read before the first connection and never beside one: closing a second handle on the
file would drop SQLite's POSIX locks.
"""

from __future__ import annotations

import os
import sqlite3
import stat
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

from ..errors import LedgerTrouble, NotFound

APPLICATION_ID = 0x43504C54  # "CPLT"
VERSION = 1  # how many migrations schema.py holds, which the daily commands do not load
TIMEOUT = 30.0
PAGE = 8192  # bytes: a long complaint and its event fit on a page or two
# Measured to lose nothing, with the rollback journal.
SETTINGS = (
    *("foreign_keys=on", "recursive_triggers=on", "trusted_schema=off", "cell_size_check=on"),
    *("synchronous=extra", "secure_delete=on"),
)
HEADER = struct.Struct(">16s44xI4xI28x")  # the magic text, user_version, application_id
TROUBLES = {
    sqlite3.SQLITE_BUSY: "busy",
    sqlite3.SQLITE_LOCKED: "busy",
    sqlite3.SQLITE_FULL: "full",
    sqlite3.SQLITE_READONLY: "readonly",
    sqlite3.SQLITE_CORRUPT: "damaged",
    sqlite3.SQLITE_NOTADB: "damaged",
    sqlite3.SQLITE_IOERR: "disk",
    sqlite3.SQLITE_CANTOPEN: "disk",
}


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
            done = False
            try:
                yield
                done = True
                self.connection.execute("commit")
            except BaseException as error:
                if self.connection.in_transaction:
                    self.connection.execute("rollback")
                elif done and isinstance(error, sqlite3.Error):
                    raise LedgerTrouble("ledger.unknown_outcome", path=self.path) from None
                raise

    def read(self, sql: str, *values: object) -> sqlite3.Cursor:
        """The rows of a query whose first parameter is the station."""
        return self.connection.execute(sql, (self.station, *values))

    def close(self) -> None:
        self.connection.close()


@contextmanager
def translated(path: Path | None) -> Iterator[None]:
    """Turns what SQLite says into a sentence for the clerk."""
    try:
        yield
    except sqlite3.DatabaseError as error:
        code = TROUBLES.get(getattr(error, "sqlite_errorcode", 0) & 0xFF)
        if code is None and "malformed" not in str(error):
            raise
        raise LedgerTrouble(f"ledger.{code or 'damaged'}", path=path) from error


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
    ledger = Ledger(_connect(path), path)
    ledger.connection.execute(f"pragma page_size = {PAGE}")
    return _built(ledger)


def in_memory() -> Ledger:
    """A ledger that is never written to disk: for proving and for looking at the past."""
    return _built(Ledger(sqlite3.connect(":memory:", isolation_level=None), None))


def open_ledger(path: Path) -> Ledger:
    """An existing ledger, brought to the present version if it is older."""
    version = _inspect(path)
    ledger = Ledger(_connect(path), path)
    try:
        if version < VERSION:
            _built(ledger)
        with translated(path):
            row = ledger.connection.execute("select code from station").fetchone()
    except BaseException:
        ledger.close()
        raise
    ledger.station = row[0] if row else ""
    return ledger


def _built(ledger: Ledger) -> Ledger:
    """The ledger with the tables of the present version."""
    from .schema import apply

    with ledger.unit():
        apply(ledger.connection)
        ledger.connection.execute(f"pragma application_id={APPLICATION_ID}")
        ledger.connection.execute(f"pragma user_version={VERSION}")
    return ledger


def _connect(path: Path) -> sqlite3.Connection:
    uri = "file:" + quote(str(path.absolute()).replace(os.sep, "/"), safe="/:") + "?mode=rw"
    with translated(path):
        connection = sqlite3.connect(
            uri, uri=True, timeout=TIMEOUT, isolation_level=None, check_same_thread=False
        )
        for setting in SETTINGS:
            connection.execute("pragma " + setting)
    return connection


def _inspect(path: Path) -> int:
    """The version in the header of a file that is surely ours."""
    try:
        info = path.stat()
    except OSError:
        raise NotFound("ledger.missing", path=path) from None
    head = b""
    if stat.S_ISREG(info.st_mode):  # a pipe would wait for its writer
        try:
            with open(path, "rb") as file:
                head = file.read(HEADER.size)
        except OSError:
            raise LedgerTrouble("ledger.disk", path=path) from None
    magic, version, owner = HEADER.unpack(head.ljust(HEADER.size, b"\0"))
    if len(head) < HEADER.size or (magic, owner) != (b"SQLite format 3\0", APPLICATION_ID):
        raise LedgerTrouble("ledger.foreign", path=path)
    if version > VERSION:
        raise LedgerTrouble("ledger.newer", path=path, version=version, known=VERSION)
    return int(version)
