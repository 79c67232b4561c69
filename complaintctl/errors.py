"""What can go wrong, as data: a stable code, the values at fault and the exit code for scripts.

No sentence is written here; the catalogues in ``texts`` hold one per code and language.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Self


@dataclass(frozen=True)
class Fault:
    """One thing wrong. ``code`` is the text key without its ``error.`` prefix.

    ``params`` fill the slots of the sentence; they never hold a name, a phone or other personal
    data.
    """

    code: str
    params: dict[str, object] = field(default_factory=dict)

    def about(self, **more: object) -> Self:
        """The same fault, with more said of it."""
        return type(self)(self.code, {**self.params, **more})


class Trouble(Exception):
    """A refusal the user is told about: all faults found, not only the first."""

    exit_code = 1

    def __init_subclass__(cls, exit_code: int) -> None:
        cls.exit_code = exit_code

    def __init__(self, code: str = "", *, faults: Iterable[Fault] = (), **params: object) -> None:
        self.faults = [*([Fault(code, params)] if code else []), *faults]
        super().__init__(", ".join(fault.code for fault in self.faults))


class Usage(Trouble, exit_code=2):
    """A value of the command line is missing, unknown or cannot be read."""


class NotFound(Trouble, exit_code=3):
    """No complaint, file, policy or form of that name."""


class Refused(Trouble, exit_code=4):
    """A rule of the adopted policy forbids it."""


class BadData(Trouble, exit_code=5):
    """A file that was to be read holds data that cannot be taken as it is."""


class BadRules(Trouble, exit_code=6):
    """A policy, form, mapping or report file is wrong."""


class LedgerTrouble(Trouble, exit_code=7):
    """The ledger or the disk: busy, full, missing, foreign, newer than this program."""


class VerifyFailed(Trouble, exit_code=8):
    """The ledger does not prove what it says."""


class Overdue(Trouble, exit_code=9):
    """Something is overdue (``due --check``)."""


class Faults(list[Fault]):
    """What several readings refuse, so that it is told all at once."""

    kind: type[Trouble] = Usage

    @contextmanager
    def kept(self) -> Iterator[None]:
        """Keeps what is misread or not found inside instead of raising it."""
        try:
            yield
        except (Usage, NotFound) as trouble:
            self.kind = self.kind if self else type(trouble)
            self += trouble.faults

    def tell(self) -> None:
        """Trouble with all of them, of the kind of the first, if there are any."""
        if self:
            raise self.kind(faults=self)


def together(*readings: Callable[[], Any]) -> list[Any]:
    """What several readings give; Usage or NotFound with the faults of all that fail."""
    wrong, found = Faults(), []
    for reading in readings:
        with wrong.kept():
            found.append(reading())
    wrong.tell()
    return found
