"""Writes what comes from code: docs/diagnostics.md, docs/cli.md and the server's kfnb/server/openapi.json.

`make generate` calls this after a change of errors.CODES, of the command line or of what the server is asked and
answers, of which npm then makes the front end's types; `make docs` calls it with --check, which writes nothing and
fails where a page is not what it would write. Whether the types are current is seen by `make lint`.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer.main

from kfnb.cli.app import app
from kfnb.errors import CODES
from kfnb.server import openapi

if TYPE_CHECKING:
    from collections.abc import Iterator

FOLDER = Path(__file__).parent
HEAD = "<!-- Written by `make generate`; a change by hand is lost. -->\n\n"

FAMILIES = {
    "1": "Reading notebooks and tags",
    "2": "Names and setup",
    "3": "Changes, sharing and the guard",
    "4": "Effects, session state and files",
    "5": "Control flow, settings, and what is not built yet",
    "6": "A task stopped while running",
    "7": "Parameters and calls",
    "8": "The database of runs",
    "9": "Clusters",
}
"""What the first digit of a code says."""


def in_a_cell(text: str) -> str:
    """`text` as one cell of a Markdown table."""
    return " ".join(text.split()).replace("|", "\\|")


def diagnostics() -> Iterator[str]:
    """The lines of docs/diagnostics.md."""
    yield "# Diagnostics"
    yield ""
    yield (
        "Every finding of kfnb carries one of these codes. An error stops a run before it starts, or, where it can "
        "only be seen while running, stops that task; a warning and a hint never stop anything. "
        "`kfnb check NOTEBOOK` lists the findings of a notebook, each with its cell, its line and what to do."
    )
    for family, title in FAMILIES.items():
        codes = sorted(code for code in CODES if code.startswith(f"KF{family}"))
        if not codes:
            continue
        yield from ("", f"## {title}", "", "| code | meaning |", "| --- | --- |")
        yield from (f'| <a id="{code.lower()}"></a>`{code}` | {in_a_cell(CODES[code])} |' for code in codes)


def command_line() -> Iterator[str]:
    """The lines of docs/cli.md."""
    program: Any = typer.main.get_command(app)
    yield "# Command line"
    yield ""
    yield in_a_cell(program.help or "")
    yield ""
    yield "What the exit codes and the JSON documents mean: [Running and looking at runs](guide/runs.md#for-scripts)."
    for name, command in program.commands.items():
        if not command.hidden:
            for below, each in getattr(command, "commands", {"": command}).items():
                yield from of_command(f"kfnb {name} {below}".rstrip(), each)


def of_command(name: str, command: Any) -> Iterator[str]:
    """The section of one command."""
    arguments = [p for p in command.params if not getattr(p, "hidden", False) and not p.opts[0].startswith("-")]
    options = [p for p in command.params if not getattr(p, "hidden", False) and p.opts[0].startswith("-")]
    usage = " ".join([name, *map(placeholder, arguments), *(["[OPTIONS]"] if options else [])])
    yield from ("", f"## {name}", "", f"    {usage}", "")
    yield from prose(command.help or "")
    if arguments or options:
        yield from ("", "| | |", "| --- | --- |")
        yield from (f"| `{placeholder(p)}` | {in_a_cell(p.help or '')} |" for p in arguments)
        yield from (f"| {spelling(p)} | {in_a_cell(p.help or '')}{default(p)} |" for p in options)


def prose(text: str) -> Iterator[str]:
    """A command's help as Markdown: what it indents is an example and becomes a block of code."""
    was_code = False
    for line in text.replace("\b", "").strip().splitlines():
        code = line.startswith("  ")
        if code and not was_code:
            yield ""
        if line.strip() or not was_code:
            yield f"  {line}" if code else line
        was_code = code


def placeholder(argument: Any) -> str:
    """How the usage line names an argument."""
    name = (getattr(argument, "metavar", None) or argument.name).upper().strip("[]")
    return (name if argument.required else f"[{name}]") + ("..." if argument.nargs == -1 else "")


def spelling(option: Any) -> str:
    """Every spelling of an option, and what it takes."""
    value = "" if option.is_flag else f" {(getattr(option, 'metavar', None) or option.name).upper()}"
    return ", ".join(f"`{opt}{value}`" for opt in (*option.opts, *option.secondary_opts))


def default(option: Any) -> str:
    """What an option is where it is not given, if that says something."""
    value = getattr(option, "default", None)
    told = option.show_default and not option.is_flag and isinstance(value, (str, int, float)) and value != ""
    return f" Default: `{value}`." if told else ""


def main(arguments: list[str]) -> int:
    """Write the files, or with --check say which are not current."""
    files = {
        "docs/diagnostics.md": HEAD + "\n".join(diagnostics()) + "\n",
        "docs/cli.md": HEAD + "\n".join(command_line()) + "\n",
        "kfnb/server/openapi.json": json.dumps(openapi.document(), indent=1, ensure_ascii=False) + "\n",
    }
    stale = []
    for name, text in files.items():
        path = FOLDER.parent / name
        if not path.exists() or path.read_text("utf-8") != text:
            stale.append(name)
            if "--check" not in arguments:
                path.write_text(text, "utf-8")
    if "--check" in arguments and stale:
        print(f"{', '.join(stale)}: not what the code gives today. Run: make generate", file=sys.stderr)
        return 1
    if "--check" not in arguments and not types_written():
        print("labextension/src/model/openapi.ts needs npm and its packages. Run: make generate", file=sys.stderr)
        return 1
    return 0


def types_written() -> bool:
    """Make the front end's types from openapi.json; say whether what does it is installed."""
    front_end = FOLDER.parent / "labextension"
    if not (front_end / "node_modules" / "openapi-typescript").is_dir():
        return False
    subprocess.run(["npm", "run", "--silent", "openapi"], cwd=front_end, check=True, stdout=subprocess.DEVNULL)
    return True


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
