"""A real PostgreSQL of our own for the tests: Debian's programs, a folder of its own, a free port on 127.0.0.1."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

RUNS_AS = ("postgres", "nobody")  # PostgreSQL refuses to run as root


class Server:
    """A PostgreSQL that can be stopped and started again."""

    def __init__(self, programs: Path, folder: Path, user: str | None) -> None:
        self._programs, self._folder, self._user = programs, folder, user
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = int(free.getsockname()[1])
        self._call("initdb", "-D", str(folder / "data"), "-A", "trust", "-U", "skydas", "-E", "UTF8", "--no-sync")
        self.start()

    def url(self, name: str) -> str:
        """Return the URL of a database, fresh and empty."""
        self._call("createdb", "-h", "127.0.0.1", "-p", str(self.port), "-U", "skydas", name)
        return f"postgresql://skydas@127.0.0.1:{self.port}/{name}"

    def start(self) -> None:
        """Start it and wait until it answers."""
        options = f"-p {self.port} -c listen_addresses=127.0.0.1 -c unix_socket_directories='' -c fsync=off"
        self._call(
            "pg_ctl", "-D", str(self._folder / "data"), "-w", "-l", str(self._folder / "log"), "-o", options, "start"
        )

    def stop(self) -> None:
        """Stop it at once, as a crash would."""
        self._call("pg_ctl", "-D", str(self._folder / "data"), "-w", "-m", "immediate", "stop")

    def _call(self, program: str, *arguments: str) -> None:
        made = subprocess.run(
            [str(self._programs / program), *arguments],
            user=self._user, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
            cwd=self._folder, env={"PATH": os.environ["PATH"], "LC_ALL": "C"}, timeout=60, check=False,
        )  # fmt: skip
        assert made.returncode == 0, (program, made.stderr.decode())


def programs() -> Path | None:
    """Return where PostgreSQL's server programs lie, or None."""
    found = shutil.which("initdb")
    if found is not None:
        return Path(found).resolve().parent
    newest = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    return newest[-1].parent if newest else None


@contextmanager
def postgresql() -> Iterator[Server]:
    """Run a PostgreSQL until the block ends; skip the test where its programs are missing."""
    where = programs()
    if where is None:
        pytest.skip("PostgreSQL's server is not on this machine (apt-get install postgresql)")
    folder = Path(tempfile.mkdtemp(prefix="skydas-postgresql-"))
    user = None
    if os.geteuid() == 0:
        there_are = {entry.pw_name for entry in pwd.getpwall()}
        user = next(name for name in RUNS_AS if name in there_are)
        shutil.chown(folder, user)
    server = Server(where, folder, user)
    try:
        yield server
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)
