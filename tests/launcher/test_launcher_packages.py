"""What a task needs and its place lacks is installed before it runs, from a folder of wheels here."""

from __future__ import annotations

import importlib
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from kfnb.artifacts import known_images, lent
from kfnb.launcher.bundled import _Lent
from kfnb.launcher.packages import NotInstalled, install, keep_on_path
from kfnb.spec import Packages

NAME = "kfnb_test_wanted"


def wheel(folder: Path, version: str) -> None:
    """Write a wheel of a distribution with one module, which knows its version."""
    info = f"{NAME}-{version}.dist-info"
    with zipfile.ZipFile(folder / f"{NAME}-{version}-py3-none-any.whl", "w") as archive:
        archive.writestr(f"{NAME}.py", f"VERSION = {version!r}\n")
        archive.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {NAME}\nVersion: {version}\n")
        archive.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        archive.writestr(f"{info}/RECORD", "")


@pytest.fixture(autouse=True)
def wheels(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """An index with two versions, for pip as its settings say; the path is as before afterwards."""
    (tmp_path / "wheels").mkdir()
    for version in ("1.0", "2.0"):
        wheel(tmp_path / "wheels", version)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path / "wheels"))
    monkeypatch.setattr(sys, "path", [*sys.path])
    yield
    for name in (NAME, "kfnb_test_shared"):
        sys.modules.pop(name, None)


@pytest.mark.parametrize(
    ("wanted", "version"),
    [
        (Packages(requirements=(NAME,)), "2.0"),
        (Packages(requirements=(f"{NAME}<2",)), "1.0"),
        (Packages(requirements=(NAME,), constraints=(f"{NAME}==1.0",)), "1.0"),
        (Packages(modules={NAME: (f"{NAME}==1.0",)}, constraints=(f"{NAME}==1.0",)), "1.0"),
        (Packages(requirements=(f"{NAME}>1",), modules={NAME: (f"{NAME}==1.0",)}), "2.0"),
    ],
)
def test_what_is_missing_is_installed(tmp_path: Path, wanted: Packages, version: str) -> None:
    """What a tag asks for and what the code imports, at the kernel's version; it comes first on the path."""
    install(wanted, tmp_path / "packages")
    assert str(tmp_path / "packages") == sys.path[0]
    assert version == importlib.import_module(NAME).VERSION


@pytest.mark.parametrize(
    "wanted",
    [
        Packages(),
        Packages(modules={"json": ("none",), "pytest": ("none",)}, offline=True),
        Packages(requirements=("pytest>=1", "PyTest", 'none; python_version < "3"'), offline=True),
    ],
)
def test_what_is_there_is_not_installed(tmp_path: Path, wanted: Packages) -> None:
    """A place that has everything needs no index, and its path stays as it is."""
    before = [*sys.path]
    install(wanted, tmp_path / "packages")
    assert (before, False) == (sys.path, (tmp_path / "packages").exists())


def has(place: Path, name: str, module: str) -> str:
    """Have a distribution of a module in a folder of the path; return the folder."""
    info = place / f"{name}-1.0.dist-info"
    for file, text in ((info / "METADATA", f"Name: {name}\nVersion: 1.0\n"), (place / module, "VERSION = 'here'\n")):
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    return str(place)


@pytest.mark.parametrize(
    ("module", "is_loaded"), [("kfnb_test_shared/part.py", True), ("kfnb_test_shared/__init__.py", False)]
)
def test_what_is_lacked_of_a_shared_name_is_installed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, module: str, is_loaded: bool
) -> None:
    """Of a name that several packages give each has its part: that one is there, even loaded, is not enough."""
    monkeypatch.syspath_prepend(has(tmp_path / "image", "kfnb-test-one", module))
    if is_loaded:
        importlib.import_module("kfnb_test_shared")
    giving = ("kfnb_test_one==1.0", f"{NAME}==1.0")
    install(Packages(modules={"kfnb_test_shared": giving}), tmp_path / "packages")
    assert [NAME] == [path.stem for path in (tmp_path / "packages").glob("*.py")]
    install(Packages(modules={"kfnb_test_shared": giving}), tmp_path / "not made")
    install(Packages(modules={"kfnb_test_shared": (*giving, "gone==1.0")}, offline=True), tmp_path / "not made")
    assert not (tmp_path / "not made").exists()


def test_a_namespace_alone_is_not_its_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder of that name, of another package than the kernel's, is not what the step needs."""
    monkeypatch.syspath_prepend(has(tmp_path / "image", "kfnb-test-one", "kfnb_test_shared/part.py"))
    install(Packages(modules={"kfnb_test_shared": (f"{NAME}==1.0",)}), tmp_path / "packages")
    assert (tmp_path / "packages" / f"{NAME}.py").is_file()


@pytest.mark.parametrize(
    ("wanted", "version"),
    [
        (Packages(requirements=(f"{NAME}==1.0",)), "1.0"),
        (Packages(modules={NAME: (f"{NAME}==1.0",)}), "1.0"),
        (Packages(modules={NAME: (f"{NAME}==1.0",)}, offline=True), "here"),
    ],
)
def test_what_is_lent_is_not_the_image_s(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, wanted: Packages, version: str
) -> None:
    """What an image lacks is installed at the kernel's version, though the launcher that is lent to it has another."""
    monkeypatch.setattr(lent, "BUNDLE", tmp_path / "bundle")
    sys.path.append(has(tmp_path / "bundle" / "any", NAME, f"{NAME}.py"))
    (tmp_path / "bundle" / "least.json").write_text("{}")
    install(wanted, tmp_path / "packages")
    assert version == importlib.import_module(NAME).VERSION


def test_what_comes_first_on_the_path_is_what_there_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A version further back, such as one that is lent, is not what a step imports: a tag that wants it is not met."""
    for folder, version in (("lent", "2.0"), ("image", "1.0")):
        info = tmp_path / folder / f"{NAME}-{version}.dist-info"
        info.mkdir(parents=True)
        (info / "METADATA").write_text(f"Name: {NAME}\nVersion: {version}\n")
        monkeypatch.syspath_prepend(str(info.parent))
    with pytest.raises(NotInstalled, match=f"needs {NAME}>=2, which its image does not have"):
        install(Packages(requirements=(f"{NAME}>=2",), offline=True), tmp_path / "packages")


@pytest.mark.parametrize("spelled", [NAME, NAME.replace("_", "-").title()])
def test_what_is_lent_instead_is_what_there_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, spelled: str) -> None:
    """A step imports it wherever it stands on the path, as the image's is too old for the launcher.

    Versions of one package may spell its name each in its own way.
    """
    monkeypatch.syspath_prepend(has(tmp_path / "lent", NAME, f"{NAME}.py"))
    monkeypatch.syspath_prepend(has(tmp_path / "image", spelled, f"{NAME}.py"))
    monkeypatch.setattr(sys, "meta_path", [_Lent([], set(), {NAME: "2.0"}), *sys.meta_path])
    install(Packages(requirements=(f"{NAME}>=2",), offline=True), tmp_path / "packages")
    packages = known_images.contents().packages
    assert {NAME: "2.0"} == {name: packages[name] for name in (NAME, spelled) if name in packages}


def test_another_version_than_the_kernels_is_not_enough(tmp_path: Path) -> None:
    """Where a tag asks for a package and the place has another version of it, the kernel's is wanted."""
    wanted = Packages(requirements=("pytest",), constraints=("pytest==0.1",), offline=True)
    with pytest.raises(NotInstalled, match="needs pytest, which its image does not have"):
        install(wanted, tmp_path / "packages")


@pytest.mark.parametrize(
    ("wanted", "message"),
    [
        (Packages(requirements=("not_to_be_had",)), "could not be installed: No matching distribution found for not_t"),
        (Packages(requirements=(NAME,), offline=True), f"needs {NAME}, .* its cluster has no package index"),
        (Packages(requirements=(f"{NAME}>2",), constraints=(f"{NAME}==1.0",)), "could not be installed: "),
    ],
)
def test_what_cannot_be_installed_is_named(tmp_path: Path, wanted: Packages, message: str) -> None:
    """The packages, and the line of pip's that says most."""
    with pytest.raises(NotInstalled, match=message):
        install(wanted, tmp_path / "packages")


def test_a_path_from_elsewhere_does_not_take_libraries_away(monkeypatch: pytest.MonkeyPatch) -> None:
    """What stood on this place's path before is there again, what it has installed in front."""
    monkeypatch.setattr(sys, "path", ["/other/site-packages", ".."])
    keep_on_path(["/packages", "/own/site-packages", ".."])
    assert ["/packages", "/other/site-packages", "..", "/own/site-packages"] == sys.path
