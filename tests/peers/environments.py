"""Other people's programs, each in an environment of its own under .peers, made on first use and kept."""

from __future__ import annotations

import fcntl
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.paths import REPOSITORY

PEERS = REPOSITORY / ".peers"
INSTALL_S_MAX = 300.0


def peer_python(name: str, *requirements: str) -> Path:
    """Return the interpreter of environment `name` with `requirements` (pinned), or skip the test and say why."""
    directory = PEERS / name
    python = directory / "bin" / "python"
    wanted = "\n".join(requirements)
    PEERS.mkdir(exist_ok=True)
    with (PEERS / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # tests run in several processes
        mark = directory / "installed.txt"
        if mark.exists() and mark.read_text() == wanted:
            return python
        for command in (
            [sys.executable, "-m", "venv", str(directory)],
            [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *requirements],
        ):
            try:
                done = subprocess.run(command, capture_output=True, text=True, timeout=INSTALL_S_MAX, check=False)
            except (OSError, subprocess.TimeoutExpired) as error:
                pytest.skip(f"no environment for {name}: {error}")
            if done.returncode:
                pytest.skip(f"no environment for {name}: {done.stderr.strip().splitlines()[-1:]}")
        mark.write_text(wanted)
    return python


class Peer:
    """A script running under another interpreter, asked and answering in JSON lines."""

    def __init__(self, python: Path, script: Path) -> None:
        self._process = subprocess.Popen(
            [str(python), str(script)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def ask(self, **question: Any) -> Any:
        """Return the answer to one question."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(question) + "\n")
        self._process.stdin.flush()
        return json.loads(self._process.stdout.readline())

    def close(self) -> None:
        """End the script."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(timeout=30)
