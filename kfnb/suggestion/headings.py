"""Finds headings in Markdown cells and in the first line of code cells, and makes short names of them.

`parts.py` calls `markdown_headings` and `comment_heading`, `naming.py` the rest.
"""

from __future__ import annotations

import ast
import re
import unicodedata

import msgspec

from kfnb.parsing import parse
from kfnb.suggestion.words import SMALL_WORDS

COMMENT_LEVEL = 7
"""Level of a heading that is a comment: below every Markdown heading."""

LONGEST_NAME = 32


class Heading(msgspec.Struct, frozen=True, kw_only=True):
    """A heading. `level`: 1 to 6, COMMENT_LEVEL for a comment. `text`: as written, without marks of Markdown or HTML.

    `above`: the texts of the headings it stands under, outermost first. `cell`: place of its cell among all cells.
    """

    level: int
    text: str
    cell: int
    above: tuple[str, ...] = ()


# ------------------------------------------------------------------------------------------------------- finding them

_ATX = re.compile(r" {0,3}(#{1,6})(?:[ \t]+(.*?)|(\w.*?))[ \t]*#*[ \t]*")
_UNDERLINE = re.compile(r" {0,3}(=+|-+)[ \t]*")
_NO_TITLE = re.compile(r"\s*(?:[-*+>|]|\d+[.)]\s|$)")
_HTML = re.compile(r"<h([1-6])\b[^>]*>(.*?)</h\1\s*>", re.IGNORECASE | re.DOTALL)
_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})")


def markdown_headings(source: str, cell: int) -> list[Heading]:
    """Return the headings of a Markdown cell in order: `#`, underlined, and HTML ones; none inside code blocks."""
    found: list[tuple[int, int, str]] = [
        (source.count("\n", 0, match.start()), int(match[1]), match[2]) for match in _HTML.finditer(source)
    ]
    before, fence = "", ""
    for number, line in enumerate(source.splitlines()):
        mark = _FENCE.match(line)
        if mark and (not fence or mark[1].startswith(fence)):
            fence = "" if fence else mark[1]
        atx, rule = _ATX.fullmatch(line), _UNDERLINE.fullmatch(line)
        if fence or mark:
            before = ""
        elif atx:
            found.append((number, len(atx[1]), atx[2] or atx[3] or ""))
            before = ""
        elif rule and not _NO_TITLE.match(before):
            found.append((number, 1 if "=" in line else 2, before))
            before = ""
        else:
            before = line
    return [
        Heading(level=level, text=text, cell=cell)
        for _, level, raw in sorted(found, key=lambda heading: heading[0])
        if (text := plain_text(raw))
    ]


_COMMENT = re.compile(
    r"#\s?%%+(?:\s*\[markdown\])?\s*(?P<cell>\S.*)"
    r"|#{2,}\s*(?P<marks>[^#\s].*)"
    r"|#\s+#{1,}\s+(?P<inner>[^#\s].*)"
    r"|#\s*(?:={3,}|-{3,}|\*{3,})\s*(?P<ruled>[^=\-*\s].*)"
)
_BANNER = re.compile(r"#\s*[#=*\-]{4,}\s*")
_LONGEST_TITLE = 80


def comment_heading(source: str, cell: int) -> Heading | None:
    """Return the heading that a code cell begins with (`# %% Title`, `## Title`, `# --- Title ---`), if it has one."""
    lines = [line.strip() for line in source.strip().splitlines()[:2]]
    if not lines:
        return None
    if len(lines) == 2 and _BANNER.fullmatch(lines[0]) and re.match(r"#+\s*\w", lines[1]):
        title = lines[1].strip("#")
    else:
        match = _COMMENT.fullmatch(lines[0])
        title = next((text for text in match.groups() if text), "") if match else ""
    text = plain_text(re.sub(r"[\s#=*\-]+$", "", title))
    if not text or len(text) > _LONGEST_TITLE or text.endswith((".", ",", ";")) or _is_code(text):
        return None
    return Heading(level=COMMENT_LEVEL, text=text, cell=cell)


def _is_code(text: str) -> bool:
    """Return whether a comment is code that was commented out."""
    try:
        body = parse(text).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    prose = (ast.Name, ast.Constant, ast.BinOp, ast.Tuple, ast.BoolOp, ast.Compare)
    return not all(isinstance(node, ast.Expr) and isinstance(node.value, prose) for node in body)


_LINK = re.compile(r"!?\[([^\]]*)\](?:\([^)]*\)|\[[^\]]*\])")
_IMAGE = re.compile(r"\[?!\[[^\]]*\]\([^)]*\)(?:\]\([^)]*\))?")
_TAG = re.compile(r"<[^>]+>")
_ENTITY = re.compile(r"&(?:[a-zA-Z]+|#\d+);")


def plain_text(markdown: str) -> str:
    """Return the words of a piece of Markdown or HTML: no images, links, emphasis, tags."""
    text = _LINK.sub(r"\1", _IMAGE.sub("", markdown))
    text = _ENTITY.sub(" ", _TAG.sub(" ", text))
    text = re.sub(r"(?<!\w)[*_~`$]+|[*_~`$]+(?!\w)|`", "", text)
    return " ".join(text.split())


# -------------------------------------------------------------------------------------------------------------- naming

_NUMBER = re.compile(
    r"""\A\s*(?:
        (?:step|part|section|chapter|task|exercise|phase|cell|etape|partie|teil|schritt|paso|parte)\s+
            (?:\d+|[ivx]+|[a-z])(?:[.:)\-\s]|$)
      | \d+(?:\.\d+)*(?:[.):\-]+\s*|\s+|$)
      | [ivx]+(?:\.\d+)*[.)]\s*
      | \(?[a-z0-9][.)]\s+
    )[\s:.\-–—]*""",
    re.VERBOSE,
)
_LETTERS = str.maketrans({"ß": "ss", "ø": "o", "æ": "ae", "œ": "oe", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ı": "i"})


def short_name(text: str) -> str:
    """Return a heading as a short name of a step, "" if no word is left.

    Numbering and small words go (`3. Train the model` → `train-model`), accents too; where the words are of another
    script than Latin they stay as they are.
    """
    decomposed = unicodedata.normalize("NFKD", text.casefold().translate(_LETTERS))
    plain = "".join(c for c in decomposed if not unicodedata.combining(c)).replace("’", "'")
    unnumbered = _NUMBER.sub("", plain, count=1)
    words = re.findall(r"[a-z0-9]+", re.sub(r"(?<=[a-z])'(?:s|t|re|ve|ll)\b", "", unnumbered or plain))
    if not words:
        kept = "".join(c for c in unicodedata.normalize("NFC", text) if c.isalnum() or c.isspace())
        return "-".join(kept.split())[:LONGEST_NAME].rstrip("-")
    return _joined([word for word in words if word not in SMALL_WORDS] or words)


def _joined(words: list[str]) -> str:
    """Join the first words, at most four, as far as a short name holds them."""
    name = words[0][:LONGEST_NAME]
    for word in words[1:4]:
        if len(name) + 1 + len(word) > LONGEST_NAME:
            break
        name += f"-{word}"
    return name
