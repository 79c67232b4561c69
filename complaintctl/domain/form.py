"""A paper form as data: what a register's sheet looks like."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from .conditions import Scalar


@dataclass(frozen=True)
class Column:
    """One ruled column. ``field`` names a value of the row, ``width`` is in Excel characters.

    ``group`` is an optional merged heading above neighbouring columns of the same group.
    """

    head: str
    field: str
    width: float
    format: Literal["text", "date", "moment", "number", "money", "serial"] = "text"
    align: Literal["left", "center", "right"] = "left"
    group: str = ""
    assumed: str = ""


@dataclass(frozen=True)
class Form:
    """A register: title, unit and date line, headed columns, ruled rows, signatures."""

    id: str
    title: str
    columns: tuple[Column, ...]
    signatures: tuple[str, ...] = ()
    where: Mapping[str, Scalar | list[Scalar]] = field(default_factory=dict)
    orientation: Literal["landscape", "portrait"] = "landscape"
    paper: Literal["A3", "A4"] = "A4"
    rows_per_page: int = 15
    row_height: float = 30.0
    carried: bool = False
    source: str = ""
    en: str = ""
