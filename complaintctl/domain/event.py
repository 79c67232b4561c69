"""What happened, and the chain that proves it: events, their canonical text and their hashes.

Personal data is beside the chain: an event carries only the salted digest of it, so that a person
can be erased and the chain still holds.
"""

import json
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

GENESIS = "0" * 64

# What JSONEncoder.encode makes anew for every value, made once: keys sorted, no NaN.
_chunks = json.encoder.c_make_encoder(  # type: ignore[attr-defined]  # typeshed leaves it out
    None, None, json.encoder.encode_basestring, None, ":", ",", True, False, False
)


class Event(NamedTuple):
    """One thing that happened to a complaint or to the office.

    ``occurred_at`` is when it happened, ``recorded_at`` when it was written down; both are ISO 8601
    with offset. ``body`` is chained as it stands; ``private`` only by its salted digest and may be
    erased.
    """

    seq: int
    number: str | None
    type: str
    occurred_at: str
    recorded_at: str
    actor: str
    batch: str
    body: Mapping[str, Any]
    private: Mapping[str, Any] = MappingProxyType({})


def canonical(value: object) -> str:
    """The one JSON text of a value: keys sorted, no blanks. Changing it changes every hash."""
    return "".join(_chunks(value, 0))


def digest(salt: bytes, text: str) -> str:
    """SHA-256 of salt and private text, in hex."""
    import hashlib  # here: who only reads a ledger need not load it

    return hashlib.sha256(salt + text.encode()).hexdigest()


def seal(row: tuple[object, ...], previous: str) -> str:
    """The hash of an event: SHA-256 over its ten chained values and the hash before it, in hex.

    ``row`` is (station, seq, number, type, occurred_at, recorded_at, actor, batch, body text,
    digest).
    """
    return digest(b"", canonical([*row, previous]))


def anchor(seq: int, hash_: str) -> str:
    """The ledger's head, short enough to print and to type: ``SEQ:first 16 hex digits``."""
    return f"{seq}:{hash_[:16]}"
