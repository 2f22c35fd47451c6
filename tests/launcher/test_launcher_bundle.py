"""What is lent to images without kfnb: how it is put together, and what a Python says that cannot use it."""

from __future__ import annotations

import json
import os
import platform
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
BUNDLE = ROOT / "docker" / "bundle.py"
NAMES = ("older", "newer", "same", "absent")
NEEDED = ("botocore", "certifi", "cloudpickle", "fsspec", "ipykernel")
COMPILED = {
    "blake3": ("cp311-cp311-manylinux_2_17_x86_64", "cp312-cp312-manylinux_2_17_aarch64", "cp313-cp313-win_amd64"),
    "msgspec": (
        "cp39-abi3-manylinux_2_28_x86_64",
        "cp39-abi3-manylinux2014_aarch64",
        "cp311-abi3-musllinux_1_2_x86_64",
    ),
}


def wheel(folder: Path, name: str, tag: str = "py3-none-any", requires: tuple[str, ...] = (), *more: str) -> None:
    """Write a wheel with one module, and files in it that are to be left out."""
    lines = ["Metadata-Version: 2.1", f"Name: {name}", "Version: 1", *(f"Requires-Dist: {line}" for line in requires)]
    with zipfile.ZipFile(folder / f"{name}-1-{tag}.whl", "w") as archive:
        archive.writestr(f"{name}-1.dist-info/METADATA", "\n".join(lines))
        for path in (f"{name}/__init__.py", f"{name}/tests/__init__.py", f"{name}-1.data/scripts/{name}", *more):
            archive.writestr(path, "")


@pytest.fixture
def wheels(tmp_path: Path) -> Path:
    """A folder of wheels of all that the launcher needs, and of something that it does not."""
    folder = tmp_path / "wheels"
    folder.mkdir()
    asks = ("comm>=1", "debugpy", 'olden; python_version < "3.12"', 'never; sys_platform == "win32"')
    for name in NEEDED:
        wheel(folder, name, requires=asks if name == "ipykernel" else ())
    for name in ("comm", "olden", "unneeded"):
        wheel(folder, name)
    for name, tags in COMPILED.items():
        for tag in tags:
            wheel(folder, name, tag)
    wheel(folder, "botocore", "py3-none-any", (), "botocore/data/ec2/a.json", "botocore/data/sts/b.json")
    return folder


def bundled(wheels: Path, target: Path) -> subprocess.CompletedProcess[str]:
    """Make the bundle."""
    requirements = wheels.parent / "requirements.txt"
    requirements.write_text("cloudpickle>=3.1\nunneeded>=9\n", "utf-8")
    command = [sys.executable, BUNDLE, wheels, requirements, target]
    return subprocess.run(command, check=False, capture_output=True, text=True)


def test_the_bundle_holds_what_is_needed(wheels: Path, tmp_path: Path) -> None:
    """What is asked for on any of the Pythons is there once, without tests, scripts and services of no use."""
    done = bundled(wheels, tmp_path / "made")
    assert (0, "The launcher's bundle serves cp311-x86_64, cp312-aarch64\n") == (done.returncode, done.stdout)
    found = {path.name for path in (tmp_path / "made" / "any").iterdir() if not path.name.endswith("info")}
    assert {*NEEDED, "comm", "olden"} == found
    least = json.loads((tmp_path / "made" / "least.json").read_text("utf-8"))
    cloudpickle = {"version": [3, 1], "modules": ["cloudpickle"]}
    assert {"cloudpickle": cloudpickle, "comm": {"version": [1], "modules": ["comm"]}} == least
    assert {"blake3", "msgspec"} == {p.name for p in (tmp_path / "made" / "cp312-aarch64").glob("*[!o]")}
    data = {path.name for path in (tmp_path / "made" / "any" / "botocore" / "data").iterdir()}
    assert {"sts"} == data
    assert [] == [*(tmp_path / "made").rglob("tests"), *(tmp_path / "made").rglob("scripts")]


@pytest.mark.parametrize(
    ("gone", "message"),
    [
        ("comm-1-*.whl", "There is no wheel of comm, which the launcher needs.\n"),
        ("blake3-1-cp*manylinux*.whl", "For no version of CPython are all compiled parts there.\n"),
    ],
)
def test_what_is_missing_is_said(wheels: Path, tmp_path: Path, gone: str, message: str) -> None:
    """A bundle that could not be used is not made."""
    for path in wheels.glob(gone):
        path.unlink()
    done = bundled(wheels, tmp_path / "made")
    assert (1, message) == (done.returncode, done.stderr)


def library(folder: Path, name: str, version: str) -> None:
    """Put a library of this version into a folder of modules."""
    (folder / f"{name}-{version}.dist-info").mkdir(parents=True)
    metadata = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
    (folder / f"{name}-{version}.dist-info" / "METADATA").write_text(metadata, "utf-8")
    (folder / f"{name}.py").write_text("", "utf-8")


@pytest.mark.skipif(sys.platform != "linux", reason="pods are of Linux")
def test_a_library_that_is_too_old_for_the_launcher_is_lent(tmp_path: Path) -> None:
    """What the image has wins, but for what the launcher cannot use; which that is, is said."""
    bundle, image = tmp_path / "bundle", tmp_path / "image"
    (bundle / f"cp3{sys.version_info[1]}-{platform.machine()}").mkdir(parents=True)
    shutil.copytree(ROOT / "kfnb" / "launcher", bundle / "any" / "kfnb" / "launcher")
    for name, version in (("older", "3.0.9"), ("newer", "3.1rc1"), ("same", "3"), ("absent", "")):
        library(bundle / "any", name, "3.2")
        if version:
            library(image, name, version)
    least = {name: {"version": [3, 1] if name != "same" else [3, 0], "modules": [name]} for name in NAMES}
    (bundle / "least.json").write_text(json.dumps(least), "utf-8")
    (bundle / "any" / "shown.py").write_text(
        f"import {', '.join(NAMES)}\nfrom kfnb.artifacts.lent import instead\n"
        f"print(*(each.__file__ for each in ({', '.join(NAMES)})), *instead().items())\n",
        "utf-8",
    )
    command = [sys.executable, bundle / "any" / "kfnb" / "launcher" / "bundled.py", "-m", "shown"]
    environment = {**os.environ, "PYTHONPATH": str(image)}
    done = subprocess.run(command, check=False, capture_output=True, text=True, cwd=tmp_path, env=environment)
    own = bundle / "any"
    files = [f"{own}/older.py", f"{image}/newer.py", f"{image}/same.py", f"{own}/absent.py"]
    assert [*files, "('older',", "'3.2')"] == done.stdout.split()
    said = "The image's older 3.0.9 is older than kfnb's launcher needs (3.1), so this step has the launcher's own.\n"
    assert (0, said) == (done.returncode, done.stderr)


def started(bundle: Path, tmp_path: Path) -> subprocess.CompletedProcess[str]:
    """Start the launcher of a bundle with this interpreter, as a pod does."""
    (bundle / "any" / "kfnb").mkdir(parents=True)
    (bundle / "least.json").write_text("{}", "utf-8")
    shutil.copytree(ROOT / "kfnb" / "launcher", bundle / "any" / "kfnb" / "launcher")
    command = [sys.executable, bundle / "any" / "kfnb" / "launcher" / "bundled.py", tmp_path / "none" / "input.json"]
    return subprocess.run(command, check=False, capture_output=True, text=True, cwd=tmp_path, env=os.environ)


@pytest.mark.skipif(sys.platform != "linux", reason="pods are of Linux")
def test_another_python_is_named(tmp_path: Path) -> None:
    """No attempt in this image will do: exit code 5, with what the image has and what it may have."""
    (tmp_path / "bundle" / "cp39-x86_64").mkdir(parents=True)
    done = started(tmp_path / "bundle", tmp_path)
    here = f"it is CPython {sys.version_info[0]}.{sys.version_info[1]} on {platform.machine()} with glibc"
    assert (5, "", True) == (done.returncode, done.stdout, here in done.stderr)
    assert "what is lent is for CPython 3.9 on x86_64 with glibc" in done.stderr


@pytest.mark.skipif(sys.platform != "linux", reason="pods are of Linux")
def test_a_python_that_fits_starts_the_launcher(tmp_path: Path) -> None:
    """It runs the launcher, with what it has itself before what is lent."""
    (tmp_path / "bundle" / f"cp3{sys.version_info[1]}-{platform.machine()}").mkdir(parents=True)
    done = started(tmp_path / "bundle", tmp_path)
    assert (4, ['{"event":"started"}', '{"event":"exited","code":4}']) == (done.returncode, done.stdout.splitlines())
    assert "The input of the task cannot be read" in done.stderr
