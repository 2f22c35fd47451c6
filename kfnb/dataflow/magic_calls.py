"""What IPython's calls for magics and shell lines do, and the plain Python that the analysis reads in their place.

`magics` calls `Rewriter` once a cell's magics are calls (`get_ipython().run_line_magic("time", "x = f()")`). Magics
that hold Python are replaced by that Python, all others by a call `__kfnb_mark__(INDEX, ...)` whose further arguments
are what the magic reads of the notebook's names, and whose INDEX says where in `marks` its effect is described.
Nothing of this is ever run: a task runs the cell's own source in IPython.
"""

from __future__ import annotations

import ast
import re
import string
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

import msgspec

from kfnb.dataflow import shell_lines
from kfnb.dataflow.shell_lines import ShellEffect
from kfnb.dataflow.tables import magics as tables
from kfnb.dataflow.tree_text import tree_text
from kfnb.errors import Fix, Severity
from kfnb.parsing import parse

if TYPE_CHECKING:
    from collections.abc import Callable

MARK = "__kfnb_mark__"
"""Name of the call that stands for a magic; it is no name of the notebook."""

TIMEIT = "__kfnb_timeit__"
"""Name of the function that holds the statements of a `%timeit`, defined, called and deleted on the spot."""

MarkKind = Literal[
    "harmless",
    "holds",
    "reads",
    "writes",
    "outside",
    "chdir",
    "environ",
    "setter",
    "install",
    "run",
    "subnotebook",
    "help",
    "unknown",
]


class Mark(msgspec.Struct, frozen=True):
    """What one magic or shell line does.

    `detail` by `kind`:
    - all kinds: `magic` (its name; `!` for a shell line), `text` (its arguments as written), `reads`, `writes`
      (tuples of path patterns), `outside`, `reads_outside` (bool), `source` (the call that IPython makes of it);
      `kind` is the strongest of outside, writes, reads, harmless where nothing else fits;
    - `setter`: `library`, and `libraries` where there are more (replayed when one of them is first imported;
      "IPython" is there from the start);
    - `chdir`: `path` (None: it depends on more than the text);
    - `environ`: `values` (name → text set, with `{name}` put in at run time), `names` (variables it reads; `*`: all);
    - `install`: `requirements`;
    - `run`, `subnotebook`: `path`, `arguments`, `options`, `module` (bool: run by module name).
    """

    kind: MarkKind
    detail: dict[str, Any]
    line: int


class Problem(msgspec.Struct, frozen=True):
    """A finding about a cell; `line` and `column` count from 1 within the cell."""

    code: str
    severity: Severity
    message: str
    line: int | None = None
    column: int | None = None
    fix: Fix | None = None


@dataclass(frozen=True)
class ParsedCell:
    """A cell as the analysis reads it.

    `tree`: plain Python with the line numbers of the cell, empty where there is an `error`. `plain`: nothing was
    rewritten, so each statement of the tree stands in the source as it is. `runnable`: where not plain, first line
    (decorators included) of each definition that holds a magic → source that runs (magics as the calls IPython makes
    of them). `automagic`: what the cell is when its first word, which is the name of a magic, is bound nowhere above
    (`pwd`, `ls -l`).
    """

    tree: ast.Module
    marks: tuple[Mark, ...] = ()
    problems: tuple[Problem, ...] = ()
    requirements: tuple[str, ...] = ()
    future: tuple[str, ...] = ()
    plain: bool = True
    error: Problem | None = None
    runnable: dict[int, str] = field(default_factory=dict)
    automagic: ParsedCell | None = None

    @cached_property
    def dump(self) -> str:
        """The syntax tree as text: comments and layout do not show in it."""
        return tree_text(self.tree)


def future_imports(tree: ast.Module) -> tuple[str, ...]:
    return tuple(
        alias.name
        for node in tree.body
        if isinstance(node, ast.ImportFrom) and node.module == "__future__"
        for alias in node.names
    )


def ipython_call(node: ast.expr) -> tuple[str, list[str]] | None:
    """(method, texts) if `node` is `get_ipython().method("text", …)` with literal texts."""
    match node:
        case ast.Call(
            func=ast.Attribute(
                value=ast.Call(func=ast.Name(id="get_ipython"), args=[], keywords=[]),
                attr=(
                    "run_line_magic"
                    | "run_cell_magic"
                    | "system"
                    | "getoutput"
                    | "magic"
                    | "system_raw"
                    | "system_piped"
                ) as method,
            ),
            args=arguments,
        ):
            texts = [arg.value for arg in arguments if isinstance(arg, ast.Constant) and isinstance(arg.value, str)]
            return (method, texts) if texts and len(texts) == len(arguments) else None
    return None


def _computes_shell_line(node: ast.Call) -> bool:
    match node.func:
        case ast.Attribute(value=ast.Call(func=ast.Name(id="get_ipython")), attr="system" | "getoutput"):
            return True
    return False


def _interpolated(text: str) -> list[ast.expr]:
    """The expressions that IPython would put into a line: `{expression}` and `$name` outside single quotes."""
    try:
        pieces = list(string.Formatter().parse(text))
    except ValueError:
        return []
    found: list[ast.expr] = []
    for literal, expression, _, _ in pieces:
        for match in re.finditer(r"\$(\$?[\w.]+)(?=([^']*'[^']*')*[^']*$)", literal):
            if match[1].split(".")[0].isidentifier():
                found.append(ast.Name(match[1].split(".")[0], ast.Load()))
        if expression:
            try:
                found.append(parse(expression.strip(), mode="eval").body)
            except (SyntaxError, ValueError):
                continue
    return found


def _words(text: str) -> list[str]:
    return re.findall(r"\"[^\"]*\"|'[^']*'|\S+", text)


def _without_options(text: str, valued: str) -> str:
    """`text` without leading `-x`, `-x value` and `--name` options; letters of `valued` take a value."""
    rest = text.lstrip()
    while match := re.match(r"--?([A-Za-z][\w-]*)\S*\s*", rest):
        letter = match[1][0]
        rest = rest[match.end() :]
        if not match[0].startswith("--") and letter in valued and len(match[0].strip()) == 2:
            rest = re.sub(r"^\S+\s*", "", rest, count=1)
    return rest


class Rewriter(ast.NodeTransformer):
    """Replaces IPython's calls in a tree; collects marks, problems and requirements of one cell."""

    def __init__(self, parse: Callable[[str], ParsedCell]) -> None:
        """`parse` parses Python that a magic holds."""
        self.parse = parse
        self.marks: list[Mark] = []
        self.problems: list[Problem] = []
        self.requirements: list[str] = []
        self.runnable: dict[int, str] = {}

    # entry points

    def cell(self, tree: ast.Module, offset: int) -> ParsedCell:
        """Return the parsed cell whose text, `offset` lines below its start, has the syntax tree `tree`."""
        if offset:
            ast.increment_lineno(tree, offset)
        self._keep_runnable(tree)
        try:
            body = self._block(tree.body)
        except _Broken as broken:
            return ParsedCell(ast.Module([], []), plain=False, error=broken.problem)
        return self._result(body)

    def cell_magic(self, lines: list[str], offset: int) -> ParsedCell:
        """Return the parsed cell that begins with `%%`."""
        name, _, argument = lines[0][2:].rstrip().partition(" ")
        try:
            body = self._cell_magic(name, argument, "".join(lines[1:]), offset + 1)
        except _Broken as broken:
            return ParsedCell(ast.Module([], []), plain=False, error=broken.problem)
        return self._result(body)

    def _result(self, body: list[ast.stmt]) -> ParsedCell:
        tree = ast.fix_missing_locations(ast.Module(body, []))
        return ParsedCell(
            tree,
            tuple(self.marks),
            tuple(self.problems),
            tuple(self.requirements),
            future_imports(tree),
            plain=False,
            runnable=self.runnable,
        )

    def _keep_runnable(self, tree: ast.Module) -> None:
        for node in ast.walk(tree):
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)) and any(
                isinstance(inner, ast.expr) and ipython_call(inner) for inner in ast.walk(node)
            ):
                first = min([node.lineno, *(d.lineno for d in node.decorator_list)])
                self.runnable[first] = ast.unparse(node)

    # statements and expressions

    def _block(self, statements: list[ast.stmt]) -> list[ast.stmt]:
        result: list[ast.stmt] = []
        for statement in statements:
            visited = self.visit(statement)
            result += visited if isinstance(visited, list) else [visited]
        return result

    def visit_Expr(self, node: ast.Expr) -> ast.stmt | list[ast.stmt]:
        call = ipython_call(node.value)
        return self.generic_visit(node) if call is None else self._statement(*call, node, None)  # type: ignore[return-value]

    def visit_Assign(self, node: ast.Assign) -> ast.stmt | list[ast.stmt]:
        call = ipython_call(node.value)
        return self.generic_visit(node) if call is None else self._statement(*call, node, node.targets)  # type: ignore[return-value]

    def visit_Call(self, node: ast.Call) -> ast.expr:
        call = ipython_call(node)
        if call is None:
            self.generic_visit(node)
            return self._computed(node) if _computes_shell_line(node) else node
        body = self._statement(*call, ast.copy_location(ast.Expr(node), node), None)
        last = body[-1] if len(body) == 1 else None
        return last.value if isinstance(last, ast.Expr) else node  # Python of several statements has no value

    def _statement(
        self, method: str, texts: list[str], node: ast.stmt, targets: list[ast.expr] | None
    ) -> list[ast.stmt]:
        line = node.lineno
        if method == "run_cell_magic":
            body = self._cell_magic(texts[0], texts[1], texts[2], line) if len(texts) == 3 else []
        elif method in ("run_line_magic", "magic"):
            name, argument = [*texts, ""][:2] if method == "run_line_magic" else _split_magic(texts[0])
            body = self._line_magic(name, argument, line)
        else:
            body = [self._shell_line(texts[0], line)]
        for statement in body:
            _place(statement, node)
        if targets is not None and body and isinstance(body[-1], ast.Expr):
            body[-1] = ast.copy_location(ast.Assign(targets, body[-1].value), node)
        elif targets is not None:
            body.append(ast.copy_location(ast.Assign(targets, ast.Constant(None)), node))
        return body

    def _computed(self, node: ast.Call) -> ast.expr:
        """A shell line that is put together by Python (`get_ipython().system(f"…")`): it may do anything."""
        effect = shell_lines.UNKNOWN
        source = ast.unparse(node)
        common = {"magic": "!", "text": source, "source": source, "reads": effect.reads, "writes": effect.writes}
        mark = self._mark("outside", node.lineno, list(node.args), **common, outside=True)
        assert isinstance(mark, ast.Expr)
        return ast.copy_location(mark.value, node)

    def _mark(self, kind: MarkKind, line: int, looks: list[ast.expr] | None = None, /, **detail: Any) -> ast.stmt:
        whole = {"reads": (), "writes": (), "outside": False, "reads_outside": False, **detail}
        self.marks.append(Mark(kind, whole, line))
        call = ast.Call(ast.Name(MARK, ast.Load()), [ast.Constant(len(self.marks) - 1), *(looks or [])], [])
        return _at(ast.Expr(call), line)

    def _python(self, text: str, line: int) -> list[ast.stmt]:
        """The statements of Python that a magic holds, whose first line is line `line` of the cell; magics in it
        too."""
        parsed = self.parse("\n" * (line - 1) + text)
        if parsed.error is not None:
            raise _Broken(parsed.error)
        base = len(self.marks)
        self.marks += parsed.marks
        self.problems += parsed.problems
        self.requirements += parsed.requirements
        self.runnable |= parsed.runnable
        for node in ast.walk(parsed.tree):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == MARK:
                index = node.args[0]
                assert isinstance(index, ast.Constant)
                node.args[0] = ast.copy_location(ast.Constant(int(str(index.value)) + base), index)
        return parsed.tree.body

    # magics

    def _shell_line(self, text: str, line: int, name: str = "!") -> ast.stmt:
        effect = shell_lines.read_shell(text.lstrip("!"))
        return self._effect(effect, text, line, name, f"get_ipython().system({text!r})", _interpolated(text))

    def _effect(
        self, effect: ShellEffect, text: str, line: int, name: str, source: str, reads: list[ast.expr]
    ) -> ast.stmt:
        if effect.background:
            self._problem(
                "KF257", "warning", f"`{text.strip()}` goes on running after its cell; a task ends with its step.", line
            )
        kind: MarkKind = (
            "outside" if effect.outside
            else "install" if effect.installs
            else "writes" if effect.writes
            else "reads" if effect.reads or effect.reads_outside
            else "harmless"
        )  # fmt: skip
        if effect.installs:
            self._install(effect.requirements, text, line)
        return self._mark(
            kind,
            line,
            reads,
            magic=name,
            text=text,
            source=source,
            requirements=effect.requirements,
            reads=effect.reads,
            writes=effect.writes,
            outside=effect.outside,
            reads_outside=effect.reads_outside,
        )

    def _install(self, requirements: tuple[str, ...], text: str, line: int) -> None:
        self.requirements += requirements
        if requirements:
            what = ", ".join(requirements)
            message = f"`{text.strip()}` is not run: {what} joins the packages of this step and all later ones."
            self._problem("KF255", "hint", message, line)

    def _problem(self, code: str, severity: Severity, message: str, line: int, fix: str | None = None) -> None:
        self.problems.append(Problem(code, severity, message, line, None, Fix(fix) if fix else None))

    def _line_magic(self, name: str, argument: str, line: int) -> list[ast.stmt]:
        rule = tables.LINE_MAGICS.get(name, "unknown")
        reads = [] if name in tables.NOT_EXPANDED else _interpolated(argument)
        source = f"get_ipython().run_line_magic({name!r}, {argument!r})"
        common: dict[str, Any] = {"magic": name, "text": argument, "source": source}
        if rule == "python":
            return self._python(_without_options(argument, tables.VALUE_OPTIONS.get(name, "")), line)
        if rule == "timeit":
            return self._timeit("", _without_options(argument, tables.VALUE_OPTIONS["timeit"]), line, line)
        if rule in ("shell", "alias"):
            command = argument if rule == "shell" else f"{_ALIASES.get(name, name)} {argument}"
            return [self._effect(shell_lines.read_shell(command), command, line, name, source, reads)]
        if rule == "install":
            effect = shell_lines.read_shell(f"{name} {argument}")
            return [self._effect(effect, f"{name} {argument}", line, name, source, reads)]
        if rule == "chdir":
            path = argument.strip().strip("'\"")
            fixed = name in ("cd", "pushd") and path and not reads and not path.startswith(("-", "~", "$"))
            return [self._mark("chdir", line, reads, path=path if fixed else None, **common)]
        if rule == "environ":
            return [self._environ(argument, line, reads, common)]
        if rule == "setter":
            return [self._setter(name, argument, line, reads, common)]
        if rule == "help":
            return [self._help(argument, line, common)]
        if rule == "reads":
            paths = tuple(word.strip("'\"") for word in _words(argument) if not word.startswith("-"))
            return [self._mark("reads", line, reads, reads=paths, **common)]
        if rule == "run":
            return [self._run(argument, line, reads, common)]
        if rule == "delete":
            names = [word for word in _words(argument) if word.isidentifier()]
            return [_at(ast.Delete([ast.Name(word, ast.Del()) for word in names]), line)] if names else []
        return [self._other(rule, f"%{name}", argument, line, reads, common)]

    def _other(
        self, rule: str, shown: str, argument: str, line: int, reads: list[ast.expr], common: dict[str, Any]
    ) -> ast.stmt:
        """Magics that are harmless, refused or unknown."""
        if rule == "harmless" and not (common["magic"] == "watermark" and "-iv" in argument.split()):
            return self._mark("harmless", line, reads, **common)
        if shown.startswith("%%") and not common["source"].startswith("get_ipython().run_cell"):
            message = f"`{shown}` does not stand on the first line of its cell, so IPython does not find it."
            self._problem("KF252", "error", message, line, "Make it the first line, above comments too.")
        elif rule == "unknown":
            message = f"`{shown}` is not a magic that kfnb knows: it cannot tell which names it reads and binds."
            fix = "Say so with `uses:NAME` and `binds:NAME` tags on the cell, or write it in Python."
            self._problem("KF252", "error", message, line, fix)
        elif rule == "refused":
            message = f"`{shown}` binds or deletes names that cannot be known before it runs."
            self._problem(
                "KF253", "error", message, line, "Remove it, or name the imports or `del` the names in Python."
            )
        else:
            message = f"`{shown}` looks beyond its step: it works on other cells, the history or all names at once."
            self._problem("KF251", "error", message, line, "Remove it or tag the cell `skip`.")
        return self._mark("unknown", line, reads, **common)

    def _environ(self, argument: str, line: int, reads: list[ast.expr], common: dict[str, Any]) -> ast.stmt:
        separator = "=" if "=" in argument else " "
        name, _, value = (part.strip() for part in argument.strip().partition(separator))
        values = {name: value} if value or separator == "=" else {}
        names = () if values else ((name,) if name else ("*",))
        return self._mark("environ", line, reads, values=values, names=names, **common)

    def _setter(self, name: str, argument: str, line: int, reads: list[ast.expr], common: dict[str, Any]) -> ast.stmt:
        libraries = tables.SETTER_LIBRARIES.get(name, ("IPython",))
        if name == "config":
            if "=" not in argument:
                return self._mark("harmless", line, reads, **common)
            libraries = (tables.CONFIG_LIBRARIES.get(argument.strip().partition(".")[0], "IPython"),)
            value = argument.partition("=")[2].strip()
            reads = [*reads, *_expression(value)]
        if name == "matplotlib" and argument.strip() in ("-l", "--list"):
            return self._mark("harmless", line, reads, **common)
        return self._mark("setter", line, reads, library=libraries[0], libraries=libraries, **common)

    def _help(self, argument: str, line: int, common: dict[str, Any]) -> ast.stmt:
        root = re.match(r"[A-Za-z_]\w*", argument.strip())
        reads: list[ast.expr] = [ast.Name(root[0], ast.Load())] if root and "*" not in argument else []
        return self._mark("help", line, reads, **common)

    def _run(self, argument: str, line: int, reads: list[ast.expr], common: dict[str, Any]) -> ast.stmt:
        words = _words(argument)
        options: list[str] = []
        while words and words[0].startswith("-"):
            option = words.pop(0)
            options.append(option)
            if option == "-m" or (option in ("-l", "-s", "-T", "-b", "-N") and words):
                break
        path = words[0].strip("'\"") if words else ""
        module = "-m" in options
        kind: MarkKind = "subnotebook" if path.endswith(".ipynb") else "run"
        if not module and not path.endswith((".py", ".ipynb", ".ipy")):
            path += ".py"
        detail = {"path": path, "arguments": tuple(words[1:]), "options": tuple(options), "module": module}
        return self._mark(kind, line, reads, reads=() if module else (path,), **common, **detail)

    def _cell_magic(self, name: str, argument: str, body: str, line: int) -> list[ast.stmt]:
        """Statements for `%%name argument` on line `line`, with the body below it."""
        rule = tables.CELL_MAGICS.get(name, "unknown")
        reads = [] if name in tables.NOT_EXPANDED else _interpolated(argument)
        source = f"get_ipython().run_cell_magic({name!r}, {argument!r}, {body!r})"
        common: dict[str, Any] = {"magic": name, "text": argument, "source": source}
        if rule == "python":
            return self._python(body, line + 1)
        if rule == "timeit":
            setup = _without_options(argument, tables.VALUE_OPTIONS["timeit"])
            return self._timeit(setup, body, line, line + 1)
        if rule == "capture":
            return self._capture(argument, body, line, common)
        if rule == "shell":
            return [self._effect(shell_lines.read_script(body), body, line, name, source, reads)]
        if rule == "script":
            return self._script(name, argument, body, line, reads, common)
        if rule == "holds":
            return [self._mark("holds", line, reads, **common)]
        if rule == "setter":
            return [self._mark("setter", line, reads, library="IPython", libraries=("IPython",), **common)]
        if rule == "writefile":
            words = _words(argument)
            path = tuple(word.strip("'\"") for word in words if word not in ("-a", "--append"))[-1:]
            path = tuple(re.sub(r"\{[^{}]*\}|\$\w+", "*", part) for part in path)
            appended = path if len(words) > len(path) else ()
            return [self._mark("writes", line, reads, reads=appended, writes=path, **common)]
        return [self._other(rule, f"%%{name}", argument, line, reads, common)]

    def _timeit(self, setup: str, text: str, line: int, text_line: int) -> list[ast.stmt]:
        common = {"magic": "timeit", "text": text, "source": ""}
        body = [*self._python(setup, line), *self._python(text, text_line)]
        if len(body) == 1 and isinstance(body[0], ast.Expr):
            return [self._mark("harmless", line, [body[0].value], **common)]
        if not body:
            return [self._mark("harmless", line, **common)]
        name = f"{TIMEIT}{len(self.marks)}"
        function = parse(f"def {name}(): pass").body[0]
        assert isinstance(function, ast.FunctionDef)
        function.body = body
        call = ast.Call(ast.Name(name, ast.Load()), [], [])
        mark = self._mark("harmless", line, [call], **common)
        return [_at(function, line), mark, _at(ast.Delete([ast.Name(name, ast.Del())]), line)]

    def _capture(self, argument: str, body: str, line: int, common: dict[str, Any]) -> list[ast.stmt]:
        statements = self._python(body, line + 1)
        output = next((word for word in _words(argument) if not word.startswith("-")), None)
        if output is None or not output.isidentifier():
            return statements
        if statements and isinstance(statements[-1], ast.Expr):
            # shown within the capture, not thrown away
            shown = self._mark("harmless", statements[-1].lineno, [statements[-1].value], **common)
            statements[-1] = shown
        mark = self._mark("harmless", line, **common)
        assert isinstance(mark, ast.Expr)
        if body.rstrip().endswith(";"):
            # IPython then deletes the name where there is one
            gone = ast.Delete([ast.Name(output, ast.Del())])
            return [*statements, _at(ast.If(mark.value, [gone], []), line)]
        return [*statements, _at(ast.Assign([ast.Name(output, ast.Store())], mark.value), line)]

    def _script(
        self, name: str, argument: str, body: str, line: int, reads: list[ast.expr], common: dict[str, Any]
    ) -> list[ast.stmt]:
        words = _words(argument)
        shell = name in ("bash", "sh") or (name == "script" and any(word in ("bash", "sh") for word in words[:2]))
        effect = shell_lines.read_script(body) if shell else shell_lines.UNKNOWN
        if "--bg" in words:
            effect = shell_lines.combine([effect, ShellEffect(background=True)])
        mark = self._effect(effect, body, line, name, common["source"], reads)
        bound = [words[place + 1] for place, word in enumerate(words[:-1]) if word in ("--out", "--err", "--proc")]
        bound += [word.partition("=")[2] for word in words if re.match(r"--(out|err|proc)=", word)]
        names = [word for word in bound if word.isidentifier()]
        if not names or not isinstance(mark, ast.Expr):
            return [mark]
        return [_at(ast.Assign([ast.Name(word, ast.Store()) for word in names], mark.value), line)]


_ALIASES = {"ll": "ls", "lf": "ls", "lk": "ls", "lx": "ls", "ldir": "ls"}


class _Broken(Exception):
    """Python held by a magic does not parse."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        super().__init__(problem.message)


def _split_magic(text: str) -> tuple[str, str]:
    name, _, argument = text.strip().removeprefix("%").partition(" ")
    return name, argument


def _expression(text: str) -> list[ast.expr]:
    try:
        return [parse(text, mode="eval").body]
    except (SyntaxError, ValueError):
        return []


def _at(node: ast.stmt, line: int) -> ast.stmt:
    node.lineno = node.end_lineno = line
    node.col_offset = node.end_col_offset = 0
    for inner in ast.walk(node):
        if isinstance(inner, (ast.expr, ast.stmt)) and not hasattr(inner, "lineno"):
            ast.copy_location(inner, node)
    return node


def _place(statement: ast.stmt, node: ast.stmt) -> None:
    if not hasattr(statement, "lineno"):
        ast.copy_location(statement, node)
    ast.fix_missing_locations(statement)
