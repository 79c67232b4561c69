"""A file appears whole or not at all; an existing one is kept unless the caller says otherwise."""

from __future__ import annotations

import contextlib
import errno
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

from complaintctl.errors import LedgerTrouble

_PREFIX, _SUFFIX = ".complaintctl-", ".tmp"
_FULL = {errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC), errno.EFBIG}


@contextlib.contextmanager
def replace_file(path: Path, *, force: bool) -> Iterator[Path]:
    """Yield a private empty file beside ``path`` to be written; on leaving it becomes ``path``.

    Raises LedgerTrouble file.exists, file.no_folder, file.unwritable, file.disk_full; then, as
    after
    any other exception, ``path`` is what it was and the private file is gone.
    """
    if not force and os.path.lexists(path):
        raise LedgerTrouble("file.exists", path=str(path))
    with _faults(path):
        handle, name = tempfile.mkstemp(_SUFFIX, _PREFIX, path.parent)  # O_EXCL, mode 0600
    private = Path(name)
    try:
        os.close(handle)
        _sweep(private)
        with _faults(path, only=_FULL):  # other failures of the body are not about this file
            yield private
        with _faults(path):
            _flush(private)
            os.replace(private, path) if force else _publish(private, path)
            _flush(path.parent)
    finally:
        with contextlib.suppress(OSError):
            private.unlink()


@contextlib.contextmanager
def _faults(path: Path, *, only: set[int] | None = None) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if only is not None and error.errno not in only:
            raise
        if error.errno in _FULL:
            code = "file.disk_full"
        elif isinstance(error, FileExistsError):
            code = "file.exists"
        elif not path.parent.is_dir():
            code = "file.no_folder"
        else:
            code = "file.unwritable"  # no permission, a folder of that name, or open in Excel
        raise LedgerTrouble(code, path=str(path)) from error


def _publish(private: Path, path: Path) -> None:
    """Give the file its name unless the name was taken meanwhile (FileExistsError)."""
    if os.name == "nt":
        os.rename(private, path)  # refuses an existing target there
        return
    try:
        os.link(private, path)
    except FileExistsError:
        raise
    except OSError:  # exFAT and some network drives have no links
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        os.replace(private, path)


def _flush(path: Path) -> None:
    """Force a file, or the folder that names it, to the disk. Windows has no flush for folders."""
    folder = path.is_dir()
    if folder and os.name == "nt":
        return
    handle = os.open(path, os.O_RDONLY if folder else os.O_RDWR)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _sweep(private: Path) -> None:
    """Remove what a killed run left here more than an hour ago: it may hold names in the clear."""
    with contextlib.suppress(OSError):
        limit = private.stat().st_mtime - 3600
        for left in private.parent.glob(f"{_PREFIX}*{_SUFFIX}"):
            if left.stat().st_mtime < limit:
                left.unlink()
