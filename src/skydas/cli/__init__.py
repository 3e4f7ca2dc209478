"""The `skydas` command; each subcommand is loaded when it is called, so that `skydas --help` is quick."""

from __future__ import annotations

import sys

from cyclopts import App

import skydas
from skydas.errors import SkydasError

app = App(
    name="skydas",
    version=skydas.__version__,
    help="Sensors in, one honest picture out: air surveillance and counter-drone command.\n\n"
    "It senses, fuses, warns and shares. It controls no weapon: people decide.\n\n"
    "Start with `skydas demo`, then open http://127.0.0.1:8080.",
)
app.command("skydas.cli.demo:demo", name="demo", help="Start the Baltic scene: one process, one page.")
app.command("skydas.cli.run:run", name="run", help="Run a node from its file.")
app.command("skydas.cli.doctor:doctor", name="doctor", help="List every fault of a node file; hear its sources.")
app.command("skydas.cli.replay:replay", name="replay", help="Put recordings through a node, as fast as it goes.")
app.command("skydas.cli.decode:decode", name="decode", help="Turn a recording into a table.")
app.command("skydas.cli.probe:probe", name="probe", help="Say what a recording is.")
app.command("skydas.cli.sim:sim", name="sim", help="Make a recording from a scenario, with its truth.")
app.command("skydas.cli.journal:app", name="journal", help="Slice, verify and compare journals.")
app.command("skydas.cli.evaluate:evaluate", name="evaluate", help="Score tracks against truth.")


def main() -> None:
    """Run one command; an error made on purpose is one clear line and exit code 2."""
    try:
        app(sys.argv[1:])
    except SkydasError as error:
        for line in str(error).splitlines():
            print(f"skydas: {line}", file=sys.stderr)
        sys.exit(2)
    except KeyboardInterrupt:
        sys.exit(130)
    except BrokenPipeError:
        sys.exit(141)
