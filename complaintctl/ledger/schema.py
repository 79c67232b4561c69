"""How the tables of a ledger came to be. Only ``init`` and an upgrade load this module."""

from pathlib import Path

from sqlite_utils import Database, Migrations

migrations = Migrations("complaintctl")


@migrations()
def m001_ledger(db: Database) -> None:
    """The first shape; released shapes are never edited, a later one is a migration of its own."""
    db.executescript((Path(__file__).parent / "schema.sql").read_text(encoding="utf-8"))
