"""The file of cluster profiles: what is read from it, and what is said about each mistake in it."""

from __future__ import annotations

from pathlib import Path

import pytest

from kfnb.errors import OutsideError, Refused
from kfnb.profiles import Accelerator, Profile, Profiles, accelerator, find_profile, profiles_file, read_profiles

HEAD = """[clusters.test]
namespace = "ml"
root = "s3://runs/kfnb"
image = "registry.test/base:1"
"""


def written(tmp_path: Path, text: str) -> Path:
    """The path of a file of profiles that says `text`."""
    path = tmp_path / "clusters.toml"
    path.write_text(text, "utf-8")
    return path


def refusal(path: Path, name: str = "test") -> list[tuple[str, str]]:
    """Code and message of each diagnostic with which a profile is refused; the file is called FILE in them."""
    with pytest.raises(Refused) as caught:
        find_profile(name, path)
    return [(found.code, found.message.replace(str(path), "FILE")) for found in caught.value.diagnostics]


def said(tmp_path: Path, line: str) -> str:
    """What is said about a profile in whose fifth line `line` stands."""
    found = refusal(written(tmp_path, HEAD + line))
    assert ["KF903"] == [code for code, _ in found]
    start = "FILE, line 5: in cluster `test`, "
    assert start == found[0][1][: len(start)]
    return found[0][1][len(start) :]


def test_a_profile_is_what_its_table_says(tmp_path: Path) -> None:
    """A table becomes a Profile; what it leaves out has its default."""
    path = written(tmp_path, HEAD + 'context = "kind"\n[clusters.test.accelerators.big]\nresource = "amd.com/gpu"\n')
    expected = Profile(
        name="test",
        namespace="ml",
        root="s3://runs/kfnb",
        image="registry.test/base:1",
        context="kind",
        accelerators={"big": Accelerator(resource="amd.com/gpu")},
    )
    assert expected == find_profile("test", path)


def test_no_file_is_no_profiles(tmp_path: Path) -> None:
    """Where there is no file there are no profiles, and nothing is wrong."""
    assert (Profiles(), ()) == read_profiles(tmp_path / "none.toml")


@pytest.mark.parametrize("name", ["kubernetes", "test"])
def test_without_profiles_the_command_to_type_is_said(tmp_path: Path, name: str) -> None:
    """With no profile at all, `--on` anything is refused with the command that adds one."""
    with pytest.raises(Refused) as caught:
        find_profile(name, tmp_path / "none.toml")
    (found,) = caught.value.diagnostics
    assert ("KF900", 2) == (found.code, caught.value.exit_code)
    assert found.fix is not None
    assert "Add one: kfnb cluster add NAME --context CONTEXT" in found.fix.text


def test_the_default_is_the_one_that_is_named_or_the_only_one(tmp_path: Path) -> None:
    """`kubernetes` means the default: the file says which, and needs not where there is one profile only."""
    assert "test" == find_profile("kubernetes", written(tmp_path, HEAD)).name
    two = HEAD + HEAD.replace("test]", "other]")
    assert "other" == find_profile("kubernetes", written(tmp_path, 'default = "other"\n' + two)).name
    found = refusal(written(tmp_path, two), "kubernetes")
    assert [("KF900", "`kubernetes` means the default cluster, and none of these is it: `test`, `other`.")] == found


def test_an_unknown_name_gets_the_list_and_the_nearest(tmp_path: Path) -> None:
    """A name that is no profile's is refused with all names, and the one that was probably meant."""
    with pytest.raises(Refused) as caught:
        find_profile("tset", written(tmp_path, HEAD))
    (found,) = caught.value.diagnostics
    assert ("KF901", "There is no cluster `tset`; there are `test`.") == (found.code, found.message)
    assert found.fix is not None
    assert "Write `test`." == found.fix.text


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ('namespaces = "x"', "there is no setting `namespaces`; is `namespace` meant?."),
        ("max_parallel = 'many'", "`max_parallel`: it must be a whole number, not text."),
        ("max_parallel = 0", "`max_parallel`: 0 is less than 1."),
        ('env = ["A=1"]', "`env`: it must be a table, not a list."),
        ("env = {A = 1}", "`env`: it must be text, not a whole number."),
        ('env = {"1A" = "x"}', "`env`: `1A` cannot name an environment variable."),
        (
            'endpoint_url = "minio:9000"',
            "`endpoint_url`: `minio:9000` is not the address of a store, like https://HOST",
        ),
        ('queue = "My_Queue"', "`queue`: `My_Queue` cannot be the name of a queue: small letters, digits, `-` and `.`"),
        ('scratch_size = "10"', "`scratch_size`: `10` is too little; write the unit: `Mi` or `Gi`."),
        ('limits = {gpu = "1"}', "`limits`: `gpu` is not a resource of Kubernetes (cpu, memory, ephemeral-storage"),
        ('limits = {memory = "4GB"}', "`limits`: `4GB` is not a Kubernetes quantity (like 2, 500m, 4Gi); `4G` is one."),
        ("run_as_user = 0", "`run_as_user`: 0 would be root; a number from 1, or `fromNamespace`."),
        ('run_as_user = "me"', "`run_as_user`: Invalid enum value 'me'."),
        ('labels = {"kfnb.dev/run" = "x"}', "`labels`: `kfnb.dev/run` is set by kfnb itself."),
        ('node_selector = {"a b" = "x"}', "`node_selector`: `a b` cannot be a node label"),
        ('tolerations = [{taint = "x"}]', "`tolerations`: a toleration has no `taint`, only effect, key"),
        ('tolerations = [{value = "x"}]', '`tolerations`: a toleration without `key` needs `operator = "Exists"`'),
        ('tolerations = [{key = "x", effect = "No"}]', "`tolerations`: `No` is not a taint's effect"),
        (
            'tolerations = [{operator = "Exists", tolerationSeconds = 5}]',
            '`tolerations`: `tolerationSeconds` is for `effect = "NoExecute"` alone.',
        ),
        ('affinity = {nodes = "x"}', "`affinity`: it holds tables named nodeAffinity, podAffinity"),
        ('accelerators = {t4 = {resource = "gpu"}}', "`accelerators`: `gpu` is not a resource of Kubernetes"),
        ('accelerators = {t4 = {label = "gpu"}}', "`accelerators`: unknown"),
        ('requests = {cpu = "4"}\nlimits = {cpu = "2"}', "`requests` asks for 4 of cpu, and `limits` allows 2."),
        ('image_pull_policy = "Sometimes"', "`image_pull_policy`: Invalid enum value 'Sometimes'."),
    ],
)
def test_each_mistake_is_told_with_its_line_and_its_setting(tmp_path: Path, line: str, message: str) -> None:
    """A setting that cannot be is a diagnostic with file, line, cluster, setting and what would be right."""
    text = said(tmp_path, line)
    assert message == text[: len(message)]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('"ml"', '"m.l"', "`namespace`: `m.l` cannot be the name of a namespace: no `.`, 63 characters at most."),
        ('"s3://runs/kfnb"', '"data"', "`root`: `data` is not a place that laptop and pods share"),
        (
            '"s3://runs/kfnb"',
            '"/data"',
            "`root` is a folder, which pods have by a volume claim: name it by `root_claim`",
        ),
        (
            '"s3://runs/kfnb"',
            '"/data"\nroot_claim = "c:/other"',
            "`root` must lie in /other, where the claim is mounted.",
        ),
        ('"s3://runs/kfnb"', '"/d/e"\nroot_claim = "c"', "`root_claim`: `c` must have the form CLAIM:/PATH"),
        ('"s3://runs/kfnb"', '"/d/e"\nroot_claim = "C:/d"', "`root_claim`: `C` cannot be the name of a volume claim"),
        ('"ml"', '"ml"\nroot_claim = "c:/d"', "`root_claim` holds a root that is a folder, and `root` is none."),
        ('"s3://runs/kfnb"', '"gs://ml/kfnb"', "`root`: `ml` cannot be the name of a bucket: 3 or more of `a` to `z`"),
        (
            '"s3://runs/kfnb"',
            '"pvc://runs/kfnb"',
            "`root`: write a folder on a volume claim as a path, /PATH/FOLDER, and name the claim by `root_claim`",
        ),
        ('"registry.test/base:1"', '"Base:1"', "`image`: `Base:1` is not an image reference; `base:1` is one."),
    ],
)
def test_what_every_profile_must_say_is_checked(tmp_path: Path, old: str, new: str, message: str) -> None:
    """Namespace, root and image have a form of their own."""
    ((code, text),) = refusal(written(tmp_path, HEAD.replace(old, new)))
    assert ("KF903", True) == (code, message in text)


def test_what_is_missing_is_named(tmp_path: Path) -> None:
    """A profile without what every profile needs is refused with one message for each."""
    found = refusal(written(tmp_path, "[clusters.test]\n"))
    expected = [f"FILE, line 1: in cluster `test`, `{key}` is missing." for key in ("namespace", "root", "image")]
    assert expected == [message for _, message in found]


@pytest.mark.parametrize(
    "line",
    [
        'env = {AWS_SECRET_ACCESS_KEY = "abc"}',
        'env = {MY_TOKEN = "abc"}',
        'env = {SETTINGS = "AKIAABCDEFGHIJKLMNOP"}',
        'env = {DATABASE_URL = "postgresql://me:pass@host/db"}',
        'endpoint_url = "https://me:pass@store:9000"',
        'annotations = {note = "ghp_0123456789012345678901234567890123456789"}',
        'pod_patch = {spec = {x = ["-----BEGIN RSA PRIVATE KEY-----"]}}',
    ],
)
def test_a_credential_is_refused_without_being_repeated(tmp_path: Path, line: str) -> None:
    """What looks like a credential is refused, with the place it belongs to; its value is not in the message."""
    ((code, text),) = refusal(written(tmp_path, HEAD + line))
    assert ("KF904", True) == (code, "holds what looks like a credential" in text)
    assert [] == [word for word in ("abc", "AKIA", "pass@", "ghp_", "BEGIN") if word in text]


@pytest.mark.parametrize(
    "line",
    [
        'env = {TOKENIZERS_PARALLELISM = "false", MAX_TOKENS = "5", AWS_WEB_IDENTITY_TOKEN_FILE = "/var/run/token"}',
        'env = {GOOGLE_APPLICATION_CREDENTIALS = "/keys/key.json", SORT_KEY = "name", TOKEN_URL = "https://idp"}',
    ],
)
def test_what_only_sounds_like_a_credential_is_none(tmp_path: Path, line: str) -> None:
    """Paths, addresses and words that merely contain one are no credentials."""
    assert 2 < len(find_profile("test", written(tmp_path, HEAD + line)).env) or "env" in line


def test_a_mistake_elsewhere_does_not_stop_a_good_profile(tmp_path: Path) -> None:
    """A profile is used though another one in the file is wrong; a list shows both."""
    path = written(tmp_path, HEAD + '[clusters.bad]\nimage = "x"\n')
    assert "test" == find_profile("test", path).name
    profiles, found = read_profiles(path)
    assert (["test"], 2) == (list(profiles.by_name), len(found))


def test_a_file_that_is_not_toml_is_told_with_its_line(tmp_path: Path) -> None:
    """A syntax error is refused with file and line."""
    ((code, text),) = refusal(written(tmp_path, "[clusters.test\n"))
    assert ("KF902", True) == (code, "line 1" in text)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('cluster = "x"', "FILE, line 1: there is no setting `cluster`; a cluster is a table `[clusters.NAME]`."),
        ('clusters = "x"', "FILE, line 1: `clusters` must be tables: `[clusters.NAME]`."),
        ('default = "x"', "FILE, line 1: `default` names no cluster of the file (none): 'x'."),
        ("[clusters.local]", "FILE, line 1: in cluster `local`, `local` cannot be the name of a cluster"),
        ('[clusters]\ntest = "x"', "FILE, line 2: in cluster `test`, it must be a table: `[clusters.test]`."),
    ],
)
def test_mistakes_of_the_file_itself_are_told(tmp_path: Path, text: str, message: str) -> None:
    """What stands in the wrong place of the file is refused whichever profile is asked for."""
    path = written(tmp_path, text)
    found = [d.message.replace(str(path), "FILE") for d in read_profiles(path)[1]]
    assert [message] == [one[: len(message)] for one in found]


def test_a_folder_in_the_place_of_the_file_cannot_be_used(tmp_path: Path) -> None:
    """What cannot be read is something outside, told with its path."""
    with pytest.raises(OutsideError, match="cannot be read: Is a directory"):
        find_profile("test", tmp_path)


def test_the_file_is_where_the_environment_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """KFNB_CONFIG names the file; without it the platform's configuration folder holds it."""
    monkeypatch.setenv("KFNB_CONFIG", str(tmp_path / "mine.toml"))
    assert tmp_path / "mine.toml" == profiles_file()
    monkeypatch.delenv("KFNB_CONFIG")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    assert "clusters.toml" == profiles_file().name


def test_accelerator_types_are_the_profiles_own_first() -> None:
    """A type of the profile's table hides the one that kfnb knows; others are found by their short and GKE's names."""
    own = Accelerator(resource="nvidia.com/mig-1g.5gb")
    profile = Profile(name="x", namespace="x", root="s3://abc", image="x", accelerators={"t4": own})
    assert own == accelerator(profile, "t4")
    assert accelerator(profile, "l4") == accelerator(profile, "nvidia-l4")
    assert "google.com/tpu" == getattr(accelerator(profile, "tpu-v5p-slice"), "resource", None)
    assert accelerator(profile, "none") is None
