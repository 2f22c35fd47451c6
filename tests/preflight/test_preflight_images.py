"""What is known of images, from pods that looked, and what of it is said before a run."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import msgspec
import pytest

import kfnb
from kfnb.artifacts import known_images, lent
from kfnb.artifacts.known_images import Contents, KnownImage
from kfnb.artifacts.store import Store
from kfnb.errors import Diagnostic
from kfnb.launcher.own_image import OwnImage
from kfnb.preflight import images
from kfnb.preflight.registry import Seen
from kfnb.preflight.there import _modules_of
from kfnb.profiles import Profile
from kfnb.runners.pod_report import Report
from kfnb.runners.task_packages import Kernel
from kfnb.spec import ExecutorInput, Settings, Task
from tests.preflight.preflight_facts import task

PROFILE = Profile(name="test", namespace="ml", root="s3://runs/kfnb", image="base:1", store_secret="store")
HERE = "{}.{}".format(*sys.version_info)
KERNEL = Kernel(frozenset(), HERE)
HAS = Contents(f"{HERE}.1", "0.1.0", ("pandas",))
KNOWN = KnownImage("base:1", "sha256:0", 0.0, HAS)
DAY = time.strftime("%Y-%m-%d %H:%M", time.localtime(0.0))


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """A store."""
    return Store(str(tmp_path))


def unsuited(store: Store, profile: Profile, *tasks: Task, kernel: Kernel = KERNEL, now: str = "") -> list[Diagnostic]:
    """What is found about images that are remembered, in a folder with the module `beside`.

    `now`: the digest that the registry says.
    """
    recalled = images.recalled(store, profile, tasks)
    known = images.known(recalled, {image: Seen(there=True, digest=now) for image in recalled})
    return [*images.unsuited(known, profile, tasks, frozenset({"beside"}), kernel)]


def test_images_are_remembered(store: Store) -> None:
    """What a step imports and its image lacks is a warning, as is another Python; what is not known is not judged."""
    asking = [task(Settings(), imports=("pandas", "torch", "json", "beside")), task(Settings(image="other:1"))]
    assert [] == unsuited(store, PROFILE, *asking)
    known_images.remember(store, KNOWN)
    known_images.remember(
        store,
        msgspec.structs.replace(KNOWN, image="other:1", contents=msgspec.structs.replace(HAS, python="3.99.1")),
    )
    found = unsuited(store, PROFILE, *asking)
    assert [("KF925", "warning"), ("KF925", "warning")] == [(each.code, each.severity) for each in found]
    assert found[0].message.startswith("Step `train` imports `torch`, which image `base:1` did not have on ")
    assert f"Image `other:1` had on {DAY} Python 3.99, and the notebook's kernel has {HERE}." == found[1].message


def test_modules_of_a_folder(tmp_path: Path) -> None:
    """Files and folders, but no plain folder whose name a package of the kernel has: Python prefers the package."""
    for name in ("mine.py", "pack/__init__.py", "wandb/run.log", "data/a.csv", "torch.py", "notes.d/a.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("")
    assert {"mine", "pack", "data", "torch"} == _modules_of(tmp_path, frozenset({"wandb", "pack", "torch"}))
    assert frozenset() == _modules_of(tmp_path / "gone", frozenset())


def test_images_are_recalled_at_once(bucket: str) -> None:
    """However many there are it takes as long as one: each reading is under way before any ends."""
    writes = Store(bucket)
    names = [f"image:{number}" for number in range(6)]
    for name in names:
        known_images.remember(writes, msgspec.structs.replace(KNOWN, image=name))
    together = threading.Barrier(6)

    class Together(Store):
        def find(self, key: str) -> bytes | None:
            together.wait(30)
            return super().find(key)

    asking = [task(Settings(image=name)) for name in names]
    assert set(names) == set(images.recalled(Together(bucket), PROFILE, asking))


def test_of_a_store_that_is_away_nothing_is_recalled(monkeypatch: pytest.MonkeyPatch) -> None:
    """The first reading that gets no answer is the last; that the store is away is said elsewhere."""
    for name, value in {"URL": "http://127.0.0.1:9", "ACCESS_KEY_ID": "x", "SECRET_ACCESS_KEY": "x"}.items():
        monkeypatch.setenv(f"AWS_{'ENDPOINT_URL' if name == 'URL' else name}", value)
    tried: list[str] = []

    class Noting(Store):
        def find(self, key: str) -> bytes | None:
            tried.append(key)
            return super().find(key)

    asking = [task(Settings(image=f"image:{number}")) for number in range(100)]
    assert {} == images.recalled(Noting("s3://away"), PROFILE, asking)
    assert len(tried) < 100


def test_an_image_that_no_pod_has_looked_into_is_said_to_be_unchecked(store: Store) -> None:
    """Once an image, where its steps need more than Python and the notebook's folder have, with what looks into it."""
    plain = task(Settings(image="plain:1"), imports=("json", "beside"))
    asking = [
        *(task(Settings(image=image), imports=("torch",)) for image in ("other:1", None, "other:1")),
        plain,
    ]
    known_images.remember(store, msgspec.structs.replace(KNOWN, image="seen:1"))
    seen = task(Settings(image="seen:1"), imports=("torch",))
    known = images.known(images.recalled(store, PROFILE, [*asking, seen]), {})
    found = [*images.unseen(known, PROFILE, [*asking, seen], frozenset({"beside"}))]
    assert [("KF926", "hint")] * 2 == [(each.code, each.severity) for each in found]
    assert ["`base:1`", "`other:1`"] == [each.message.split("image ")[1].split(" yet")[0] for each in found]
    commands = [each.fix.text.split("`")[1] for each in found if each.fix is not None]
    assert ["kfnb cluster check test", "kfnb cluster check test --image other:1"] == commands


def test_an_image_is_held_against_the_notebooks_kernel(store: Store) -> None:
    """Which Python runs kfnb itself does not matter."""
    known_images.remember(store, KNOWN)
    (found,) = unsuited(store, PROFILE, task(), kernel=Kernel(frozenset(), "3.98"))
    assert f"Image `base:1` had on {DAY} Python {HERE}, and the notebook's kernel has 3.98." == found.message


def test_packages_that_share_a_name_are_told_apart(store: Store) -> None:
    """That an image has one of them says nothing of the others; a step may do without these, so it is no error."""
    has = msgspec.structs.replace(HAS, modules=("google",), packages={"protobuf": "6.1"})
    known_images.remember(store, msgspec.structs.replace(KNOWN, contents=has))
    kernel = Kernel(frozenset({"google"}), HERE, {"google": frozenset({"Protobuf", "google-cloud-bigquery"})})
    for index in (None, False):
        profile = msgspec.structs.replace(PROFILE, package_index=index)
        (found,) = unsuited(store, profile, task(Settings(), imports=("google",)), kernel=kernel)
        said = f"Step `train` may need `google-cloud-bigquery`, which image `base:1` did not have on {DAY}."
        assert ("warning", said) == (found.severity, found.message)


def test_what_cannot_be_installed_is_refused(store: Store) -> None:
    """Without a package index it is an error to lack what the kernel has; what the kernel lacks too is a warning."""
    known_images.remember(store, KNOWN)
    offline = msgspec.structs.replace(PROFILE, package_index=False)
    asking = task(Settings(), imports=("torch",))
    severities = [
        found.severity
        for profile, kernel in ((PROFILE, {"torch"}), (offline, {"torch"}), (offline, {"pandas"}))
        for found in unsuited(store, profile, asking, kernel=Kernel(frozenset(kernel), HERE))
    ]
    assert ["warning", "error", "warning"] == severities


def test_packages_that_a_tag_asks_for_and_nothing_can_install_are_refused(store: Store) -> None:
    """Without a package index a version that the known image does not have is an error at the tag."""
    known_images.remember(
        store,
        msgspec.structs.replace(
            KNOWN, contents=msgspec.structs.replace(HAS, packages={"Scikit_Learn": "1.7.0", "six": "1.16"})
        ),
    )
    tags = ("scikit-learn>=1.5", "six>=1.17", "xgboost")
    asking = task(Settings(packages=tags), "packages:six>=1.17")
    assert [] == unsuited(store, PROFILE, asking)
    (found,) = unsuited(store, msgspec.structs.replace(PROFILE, package_index=False), asking)
    words = "Step `train` asks for `six>=1.17`, `xgboost`, which image `base:1` did not have on "
    assert ("error", "b", words) == (found.severity, found.cell, found.message[: len(words)])


def test_what_a_registry_says_is_the_same_image_is_certain(store: Store) -> None:
    """Then no day is told, and nobody is sent to look again."""
    known_images.remember(store, KNOWN)
    asking = task(Settings(), imports=("torch",))
    (found,) = unsuited(store, PROFILE, asking, now="sha256:0")
    assert "Step `train` imports `torch`, which image `base:1` does not have." == found.message
    assert found.fix is not None
    assert "looks again" not in found.fix.text
    (other,) = unsuited(store, PROFILE, task(), kernel=Kernel(frozenset(), "3.98"), now="sha256:0")
    assert f"Image `base:1` has Python {HERE}, and the notebook's kernel has 3.98." == other.message


def test_an_image_whose_tag_was_moved_is_not_judged(store: Store) -> None:
    """What a pod saw is of another image then: that nothing is known of this one is said."""
    known_images.remember(store, KNOWN)
    asking = task(Settings(), imports=("torch",))
    assert [] == unsuited(store, PROFILE, asking, now="sha256:1")
    known = images.known({"base:1": KNOWN}, {"base:1": Seen(there=True, digest="sha256:1")})
    (hint,) = images.unseen(known, PROFILE, [asking], frozenset())
    words = f"Not checked, as image `base:1` is another one by now than a pod looked into on {DAY}: which Python and "
    assert ("KF926", f"{words}packages it has.") == (hint.code, hint.message)


def test_a_task_and_its_orchestrator_know_an_image_together(store: Store) -> None:
    """The one says what it has, the other which it was, in any order; of another attempt it is not believed."""
    by_task = msgspec.structs.replace(KNOWN, digest="", by="runs/r/tasks/t/1")
    known_images.remember_digest(store, "base:1", "runs/r/tasks/t/1", "sha256:1")
    assert None is known_images.recall(store, "base:1")
    known_images.remember(store, by_task)
    assert msgspec.structs.replace(by_task, digest="sha256:1") == known_images.recall(store, "base:1")
    known_images.remember_digest(store, "base:1", "runs/other/tasks/t/1", "sha256:2")
    assert by_task == known_images.recall(store, "base:1")
    known_images.remember(store, KNOWN)
    assert KNOWN == known_images.recall(store, "base:1")


def test_what_this_python_has_is_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Packages by name and modules by theirs; what was installed into a task's own folder is not the image's."""
    has = known_images.contents()
    assert {"msgspec", "IPython", "pandas"} <= set(has.modules)
    assert "msgspec" in has.packages
    for name, files in (("one", {"RECORD": "one_module.py,,\n"}), ("two", {"top_level.txt": "two_module\n"})):
        info = tmp_path / "more" / f"{name}-1.0.dist-info"
        info.mkdir(parents=True)
        (info / "METADATA").write_text(f"Name: {name}\nVersion: 1.0\n")
        for file, text in files.items():
            (info / file).write_text(text)
    monkeypatch.syspath_prepend(str(tmp_path / "more"))
    more = known_images.contents()
    assert {"one_module", "two_module"} == set(more.modules) - set(has.modules)
    assert {"one": "1.0", "two": "1.0"} == {k: v for k, v in more.packages.items() if k not in has.packages}
    assert has == known_images.contents(sys.path[1:])


def test_modules_of_no_distribution_are_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What an image has on PYTHONPATH is imported there as any other: modules, packages, also without `__init__.py`."""
    for name in ("mylib.py", "pack/__init__.py", "space/part.py", "data/table.csv", "not-one.py", "json.py"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("")
    has = known_images.contents()
    assert {"_testcapi", "test", "xxlimited"}.isdisjoint(has.modules)
    monkeypatch.syspath_prepend(str(tmp_path))
    more = known_images.contents()
    assert ({"mylib", "pack", "space"}, has.packages) == (set(more.modules) - set(has.modules), more.packages)
    monkeypatch.chdir(tmp_path)
    assert has == known_images.contents(["", *sys.path[1:]])


def test_what_is_installed_for_a_step_is_not_its_images(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It comes on the path after the attempt has begun, wherever it lies: a pod's scratch folder may be a temporary."""
    given = ExecutorInput(
        run_id="r",
        root=str(tmp_path / "store"),
        prefix="runs/r/tasks/t/1",
        task=task(),
        notebook_name="",
        folder="",
        scratch="/not/made",
        tells_image="base:1",
    )
    image = OwnImage(given)
    info = tmp_path / "packages" / "own-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Name: own\nVersion: 1.0\n")
    (tmp_path / "packages" / "its_own.py").write_text("")
    monkeypatch.syspath_prepend(str(tmp_path / "packages"))
    image.finish()
    known = known_images.recall(Store(given.root), "base:1")
    assert known is not None
    has = known.contents
    assert (True, False, False) == ("msgspec" in has.modules, "its_own" in has.modules, "own" in has.packages)


def test_what_is_lent_to_an_image_is_not_its_own(store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A step that imports it has the kernel's installed; where nothing can be installed, what is lent has to do."""
    bundle = tmp_path / "bundle"
    for name in ("lends", "msgspec"):
        (bundle / "any" / f"{name}-9.dist-info").mkdir(parents=True)
        (bundle / "any" / f"{name}-9.dist-info" / "METADATA").write_text(f"Name: {name}\nVersion: 9\n")
        (bundle / "any" / f"{name}.py").write_text("")
    (bundle / "any" / "kfnb.py").write_text("")
    (bundle / "least.json").write_text("{}")
    monkeypatch.setattr(lent, "BUNDLE", bundle)
    monkeypatch.setattr(sys, "path", [*sys.path, str(bundle / "any")])
    has = known_images.contents()
    assert ("kfnb", "msgspec") == known_images.contents([str(bundle / "any")]).modules  # the launcher's, and there
    assert (False, True, True) == ("lends" in has.modules, "msgspec" in has.modules, "lends" in has.lent_modules)
    assert (None, "9") == (has.packages.get("lends"), has.lent_packages["lends"])
    assert "9" != has.with_lent().packages["msgspec"]
    known_images.remember(store, msgspec.structs.replace(KNOWN, contents=has))
    (found,) = unsuited(store, PROFILE, imports := task(Settings(), imports=("lends", "msgspec", "kfnb")))
    assert found.message.startswith("Step `train` imports `lends`, which image `base:1` did not have on ")
    assert [] == unsuited(store, msgspec.structs.replace(PROFILE, package_index=False), imports)


def test_what_is_lent_is_not_said_beside_the_image_s_own() -> None:
    """Of a package that both have, however they spell it, a step imports the image's."""
    packages, lends = {"typing-extensions": "4.12", "own": "1"}, {"typing_extensions": "4.15", "lends": "9"}
    has = msgspec.structs.replace(KNOWN.contents, packages=packages, lent_packages=lends)
    assert {"lends": "9", **packages} == has.with_lent().packages


def test_what_the_launcher_has_imported_is_known() -> None:
    """All that it imports before a step begins, of what is lent: a step has that, so its image need not."""
    code = (
        "import sys, kfnb.launcher.__main__, kfnb.launcher.launch; print(*{name.split('.')[0] for name in sys.modules})"
    )
    done = subprocess.run([sys.executable, "-I", "-c", code], capture_output=True, text=True, check=True)
    others = set(done.stdout.split()) - sys.stdlib_module_names - {"_distutils_hack"}
    assert {name for name in others if not name.startswith("__")} <= lent.LOADED


def test_a_pod_that_looks_sees_what_steps_have(tmp_path: Path) -> None:
    """What is on PYTHONPATH, and nothing of the folder that it was started in."""
    for name in ("app/mylib.py", "workdir/beside.py"):
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).write_text("")
    command = [sys.executable, "-m", "kfnb.runners.pod_report", str(tmp_path / "store"), "report.json"]
    path = os.pathsep.join((str(tmp_path / "app"), str(Path(kfnb.__file__).parents[1])))
    subprocess.run(command, cwd=tmp_path / "workdir", env={**os.environ, "PYTHONPATH": path}, check=True)
    report = msgspec.json.decode(Store(str(tmp_path / "store")).read("report.json"), type=Report)
    assert (True, False) == ("mylib" in report.modules, "beside" in report.modules)
