"""Where compiled kernels are kept: one folder for each state of the source.

Numba looks only at the file that a cached kernel is in, so a kernel that calls into a changed file would go on running
the old code. The folder's name is therefore made from the size and time of every source file that kernels are made of,
and the version.
"""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import Final

VARIABLE: Final = "NUMBA_CACHE_DIR"
FOLDERS_KEPT: Final = 4
# Where kernels and what they call live: all of a room, or, where a kernel is the exception, single files.
ROOMS: Final = ("evaluate", "formats", "fuse", "geo")
FILES: Final = ("model/arrays.py", "model/enums.py", "model/keys.py", "model/units.py", "node/intake.py")
ELSEWHERE: Final = ("assess", "identify")  # here only files whose name ends in kernels.py


def use_kernel_cache(version: str) -> None:
    """Point numba at the folder of this state of the source, unless the user has chosen one."""
    if VARIABLE in os.environ:
        return
    package = Path(__file__).parent
    state = hashlib.sha256(version.encode())
    for path in kernel_files(package):
        status = path.stat()
        state.update(f"{path} {status.st_size} {status.st_mtime_ns}\n".encode())
    folder = _home() / state.hexdigest()[:16]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        os.utime(folder)
        _forget_old(folder.parent)
    except OSError:
        import tempfile

        folder = Path(tempfile.gettempdir()) / f"skydas-kernels-{os.getuid()}" / folder.name
    os.environ[VARIABLE] = str(folder)


def kernel_files(package: Path) -> list[Path]:
    """Return the files that the key is made from, sorted."""
    found = [package / name for name in FILES]
    for rooms, ending in ((ROOMS, ".py"), (ELSEWHERE, "kernels.py")):
        for room in rooms:
            for directory, folders, files in os.walk(package / room):
                folders[:] = [folder for folder in folders if folder != "__pycache__"]
                found += [Path(directory, name) for name in files if name.endswith(ending)]
    return sorted(found)


def _home() -> Path:
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "skydas" / "kernels"


def _forget_old(home: Path) -> None:
    """Delete all but the newest folders; a process that still runs has its kernels in memory."""
    folders = [folder for folder in home.iterdir() if folder.is_dir()]
    if len(folders) <= FOLDERS_KEPT:
        return
    import shutil

    for folder in sorted(folders, key=lambda folder: folder.stat().st_mtime)[:-FOLDERS_KEPT]:
        shutil.rmtree(folder, ignore_errors=True)
