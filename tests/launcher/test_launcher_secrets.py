"""Values of secrets in what a task in a pod prints, shows and reports: a real launcher with a real store."""

from __future__ import annotations

import base64
import html
import itertools
import urllib.parse
from pathlib import Path
from typing import Any

import msgspec
import pytest
from pod_place import PodPlace

from kfnb.launcher import masking
from kfnb.launcher.masking import Mask, Passage, mask_of
from kfnb.spec import ExecutorInput, Packages, Task, to_json

TOKEN = 'very-"secret"\\token'
KEY = "-----BEGIN KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQ\n-----END KEY-----"
LONG = "".join(f"part-{number:03}/" for number in range(40))
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
        "error = ValueError('x'); error.add_note(token); raise error",
        "raise ValueError('a') from KeyError(token)",
        "import kfnb; kfnb.log_metric(token, 1); kfnb.log_metric(token, 2); kfnb.log_param('p', {token: [token]})",
        "import html, IPython.display as d; display(d.HTML(html.escape(token)), d.JSON({token: [token]}))",
        "import pandas; display(pandas.DataFrame({token: [token]})); kept = pandas.Series([token])",
        "import urllib.parse; print(urllib.parse.quote(token), urllib.parse.quote_plus(token))",
        "import base64; print(*(base64.b64encode(('u' * n + ':' + token + 'x').encode()).decode() for n in range(3)))",
        "import json; print(json.dumps(json.dumps({'a': token})), repr([repr(token)]))",
        "import subprocess; subprocess.Popen(['sleep', '60', token])",
        "import sys; print(token[:9], end='', flush=True); print(token[9:], file=sys.stderr)",
        "import os, sys; os.write(1, token[:9].encode()); sys.stdout.flush(); os.write(2, token[9:].encode())",
    ],
)
def test_no_secret_is_in_what_a_task_prints_shows_or_reports(pod: PodPlace, code: str) -> None:
    """However the code shows a secret, it is in no log, notebook, output document or event."""
    pod.environment |= {"TOKEN": TOKEN, "KEY": KEY, "SHORT": "x"}
    ran = pod.run("import os\ntoken, key = os.environ['TOKEN'], os.environ['KEY']\n" + code, secret_variables=NAMES)
    said = [ran.log, to_json(ran.output).decode(), msgspec.json.encode([ran.cells, ran.told]).decode()]
    secrets = [TOKEN, KEY.splitlines()[1], pod.environment["AWS_SECRET_ACCESS_KEY"]]
    forms = [form for text in secrets for form in (text, repr(text)[1:-1], msgspec.json.encode(text).decode()[1:-1])]
    forms += [html.escape(TOKEN), html.escape(TOKEN, quote=False), urllib.parse.quote(TOKEN)]
    forms += [base64.b64encode(TOKEN[n:][:18].encode()).decode() for n in range(3)]
    assert [] == [form for form in forms for text in said if form in text]
    assert any("***" in text for text in said)


def test_words_that_kfnb_and_jupyter_use_may_be_secrets(pod: PodPlace) -> None:
    """A Secret holds `LOG_LEVEL=warning` too: values in what is shown are hidden, and everything goes on as without."""
    values = ("warning", "content", "application", "result", "transient", "traceback", "jupyter", "message", "method")
    pod.environment |= {f"V{number}": value for number, value in enumerate(values)}
    code = (
        "import subprocess, IPython.display as d, ipywidgets\nsubprocess.Popen(['sleep', '60'])\n"
        "shown = d.display(d.JSON({'content': 'a result'}), display_id=True)\nshown.update(d.JSON({'b': 'message'}))\n"
        "out = ipywidgets.Output()\nwith out:\n    print('in it')\n'the result'"
    )
    ran = pod.run(code, secret_variables=tuple(f"V{number}" for number in range(len(values))))
    assert ("SUCCEEDED", None) == (ran.output.state, ran.output.error)
    assert [("KF614", "warning")] == [(each.code, each.severity) for each in ran.output.warnings]
    first, last = ran.cells[0]["outputs"]
    assert ("display_data", {"b": "***"}) == (first["output_type"], first["data"]["application/json"])
    assert ("execute_result", "'the ***'") == (last["output_type"], "".join(last["data"]["text/plain"]))


def test_what_a_task_computes_with_a_secret_is_its_own(pod: PodPlace) -> None:
    """A secret's value is whole in the code that uses it."""
    pod.environment["TOKEN"] = TOKEN
    ran = pod.run("import os\nprint(len(os.environ['TOKEN']))", secret_variables=NAMES)
    assert f"{len(TOKEN)}\n" == ran.log


def test_a_value_that_two_cells_print_comes_together_nowhere(pod: PodPlace) -> None:
    """A cell that ends within a value shows nothing of it; in the log, where cells meet, there is no value either."""
    pod.environment["TOKEN"] = TOKEN
    first = "import os\ntoken = os.environ['TOKEN']\nprint('a', token[:9], end='')"
    ran = pod.run(first, "print(token[9:])", secret_variables=NAMES)
    assert ("a ***", f"{TOKEN[9:]}\n") == (ran.text(0), ran.text(1))
    few = pod.run(first.replace("9", "3"), "print(token[3:])", secret_variables=NAMES)
    assert ("a ver", "a ver***\n") == (few.text(0), few.log)


def test_what_was_cut_shows_no_part_of_a_value(pod: PodPlace) -> None:
    """Neither its beginning before dots, as in a table, nor its end after them."""
    pod.environment["TOKEN"] = LONG
    code = (
        "import os, pandas, reprlib\ntoken = os.environ['TOKEN']\n"
        "print(token[:30] + '...')\nprint(pandas.Series([token]))\ndisplay(pandas.DataFrame({'a': [token]}))\n"
        "print(reprlib.repr(token))\nraise ValueError(token[:10] + '…' + token[-10:])"
    )
    ran = pod.run(code, secret_variables=NAMES)
    said = [ran.log, to_json(ran.output).decode(), msgspec.json.encode([ran.cells, ran.told]).decode()]
    assert [False] * 6 == [part in text for text in said for part in ("part-000", "part-039")]


@pytest.mark.parametrize(
    ("text", "hidden"),
    [
        ("x" * 54 + LONG[:6], "x" * 54 + "***"),
        ("x" * 55 + LONG[:5], "x" * 55 + LONG[:5]),
        (f"a {LONG[:6]}", f"a {LONG[:6]}"),
        (f"{LONG[:7]}... {LONG[:6]}…{LONG[-6:]} ...", "***... ***…*** ..."),
        (f"Wait for {LONG[:5]}... {LONG[-5:]}", f"Wait for {LONG[:5]}... {LONG[-5:]}"),
    ],
)
def test_what_looks_cut_loses_parts_that_do_not_stand_there_by_chance(text: str, hidden: str) -> None:
    """At the end of a long text, and beside dots; a few letters are no part of a value."""
    assert hidden == Mask([LONG]).text(text)


def test_html_with_a_secret_is_taken_for_no_path(pod: PodPlace) -> None:
    """IPython looks whether such a file is there; what the result would depend on is not kept, so neither is it."""
    pod.environment["TOKEN"] = "https://u:pass-word@db"
    (pod.folder / "pass-word.txt").write_text("a", "utf-8")
    code = "from IPython.display import HTML\nHTML('a ' + os.environ['TOKEN'])\nlen(open('pass-word.txt').read())"
    pod.environment["KEY"] = "pass-word"
    ran = pod.run(f"import os\n{code}", secret_variables=NAMES)
    paths = ("pass-word.txt",)
    assert (paths, paths) == (ran.output.paths_read, tuple(each.path for each in ran.output.files_read))
    assert ("it asks for a file that has a secret in its name",) == ran.output.beyond


def test_stores_keys_are_hidden_in_any_case(pod: PodPlace) -> None:
    """They are in every pod, by one way or another; what else is in its environment stays."""
    pod.environment["APP_URL"] = "https://u:pass-word@db"
    names = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "APP_URL")
    code = f"import os\nprint(*(os.environ[name] for name in {names}))"
    assert "*** *** https://u:pass-word@db\n" == pod.run(code).log


def test_tokens_that_a_cluster_mounts_are_hidden(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No manifest says that a pod has them; what stands beside them, such as the namespace, is no secret."""
    folder = tmp_path / "kubernetes.io" / "serviceaccount"
    folder.mkdir(parents=True)
    for name in ("token", "namespace"):
        (folder / name).write_text(f"{name}-of-the-pod", "utf-8")
    monkeypatch.setattr(masking, "_TOKENS", (tmp_path, masking._TOKENS[1]))
    given = ExecutorInput(
        run_id="r", root="", prefix="", task=Task(name="t", slug="t", cells=()), notebook_name="", folder="", scratch=""
    )
    mask = mask_of(given)
    assert mask is not None
    assert "*** namespace-of-the-pod" == mask.text("token-of-the-pod namespace-of-the-pod")


def test_what_cannot_be_installed_is_told_without_secrets(pod: PodPlace) -> None:
    """What pip says of its index, which may have a password, comes into the error of the step."""
    pod.environment |= {"PIP_INDEX_URL": "ftp://u:pass-word@index", "TOKEN": "no-such-package"}
    uri = pod.give("1", secret_variables=("TOKEN",), packages=Packages(requirements=("no-such-package",)))
    pod.start(uri).communicate()
    output = pod.store.read(uri.removeprefix(f"{pod.store.root}/").replace("input.json", "output.json")).decode()
    assert ("needs ***, which its image" in output, "no-such-package" in output) == (True, False)


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


def test_a_few_letters_do_not_wait_for_long() -> None:
    """In a pause they go on; where they turn out to begin a value, what follows is hidden as if they had waited."""
    for pieces, said in (
        (("50 s", "", " later"), [b"50 ", b"s", b" later"]),
        (("50 s", "", "ecret-and-long!"), [b"50 ", b"s", b"***!"]),
        (("s", "", "ec", "", "ret", "", "-and-long"), [b"", b"s", b"", b"ec", b"", b"", b"***"]),
        (("s", "", "se", "", "x"), [b"", b"s", b"", b"se", b"x"]),
        (("ss", "", "secret-and-long"), [b"s", b"s", b"***"]),
    ):
        passage = Passage(Mask(["secret-and-long"]))
        assert said == [passage.more(piece.encode()) if piece else passage.pause() for piece in pieces]
        assert b"" == passage.rest()
