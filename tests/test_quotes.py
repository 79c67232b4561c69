"""Every clause a policy quotes stands in the document it names.

``data/quotes/NNN.txt`` keeps the sentences as they were found in founding document NNN (those of 001 and
004 after conversion from Traditional characters), one a line; the documents themselves are not kept.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from complaintctl.rulebook.files import PACKAGED, found, read

KEPT = {
    path.stem: set(path.read_text(encoding="utf-8").splitlines())
    for path in (Path(__file__).parent / "data" / "quotes").glob("*.txt")
}
SEEDS = read(PACKAGED / "index.toml")["seed"]


def clauses(value: Any) -> Iterator[str]:
    """Every quoted clause of a file, wherever it stands; examples quote nothing."""
    if isinstance(value, dict):
        for key, inner in value.items():
            if key == "clause":
                yield str(inner)
            elif key != "example":
                yield from clauses(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from clauses(inner)


@pytest.mark.parametrize("regime", SEEDS)
def test_quotes_stand_in_their_document(regime: str) -> None:
    text = read(found("policies")[regime])
    named = re.findall(r"\d{3}", str(text["source"]["seed"]))
    kept = set().union(*(KEPT[name] for name in named))
    quoted = [clause.replace("\n", " ") for clause in clauses(text)]
    assert named
    assert quoted
    assert [clause for clause in quoted if clause not in kept] == []


@pytest.mark.parametrize("regime", read(PACKAGED / "index.toml")["public"])
def test_public_rules_name_their_source(regime: str) -> None:
    source = read(found("policies")[regime])["source"]
    assert source.get("url") or source.get("title")
