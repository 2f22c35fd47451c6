"""Changes the file of cluster profiles; `kfnb cluster add|remove|default` and JupyterLab's page of clusters call this.

What a person wrote into the file stays: comments, order, spacing. The file is replaced as a whole or not at all, and
is its owner's alone when it is new.
"""

from __future__ import annotations

import fcntl
import os
import tempfile
from typing import TYPE_CHECKING, Any

import msgspec
import tomlkit
from tomlkit.exceptions import ParseError

from kfnb.errors import Outdated, OutsideError, WrongCall
from kfnb.notebook.quantities import BadValue
from kfnb.profiles.checks import check_name, problems
from kfnb.profiles.profile import Profile
from kfnb.profiles.reading import not_toml, profile_of, profiles_file, read_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tomlkit import TOMLDocument

_TABLE = "clusters"


def add_profile(
    name: str,
    table: dict[str, Any],
    *,
    replace: bool = False,
    default: bool = False,
    expected: dict[str, Any] | None = None,
    path: Path | None = None,
) -> bool:
    """Write a profile, and make it the default one if asked to or if it is the first; return whether it is.

    `expected`: what the replaced one said (`as_said`) when it was looked at; then what is the same in `table` stays as
    it is written. Outdated: it says something else by now. WrongCall: it cannot be so, each reason named, or there is
    one of that name and `replace` is not said.
    """
    if wrong := [*_wrong(name, table)]:
        raise WrongCall(f"The cluster `{name}` cannot be added:\n" + "\n".join(f"  {each}." for each in wrong))

    def add(document: TOMLDocument) -> str:
        nonlocal default
        clusters = _clusters(document)
        if name in clusters and not replace:
            raise WrongCall(f"There is a cluster `{name}` already. --replace puts this one in its place.")
        default = default or not clusters or document.get("default") == name
        if expected is not None:
            if not _says(document.unwrap()[_TABLE].get(name), expected):
                raise Outdated(f"The profile of the cluster `{name}` was changed meanwhile; look at it again.")
            _amend(clusters[name], expected, table)
        elif isinstance(clusters.get(name), dict):
            _overwrite(clusters[name], table)
        else:
            clusters[name] = _table(table)
        return _with_default(document, name) if default else tomlkit.dumps(document)

    _change(path or profiles_file(), add)
    return default


def remove_profile(name: str, path: Path | None = None) -> None:
    """Take a profile out of the file, whatever is wrong with it; WrongCall if there is none of that name."""

    def remove(document: TOMLDocument) -> str:
        clusters = _clusters(document)
        del clusters[_known(clusters, name)]
        if document.get("default") == name:
            del document["default"]
        return tomlkit.dumps(document)

    _change(path or profiles_file(), remove)


def set_default(name: str, path: Path | None = None) -> None:
    """Make a profile the one that `--on kubernetes` means; WrongCall if there is none of that name."""
    _change(path or profiles_file(), lambda document: _with_default(document, _known(_clusters(document), name)))


def _wrong(name: str, table: dict[str, Any]) -> Iterator[str]:
    try:
        check_name(name)
    except BadValue as error:
        yield str(error)
    for problem in problems(table):
        advice = " (put it into a Secret of the namespace, and name that: --store-secret)" if problem.secret else ""
        yield problem.message + advice


def _clusters(document: TOMLDocument) -> dict[str, Any]:
    clusters = document.setdefault(_TABLE, tomlkit.table(is_super_table=True))
    if not isinstance(clusters, dict):
        raise WrongCall(f"`{_TABLE}` in the file of cluster profiles is no table; correct it first.")
    return clusters


def _known(clusters: dict[str, Any], name: str) -> str:
    if name not in clusters:
        known = ", ".join(f"`{other}`" for other in clusters)
        raise WrongCall(
            f"There is no cluster `{name}`" + (f"; there are {known}." if known else "; none is known yet.")
        )
    return name


def _with_default(document: TOMLDocument, name: str) -> str:
    """Return the file's text with its default. A key below a table's header would be that table's: it goes first."""
    if "default" in document:
        document["default"] = name
        return tomlkit.dumps(document)
    return f'default = "{name}"\n\n{tomlkit.dumps(document).lstrip()}'


def _overwrite(old: dict[str, Any], table: dict[str, Any]) -> None:
    """Make `old` say what `table` says, keeping the comments beside what stays."""
    for key in [key for key in old if key not in table]:
        del old[key]
    for key, value in table.items():
        if old.get(key) != value:
            old.pop(key, None)
            old[key] = _item(value)


def _says(table: Any, expected: dict[str, Any]) -> bool:
    """Return whether a table of the file says what somebody was shown of it, in JSON."""
    if not isinstance(table, dict) or [*problems(table)]:
        return False
    said: object = msgspec.json.decode(msgspec.json.encode(as_said(profile_of("", table))))
    return said == expected


def _amend(old: dict[str, Any], before: dict[str, Any], after: dict[str, Any]) -> None:
    """Make `old`, which says `before`, say `after`; a line that says the same in both is left as it is written."""
    for key in before.keys() - after.keys():
        old.pop(key, None)
    for key, value in after.items():
        was, written = before.get(key), old.get(key)
        if value == (was if key in before else written):
            continue
        if isinstance(value, dict) and isinstance(was, dict) and isinstance(written, dict):
            _amend(written, was, value)
        elif isinstance(value, dict | list) or isinstance(written, dict | list):
            old.pop(key, None)
            old[key] = _item(value)
        else:
            old[key] = value


def _table(values: dict[str, Any]) -> Any:
    table = tomlkit.table()
    for key, value in values.items():
        table[key] = _item(value)
    return table


def _item(value: Any) -> Any:
    """Return a value as an item: tables that hold tables are written with a header, small ones in one line."""
    if not isinstance(value, dict):
        return value
    if any(isinstance(each, dict) for each in value.values()):
        return _table(value)
    item = tomlkit.inline_table()
    item.update(value)
    return item


def _change(path: Path, edit: Callable[[TOMLDocument], str]) -> None:
    """Put what `edit` makes of the file in its place; one process at a time."""
    path = path.resolve()  # a link to a file kept elsewhere stays a link
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            fcntl.flock(folder, fcntl.LOCK_EX)
            _write(path, edit(_document(path)))
        finally:
            os.close(folder)
    except OSError as error:
        why = error.strerror or error
        raise OutsideError(f"The file of cluster profiles {path} cannot be written: {why}.") from None


def _document(path: Path) -> TOMLDocument:
    try:
        return tomlkit.parse(read_text(path))
    except ParseError as error:
        raise not_toml(path, error) from None


def _write(path: Path, text: str) -> None:
    mode = path.stat().st_mode & 0o777 if path.exists() else 0o600
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".clusters-")
    temporary = path.with_name(name.rpartition(os.sep)[2])
    try:
        with open(handle, "w", encoding="utf-8") as file:
            os.fchmod(handle, mode)
            file.write(text.rstrip() + "\n")
            file.flush()
            os.fsync(handle)
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def as_table(profile: Profile) -> dict[str, Any]:
    """Return every setting of a profile that has a value, as its table in the file would hold it."""
    values = {key: getattr(profile, key) for key in profile.__struct_fields__ if key != "name"}
    return {key: msgspec.to_builtins(value) for key, value in values.items() if value is not None}


def as_said(profile: Profile) -> dict[str, Any]:
    """Return the settings of a profile that are not as where nothing is said, as its table in the file holds them."""
    bare = as_table(Profile(name=profile.name, namespace="", root="", image=""))
    return {key: value for key, value in as_table(profile).items() if key not in bare or value != bare[key]}


def as_text(profile: Profile) -> str:
    """Return every setting of a profile that says something, as TOML."""
    table = {key: value for key, value in as_table(profile).items() if value not in ([], {}, ())}
    document = tomlkit.document()
    document[_TABLE] = tomlkit.table(is_super_table=True)
    _clusters(document)[profile.name] = _table(table)
    return tomlkit.dumps(document).rstrip()
