"""Walks calls of imported functions and builtins: what they change, draw, set, read, write and give back, by
`tables/`."""

from __future__ import annotations

import ast

from msgspec.structs import replace

from kfnb.dataflow import paths
from kfnb.dataflow.calls import Arguments, CallWalker, begins_with
from kfnb.dataflow.tables import changers, copies, files, iterators, lookers, random, setters, types
from kfnb.dataflow.values import UNKNOWN, Token, Value, merge

_LOOKS_FOR_DEFINITIONS = (
    "doctest.",
    "unittest.",
    "pickle.loads",
    "dill.loads",
    "pickle.load",
    "pickle.Unpickler",
    "joblib.load",
    "dill.load",
    "cloudpickle.load",
    "torch.load",
    "pandas.read_pickle",
    "numpy.load",
    "shelve.",
)
_FUNCTION_MAKERS = frozenset(
    {"functools.partial", "functools.wraps", "functools.lru_cache", "functools.cache", "numpy.vectorize"}
)
_TRANSPARENT = frozenset(
    {"enumerate", "reversed", "zip", "iter", "sorted", "list", "tuple", "set", "tqdm.tqdm", "tqdm.auto.tqdm"}
)
_HERE = frozenset({"os.getcwd", "pathlib.Path.cwd"})
_SAME_PATH = frozenset(
    {"str", "os.fspath", "os.path.abspath", "os.path.realpath", "os.path.normpath", "os.path.expanduser"}
)
_PATH_TYPES = frozenset({"pathlib.Path", "pathlib.PurePath", "pathlib.PosixPath", "pathlib.PurePosixPath"})
_RECEIVERS = tuple(f"{receiver}." for receiver in setters.SETTER_RECEIVERS)
_LOGS = tuple(f"logging.getLogger.{n}" for n in ("debug", "info", "warn", "error", "critical", "exception", "log"))
_LOGGING_SETTERS = frozenset(
    ["setLevel", "addHandler", "removeHandler", "setFormatter", "addFilter", "removeFilter", "propagate", "handlers"]
)
_CHANGERS = tuple(changers.ARGUMENT_CHANGER_PREFIXES)
_ENVIRONMENT = "os.environ"
_SEARCH_PATH = "sys.path"


class LibraryCallWalker(CallWalker):
    """Evaluates calls of imported functions and builtins."""

    def _library(self, dotted: str, arguments: Arguments, discarded: bool) -> Value:
        node = arguments.node
        for value in arguments.all:
            self.use_instance(value, node)
        if dotted.startswith(_LOOKS_FOR_DEFINITIONS):
            self.record.needs_definitions = True
        if dotted in self.book.stateful:
            self.effect("module-state", dotted.split(".")[0], node)
        self._library_random(dotted, arguments)
        self._library_paths(dotted, arguments)
        self._library_changes(dotted, arguments, discarded)
        self._library_effects(dotted, arguments, discarded)
        self._keywords(arguments)
        if dotted in iterators.CONSUMERS:
            self._use_up(arguments)
        if dotted in ("print", "display", "IPython.display.display"):
            self.effect("shows", "", node)
        result = self._library_result(dotted, arguments)
        if "out" in arguments.named:
            result = replace(result, tokens=result.tokens | arguments.named["out"].tokens, kind=None)
        return result

    def _use_up(self, arguments: Arguments) -> None:
        for value in arguments.all:
            if value.kind == "iterator":
                self.use_up(value, arguments.node)

    def _keywords(self, arguments: Arguments) -> None:
        """Values handed in under a name that a callee writes to: `out=`, `ax=`, `random_state=`."""
        for name, value in arguments.named.items():
            if name in changers.CHANGED_KEYWORDS:
                self.change(value, arguments.node)

    def _library_random(self, dotted: str, arguments: Arguments) -> None:
        node = arguments.node
        if dotted in random.SEEDERS:
            kind = "seed" if arguments.positional or arguments.named else "unseed"
            self.effect(kind, random.SEEDERS[dotted], node)
        for provider in random.SEEDS_ALL.get(dotted, ()):
            self.effect("seed", provider, node)
        if dotted in random.DRAWERS:
            self.effect("draw", random.DRAWERS[dotted], node)
        if dotted in random.DRAWERS_UNLESS:
            provider, parameters = random.DRAWERS_UNLESS[dotted]
            if not any(arguments.given(p) for p in parameters):
                self.effect("draw", provider, node)
        if dotted in random.UNSEEDED_ESTIMATORS and not any(
            arguments.given(p) for p in random.UNSEEDED_ESTIMATORS[dotted]
        ):
            needed = random.UNSEEDED_ONLY_WITH.get(dotted)
            if needed is None or any(arguments.given(p) for p in needed):
                self.effect("unseeded", "numpy.random", node)
        if dotted.startswith(("sklearn.model_selection.cross_val", "sklearn.model_selection.learning_curve")):
            self.effect("draw-if-unseeded", "numpy.random", node)
        self._draws_later(dotted, arguments)
        drawing = dotted.startswith("scipy.stats.") and dotted.endswith((".rvs", ".resample"))
        if drawing and not any(arguments.given(p) for p in ("random_state", "seed", "rng")):
            self.effect("draw", "numpy.random", node)
        if dotted in ("random.getstate", "numpy.random.get_state"):
            self.effect("draw", "random" if dotted.startswith("random") else "numpy.random", node)

    def _draws_later(self, dotted: str, arguments: Arguments) -> None:
        """Modules that draw when they are made, and what draws whenever it is used (`StepWalker` sees to its uses)."""
        if prefix := begins_with(dotted, tuple(random.DRAWER_PREFIXES)):
            self.effect("draw", random.DRAWER_PREFIXES[prefix], arguments.node)
        if prefix := begins_with(dotted, tuple(random.DRAWS_LATER_PREFIXES)):
            self.effect("draws-later", random.DRAWS_LATER_PREFIXES[prefix], arguments.node)
        provider, parameters = random.DRAWS_LATER.get(dotted, (None, ()))
        if provider and not any(arguments.given(p) for p in parameters):
            self.effect("draws-later", provider, arguments.node)
        provider, parameters = random.DRAWS_LATER_WITH.get(dotted, (None, ()))
        if provider and any(arguments.given(p) for p in parameters):
            self.effect("draws-later", provider, arguments.node)

    def _library_paths(self, dotted: str, arguments: Arguments) -> None:
        node = arguments.node
        if dotted in files.MODE_CALLS or dotted == "open":
            self._mode_call(dotted, arguments)
            return
        if dotted in files.PATH_READERS:
            self._library_path("reads", files.PATH_READERS[dotted], arguments)
        for place in files.PATH_WRITERS.get(dotted, ()):
            self._library_path("writes", place, arguments)
        if dotted in ("os.listdir", "os.scandir", "os.walk") and not arguments.all:
            self.effect("reads", "", node)

    def _library_path(self, kind: str, place: int, arguments: Arguments) -> None:
        value = arguments.positional[place] if place < len(arguments.positional) else None
        if value is None:
            value = next((v for k, v in arguments.named.items() if k in files.PATH_KEYWORDS), None)
        if value is not None and value.kind not in ("file", "iterator", "buffer", "number"):
            self.path_effect(kind, value.path, arguments.node)

    def _mode_call(self, dotted: str, arguments: Arguments) -> None:
        place, mode_place, default = files.MODE_CALLS.get(dotted, (0, 1, "r"))
        value = arguments.positional[place] if place < len(arguments.positional) else None
        if value is None:
            value = next((v for k, v in arguments.named.items() if k in files.PATH_KEYWORDS), UNKNOWN)
        if value.kind in ("buffer", "number"):
            return
        mode = arguments.literal(mode_place, "mode")
        given = mode_place < len(arguments.node.args) or "mode" in arguments.named
        self._open(value.path, mode if given else default, arguments.node)

    def _open(self, path: str | None, mode: object, node: ast.AST) -> None:
        text = mode if isinstance(mode, str) else "r" if mode is ... and not isinstance(node, ast.Call) else "r+"
        if mode is ... and isinstance(node, ast.Call) and not self._has_mode(node):
            text = "r"
        if "r" in text or "+" in text or "a" in text:
            self.path_effect("reads", path, node)
        if any(letter in text for letter in "wax+"):
            self.path_effect("writes", path, node)

    @staticmethod
    def _has_mode(node: ast.Call) -> bool:
        return bool(node.args) or any(k.arg == "mode" for k in node.keywords)

    def _library_changes(self, dotted: str, arguments: Arguments, discarded: bool) -> None:
        node = arguments.node
        places = changers.ARGUMENT_CHANGERS.get(dotted)
        if places is None:
            prefix = begins_with(dotted, _CHANGERS)
            places = changers.ARGUMENT_CHANGER_PREFIXES[prefix] if prefix else ()
        changed = [arguments.positional[p] for p in places if p < len(arguments.positional)]
        for value in changed:
            if value.kind == "iterator":
                self.use_up(value, node)
            else:
                self.change(value, node)
        if changed:
            self.share(*changed, *arguments.all)
        looks = (
            dotted in lookers.LOOKER_CALLS
            or begins_with(dotted, lookers.LOOKER_PREFIXES)
            or dotted in setters.NO_EFFECT_CALLS
        )
        if discarded and not looks and dotted not in setters.SETTER_CALLS and dotted not in files.PATH_READERS:
            for value in arguments.all:
                self.change(value, node)

    def _library_effects(self, dotted: str, arguments: Arguments, discarded: bool) -> None:
        node = arguments.node
        if dotted in setters.SETTER_CALLS:
            self.effect("setter", setters.SETTER_CALLS[dotted], node)
        elif (library := self._setter_receiver(dotted)) is not None:
            self.effect("setter", library, node)
        elif dotted == "importlib.reload" and arguments.positional and arguments.positional[0].dotted:
            self.effect("module", arguments.positional[0].dotted.split(".")[0], node)
        elif dotted in ("os.chdir", "contextlib.chdir"):
            self.effect("state", "cwd", node)
        elif dotted in ("os.putenv", "os.unsetenv") or (
            dotted.startswith(_ENVIRONMENT + ".")
            and dotted.rsplit(".", 1)[1] in ("update", "setdefault", "pop", "clear", "popitem")
        ):
            self.effect("environ", "", node)
        elif dotted.startswith(_SEARCH_PATH + "."):
            if dotted.rsplit(".", 1)[1] in ("append", "insert", "extend", "remove", "pop"):
                self.effect("sys.path", "", node)
        elif dotted in setters.OUTSIDE_READS:
            self.effect("reads-outside", dotted, node)
        elif dotted in setters.OUTSIDE_CALLS or begins_with(dotted, setters.OUTSIDE_PREFIXES):
            self.effect("outside", dotted, node)
            self.effect("reads", paths.ANY, node)
            self.effect("writes", paths.ANY, node)
        elif discarded:
            self._discarded_library_call(dotted, arguments)

    def _setter_receiver(self, dotted: str) -> str | None:
        if dotted.startswith(_RECEIVERS):
            looks = dotted.startswith(_LOGS) or dotted.rsplit(".", 1)[-1].startswith(("get", "is", "has"))
            if not looks:
                return next(n for r, n in setters.SETTER_RECEIVERS.items() if dotted.startswith(r + "."))
        if dotted.startswith("logging.") and dotted.rsplit(".", 1)[-1] in _LOGGING_SETTERS:
            return "logging"
        return None

    def _discarded_library_call(self, dotted: str, arguments: Arguments) -> None:
        root = dotted.split(".", 1)[0]
        if dotted in setters.NO_EFFECT_CALLS or begins_with(dotted, setters.NO_EFFECT_PREFIXES):
            return
        if (
            dotted in lookers.LOOKER_CALLS
            or dotted in files.PATH_READERS
            or dotted in files.PATH_WRITERS
            or dotted in random.SEEDERS
        ):
            return
        if (
            dotted in random.DRAWERS
            or dotted in changers.ARGUMENT_CHANGERS
            or dotted in random.SEEDS_ALL
            or "." not in dotted
        ):
            return
        if root in self.book.local_modules:
            if dotted not in self.book.stateful:
                self.effect("outside", dotted, arguments.node)
        elif not any(value.tokens for value in arguments.all):
            self.effect("outside", dotted, arguments.node)

    def _library_result(self, dotted: str, arguments: Arguments) -> Value:
        positional = arguments.positional
        if dotted == "type" and len(positional) == 1:
            return self.class_of(positional[0])
        if dotted == "type":  # `type("Name", bases, members)`: the class holds its members
            return Value(merge(arguments.all).tokens | {Token()})
        if dotted in setters.SETTER_RECEIVERS or (dotted.startswith("logging.") and dotted.split(".")[1][:1].isupper()):
            return Value(dotted=dotted)
        if dotted in _HERE:
            return Value(kind="path", path="")
        if dotted == "os.path.join":
            return Value(kind="text", path=paths.joined(*(v.path for v in positional)))
        if dotted in _PATH_TYPES:
            return Value(kind="path", path=paths.joined(*(v.path for v in positional)) if positional else "")
        if dotted in _SAME_PATH and positional:
            return Value(kind="text", path=positional[0].path)
        if dotted in ("zipfile.ZipFile", "tarfile.open"):
            return Value(frozenset([Token()]), kind="archive")
        if dotted.startswith("ipywidgets.") or (dotted.endswith("display") and "display_id" in arguments.named):
            return Value(frozenset([Token()]), kind="handle")
        if dotted in ("io.StringIO", "io.BytesIO"):
            return Value(frozenset([Token()]), kind="buffer")
        if dotted in random.GENERATOR_MAKERS:
            return Value(frozenset([Token()]), kind="rng")
        if dotted in ("glob.glob", "os.listdir"):
            return Value(kind="list", path=paths.ANY)
        if dotted == "range":
            return Value(kind="range")
        if dotted in iterators.ITERATOR_MAKERS:
            return Value(merge(arguments.all).tokens | {Token()}, kind="iterator")
        if dotted in types.IMMUTABLE_CONSTRUCTORS:
            return Value(
                kind="text" if dotted in ("str", "repr", "format", "input") else "number",
                path=positional[0].path if dotted == "str" and positional else None,
            )
        kind = types.RESULT_KINDS.get(dotted)
        if kind == "pandas" or dotted.startswith(("pandas.read_", "pandas.DataFrame", "pandas.Series")):
            return Value(kind="frame")
        if kind == "figure" or dotted.startswith(("matplotlib.pyplot.subplots", "matplotlib.pyplot.figure")):
            return Value(frozenset([Token()]), kind="figure")
        if (
            dotted in copies.COPYING_CALLS
            or begins_with(dotted, copies.COPYING_PREFIXES)
            or begins_with(dotted, copies.IMMUTABLE_RESULT_PREFIXES)
        ):
            return Value(kind="fresh" if kind != "container" else "list")
        merged = merge(arguments.all)
        if dotted in _FUNCTION_MAKERS:
            maker = "partial" if dotted == "functools.partial" else None
            return Value(merged.tokens, kind=maker, functions=merged.functions, instances=merged.instances)
        if dotted in _TRANSPARENT:
            return Value(
                merged.tokens,
                kind="list",
                path=paths.ANY if any(v.path is not None for v in positional) else None,
                instances=merged.instances,
            )
        if dotted == "collections.defaultdict":
            return Value(merged.tokens | {Token()}, kind="defaultdict", functions=merged.functions)
        if dotted in ("dict", "collections.OrderedDict", "collections.Counter"):
            return Value(merged.tokens, kind="dict")
        if dotted in ("getattr", "super"):
            return Value(merged.tokens)
        return Value(merged.tokens, instances=merged.instances if dotted in ("copy.copy", "max", "min") else ())

    def path_effect(self, kind: str, path: str | None, node: ast.AST) -> None:
        """Note that a path is read or written."""
        pattern = paths.ANY if path is None else path
        if paths.is_url(pattern):
            self.effect("outside" if kind == "writes" else "reads-outside", pattern, node)
        else:
            self.effect(kind, pattern, node)
