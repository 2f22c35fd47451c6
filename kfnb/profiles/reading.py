"""Reads the file of cluster profiles; `--on NAME`, `kfnb cluster …` and the orchestrator in the cluster call this.

Each mistake is a diagnostic that names the file, the line and the setting. A mistake in one profile does not keep
another one from being used.
"""

from __future__ import annotations

import difflib
import os
import re
import tomllib
from pathlib import Path
from typing import Any

import msgspec

from kfnb.errors import Diagnostic, Fix, OutsideError, Refused
from kfnb.notebook.quantities import BadValue
from kfnb.profiles.checks import Problem, check_name, problems
from kfnb.profiles.profile import Profile, Profiles

DEFAULT_WORD = "kubernetes"
"""`--on kubernetes` means the default profile."""

ADD = "kfnb cluster add NAME --context CONTEXT --namespace NAMESPACE --root s3://BUCKET/PREFIX --image IMAGE"
_TABLE = "clusters"


def profiles_file() -> Path:
    """Return where the profiles are: KFNB_CONFIG, else clusters.toml in the platform's configuration folder."""
    given = os.environ.get("KFNB_CONFIG")
    if given:
        return Path(given).expanduser().absolute()
    import platformdirs  # 10 ms that a start with KFNB_CONFIG set does not pay

    return Path(platformdirs.user_config_dir("kfnb", appauthor=False)) / "clusters.toml"


def read_profiles(path: Path | None = None) -> tuple[Profiles, tuple[Diagnostic, ...]]:
    """Return the profiles of a file (default: `profiles_file()`) that can be used, and what is wrong with the others.

    No file: no profiles. Refused: it is not TOML. OutsideError: it cannot be read.
    """
    path = path or profiles_file()
    text = read_text(path)
    profiles, findings = _read(path, text, _parsed(path, text))
    return profiles, tuple(finding for found in findings.values() for finding in found)


def find_profile(name: str, path: Path | None = None) -> Profile:
    """Return the profile called `name`, the default one for `kubernetes`.

    Refused: there is none yet, none of that name, or it says something that cannot be.
    """
    path = path or profiles_file()
    text = read_text(path)
    profiles, findings = _read(path, text, _parsed(path, text))
    wanted = (profiles.default or name) if name == DEFAULT_WORD else name
    if wrong := findings.get("", []) + findings.get(wanted, []):
        raise Refused(tuple(wrong))
    if wanted in profiles.by_name:
        return profiles.by_name[wanted]
    raise Refused((_unknown(name, [*profiles.by_name, *(other for other in findings if other)]),))


def read_text(path: Path) -> str:
    """Return what is in the file, nothing if it is not there; OutsideError if it cannot be read."""
    try:
        return path.read_text("utf-8")
    except FileNotFoundError:
        return ""
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not text"
        raise OutsideError(f"The file of cluster profiles {path} cannot be read: {why}.") from None


def profile_of(name: str, table: dict[str, Any]) -> Profile:
    """Return the profile that a table without problems is."""
    return msgspec.convert({**table, "name": name}, Profile)


def _parsed(path: Path, text: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise not_toml(path, error) from None


def not_toml(path: Path, error: ValueError) -> Refused:
    """Return the words for a file of profiles that cannot be parsed."""
    message = f"The file of cluster profiles {path} is not TOML: {error}."
    return Refused((Diagnostic("KF902", "error", message, fix=Fix(f"Correct it, or move it away: {path}")),))


def _read(path: Path, text: str, document: dict[str, Any]) -> tuple[Profiles, dict[str, list[Diagnostic]]]:
    """Return the profiles, and what is wrong by the name of its profile (empty: with the file itself)."""
    by_name: dict[str, Profile] = {}
    findings: dict[str, list[Diagnostic]] = {}
    tables, default = document.get(_TABLE, {}), document.get("default")
    for problem in _of_file(document):
        findings.setdefault("", []).append(_finding(path, _line(text, (), problem.key), None, problem))
    for name, table in tables.items() if isinstance(tables, dict) else ():
        found = [*_of_profile(name, table)]
        if found:
            findings[name] = [_finding(path, _line(text, (_TABLE, name), one.key), name, one) for one in found]
        else:
            by_name[name] = profile_of(name, table)
    if default is None and len(by_name) == 1 and not findings:
        default = next(iter(by_name))
    return Profiles(default=default if isinstance(default, str) else None, by_name=by_name), findings


def _of_file(document: dict[str, Any]) -> list[Problem]:
    found = [
        Problem(key, f"there is no setting `{key}`; a cluster is a table `[{_TABLE}.NAME]`")
        for key in document
        if key not in (_TABLE, "default")
    ]
    tables, default = document.get(_TABLE, {}), document.get("default")
    if not isinstance(tables, dict):
        return [*found, Problem(_TABLE, f"`{_TABLE}` must be tables: `[{_TABLE}.NAME]`")]
    if default is not None and default not in tables:
        known = ", ".join(f"`{name}`" for name in tables) or "none"
        found.append(Problem("default", f"`default` names no cluster of the file ({known}): {default!r}"))
    return found


def _of_profile(name: str, table: Any) -> list[Problem]:
    if not isinstance(table, dict):
        return [Problem(None, f"it must be a table: `[{_TABLE}.{name}]`")]
    try:
        check_name(name)
    except BadValue as error:
        return [Problem(None, str(error))]
    return [*problems(table)]


def _finding(path: Path, line: int | None, name: str | None, problem: Problem) -> Diagnostic:
    place = f"{path}, line {line}" if line else str(path)
    where = f"in cluster `{name}`, " if name else ""
    message = f"{place}: {where}{problem.message}."
    if problem.secret:
        advice = "Put it into a Secret of the namespace and name that as `store_secret`; a step's own: tag `secret:…`."
        return Diagnostic("KF904", "error", message, fix=Fix(advice))
    return Diagnostic("KF903", "error", message)


def _unknown(name: str, known: list[str]) -> Diagnostic:
    if not known:
        which = "means the default cluster" if name == DEFAULT_WORD else "is to be a cluster"
        message = f"`{name}` {which}, and none is known yet."
        return Diagnostic("KF900", "error", message, fix=Fix(f"Add one: {ADD}"))
    listed = ", ".join(f"`{other}`" for other in known)
    if name == DEFAULT_WORD:
        message = f"`{name}` means the default cluster, and none of these is it: {listed}."
        return Diagnostic("KF900", "error", message, fix=Fix("Choose one: kfnb cluster default NAME"))
    close = difflib.get_close_matches(name, known, n=1)
    fix = Fix(f"Write `{close[0]}`." if close else f"Add it: {ADD.replace('NAME ', f'{name} ', 1)}")
    return Diagnostic("KF901", "error", f"There is no cluster `{name}`; there are {listed}.", fix=fix)


def _line(text: str, table: tuple[str, ...], key: str | None) -> int | None:
    """Return the line in which a key of a table, or the table, is first spoken of; tomllib does not tell."""
    here: tuple[str, ...] = ()
    first = None
    for number, line in enumerate(text.splitlines(), 1):
        if header := re.match(r"\s*\[\[?([^\]]+)\]", line):
            here = _path(header[1])
            spoken = here
        elif assigned := re.match(r"\s*([^#=\s][^=]*?)\s*=", line):
            spoken = here + _path(assigned[1])
        else:
            continue
        if spoken[: len(table)] == table:
            first = first or number
            if key is not None and spoken[len(table) : len(table) + 1] == (key,):
                return number
    return first if table else None


def _path(dotted: str) -> tuple[str, ...]:
    return tuple(part.strip().strip("\"'") for part in dotted.split("."))
