"""Values of secrets in what a task in a pod prints, shows and reports: a real launcher with a real store."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from pod_place import PodPlace

from kfnb.launcher.masking import Mask
from kfnb.spec import Settings, to_json

TOKEN = 'very-"secret"\\token'
KEY = "-----BEGIN KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQ\n-----END KEY-----"
SETTINGS = Settings(secrets=(("s", "token", "TOKEN"), ("s", "key", "KEY"), ("s", "short", "SHORT")))


@pytest.mark.parametrize(
    "code",
    [
        "print(token)",
        "import sys; print(token, file=sys.stderr)",
        "token",
        "{'a': [token]}",
        "import os; os.write(1, token.encode()); os.system('echo $AWS_SECRET_ACCESS_KEY')",
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
    ran = pod.run(
        "import os\ntoken, key = os.environ['TOKEN'], os.environ['KEY']\n" + code, task={"settings": SETTINGS}
    )
    said = [ran.log, to_json(ran.output).decode(), msgspec.json.encode([ran.cells, ran.told]).decode()]
    secrets = [TOKEN, KEY.splitlines()[1], pod.environment["AWS_SECRET_ACCESS_KEY"]]
    forms = [form for text in secrets for form in (text, repr(text)[1:-1], msgspec.json.encode(text).decode()[1:-1])]
    assert [] == [form for form in forms for text in said if form in text]
    assert any("***" in text for text in said)


def test_what_a_task_computes_with_a_secret_is_its_own(pod: PodPlace) -> None:
    """A secret's value is whole in the code that uses it."""
    pod.environment["TOKEN"] = TOKEN
    ran = pod.run("import os\nprint(len(os.environ['TOKEN']))", task={"settings": SETTINGS})
    assert f"{len(TOKEN)}\n" == ran.log


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
