"""`kfnb cluster …` from the outside: what is printed, what is written, and what each mistake costs."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

from tests.cluster.runs import notebook

ADD = ["--context", "kind", "--namespace", "ml", "--root", "s3://runs/kfnb", "--image", "base:1"]


@pytest.fixture
def cluster(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Any:
    """Calls `kfnb cluster` in this process, with a file of clusters of the test's own; gives code, stdout, stderr."""
    from kfnb.cli.app import run_app

    monkeypatch.setenv("KFNB_CONFIG", str(tmp_path / "clusters.toml"))

    def call(*arguments: str) -> tuple[int, str, str]:
        code = run_app(["cluster", *arguments])
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return call


def written(tmp_path: Path, name: str = "test") -> dict[str, Any]:
    """The table of a cluster in the file."""
    found: dict[str, Any] = tomllib.loads((tmp_path / "clusters.toml").read_text("utf-8"))["clusters"][name]
    return found


def test_a_cluster_is_added_listed_shown_and_removed(cluster: Any, tmp_path: Path) -> None:
    """Each command does its part, and says where the file is."""
    path = tmp_path / "clusters.toml"
    assert (0, "", f"Cluster `test` is in {path}, and is the default one.\n") == cluster("add", "test", *ADD)
    code, out, _ = cluster("list")
    assert (0, ["*", "test", "kind", "ml", "s3://runs/kfnb", "base:1"]) == (code, out.splitlines()[1].split())
    code, out, err = cluster("show", "kubernetes")
    assert (0, '[clusters.test]\ncontext = "kind"\n') == (code, out[:33])
    assert f"From {path}. It is the default one.\n" == err
    assert (0, "", "Cluster `test` is forgotten.\n") == cluster("remove", "test")
    code, out, err = cluster("list")
    assert (0, "", "No cluster is known yet. Add one: kfnb cluster add NAME --context") == (code, out, err[:65])


def test_json_documents_say_the_same(cluster: Any, tmp_path: Path) -> None:
    """With `--json` each command prints one document."""
    path = str(tmp_path / "clusters.toml")
    added = json.loads(cluster("add", "test", *ADD, "--json")[1])
    assert {"cluster": "test", "default": True, "file": path} == added
    (listed,) = json.loads(cluster("list", "--json")[1])["clusters"]
    shown = json.loads(cluster("show", "test", "--json")[1])
    assert {**listed, "file": path} == shown
    assert ("ml", 1000, True) == (shown["namespace"], shown["run_as_user"], shown["default"])
    assert {"cluster": "test"} == json.loads(cluster("default", "test", "--json")[1])
    assert {"cluster": "test"} == json.loads(cluster("remove", "test", "--json")[1])


def test_any_setting_can_be_given(cluster: Any, tmp_path: Path) -> None:
    """Options and `--set` reach the file: texts need no quotes, dots lead into tables, labels keep their dots."""
    options = ["--endpoint-url", "http://s3:9000", "--store-secret", "store", "--service-account", "tasks"]
    settings = [
        "grace_seconds=5",
        "env.A=1",
        "env.B=x=y",
        "node_selector.example.com/zone=b",
        "accelerators.t4.node_selector={gpu = 't4'}",
        'image_pull_secrets=["pull"]',
        "run_as_user=fromNamespace",
        "pod_patch.spec.hostname=h",
    ]
    assert 0 == cluster("add", "test", *ADD, *options, *(part for each in settings for part in ("--set", each)))[0]
    expected = {
        "endpoint_url": "http://s3:9000",
        "store_secret": "store",
        "service_account": "tasks",
        "grace_seconds": 5,
        "env": {"A": "1", "B": "x=y"},
        "node_selector": {"example.com/zone": "b"},
        "accelerators": {"t4": {"node_selector": {"gpu": "t4"}}},
        "image_pull_secrets": ["pull"],
        "run_as_user": "fromNamespace",
        "pod_patch": {"spec": {"hostname": "h"}},
    }
    found = written(tmp_path)
    assert expected == {key: found[key] for key in expected}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--set", "grace_seconds"], "`--set grace_seconds` must have the form KEY=VALUE"),
        (["--set", "=5"], "`--set =5` must have the form KEY=VALUE"),
        (["--set", "grace_seconds=soon"], "  `grace_seconds`: it must be a whole number, not text."),
        (["--set", "image.tag=1"], "`--set image.tag=…`: `image` has a value already, and is no table."),
        (["--set", "max_paralel=1"], "  there is no setting `max_paralel`; is `max_parallel` meant?."),
        (
            ["--set", "env.MY_TOKEN=abc"],
            "  `env` holds what looks like a credential, in `MY_TOKEN` (put it into a Secret",
        ),
        (["--endpoint-url", "minio"], "  `endpoint_url`: `minio` is not the address of a store"),
    ],
)
def test_a_mistake_is_a_wrong_call(cluster: Any, tmp_path: Path, arguments: list[str], message: str) -> None:
    """What cannot be is said in a line of its own; nothing is written."""
    code, out, err = cluster("add", "test", *ADD, *arguments)
    lines = [line[: len(message)] for line in err.splitlines()]
    assert (3, "", True, False) == (code, out, message in lines, (tmp_path / "clusters.toml").exists())


def test_what_is_missing_is_named(cluster: Any) -> None:
    """Without an option that every cluster needs, the call names it."""
    code, _, err = cluster("add", "test", *ADD[:-2])
    assert (3, True) == (code, "--image" in err)


def test_the_default_can_be_chosen(cluster: Any) -> None:
    """`--default` and `cluster default` choose what `kubernetes` means."""
    cluster("add", "a", *ADD)
    cluster("add", "b", *ADD, "--default")
    assert "[clusters.b]" == cluster("show", "kubernetes")[1].splitlines()[0]
    cluster("default", "a")
    assert "[clusters.a]" == cluster("show", "kubernetes")[1].splitlines()[0]
    assert 3 == cluster("default", "c")[0]


def test_a_cluster_that_cannot_be_used_is_listed_as_a_finding(cluster: Any, tmp_path: Path) -> None:
    """A list shows the good ones and says what is wrong with the others, and ends with 2; so does `show`."""
    cluster("add", "good", *ADD)
    path = tmp_path / "clusters.toml"
    path.write_text(path.read_text("utf-8") + '[clusters.bad]\nnamespace = "x"\n', "utf-8")
    code, out, err = cluster("list")
    assert (2, True, True) == (code, "good" in out, "KF903" in err)
    assert (2, "") == cluster("show", "bad")[:2]
    assert 0 == cluster("show", "good")[0]


@pytest.mark.parametrize("name", ["kubernetes", "test"])
def test_without_a_cluster_the_command_to_type_is_said(cluster: Any, name: str) -> None:
    """Where none is known, each name is refused with the command that adds one, whichever command named it."""
    code, out, err = cluster("show", name)
    assert "--on" not in err
    assert (2, "", True) == (code, out, "fix: Add one: kfnb cluster add NAME --context" in err)


def test_a_check_for_a_cluster_says_nothing_of_this_machine(cluster: Any, tmp_path: Path, capsys: Any) -> None:
    """Also where the notebook's own mistakes keep the cluster from being asked."""
    from kfnb.cli.app import run_app

    cluster("add", "test", *ADD)
    path = notebook(
        tmp_path / "work.ipynb", "x = 1", "y = x", tags={0: ("step:a", "retry:x"), 1: ("step:b", "image:b:1")}
    )
    assert 2 == run_app(["check", str(path), "--on", "test", "--json"])
    assert ["KF110"] == [each["code"] for each in json.loads(capsys.readouterr().out)["diagnostics"]]


def test_the_shell_completes_names(cluster: Any, tmp_path: Path) -> None:
    """The shell's completion gives the names of clusters, and nothing where the file cannot be read."""
    cluster("add", "test", *ADD)

    def completed() -> str:
        env = {**os.environ, "_KFNB_COMPLETE": "complete_bash", "COMP_WORDS": "kfnb cluster show t", "COMP_CWORD": "3"}
        program = "from kfnb.cli.app import app; app(prog_name='kfnb')"
        return subprocess.run([sys.executable, "-c", program], env=env, capture_output=True, text=True).stdout.strip()

    assert "test" == completed()
    (tmp_path / "clusters.toml").write_text("[", "utf-8")
    assert "" == completed()


def test_the_help_loads_no_toml_writer(tmp_path: Path) -> None:
    """What only changing the file needs is not loaded by other commands."""
    program = "import sys, kfnb.cli.app; print([m for m in ('tomlkit', 'kfnb.profiles', 'yaml') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert "[]" == done.stdout.strip()
