"""How the tables of a ledger came to be. Only ``init`` and an upgrade load this module."""

from pathlib import Path

from sqlite_utils import Database, Migrations

migrations = Migrations("complaintctl")


@migrations()
def m001_ledger(db: Database) -> None:
    """The first shape; released shapes are never edited, a later one is a migration of its own."""
    db.executescript((Path(__file__).parent / "schema.sql").read_text(encoding="utf-8"))


@migrations()
def m002_history(db: Database) -> None:
    """A view of what happened, with what is beside the chain."""
    beside = "event e left join private p using (station, seq)"
    db.create_view("history", f"select e.*, p.salt, p.text from {beside}")
