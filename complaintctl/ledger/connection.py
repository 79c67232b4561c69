"""The ledger's file: creating, opening and the unit of work. Refuses what is not ours or is newer.

The header is read before the first connection and never beside one: closing a second handle on the
file would drop SQLite's POSIX locks.
"""

import re
import sqlite3
import stat
import struct
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from itertools import chain
from pathlib import Path
from typing import Any

from ..errors import BadRules, LedgerTrouble, NotFound

APPLICATION_ID = 0x43504C54  # "CPLT"
VERSION = 1  # how many migrations schema.py holds, which the daily commands do not load
TIMEOUT = 30.0
PAGE = 8192  # bytes: a long complaint and its event fit on a page or two
# Measured to lose nothing, with the rollback journal. What SQLite keeps to undo a statement stays
# in memory: on disk it would hold names, and is written for nothing.
SETTINGS = """
    pragma foreign_keys=on; pragma recursive_triggers=on; pragma trusted_schema=off;
    pragma cell_size_check=on; pragma synchronous=extra; pragma secure_delete=on;
    pragma temp_store=memory;
    create temp view history as -- what happened, with what is beside the chain
      select e.*, p.salt, p.text from event e left join private p using (station, seq);
"""
Row = tuple[Any, ...]  # as SQLite gives and takes it
Values = dict[str, Any]  # the same by column
HEADER = struct.Struct(">16s44xI4xI28x")  # the magic text, user_version, application_id
# What stands in an error's name or, of pages or a schema that somebody has changed, in its words.
TROUBLES = {
    "busy": "SQLITE_(BUSY|LOCKED)",
    "disk": "SQLITE_(IOERR|CANTOPEN)",
    "full": "SQLITE_FULL",
    "readonly": "SQLITE_READONLY",
    "taken": "UNIQUE constraint failed: complaint",  # the numbering was changed
    "damaged": "SQLITE_(CORRUPT|NOTADB)|malformed|decode|no such (table|column)"
    "|unsupported file format|incomplete input",
}

# Of these sqlite3 asks at every binding, in vain, what they become; told so, it binds them at once.
for kind in (type(None), bytes):
    sqlite3.register_adapter(kind, lambda value: value)


class Ledger(sqlite3.Connection):
    """An open ledger, in memory if it has no ``path``. Every query may ask ``:station``, the code
    of the one station that writes here; its name and ``opened_at`` are read from a file."""

    def __init__(self, path: Path | None = None) -> None:
        self.path, self.begin = path, "begin immediate"
        self.station = self.name = self.opened_at = ""
        uri = f"{path.absolute().as_uri()}?mode=rw" if path else ":memory:"
        super().__init__(
            uri, uri=True, timeout=TIMEOUT, isolation_level=None, check_same_thread=False
        )
        self.executescript(SETTINGS)

    @contextmanager
    def unit(self) -> Iterator[None]:
        """One command, one unit of work: all of it is written, or nothing."""
        with translated(self.path):
            self.execute(self.begin)
            done = False
            try:
                yield
                done = True
                self.execute("commit")
            except BaseException as error:
                if self.in_transaction:
                    self.execute("rollback")
                elif done and isinstance(error, sqlite3.Error) and _trouble(error) != "full":
                    raise LedgerTrouble("ledger.unknown_outcome", path=self.path) from None
                raise

    def run(self, sql: str, **named: Any) -> sqlite3.Cursor:
        """Runs one statement; the rows it returns are tuples."""
        return self.execute(sql, {"station": self.station, **named})

    def column(self, sql: str, **named: Any) -> list[Any]:
        """The first column of a query."""
        return [row[0] for row in self.run(sql, **named)]

    def rows(self, sql: str, **named: Any) -> Iterator[Values]:
        """The rows of a query as dictionaries, read as they are asked for: not while writing."""
        cursor = self.run(sql, **named)
        cursor.row_factory = sqlite3.Row
        return map(dict, cursor)

    def write(self, table: str, rows: Sequence[Sequence[Any]]) -> None:
        """Adds rows to a table, all in one statement: SQLite holds up no other thread meanwhile."""
        if rows:
            marks = ", ".join([f"({', '.join('?' * len(rows[0]))})"] * len(rows))
            self.execute(f"insert into {table} values {marks}", [*chain.from_iterable(rows)])

    def only_read(self, really: bool) -> None:
        """From now on nothing can be written, or all can again."""
        self.run(f"pragma query_only = {int(really)}")
        self.begin = "begin" if really else "begin immediate"

    def reported(self, sql: str, file: str, **named: Any) -> list[Values]:
        """The rows of a query out of a rule file, which may only read. BadRules if it is wrong."""
        try:
            self.only_read(True)
            return [*self.rows(sql, **named)]
        except (sqlite3.OperationalError, sqlite3.ProgrammingError) as error:
            if _trouble(error) in ("busy", "disk", "full"):
                raise  # no fault of the file
            raise BadRules("rules.query", path=file, detail=str(error)) from None
        finally:
            self.only_read(False)


@contextmanager
def translated(path: Path | None) -> Iterator[None]:
    """Turns what SQLite says into a sentence for the clerk."""
    try:
        yield
    except (sqlite3.DatabaseError, UnicodeDecodeError) as error:
        if code := _trouble(error):
            raise LedgerTrouble(f"ledger.{code}", path=path) from error
        raise


def _trouble(error: Exception) -> str | None:
    said = f"{getattr(error, 'sqlite_errorname', '')}: {error}"
    return next((code for code, words in TROUBLES.items() if re.search(words, said)), None)


@contextmanager
def created(path: Path) -> Iterator[Ledger]:
    """A new ledger without events, mode 0600; gone again if what is done with it fails.
    LedgerTrouble when there is such a file."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        path.touch(0o600, exist_ok=False)
    except OSError:
        code = "ledger.exists" if path.exists() else "ledger.disk"
        raise LedgerTrouble(code, path=path) from None
    try:
        with translated(path), opened(path, new=True) as ledger:
            yield ledger
    except BaseException:
        path.unlink(missing_ok=True)
        raise


@contextmanager
def opened(path: Path | None = None, *, new: bool = False) -> Iterator[Ledger]:
    """A ledger with the tables of the present version, which an older one is brought to; one in
    memory, or a ``new`` file, has none before."""
    version = _inspect(path) if path and not new else 0
    with closing(Ledger(path)) as ledger:
        if version < VERSION:
            from sqlite_utils import Database

            from .schema import migrations

            ledger.execute(f"pragma page_size={PAGE}")  # heeded only while there are no pages
            with ledger.unit():
                migrations.apply(Database(ledger, execute_plugins=False))
                ledger.execute(f"pragma application_id={APPLICATION_ID}")
                ledger.execute(f"pragma user_version={VERSION}")
        for row in ledger.run("select code, name, opened_at from station limit 1"):
            ledger.station, ledger.name, ledger.opened_at = row
        yield ledger


def _inspect(path: Path) -> int:
    """The version in the header of a file that is surely ours."""
    head = b""
    try:
        if stat.S_ISREG(path.stat().st_mode):  # a pipe would wait for its writer
            with open(path, "rb") as file:
                head = file.read(HEADER.size)
    except (FileNotFoundError, NotADirectoryError):
        raise NotFound("ledger.missing", path=path) from None
    except OSError:
        raise LedgerTrouble("ledger.disk", path=path) from None
    magic, version, owner = HEADER.unpack(head.ljust(HEADER.size, b"\0"))
    if len(head) < HEADER.size or (magic, owner) != (b"SQLite format 3\0", APPLICATION_ID):
        raise LedgerTrouble("ledger.foreign", path=path)
    if version > VERSION:
        raise LedgerTrouble("ledger.newer", path=path, version=version, known=VERSION)
    return int(version)
