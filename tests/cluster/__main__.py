"""The test cluster's command line: `python -m tests.cluster COMMAND`."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable

from tests.cluster import chaos, environment, images, lifecycle
from tests.cluster.certificates import KUBECONFIG
from tests.cluster.programs import program
from tests.cluster.shell import ClusterError


def _print_leftovers() -> None:
    left = lifecycle.leftovers()
    print(*left, sep="\n", end="\n" if left else "")
    sys.exit(bool(left))


_COMMANDS = {
    "setup": ("install Debian packages and build Kubernetes, once", lifecycle.set_up),
    "programs": ("build all programs, once; needs no root", lifecycle.set_up_programs),
    "store-endpoints": ("build the endpoints of stores alone, once; needs no root", lifecycle.set_up_stores),
    "up": ("bring it up, with images of this checkout", lifecycle.up),
    "status": ("which components run, and its nodes", lambda: print(lifecycle.status())),
    "env": ("shell lines after which kubectl and kfnb work on it", lambda: print(environment.lines())),
    "images": ("references of the images that pods can have", lambda: print(*images.references(), sep="\n")),
    "leftovers": ("what of a cluster is on this machine; exit code 1 where there is something", _print_leftovers),
}
_ON_ONE: dict[str, tuple[str, Callable[[str], None]]] = {
    "stop": ("kill a component", chaos.stop),
    "start": ("start a component that was stopped", chaos.start),
    "power-off": ("kill a node and all its pods", chaos.power_off),
    "power-on": ("start a node again", chaos.power_on),
    "unplug": ("cut a node off from everything else", chaos.unplug),
    "plug-in": ("give a node its network back", chaos.plug_in),
    "drain": ("evict all pods of a node", chaos.drain),
    "uncordon": ("let a drained node take pods again", chaos.uncordon),
}


def main() -> None:
    """Do what the command line says; a failure is one message and exit code 1."""
    words = sys.argv[1:]
    try:
        if words[:1] == ["kubectl"]:
            os.execv(program("kubectl"), ["kubectl", "--kubeconfig", str(KUBECONFIG), *words[1:]])
        _run(_parser().parse_args(words))
    except KeyboardInterrupt:
        raise SystemExit(130) from None
    except ClusterError as problem:
        raise SystemExit(str(problem)) from None
    except BrokenPipeError:
        os._exit(1)  # who read this has gone; Python would say so once more
    except OSError as problem:
        raise SystemExit(f"{problem}. Is the cluster up? `python -m tests.cluster up`") from None


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.cluster", description="A real Kubernetes on this machine.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, (says, _) in _COMMANDS.items():
        commands.add_parser(name, help=says)
    down = commands.add_parser("down", help="take it down and everything of it away")
    down.add_argument("--force", action="store_true", help="also while tests use it")
    down.add_argument("--clean", action="store_true", help="and fail if runs have left something in it")
    commands.add_parser("kubectl", help="kubectl as the cluster's administrator; its own options follow")
    for name, (says, _) in _ON_ONE.items():
        what = "component" if name in ("stop", "start") else "node"
        commands.add_parser(name, help=says).add_argument("which", metavar=what.upper())
    return parser


def _run(chosen: argparse.Namespace) -> None:
    if chosen.command in _ON_ONE:
        _ON_ONE[chosen.command][1](chosen.which)
    elif chosen.command == "down":
        lifecycle.down(force=chosen.force, clean=chosen.clean)
    else:
        _COMMANDS[chosen.command][1]()


if __name__ == "__main__":
    main()
