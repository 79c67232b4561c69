"""A paper form as data: what a register's sheet looks like."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Column:
    """One ruled column. ``field`` names a value of the row, ``width`` is in Excel characters.

    ``format`` is one of ``text``, ``date``, ``moment``, ``number``, ``money``, ``serial``.
    ``group`` is an optional merged heading above neighbouring columns of the same group.
    """

    head: str
    field: str
    width: float
    format: str = "text"
    align: str = "left"
    group: str = ""
    assumed: str = ""


@dataclass(frozen=True)
class Form:
    """A register: title, unit and date line, headed columns, ruled rows, signatures."""

    id: str
    title: str
    columns: tuple[Column, ...]
    signatures: tuple[str, ...] = ()
    where: dict[str, object] = field(default_factory=dict)
    orientation: str = "landscape"
    paper: str = "A4"
    rows_per_page: int = 15
    row_height: float = 30.0
    carried: bool = False
    source: str = ""
    en: str = ""
