"""What can go wrong, as data: a stable code, the values at fault and the exit code for scripts.

No sentence is written here; the catalogues in ``texts`` hold one per code and language.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Fault:
    """One thing wrong. ``code`` is the text key without its ``error.`` prefix.

    ``params`` fill the slots of the sentence; they never hold a name, a phone or other personal
    data.
    """

    code: str
    params: dict[str, object] = field(default_factory=dict)


class Trouble(Exception):
    """A refusal the user is told about: all faults found, not only the first."""

    exit_code = 1

    def __init__(
        self, code: str | None = None, /, *, faults: Iterable[Fault] = (), **params: object
    ) -> None:
        self.faults = [*([Fault(code, params)] if code else []), *faults]
        super().__init__(", ".join(fault.code for fault in self.faults))


class Usage(Trouble):
    """The command line is wrong: a value is missing, unknown or cannot be read."""

    exit_code = 2


class NotFound(Trouble):
    """No complaint, file, policy or form of that name."""

    exit_code = 3


class Refused(Trouble):
    """A rule of the adopted policy forbids it."""

    exit_code = 4


class BadData(Trouble):
    """A file that was to be read holds data that cannot be taken as it is."""

    exit_code = 5


class BadRules(Trouble):
    """A policy, form, mapping or report file is wrong."""

    exit_code = 6


class LedgerTrouble(Trouble):
    """The ledger or the disk: busy, full, missing, foreign, newer than this program."""

    exit_code = 7


class VerifyFailed(Trouble):
    """The ledger does not prove what it says."""

    exit_code = 8


class Overdue(Trouble):
    """Something is overdue (``due --check``)."""

    exit_code = 9
