"""Values of secrets in what a task in a pod prints, shows and reports: a real launcher with a real store."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import msgspec
import pytest
from pod_place import PodPlace

from kfnb.launcher.masking import Mask, Passage
from kfnb.spec import to_json

TOKEN = 'very-"secret"\\token'
KEY = "-----BEGIN KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQ\n-----END KEY-----"
NAMES = ("TOKEN", "KEY", "SHORT")


@pytest.mark.parametrize(
    "code",
    [
        "print(token)",
        "import sys; print(token, file=sys.stderr)",
        "token",
        "{'a': [token]}",
        "import os; os.write(1, token.encode()); os.system('echo $AWS_SECRET_ACCESS_KEY')",
        "import os, sys; os.write(1, token[:8].encode()); sys.stdout.flush(); os.write(1, token[8:].encode())",
        "import os; os.write(2, token[:8].encode()); display(1); os.write(2, token[8:].encode())",
        "print(token[:8], end='', flush=True); print(token[8:])",
        "import os, subprocess; subprocess.run(['env'], env={'A': 'a' * 4080, 'TOKEN': token, 'B': 'b' * 9000})",
        "raise ValueError(token)",
        "class E(Exception): pass\nraise E({'deep': [token, key]})",
        "print(key); print(key.splitlines()[1])",
        "import kfnb; kfnb.log_param('token', token); kfnb.log_artifact(kfnb.Markdown('# ' + token), 'note')",
        "import warnings; warnings.warn(token)",
    ],
)
def test_no_secret_is_in_what_a_task_prints_shows_or_reports(pod: PodPlace, code: str) -> None:
    """However the code shows a secret, it is in no log, notebook, output document or event."""
    pod.environment |= {"TOKEN": TOKEN, "KEY": KEY, "SHORT": "x"}
    ran = pod.run("import os\ntoken, key = os.environ['TOKEN'], os.environ['KEY']\n" + code, secret_variables=NAMES)
    said = [ran.log, to_json(ran.output).decode(), msgspec.json.encode([ran.cells, ran.told]).decode()]
    secrets = [TOKEN, KEY.splitlines()[1], pod.environment["AWS_SECRET_ACCESS_KEY"]]
    forms = [form for text in secrets for form in (text, repr(text)[1:-1], msgspec.json.encode(text).decode()[1:-1])]
    assert [] == [form for form in forms for text in said if form in text]
    assert any("***" in text for text in said)


def test_what_a_task_computes_with_a_secret_is_its_own(pod: PodPlace) -> None:
    """A secret's value is whole in the code that uses it."""
    pod.environment["TOKEN"] = TOKEN
    ran = pod.run("import os\nprint(len(os.environ['TOKEN']))", secret_variables=NAMES)
    assert f"{len(TOKEN)}\n" == ran.log


def test_of_a_secret_all_of_whose_keys_are_variables_those_count_that_look_like_credentials(pod: PodPlace) -> None:
    """Its keys are not known by name; what else is in the environment stays, and a store has two keys."""
    pod.environment |= {"APP_API_KEY": "key-of-an-app", "APP_URL": "https://u:pass-word@db", "APP_VERSION": "20.11.24"}
    code = "import os\nprint(*(os.environ[f'APP_{name}'] for name in ('API_KEY', 'URL', 'VERSION')))"
    show_identity = "\nprint(os.environ['AWS_ACCESS_KEY_ID'], os.environ['AWS_SECRET_ACCESS_KEY'])"
    assert "*** *** 20.11.24\n*** ***\n" == pod.run(code + show_identity, secret_variables=("APP_*",)).log
    assert "key-of-an-app https://u:pass-word@db 20.11.24\n" == pod.run(code).log


def test_files_of_secrets_are_hidden(pod: PodPlace, tmp_path: Path) -> None:
    """What small text files of a mounted Secret hold is hidden, and the credentials in those that are JSON."""
    folder, single = tmp_path / "mounted", tmp_path / "single"
    (folder / "..data").mkdir(parents=True)
    key = {"type": "service_account", "private_key": KEY, "client_id": "1234567890"}
    files = {"token": f"{TOKEN}\n", "key.json": msgspec.json.encode(key).decode(), "large": "x" * (1 << 17)}
    for name, text in files.items():
        (folder / name).write_text(text, "utf-8")
    (folder / "binary").write_bytes(b"\xff" * 40)
    single.write_text("alone-and-secret", "utf-8")
    code = (
        "import json, pathlib\n"
        f"folder = pathlib.Path({str(folder)!r})\n"
        "found = json.loads((folder / 'key.json').read_text())\n"
        "print((folder / 'token').read_text().strip(), found['private_key'].splitlines()[1], found['client_id'])\n"
        f"print(len((folder / 'large').read_text()), open({str(single)!r}).read())"
    )
    ran = pod.run(code, secret_paths=(str(folder), str(single), str(tmp_path / "none")))
    assert f"*** *** 1234567890\n{1 << 17} ***\n" == ran.log


@pytest.mark.parametrize(
    ("values", "found", "hidden"),
    [
        (("short",), "a short text", "a short text"),
        (("longer", "longer-still"), "longer-still longer", "*** ***"),
        (
            ("secret", ""),
            ["a secret", {"b": "secrets", "c": 1, "d": None}],
            ["a ***", {"b": "***s", "c": 1, "d": None}],
        ),
    ],
)
def test_values_are_hidden_longest_first(values: tuple[str, ...], found: Any, hidden: Any) -> None:
    """Texts anywhere in a document lose the values; what is too short to be told from chance stays."""
    assert hidden == Mask(values).document(found)


@pytest.mark.parametrize(
    ("values", "text", "hidden"),
    [
        (("secret",), "a secret secretsecret sec", "a *** ****** sec"),
        (("longer", "longer-still"), "longer-still longer longer-st", "*** *** ***-st"),
        (("xyzabc", "abcdefg"), "xyzabc xyzabcd xyzabcdefg", "*** ***d xyz***"),
        (("aaaaaa",), "a" * 20, "*********aa"),
        (("]secret", "^secret", "-secret"), "]secret^secret -secret -]^", "****** *** -]^"),
    ],
)
def test_values_are_hidden_wherever_their_text_is_cut(values: tuple[str, ...], text: str, hidden: str) -> None:
    """In two pieces, or byte by byte; what has come of it before its end shows no value, nor its beginning."""
    for cuts in [(at,) for at in range(len(text) + 1)] + [tuple(range(len(text)))]:
        passage, said = Passage(Mask(values)), ""
        for begin, end in itertools.pairwise((0, *cuts, len(text))):
            said += passage.more(text[begin:end].encode()).decode()
            assert hidden.startswith(said)
        assert hidden == said + passage.rest().decode()


def test_only_what_may_be_the_beginning_of_a_value_waits() -> None:
    """A line without an end is shown at once, but for the end of it that a value begins with."""
    passage = Passage(Mask(["secret-and-long"]))
    assert b"50 %" == passage.more(b"50 %")
    assert b"\r60 % s" == passage.more(b"\r60 % ssecret-")
    assert b"secret-x" == passage.more(b"x")
    assert b"" == passage.rest()
