"""A complaint register that knows its rules. One SQLite file is one office."""

__version__ = "0.1.0"
