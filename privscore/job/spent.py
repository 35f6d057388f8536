"""Where a party marks labels as spent, for all its sessions of one job, and past its own end."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path


class SpentInFolder:
    """Labels as empty files, named by their hash: who makes the file first has spent the label.

    Several processes of a party may share the folder, and several jobs: a label has the id of its
    session or job in it. With `durable`, a label is on the disk before it is used, so that it stays
    spent when the party starts again.
    """

    def __init__(self, folder: Path, *, durable: bool = False) -> None:
        self._folder, self._durable = folder, durable

    def spend(self, label: str) -> bool:
        """Mark a label as spent, for good; False if it was."""
        if not self._folder.is_dir():
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._sync(self._folder.parent)
        path = self._folder / hashlib.sha256(label.encode()).hexdigest()
        try:
            os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        except FileExistsError:
            return False
        self._sync(self._folder)
        return True

    def _sync(self, folder: Path) -> None:
        """Have the names in a folder on the disk, if they are to last."""
        if self._durable:
            descriptor = os.open(folder, os.O_RDONLY)
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
