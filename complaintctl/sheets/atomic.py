"""A file appears whole or not at all; an existing one is kept unless the caller says otherwise."""

import contextlib
import csv
import errno
import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from ..clock import now
from ..errors import LedgerTrouble

_CODES = dict.fromkeys((errno.ENOSPC, errno.EDQUOT, errno.EFBIG), "file.disk_full")
_CODES[errno.EEXIST] = "file.exists"


@contextlib.contextmanager
def replace_file(path: Path, *, force: bool) -> Iterator[Path]:
    """Yield a private empty file beside ``path`` to be written; on leaving it becomes ``path``.
    Raises LedgerTrouble file.exists, file.no_folder, file.unwritable, file.disk_full; then, as
    after any other exception, ``path`` is what it was and the private file is gone."""
    if not force and os.path.lexists(path):
        raise LedgerTrouble("file.exists", path=str(path))
    try:
        _sweep(path.parent)
        with tempfile.TemporaryDirectory(dir=path.parent, prefix=".complaintctl-") as folder:
            private = Path(folder, "whole")
            private.touch(0o600)
            yield private
            _flush(private)
            os.replace(private, path) if force else _publish(private, path)
        if os.name != "nt":  # which has no flush for folders
            _flush(path.parent)
    except OSError as error:
        # Unwritable: no permission, a folder of that name, or open in Excel.
        other = "file.unwritable" if path.parent.is_dir() else "file.no_folder"
        raise LedgerTrouble(_CODES.get(error.errno or 0, other), path=str(path)) from error


def save_csv(path: Path, rows: Iterable[Sequence[object]], *, force: bool) -> None:
    """Rows as a CSV that Excel opens. Raises as replace_file."""
    with replace_file(path, force=force) as private:
        with open(private, "w", encoding="utf-8-sig", newline="") as out:
            csv.writer(out).writerows(rows)


def _sweep(folder: Path) -> None:
    """Take away what a killed run left behind more than an hour ago: it may hold names."""
    for left in folder.glob(".complaintctl-*"):
        with contextlib.suppress(FileNotFoundError):  # another run has just finished with it
            if now().timestamp() - left.stat().st_mtime > 3600:
                shutil.rmtree(left, ignore_errors=True)


def _publish(private: Path, path: Path) -> None:
    """Give the file its name unless the name was taken meanwhile (FileExistsError)."""
    try:
        os.link(private, path)
    except OSError:  # taken, or a disk without links: exFAT and some network drives
        path.touch(0o600, exist_ok=False)
        os.replace(private, path)


def _flush(path: Path) -> None:
    """Force a file, or the folder that names it, to the disk."""
    handle = os.open(path, os.O_RDONLY if path.is_dir() else os.O_RDWR)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
