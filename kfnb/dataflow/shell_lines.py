"""What a shell line does to files and to the world; `magics` calls it for `!cmd`, `%%bash` and shell aliases.

It knows simple commands joined by `;`, `&&`, `|` and redirections. Anything else, and any command not in the tables,
may read and write every file of the folder and reach outside.
"""

from __future__ import annotations

import re
import shlex
from typing import TYPE_CHECKING

import msgspec
from msgspec.structs import replace

from kfnb.dataflow.tables import shell as tables

if TYPE_CHECKING:
    from collections.abc import Iterable

_SUBSTITUTION = re.compile(r"\$\{[^{}]*\}|\{[^{}]*\}|\$\w+|\$\$\w+")
_ANYTHING = "\ue000"  # stands for what Python or the shell puts in, so that it is told from a `*` of the line
_OPERATORS = frozenset({";", "&", "&&", "||", "|", "|&", "(", ")", ";;"})
_ASSIGNMENT = re.compile(r"[A-Za-z_]\w*=")


class ShellEffect(msgspec.Struct, frozen=True):
    """Path patterns (relative to the working directory; `*` may stand for `/` too) and what else a shell line does.

    `reads_outside`: it fetches something. `outside`: it may do something outside that cannot be taken back.
    `requirements`: packages it installs. `background`: something goes on running after the line.
    """

    reads: tuple[str, ...] = ()
    writes: tuple[str, ...] = ()
    outside: bool = False
    reads_outside: bool = False
    requirements: tuple[str, ...] = ()
    installs: bool = False
    background: bool = False


UNKNOWN = ShellEffect(reads=("*",), writes=("*",), outside=True)
"""What is assumed of a line that is not understood."""


def combine(effects: Iterable[ShellEffect]) -> ShellEffect:
    """Return the effect of several lines one after another."""
    parts = list(effects)
    return ShellEffect(
        reads=tuple(dict.fromkeys(path for part in parts for path in part.reads)),
        writes=tuple(dict.fromkeys(path for part in parts for path in part.writes)),
        outside=any(part.outside for part in parts),
        reads_outside=any(part.reads_outside for part in parts),
        requirements=tuple(name for part in parts for name in part.requirements),
        installs=any(part.installs for part in parts),
        background=any(part.background for part in parts),
    )


def read_script(text: str) -> ShellEffect:
    """Return the effect of a shell script of several lines."""
    joined = re.sub(r"\\\n", " ", text)
    return combine(
        read_shell(line) for line in joined.splitlines() if line.strip() and not line.lstrip().startswith("#")
    )


def read_shell(line: str) -> ShellEffect:
    """Return the effect of one shell line; `{name}` and `$name` in a path stand for anything."""
    if "`" in line or "$(" in line or "<<" in line or "<(" in line:
        return UNKNOWN
    lexer = shlex.shlex(_SUBSTITUTION.sub(_ANYTHING, line), posix=True, punctuation_chars=";&|<>()")
    lexer.whitespace_split = True
    lexer.commenters = ""
    try:
        tokens = list(lexer)
    except ValueError:
        return UNKNOWN
    effects = []
    moved = False  # after `cd`, relative paths are relative to somewhere else
    for words, joint in _commands(tokens):
        effect = _simple_command(words)
        effects.append(_anywhere(effect) if moved else effect)
        moved = moved or bool(words and words[0] == "cd" and len(words) > 1)
        if joint == "&":
            effects.append(ShellEffect(background=True))
    whole = combine(effects)
    return replace(whole, reads=_patterns(whole.reads), writes=_patterns(whole.writes))


def _patterns(paths: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(path.replace(_ANYTHING, "*") for path in paths))


def _anywhere(effect: ShellEffect) -> ShellEffect:
    anything = ("*",)
    return combine([ShellEffect(anything if effect.reads else (), anything if effect.writes else ()), effect])


def _commands(tokens: list[str]) -> Iterable[tuple[list[str], str]]:
    """Yield the words of each simple command and the operator that ends it."""
    words: list[str] = []
    for token in tokens:
        if token.startswith("#"):
            break
        if token in _OPERATORS:
            if words:
                yield words, token
            words = []
        else:
            words.append(token)
    if words:
        yield words, ""


def _redirections(words: list[str]) -> tuple[list[str], ShellEffect]:
    """Part the redirections of a simple command from its words."""
    rest: list[str] = []
    reads, writes = [], []
    place = 0
    while place < len(words):
        word = words[place]
        if word and set(word) <= set("<>&|") and word[0] in "<>&" and place + 1 < len(words):
            target = words[place + 1]
            if rest and rest[-1].isdigit() and word[0] in "<>":
                rest.pop()  # the 2 of `2> f`
            if not (word.endswith("&") and target.isdigit()) and not target.startswith("/dev/"):
                if "<" in word or word == ">>" or word == "&>>":
                    reads.append(target)
                if ">" in word:
                    writes.append(target)
            place += 2
            continue
        rest.append(word)
        place += 1
    return rest, ShellEffect(tuple(reads), tuple(writes))


def _simple_command(words: list[str]) -> ShellEffect:
    words, redirected = _redirections(words)
    while words and (_ASSIGNMENT.match(words[0]) or (words[0] in tables.PREFIX_COMMANDS and len(words) > 1)):
        words = words[1:]
    if not words:
        return redirected
    return combine([redirected, _command_effect(words[0].rpartition("/")[2], words[1:])])


def _command_effect(name: str, arguments: list[str]) -> ShellEffect:
    if arguments and all(word in ("--version", "-V", "--help", "-version", "-h") for word in arguments):
        return ShellEffect()
    if name in ("python", "python3") and arguments[:1] == ["-m"] and len(arguments) > 1:
        name, arguments = arguments[1], arguments[2:]
    if name in tables.KEYWORDS:
        return UNKNOWN
    first = next((word for word in arguments if not word.startswith("-")), "")
    if first in tables.INSTALLERS.get(name, ()):
        return ShellEffect(requirements=requirements(arguments[arguments.index(first) + 1 :]), installs=True)
    if name in tables.HARMLESS_COMMANDS:
        return ShellEffect(reads=tuple(word for word in arguments if re.search(r"[*?]", word)))
    if first in tables.HARMLESS_SUBCOMMANDS.get(name.removesuffix("3"), ()):
        return ShellEffect()
    if name in tables.TESTING_COMMANDS:
        return ShellEffect(reads=tuple(word for word in arguments if not word.startswith(("-", "=", "!", "]"))))
    return _file_effect(name, arguments)


def _file_effect(name: str, arguments: list[str]) -> ShellEffect:
    paths = tuple(word for word in arguments if not word.startswith("-"))
    options = [word for word in arguments if word.startswith("-")]
    if name in tables.LISTING_COMMANDS:
        if name == "find" and set(options) & {"-delete", "-exec", "-execdir", "-ok", "-fprint"}:
            return UNKNOWN
        return ShellEffect(reads=tuple(dict.fromkeys(p for path in paths or ("",) for p in _listing(path))))
    if name in tables.READING_COMMANDS:
        return _reading(name, options, paths)
    if name in tables.WRITING_COMMANDS:
        return ShellEffect(
            reads=paths if name in ("rm", "chmod", "truncate") else (), writes=paths[name in ("chmod", "chown") :]
        )
    if name in tables.COPYING_COMMANDS and paths and not any(":" in path for path in paths):
        sources, target = paths[:-1], paths[-1]
        inside = tuple(f"{target.rstrip('/')}/{source.rstrip('/').rpartition('/')[2]}" for source in sources)
        return ShellEffect(sources, (target, *inside, *(sources if name == "mv" else ())))
    if name in tables.PACKING_COMMANDS:
        return _packing(name, options, arguments, paths)
    if name in tables.DOWNLOADING_COMMANDS:
        sends = any(word.partition("=")[0] in tables.SENDING_OPTIONS for word in options)
        return ShellEffect(writes=() if _prints(name, options) else ("*",), outside=sends, reads_outside=True)
    if name == "git" and paths[:1] == ("clone",):
        return ShellEffect(writes=("*",), reads_outside=True)
    return UNKNOWN


def _listing(path: str) -> tuple[str, ...]:
    bare = path.rstrip("/")
    return (bare, f"{bare}/*") if bare and bare != "." else ("*",)


def _reading(name: str, options: list[str], paths: tuple[str, ...]) -> ShellEffect:
    if name in tables.PATTERN_FIRST:
        program, paths = paths[:1], paths[1:]
        if name in ("awk", "gawk") and program and re.search(r">|system|getline|\|", program[0]):
            return UNKNOWN
        if any(word.startswith(("-r", "-R", "--recursive")) for word in options) and name != "sed":
            paths = tuple(p for path in paths or ("",) for p in _listing(path))
    if name == "sed" and any(word.startswith(("-i", "--in-place")) for word in options):
        return ShellEffect(paths, paths)
    if name == "sort" and any(word.startswith(("-o", "--output")) for word in options):
        return ShellEffect(paths, paths)
    return ShellEffect(reads=paths)


def _packing(name: str, options: list[str], arguments: list[str], paths: tuple[str, ...]) -> ShellEffect:
    letters = "".join(word.lstrip("-") for word in options if not word.startswith("--"))
    if name == "tar":
        letters += arguments[0] if arguments and not arguments[0].startswith("-") else ""
        listing = "t" in letters and "x" not in letters and "c" not in letters
    else:
        listing = name in ("unzip", "gzip", "zstd") and ("l" in letters or "t" in letters)
    if listing or (name in ("gunzip", "gzip", "bunzip2", "unxz") and "c" in letters):
        return ShellEffect(reads=paths)
    return ShellEffect(reads=paths, writes=("*",))


def _prints(name: str, options: list[str]) -> bool:
    """Does a download go to standard output?"""
    if name == "curl":
        return not any(re.match(r"-\w*[oO]|--output|--remote-name", word) for word in options)
    return name == "wget" and any(word in ("-O-", "-qO-", "--spider") for word in options)


def requirements(arguments: list[str]) -> tuple[str, ...]:
    """Return the requirements among the words after `pip install`; files (`-r`), paths and URLs are given as they are
    written."""
    found: list[str] = []
    words = iter(arguments[1:] if arguments[:1] == ["install"] else arguments)
    for word in words:
        if word in ("-r", "--requirement", "-e", "--editable"):
            found.append(f"{word} {next(words, '')}".strip())
        elif word in tables.INSTALL_OPTIONS:
            next(words, None)
        elif not word.startswith("-"):
            found.append(word)
    return tuple(found)
