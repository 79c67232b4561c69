"""The printed page: how much fits on it, and how its rows are stretched to fill it."""

from ..domain.form import Form

PAPERS = {"A3": (8, 841.9, 1190.6), "A4": (9, 595.3, 841.9)}  # Excel's code, sides in points
CM = 28.35
# In cm; the left margin is for the binding.
MARGINS = {"left": 2.2, "right": 1.5, "top": 1.5, "bottom": 1.5, "header": 0.8, "footer": 0.8}
UNIT = 5.25  # points per unit of column width: half of the body's 10.5 points
TALLEST = 409.0  # Excel's highest row, in points
LINE, PAD, SIGN = 14.5, 6.0, 13.75  # heights in points
_SPARE = 0.96  # printers and fonts differ: a planned page must never run over
Drawn = tuple[int, float, str]  # row number, height it needs, XML of its cells


def room(form: Form) -> float:
    """Height in sheet points between the page's top and its foot, once shrunk to one page wide."""
    _, short, long = PAPERS[form.paper]
    wide, high = (long, short) if form.orientation == "landscape" else (short, long)
    wide -= (MARGINS["left"] + MARGINS["right"]) * CM
    high -= (MARGINS["top"] + MARGINS["bottom"]) * CM
    return high / min(1.0, wide / (sum(c.width for c in form.columns) * UNIT)) * _SPARE


def stretched(held: list[Drawn], space: float) -> str:
    """The XML of a page's rows, each a little higher so that together they fill ``space``."""
    total = sum(high for _, high, _ in held) or 1
    factor = space / total
    tall = [high for _, high, _ in held if high * factor > TALLEST]
    if sum(tall) < total:  # the others take the share of the tall ones
        factor = (space - TALLEST * len(tall)) / (total - sum(tall))
    return "".join(row(number, min(TALLEST, high * factor), cells) for number, high, cells in held)


def row(number: int, height: float, cells: str) -> str:
    """The XML of one row."""
    return f'<row r="{number}" ht="{height:.2f}" customHeight="1">{cells}</row>'
