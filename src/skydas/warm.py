"""Compile every kernel, or load it from the cache: `python -m skydas.warm` at installation, `warm_up()` at a start."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import Final

from skydas.clock import stopwatch_ns

KERNELS_ABOUT: Final = 400  # functions in a full cache; a test holds it to be about that
_PROGRESS_S: Final = 15.0
_MARK: Final = "compiled"  # an empty file in the cache's folder: everything is in it


def is_compiled() -> bool:
    """Return whether the cache holds every kernel of this state of the source."""
    folder = os.environ.get("NUMBA_CACHE_DIR")
    return folder is not None and (Path(folder) / _MARK).exists()


def compile_apart() -> None:
    """Compile what is not compiled yet in a process of its own: the compiler's 250 MB stay with that one."""
    if not is_compiled():
        subprocess.run([sys.executable, "-m", "skydas.warm"], check=False, stdout=subprocess.DEVNULL)


def warm_up() -> float:
    """Load or compile every kernel that a running node uses; return the seconds it took.

    A format's kernels are those that its own examples need; a `warm_up` of its own adds what other parameters need.
    """
    began_ns = stopwatch_ns()
    from skydas import assess, fuse, plugins
    from skydas.assess.predict.predictor import warm_up as warm_prediction
    from skydas.fuse.registration.registration import warm_up as warm_registration
    from skydas.identify.identifier import warm_up as warm_evidence
    from skydas.identify.motion import warm_up as warm_motion
    from skydas.node import intake

    fuse.warm_up()
    warm_registration()
    intake.warm_up()
    assess.warm_up()
    warm_prediction()
    warm_motion()
    warm_evidence()
    for name in plugins.names("formats"):
        module = plugins.load("formats", name)
        decoder = module.Decoder(plugins.params("formats", name, {}, name))
        for example in module.EXAMPLES:
            decoder.decode(0, example)
        if hasattr(decoder, "state"):
            decoder.restore(decoder.state())
        if hasattr(module, "warm_up"):
            module.warm_up()
    if folder := os.environ.get("NUMBA_CACHE_DIR"):
        with contextlib.suppress(OSError):
            (Path(folder) / _MARK).touch()
    return (stopwatch_ns() - began_ns) / 1e9


def _say_progress(folder: Path, is_done: threading.Event) -> None:
    """Say now and then how far compiling is: it takes some minutes."""
    while not is_done.wait(_PROGRESS_S):
        count = sum(1 for _ in folder.rglob("*.nbi"))
        print(f"skydas: compiled {count} of about {KERNELS_ABOUT} kernels", file=sys.stderr, flush=True)


def main() -> None:
    """Compile with words on the way."""
    is_done = threading.Event()
    if (folder := os.environ.get("NUMBA_CACHE_DIR")) and not is_compiled():
        threading.Thread(target=_say_progress, args=(Path(folder), is_done), daemon=True).start()
    took_s = warm_up()
    is_done.set()
    print(f"skydas: kernels ready after {took_s:.1f} s")


if __name__ == "__main__":
    main()
