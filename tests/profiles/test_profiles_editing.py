"""Changing the file of cluster profiles: what a person wrote into it stays, and it is never half there."""

from __future__ import annotations

import threading
import tomllib
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kfnb.errors import Outdated, OutsideError, Refused, WrongCall
from kfnb.profiles import find_profile, read_profiles
from kfnb.profiles.editing import add_profile, as_said, as_table, as_text, remove_profile, set_default

TABLE: dict[str, Any] = {"context": "kind", "namespace": "ml", "root": "s3://runs/kfnb", "image": "base:1"}
OF_A_PERSON = """# my clusters

[clusters.test]
namespace = "ml"          # the team's
root = "s3://runs/kfnb"
image = "base:1"

# only at night
[clusters.big]
namespace = "ml"
root = "s3://runs/kfnb"
image = "base:1"
"""


def test_the_first_profile_is_the_default_one(tmp_path: Path) -> None:
    """A first profile makes file and folder, which are its owner's alone, and is the default."""
    path = tmp_path / "deep" / "clusters.toml"
    assert add_profile("test", TABLE, path=path)
    assert not add_profile("other", TABLE, path=path)
    assert ("test", 0o600) == (find_profile("kubernetes", path).name, path.stat().st_mode & 0o777)


def test_comments_and_order_stay(tmp_path: Path) -> None:
    """Adding, choosing and removing leave everything else as it was written."""
    path = tmp_path / "clusters.toml"
    path.write_text(OF_A_PERSON, "utf-8")
    add_profile("third", TABLE, path=path)
    assert OF_A_PERSON == path.read_text("utf-8")[: len(OF_A_PERSON)]
    remove_profile("third", path)
    assert OF_A_PERSON.strip() == path.read_text("utf-8").strip()
    set_default("big", path)
    assert f'default = "big"\n\n{OF_A_PERSON}' == path.read_text("utf-8")


def test_a_replaced_profile_keeps_the_comments_of_what_stays(tmp_path: Path) -> None:
    """With `replace` a profile says what is given and nothing else; comments beside unchanged settings stay."""
    path = tmp_path / "clusters.toml"
    path.write_text(OF_A_PERSON, "utf-8")
    add_profile("test", {**TABLE, "image": "base:2"}, replace=True, path=path)
    assert 'namespace = "ml"          # the team\'s' in path.read_text("utf-8")
    assert ("base:2", "kind") == (find_profile("test", path).image, find_profile("test", path).context)


WITH_DEFAULTS = """[clusters.test]
scratch_size = "10Gi"     # as it is anyway
namespace = "ml"          # the team's
root = "s3://runs/kfnb"
image = "base:1"          # pinned
queue = "slow"
limits.memory = "4Gi"     # of one node
limits.cpu = "2"

[clusters.test.env]
A = "1"                   # of the library
"""


def test_an_edited_profile_keeps_every_line_that_was_not_edited(tmp_path: Path) -> None:
    """With what it said before only what differs is written, in its place, also beside lines that repeat a default."""
    path = tmp_path / "clusters.toml"
    path.write_text(WITH_DEFAULTS, "utf-8")
    before = as_said(find_profile("test", path))
    assert "scratch_size" not in before
    add_profile("test", before, replace=True, expected=before, path=path)
    assert WITH_DEFAULTS == path.read_text("utf-8")
    after = {key: value for key, value in before.items() if key != "queue"}
    after |= {"image": "base:2", "limits": {"memory": "8Gi", "cpu": "2"}, "env": {"A": "1", "B": "2"}}
    add_profile("test", after, replace=True, expected=before, path=path)
    edited = WITH_DEFAULTS.replace("base:1", "base:2").replace("4Gi", "8Gi").replace('queue = "slow"\n', "")
    assert edited + 'B = "2"\n' == path.read_text("utf-8")


@pytest.mark.parametrize("now", [OF_A_PERSON, WITH_DEFAULTS.replace("slow", "fast"), WITH_DEFAULTS + "x = 1\n", ""])
def test_a_profile_that_was_changed_meanwhile_is_not_overwritten(tmp_path: Path, now: str) -> None:
    """Also one that is gone, or that cannot be used by now; the file stays."""
    path = tmp_path / "clusters.toml"
    path.write_text(WITH_DEFAULTS, "utf-8")
    before = as_said(find_profile("test", path))
    path.write_text(now, "utf-8")
    with pytest.raises(Outdated, match="`test` was changed meanwhile; look at it again"):
        add_profile("test", {**before, "image": "base:2"}, replace=True, expected=before, path=path)
    assert now == path.read_text("utf-8")


def test_a_profile_is_not_replaced_unasked(tmp_path: Path) -> None:
    """A second profile of one name is a wrong call, and the file stays."""
    path = tmp_path / "clusters.toml"
    path.write_text(OF_A_PERSON, "utf-8")
    with pytest.raises(WrongCall, match=r"There is a cluster `test` already\. --replace"):
        add_profile("test", TABLE, path=path)
    assert OF_A_PERSON == path.read_text("utf-8")


def test_removing_the_default_leaves_none(tmp_path: Path) -> None:
    """The file names no default that is not in it."""
    path = tmp_path / "clusters.toml"
    add_profile("a", TABLE, path=path)
    add_profile("b", TABLE, path=path)
    remove_profile("a", path)
    assert (None, ()) == (tomllib.loads(path.read_text("utf-8")).get("default"), read_profiles(path)[1])


def test_a_profile_that_cannot_be_used_can_be_removed(tmp_path: Path) -> None:
    """Removing looks at nothing but the name."""
    path = tmp_path / "clusters.toml"
    path.write_text('[clusters.bad]\nimage = 1\n[clusters.local]\nx = "y"\n', "utf-8")
    remove_profile("bad", path)
    remove_profile("local", path)
    assert {} == read_profiles(path)[0].by_name


@pytest.mark.parametrize("act", [remove_profile, set_default])
def test_an_unknown_profile_is_a_wrong_call(tmp_path: Path, act: Any) -> None:
    """The names that there are are listed."""
    path = tmp_path / "clusters.toml"
    with pytest.raises(WrongCall, match=r"There is no cluster `x`; none is known yet\."):
        act("x", path)
    add_profile("a", TABLE, path=path)
    with pytest.raises(WrongCall, match=r"There is no cluster `x`; there are `a`\."):
        act("x", path)


def test_all_that_is_wrong_is_said_at_once(tmp_path: Path) -> None:
    """A profile that cannot be is not written; every reason is in the message, a credential's value is not."""
    path = tmp_path / "clusters.toml"
    wrong = {**TABLE, "namespace": "m_l", "env": {"MY_TOKEN": "abc"}, "bla": 1}
    with pytest.raises(WrongCall) as caught:
        add_profile("local", wrong, path=path)
    lines = str(caught.value).splitlines()
    expected = ["The cluster `local`", "  `local` cannot", "  `namespace`:", "  `env` holds", "  there is no setting"]
    assert expected == [line[: len(begin)] for line, begin in zip(lines, expected, strict=True)]
    assert ("abc" in str(caught.value), path.exists()) == (False, False)


def test_a_file_that_is_not_toml_is_left_alone(tmp_path: Path) -> None:
    """What cannot be read is not overwritten."""
    path = tmp_path / "clusters.toml"
    path.write_text("[clusters", "utf-8")
    with pytest.raises(Refused, match="KF902"):
        add_profile("a", TABLE, path=path)
    path.write_text('clusters = "x"', "utf-8")
    with pytest.raises(WrongCall, match="is no table"):
        add_profile("a", TABLE, path=path)
    assert 'clusters = "x"' == path.read_text("utf-8")


def test_a_place_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    """A file in the place of a folder is something outside, told with its path."""
    (tmp_path / "file").write_text("", "utf-8")
    with pytest.raises(OutsideError, match="cannot be written"):
        add_profile("a", TABLE, path=tmp_path / "file" / "clusters.toml")


def test_a_link_stays_a_link_and_rights_stay(tmp_path: Path) -> None:
    """A file kept elsewhere, with rights of its own, is changed where it is."""
    real, link = tmp_path / "kept.toml", tmp_path / "clusters.toml"
    real.write_text(OF_A_PERSON, "utf-8")
    real.chmod(0o640)
    link.symlink_to(real)
    set_default("big", link)
    assert (True, 0o640, "big") == (
        link.is_symlink(),
        real.stat().st_mode & 0o777,
        find_profile("kubernetes", real).name,
    )
    assert ["clusters.toml", "kept.toml"] == sorted(path.name for path in tmp_path.iterdir())


def test_many_processes_may_add_at_once(tmp_path: Path) -> None:
    """Whoever adds waits for the others: none is lost."""
    path = tmp_path / "clusters.toml"
    names = [f"c{number}" for number in range(8)]
    threads = [threading.Thread(target=add_profile, args=(name, TABLE), kwargs={"path": path}) for name in names]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert names == sorted(read_profiles(path)[0].by_name)


TEXT = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs")), max_size=8)
LABELS = st.dictionaries(st.sampled_from(["zone", "a.b/c", "disk"]), st.sampled_from(["", "x", "B-1"]), max_size=3)
SETTINGS = st.fixed_dictionaries(
    {key: st.just(value) for key, value in TABLE.items()},
    optional={
        "env": st.dictionaries(st.sampled_from(["A", "B_1", "PATHS"]), TEXT, max_size=3),
        "node_selector": LABELS,
        "labels": LABELS,
        "grace_seconds": st.integers(0, 10**6),
        "run_as_user": st.just("fromNamespace") | st.integers(1, 10**6),
        "tolerations": st.lists(
            st.fixed_dictionaries({"operator": st.just("Exists")}, optional={"key": st.just("x")}), max_size=2
        ),
        "accelerators": st.dictionaries(
            st.sampled_from(["t4", "big"]), st.fixed_dictionaries({}, optional={"node_selector": LABELS}), max_size=2
        ),
        "pod_patch": st.fixed_dictionaries(
            {"spec": st.dictionaries(st.sampled_from("ab"), st.lists(TEXT, max_size=2))}
        ),
        "image_pull_secrets": st.lists(st.just("pull"), max_size=1),
    },
)


@settings(deadline=None)
@given(SETTINGS, SETTINGS)
def test_what_is_written_is_what_is_read(tmp_path_factory: pytest.TempPathFactory, one: Any, two: Any) -> None:
    """Any profile comes back as it was given, also where it takes the place of another one."""
    path = tmp_path_factory.mktemp("profiles") / "clusters.toml"
    add_profile("a", one, path=path)
    add_profile("b", TABLE, path=path)
    for table in (one, two):
        add_profile("a", table, path=path, replace=True)
        assert table == tomllib.loads(path.read_text("utf-8"))["clusters"]["a"]
    assert TABLE == tomllib.loads(path.read_text("utf-8"))["clusters"]["b"]


@settings(deadline=None)
@given(SETTINGS, SETTINGS)
def test_what_is_edited_is_what_is_read(tmp_path_factory: pytest.TempPathFactory, one: Any, two: Any) -> None:
    """Any profile can be made any other one where it is known what it said."""
    path = tmp_path_factory.mktemp("profiles") / "clusters.toml"
    add_profile("a", one, path=path)
    add_profile("b", TABLE, path=path)
    before = msgspec.json.decode(msgspec.json.encode(as_said(find_profile("a", path))))
    add_profile("a", two, replace=True, expected=before, path=path)
    add_profile("c", two, path=path)
    assert as_said(find_profile("c", path)) == as_said(find_profile("a", path))
    assert TABLE == tomllib.loads(path.read_text("utf-8"))["clusters"]["b"]


@settings(deadline=None)
@given(SETTINGS)
def test_a_shown_profile_can_be_read_again(tmp_path_factory: pytest.TempPathFactory, table: Any) -> None:
    """`cluster show` prints a file that gives the same profile."""
    path = tmp_path_factory.mktemp("profiles") / "clusters.toml"
    add_profile("a", table, path=path)
    profile = find_profile("a", path)
    path.write_text(as_text(profile), "utf-8")
    assert as_table(profile) == as_table(find_profile("a", path))
