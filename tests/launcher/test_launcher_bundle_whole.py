"""The bundle that is lent to images without kfnb, made of the real wheels for all Pythons that it serves; long form."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from launcher_place import Place

ROOT = Path(__file__).parents[2]
pytestmark = [
    pytest.mark.soak,
    pytest.mark.timeout(1200),
    pytest.mark.skipif(sys.platform != "linux", reason="pods are of Linux"),
]
SERVED = {f"cp3{minor}-{processor}" for minor in (11, 12, 13) for processor in ("x86_64", "aarch64")}

MACHINES = {"x86_64": 62, "aarch64": 183}
"""What byte 18 of a compiled file (ELF) says that it is for."""


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The bundle as docker/Containerfile makes it."""
    context, made = (tmp_path_factory.mktemp("bundle") / name for name in ("context", "made"))
    subprocess.run([sys.executable, ROOT / "docker" / "context.py", context], check=True)
    command = [sys.executable, context / "bundle.py", context / "dependencies", context / "requirements.txt", made]
    subprocess.run(command, check=True)
    (own,) = (context / "kfnb").glob("*.whl")
    with zipfile.ZipFile(own) as wheel:
        wheel.extractall(made / "any")
    return made


def test_the_whole_bundle_serves_all_that_it_names(bundle: Path) -> None:
    """Each Python on each kind of processor has a folder with the compiled parts, made for it."""
    assert SERVED == {path.name for path in bundle.glob("cp3*")}
    for name in SERVED:
        python, _, processor = name.partition("-")
        compiled = [*(bundle / name).rglob("*.so")]
        assert {"blake3", "msgspec", "psutil", "tornado", "zmq"} <= {path.name for path in (bundle / name).iterdir()}
        assert {MACHINES[processor]} == {path.read_bytes()[18] for path in compiled}
        own = {path.name.split("-")[1] for path in compiled if ".cpython-3" in path.name}
        assert {python.removeprefix("cp")} == own


def other(minor: int) -> Path | None:
    """A Python of this machine of this version, if there is one that can be started."""
    on_path = [Path(folder) / f"python3.{minor}" for folder in os.get_exec_path()]
    for path in (*on_path, *Path("~/.pyenv/versions").expanduser().glob(f"3.{minor}.*/bin/python")):
        if path.exists() and not subprocess.run([path, "-c", ""], check=False, capture_output=True).returncode:
            return path
    return None


@pytest.mark.parametrize("minor", [minor for minor in (11, 12, 13) if minor != sys.version_info[1]])
def test_another_python_runs_a_task_with_the_bundle(bundle: Path, tmp_path: Path, minor: int) -> None:
    """It has nothing of kfnb's itself: what is compiled for it comes from the folder of its own."""
    python = other(minor)
    if python is None:
        pytest.skip(f"this machine has no Python 3.{minor}")
    uri = Place(None, tmp_path).give("import sys, msgspec\nprint('%d.%d' % sys.version_info[:2], msgspec.__file__)")
    command = [python, bundle / "any" / "kfnb" / "launcher" / "bundled.py", uri]
    environment = {"PATH": os.defpath, "HOME": str(tmp_path)}
    done = subprocess.run(command, check=False, capture_output=True, text=True, cwd=tmp_path, env=environment)
    assert 0 == done.returncode, done.stderr
    own = bundle / f"cp3{minor}-{os.uname().machine}"
    assert f"3.{minor} {own}/msgspec/__init__.py" in done.stdout.splitlines()
