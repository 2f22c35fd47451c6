"""Which packages tasks of a run elsewhere need, at the versions of the kernel here."""

from __future__ import annotations

import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import msgspec
import pytest

from kfnb.profiles import Profile
from kfnb.runners.own_modules import is_own
from kfnb.runners.task_packages import Lock, installable, kernel_of, lock, packages_of
from kfnb.spec import Packages, PipelineSpec, Settings, Task, element_name

PROFILE = Profile(name="test", namespace="ml", root="s3://runs/kfnb", image="base:1")
LOCK = Lock({"a": ("joblib",)}, {"joblib": ("joblib==1.5",)}, {"joblib": "1.5", "pandas": "2.2+local"})


def task(name: str, *packages: str) -> Task:
    """A task of this name that asks for these packages."""
    return Task(name=name, slug=name, cells=(), settings=Settings(packages=packages), statements_digest="")


def test_modules_of_the_kernel_are_locked(tmp_path: Path) -> None:
    """Those that packages give are, also of modules beside the notebook; Python's, the user's and kfnb are not."""
    (tmp_path / "mine.py").write_text("import joblib")
    (tmp_path / "yaml.py").write_text("")
    spec = PipelineSpec(name="n", notebook="n.ipynb", notebook_digest="", kernel="python3", tasks=(task("a"),))
    found = lock(spec, tmp_path, tmp_path / "memory", {"a": ("mine", "json", "kfnb", "yaml", "gone"), "b": ("os",)})
    expected = ({"a": ("joblib",)}, {"joblib": (f"joblib=={version('joblib')}",)})
    assert expected == (found.needs, found.modules)
    assert version("pandas") == found.versions["pandas"]


def test_a_plain_folder_is_not_the_package_of_its_name(tmp_path: Path) -> None:
    """Python prefers the package to it, also in a pod, so that is needed; a package beside the notebook is its own."""
    (tmp_path / "joblib").mkdir()
    (tmp_path / "joblib" / "copied.py").write_text("import numpy")
    (tmp_path / "yaml").mkdir()
    (tmp_path / "yaml" / "__init__.py").write_text("")
    spec = PipelineSpec(name="n", notebook="n.ipynb", notebook_digest="", kernel="python3", tasks=(task("a"),))
    found = lock(spec, tmp_path, tmp_path / "memory", {"a": ("joblib", "yaml")})
    assert {"a": ("joblib",)} == found.needs
    assert [True, True, False] == [
        is_own("joblib", tmp_path),
        *(is_own(n, tmp_path, given=True) for n in ("yaml", "joblib")),
    ]
    with_it = f"import sys; sys.path.insert(0, {str(tmp_path)!r}); import joblib; print(joblib.__version__)"
    done = subprocess.run([sys.executable, "-c", with_it], capture_output=True, text=True, check=True)
    assert version("joblib") == done.stdout.strip()


def test_a_package_that_is_written_beside_the_notebook_is_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Installed by `pip install -e`, without an `__init__.py`: no index has it, and the folder goes along."""
    info = tmp_path / "site" / "kfnb_test_mine-1.0.dist-info"
    files = {
        "METADATA": "Name: kfnb-test-mine\nVersion: 1.0\n",
        "top_level.txt": "kfnb_test_mine\n",
        "direct_url.json": '{"dir_info": {"editable": true}, "url": "file:///work"}',
    }
    for place, text in ((tmp_path / "kfnb_test_mine" / "part.py", ""), *((info / f, t) for f, t in files.items())):
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "site"))
    spec = PipelineSpec(name="n", notebook="n.ipynb", notebook_digest="", kernel="python3", tasks=(task("a"),))
    kernel = kernel_of(spec, tmp_path / "memory")
    assert "kfnb_test_mine" in kernel.modules & kernel.editable
    assert {} == lock(spec, tmp_path, tmp_path / "memory", {"a": ("kfnb_test_mine",)}).needs
    assert {"a": ("kfnb_test_mine",)} == lock(spec, info, tmp_path / "memory", {"a": ("kfnb_test_mine",)}).needs


def test_each_task_gets_its_part() -> None:
    """Elements of a fan-out get that of their step; a task that needs nothing gets none."""
    expected = Packages(modules={"joblib": ("joblib==1.5",)}, constraints=("joblib==1.5", "pandas==2.2"))
    assert [expected, expected, None] == [
        packages_of(PROFILE, LOCK, task(name)) for name in ("a", element_name("a", 3), "b")
    ]
    asked = packages_of(PROFILE, LOCK, task("b", "pandas>=3"))
    assert Packages(requirements=("pandas>=3",), constraints=("joblib==1.5",)) == asked


@pytest.mark.parametrize(
    ("index", "expected"),
    [
        (None, (None, False)),
        (True, (None, False)),
        (False, (None, True)),
        ("https://own/simple", ("https://own/simple", False)),
    ],
)
def test_the_profile_says_where_from(index: str | bool | None, expected: tuple[str | None, bool]) -> None:
    """By default from pip's own index; from another one; or not at all."""
    found = packages_of(msgspec.structs.replace(PROFILE, package_index=index), LOCK, task("a"))
    assert found is not None
    assert expected == (found.index, found.offline)


def test_what_may_be_installed_is_part_of_a_result() -> None:
    """Its versions belong to the cache's key, but not where nothing is installed."""
    assert {"joblib": "1.5"} == installable(PROFILE, LOCK, {"joblib", "os"})
    assert {} == installable(msgspec.structs.replace(PROFILE, package_index=False), LOCK, {"joblib"})
