"""Words as people type them: an id, a label in either language, or a clear beginning."""

import re
import unicodedata
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, TypeVar

from ..errors import Usage


@dataclass(frozen=True)
class Named:
    """Anything with an id and two labels: a term, a step, a field, a form, a policy."""

    id: str
    zh: str
    en: str


W = TypeVar("W", bound=Named)


def plain(text: str) -> str:
    """A text as it is compared: full width folded, lower case, ``-`` and blanks as ``_``."""
    folded = unicodedata.normalize("NFKC", text).strip().casefold()
    return folded.replace("-", "_").replace(" ", "_")


def unspaced(text: str) -> str:
    """A text without any blank, full width folded."""
    if text.isascii():  # as the first cell of most rows of a book
        return "".join(text.split())
    return re.sub(r"[\s\u200b\ufeff\u3000]+", "", unicodedata.normalize("NFKC", text))


def spellings(word: Named) -> tuple[str, str, str]:
    """The three ways to write a word, as compared."""
    return plain(word.id), plain(word.zh), plain(word.en)


def candidates(words: Collection[W], text: str) -> list[W]:
    """The words a text may mean: the one it names exactly, all that begin with it, else the only
    one whose Chinese label has it as a part."""
    wanted = plain(text)
    exact = [w for w in words if wanted in spellings(w)]
    if exact or not wanted:
        return exact[:1]
    begun = [w for w in words if any(s.startswith(wanted) for s in spellings(w))]
    part = [w for w in words if wanted in plain(w.zh)]
    return part if not begun and len(part) == 1 else begun


def meant(words: Collection[W], text: str, kind: str, **params: Any) -> W:
    """The one word a text means; Usage KIND.unknown or KIND.ambiguous with the nearest ones."""
    match = candidates(words, text)
    if len(match) == 1:
        return match[0]
    code = f"{kind}.ambiguous" if match else f"{kind}.unknown"
    raise Usage(code, value=text, nearest=match or nearest(words, text), **params)


def nearest(words: Collection[W], text: str) -> list[W]:
    """The four words most like a text that names none, best first; if none is like it, the first
    eight."""
    from difflib import SequenceMatcher

    wanted = plain(text)

    def likeness(word: W) -> float:
        return max(
            SequenceMatcher(None, wanted, s).ratio() + (0.5 if wanted and wanted in s else 0)
            for s in spellings(word)
        )

    ranked = sorted(words, key=likeness, reverse=True)[:4]
    return [w for w in ranked if likeness(w) >= 0.34] or [*words][:8]
