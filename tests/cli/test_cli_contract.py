"""The command line's contract: exit codes, one JSON document on stdout, no traceback for a person's mistake."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

import kfnb
from kfnb.cli.notebook_commands import schema_bytes

COMMANDS = [
    "run",
    "check",
    "graph",
    "suggest",
    "compile",
    "verify",
    "show",
    "explain",
    "logs",
    "artifacts",
    "outputs",
    "runs",
    "version",
]
COMMANDS += ["cluster add", "cluster list", "cluster show", "cluster remove", "cluster default"]
COMMANDS += ["cluster init", "cluster check", "image build", "db path", "db rebuild", "db upgrade"]
COMMANDS += ["resume", "watch", "cancel"]
COMMANDS += ["manifests", "metrics", "compare", "tag", "archive", "delete", "gc"]


def kfnb_command(*arguments: str, home: Path, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    """Run the real command in a process of its own."""
    import os

    return subprocess.run(
        [sys.executable, "-m", "kfnb", *arguments],
        cwd=cwd or home,
        env={**os.environ, "KFNB_HOME": str(home / "home")},
        capture_output=True,
        text=True,
        timeout=120,
    )


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_and_json(tmp_path: Path, command: str) -> None:
    """`--help` of each command exits with 0, and each takes `--json`."""
    done = kfnb_command(*command.split(), "--help", home=tmp_path)
    assert (0, "") == (done.returncode, done.stderr)
    assert "--json" in done.stdout


@pytest.mark.parametrize("command", [c for c in COMMANDS if c not in ("version",)])
def test_help_shows_examples(tmp_path: Path, command: str) -> None:
    """Every command shows how it is used."""
    assert f"    kfnb {command}" in kfnb_command(*command.split(), "--help", home=tmp_path).stdout


@pytest.mark.parametrize(
    "arguments",
    [
        ["bogus"],
        ["--bogus"],
        ["run"],
        ["run", "a.ipynb", "--bogus"],
        ["run", "a.ipynb", "b.ipynb"],
        ["run", "a.ipynb", "--max-parallel", "0"],
        ["run", "a.ipynb", "--max-parallel", "many"],
        ["outputs", "last"],
        ["compile"],
        ["show", "last"],
        ["logs", "20990101"],
    ],
)
def test_a_wrong_call_exits_with_3_and_says_what_to_do(tmp_path: Path, arguments: list[str]) -> None:
    """Unknown commands, options, arguments and runs are a wrong call, told on stderr without a traceback."""
    done = kfnb_command(*arguments, home=tmp_path)
    assert (3, "") == (done.returncode, done.stdout)
    assert "Traceback" not in done.stderr
    assert done.stderr.strip()


def test_a_wrong_call_with_json_is_a_json_document(tmp_path: Path) -> None:
    """With `--json` there is one document on stdout even then."""
    done = kfnb_command("run", "a.ipynb", "--bogus", "--json", home=tmp_path)
    assert 3 == json.loads(done.stdout)["error"]["exit_code"]


def test_version_is_said_both_ways(tmp_path: Path) -> None:
    """`kfnb version` and `kfnb --version` print the version, as JSON if asked."""
    assert f"{kfnb.__version__}\n" == kfnb_command("--version", home=tmp_path).stdout
    assert f"{kfnb.__version__}\n" == kfnb_command("version", home=tmp_path).stdout
    assert {"version": kfnb.__version__} == json.loads(kfnb_command("version", "--json", home=tmp_path).stdout)


def test_no_command_but_a_live_table_imports_rich(tmp_path: Path) -> None:
    """The help comes without rich, IPython, fsspec or nbformat, which cost more than everything else."""
    code = (
        "import sys, kfnb.cli.app as a; a.run_app(['--help']);"
        "print([m for m in ('rich', 'IPython', 'fsspec', 'nbformat', 'papermill', 'numpy') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=tmp_path)
    assert "[]" == done.stdout.splitlines()[-1]


def test_the_shipped_schema_is_that_of_the_code() -> None:
    """kfnb/schemas/pipeline.schema.json is what `kfnb compile --schema` prints."""
    shipped = Path(kfnb.__file__).parent / "schemas" / "pipeline.schema.json"
    assert schema_bytes() == shipped.read_bytes()


def test_runs_of_nothing_is_an_empty_list(tmp_path: Path) -> None:
    """Where no run was made there is a message, and with `--json` an empty list."""
    assert [] == json.loads(kfnb_command("runs", "--json", home=tmp_path).stdout)["runs"]
    assert 0 == kfnb_command("runs", home=tmp_path).returncode


def test_a_mistake_of_ours_is_written_to_a_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """An exception nobody foresaw exits with 1; stderr names the file with its traceback."""
    from kfnb.cli.app import _other

    def raised() -> Exception:
        try:
            raise RuntimeError("boom")
        except RuntimeError as error:
            return error

    assert 1 == _other(raised(), as_json=False)
    message = capsys.readouterr().err
    path = Path(message.split("The details are in ")[1].split(";")[0])
    try:
        assert "RuntimeError: boom" in path.read_text()
    finally:
        path.unlink()
