"""The `skydas` command; each subcommand is loaded when it is called, so that `skydas --help` is quick."""

from __future__ import annotations

import sys
from typing import Final

from cyclopts import App, CycloptsError

import skydas
from skydas.errors import SkydasError
from skydas.memory import one_thread_for_blas

app = App(
    name="skydas",
    version=skydas.__version__,
    help_format="plaintext",  # the markdown renderer alone takes a tenth of a second to import
    help="Sensors in, one honest picture out: air surveillance and counter-drone command.\n\n"
    "It senses, fuses, warns and shares. It controls no weapon: people decide.\n\n"
    "Start with `skydas demo`, then open http://127.0.0.1:8080.",
)
COMMANDS: Final = {  # name -> where it is, and what the list of commands says of it
    "demo": ("skydas.cli.demo:demo", "Start the Baltic scene: one process, one page."),
    "run": ("skydas.cli.run:run", "Run a node from its file."),
    "doctor": ("skydas.cli.doctor:doctor", "List every fault of a node file; hear its sources."),
    "replay": ("skydas.cli.replay:replay", "Put recordings through a node, as fast as it goes."),
    "decode": ("skydas.cli.decode:decode", "Turn a recording into a table."),
    "probe": ("skydas.cli.probe:probe", "Say what a recording is."),
    "sim": ("skydas.cli.sim:sim", "Make a recording from a scenario, with its truth."),
    "journal": ("skydas.cli.journal:app", "Slice, verify and compare journals."),
    "assets": ("skydas.cli.assets:app", "Check a file of protected assets, or write one to start from."),
    "store": ("skydas.cli.store:app", "Rebuild, check and show the database of incidents."),
    "report": ("skydas.cli.report:app", "Write the report of an incident."),
    "evaluate": ("skydas.cli.evaluate:evaluate", "Score tracks against truth."),
    "train": ("skydas.cli.train:train", "Train the classifier of motion; say how good it is."),
    "warn": ("skydas.cli.warn:app", "Try municipalities, areas and words of reports."),
}


def register(called: str) -> None:
    """Add the commands; the one that is called shows its own docstring, which needs its module."""
    for name, (where, text) in COMMANDS.items():
        if name == called:
            app.command(where, name=name)
        else:
            app.command(where, name=name, help=text)


def main() -> None:
    """Run one command; an error made on purpose is one clear line and exit code 2."""
    one_thread_for_blas()
    called = next((word for word in sys.argv[1:2] if word in COMMANDS), "")
    register(called)
    try:
        app(sys.argv[1:], print_error=False, exit_on_error=False)
    except CycloptsError as error:
        text = " ".join(str(error).split())
        print(f"skydas: {text} (`skydas {called} --help` says what there is)".replace("  ", " "), file=sys.stderr)
        sys.exit(2)
    except SkydasError as error:
        for line in str(error).splitlines():
            print(f"skydas: {line}", file=sys.stderr)
        sys.exit(2)
    except KeyboardInterrupt:
        sys.exit(130)
    except BrokenPipeError:
        sys.exit(141)
    except OSError as error:  # a full disk, a folder nobody may write to
        print(f"skydas: {error.filename or 'input or output'}: {error.strerror or error}", file=sys.stderr)
        sys.exit(2)
