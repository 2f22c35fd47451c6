"""Records which paths of the notebook's folder a body reads, and turns links into copies before they are written to.

Installed by body.py in the body's process, for good: an audit hook cannot be taken out again. Python's audit events
tell what is opened, listed, made and removed; `os.stat` and its kin, which raise none, are wrapped.
What C code opens by itself is not seen; links of the view are read-only or checked afterwards for that reason.
"""

from __future__ import annotations

import _thread
import functools
import os
import shutil
import stat
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kfnb.errors import KfnbError
from kfnb.launcher.outside_paths import OutsideRecord

if TYPE_CHECKING:
    from collections.abc import Callable
    from collections.abc import Set as AbstractSet

_WRITES = os.O_WRONLY | os.O_RDWR | os.O_TRUNC | os.O_CREAT | os.O_APPEND
_MACHINERY = (
    "<frozen importlib._bootstrap_external>",
    "<frozen importlib._bootstrap>",
    "<frozen zipimport>",
    "/importlib/metadata/__init__.py",
    "/importlib_metadata/__init__.py",
    "/pkgutil.py",
    "/PIL/Image.py",  # asks whether a picture's file exists, to know whether to remove it after an error
)
"""Code that lists and asks about paths without the user's result depending on the answer."""


class NotHere(KfnbError):
    """A body opens a file of the notebook's folder whose bytes are not in this place."""


class PathRecord:
    """The paths (relative, `/` between parts) that a body read in `folder`. Off until `recording` is set.

    `linked` maps paths that are still links to what they link to; they become copies before they are written to.
    `real_folder`: the notebook's folder where `folder` does not lie at its place; writes to it are `written_elsewhere`,
    except to the paths in `real`, which lead there on purpose.

    `withheld`: paths that are there by name only; to open one raises NotHere, and `lacking` has it. Given where the
    real folder is another machine's: `elsewhere` then has what the body named by its absolute path there.
    """

    def __init__(
        self,
        folder: str,
        linked: dict[str, Path],
        real_folder: str | None = None,
        real: AbstractSet[str] = frozenset(),
        withheld: AbstractSet[str] | None = None,
    ) -> None:
        self.recording = False
        self.beyond = OutsideRecord(folder, real_folder)
        self.written_elsewhere: list[str] = []
        self.lacking: dict[str, None] = {}
        self.elsewhere: dict[str, None] = {}
        self._withheld = withheld
        self._real_folder = real_folder
        self._real = real
        self._folder = folder.rstrip("/") + "/"
        self._linked = linked
        self._read: dict[str, None] = {}
        self._own: set[str] = set()
        self._busy: set[int] = set()  # threads that are in here already
        self._handlers: dict[str, Callable[[tuple[Any, ...]], None]] = {
            "open": self._on_open,
            "os.listdir": self._on_list,
            "os.scandir": self._on_list,
            "os.truncate": lambda args: self._writes(args[0], keep=True),
            "sqlite3.connect": lambda args: self._opens(args[0], reads=True, writes=True),
            "os.rename": self._on_rename,
            "os.link": self._on_link,
            "os.symlink": lambda args: self._writes(args[1], keep=True),
            "os.mkdir": self._on_make_folder,
            "os.chmod": lambda args: self._writes(args[0], keep=True),
            "os.chown": lambda args: self._writes(args[0], keep=True),
            "os.utime": lambda args: self._writes(args[0], keep=True),
            "os.remove": self._on_remove,
            "shutil.rmtree": lambda args: self._reads(args[0]),
            "socket.connect": lambda args: self.beyond.connects(args[1]),
            "os.rmdir": self._on_remove,
            "subprocess.Popen": lambda args: self._break_all(),
            "os.system": lambda args: self._break_all(),
            "os.exec": lambda args: self._break_all(),
            "os.posix_spawn": lambda args: self._break_all(),
            "pty.spawn": lambda args: self._break_all(),
        }

    def install(self) -> None:
        """Start listening, for the rest of this process."""
        sys.addaudithook(self._hear)
        for name in ("stat", "lstat", "access", "readlink"):
            function = getattr(os, name)
            wrapped = self._asking(function)
            setattr(os, name, wrapped)
            for able in (os.supports_dir_fd, os.supports_fd, os.supports_follow_symlinks, os.supports_effective_ids):
                if function in able:  # shutil asks these sets what os.stat can do
                    able.add(wrapped)

    def read(self) -> tuple[str, ...]:
        """Return the paths that were opened to be read, listed or asked about before the body itself wrote them."""
        return tuple(self._read)

    def missed(self, path: object) -> None:
        """Take in a path that C code or the import system looked for in vain."""
        inside = self._inside(path)
        if inside is not None and inside not in self._own:
            self._read[inside] = None

    def _hear(self, event: str, args: tuple[Any, ...]) -> None:
        handler = self._handlers.get(event)
        if handler is None or not (self.recording or self.beyond.recording) or _thread.get_ident() in self._busy:
            return
        self._busy.add(_thread.get_ident())
        try:
            handler(args)
        except (OSError, TypeError, ValueError, UnicodeError):
            pass  # the call itself will say what is wrong with its arguments
        finally:
            self._busy.discard(_thread.get_ident())

    def _asking(self, function: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(function)
        def ask(path: Any, *args: Any, **more: Any) -> Any:
            if not self.recording or isinstance(path, int) or _thread.get_ident() in self._busy:
                return function(path, *args, **more)
            try:
                answer = function(path, *args, **more)
            except OSError:
                self._asked(path)
                raise
            # A folder that is there stays there whatever others write into it; only a listing shows that.
            if not (isinstance(answer, os.stat_result) and stat.S_ISDIR(answer.st_mode)):
                self._asked(path)
            return answer

        return ask

    def _asked(self, path: object) -> None:
        self._busy.add(_thread.get_ident())
        try:
            if not _called_by_machinery():
                self._reads(path, asked=True)
        except (OSError, TypeError, ValueError, UnicodeError):
            pass
        finally:
            self._busy.discard(_thread.get_ident())

    def _on_open(self, args: tuple[Any, ...]) -> None:
        path, mode, flags = args
        if isinstance(path, int) or path is None:
            return
        flags = flags if isinstance(flags, int) else 0
        writes = bool(flags & _WRITES) or (isinstance(mode, str) and any(c in mode for c in "wax+"))
        truncates = bool(flags & os.O_TRUNC) or (isinstance(mode, str) and "w" in mode)
        if flags & getattr(os, "O_DIRECTORY", 0):
            return  # what is done with the descriptor says more
        looks = not flags & os.O_WRONLY or bool(flags & (os.O_APPEND | os.O_EXCL))
        self._opens(path, reads=looks and not truncates, writes=writes, keep=not truncates)

    def _opens(self, path: Any, *, reads: bool, writes: bool, keep: bool = True) -> None:
        if reads:
            self._reads(path)
        if writes:
            self._writes(path, keep)

    def _on_list(self, args: tuple[Any, ...]) -> None:
        if not isinstance(args[0], int) and not _called_by_machinery():
            self._reads(args[0] if args[0] is not None else ".")

    def _on_rename(self, args: tuple[Any, ...]) -> None:
        self._reads(args[0])
        self._on_link(args)

    def _on_link(self, args: tuple[Any, ...]) -> None:
        self._writes(args[0], keep=True)
        self._writes(args[1], keep=True)

    def _on_make_folder(self, args: tuple[Any, ...]) -> None:
        inside = self._inside(args[0])
        if inside is not None and inside in self._real and not Path(self._folder + inside).exists():
            Path(self._folder + inside).unlink()  # a link that leads nowhere yet would be in the way
        self._writes(args[0], keep=True)

    def _on_remove(self, args: tuple[Any, ...]) -> None:
        self._reads(args[0])
        self._own_now(args[0])

    def _inside(self, path: Any) -> str | None:
        text = os.fsdecode(path)
        if not text.startswith("/"):
            text = f"{os.getcwd()}/{text}"  # noqa: PTH109 - called for every path that a body touches
        text = os.path.normpath(text)
        if not (text + "/").startswith(self._folder):
            return None
        inside = text[len(self._folder) :] or "."
        return None if "__pycache__" in inside or ".ipynb_checkpoints" in inside else inside

    def _reads(self, path: Any, *, asked: bool = False) -> None:
        inside = self._inside(path)
        if self._withheld is not None:
            self._check_here(path, inside, asked)
        if inside is None:
            if not asked:  # libraries ask about paths all over the machine
                self.beyond.reads(path)
        elif inside not in self._own:
            if self.recording:
                self._read[inside] = None
            self.beyond.inside[inside] = None

    def _check_here(self, path: Any, inside: str | None, asked: bool) -> None:
        """Note what is not at hand in this place, and stop the body from opening it."""
        if inside is None:
            text = os.path.normpath(os.fsdecode(path))
            if self._real_folder is not None and f"{text}/".startswith(f"{self._real_folder}/"):
                self.elsewhere[text] = None
            return
        for withheld in self._withheld or ():
            below = inside.startswith(f"{withheld}/")
            if below or (inside == withheld and not asked and inside not in self._own):
                self.lacking[withheld] = None
                raise NotHere(f"{withheld!r} was not shipped to this place")

    def _own_now(self, path: Any) -> None:
        inside = self._inside(path)
        if inside is not None:
            self._own.add(inside)
        else:
            self.beyond.removes(path)

    def _writes(self, path: Any, keep: bool) -> None:
        if not self.recording:
            return  # the setup of a task: imports
        inside = self._inside(path)
        if inside is None:
            self.beyond.writes(path)
            real, text = self._real_folder, os.path.normpath(os.fsdecode(path))
            own = real is not None and text.startswith(real + "/") and "__pycache__" not in text
            if own and text[len(real or "") + 1 :] not in self._real:
                self.written_elsewhere.append(os.fsdecode(path))
            return
        self._own.add(inside)
        if inside in self._linked:
            self._break(inside, keep)
        elif self._withheld is not None and inside in self._withheld and not keep:
            Path(self._folder + inside).unlink(missing_ok=True)  # it is replaced as a whole

    def _break(self, inside: str, keep: bool) -> None:
        original = self._linked.pop(inside)
        place = Path(self._folder + inside)
        copy = place.with_name(place.name + ".kfnb-copy")
        if keep:
            shutil.copy2(original, copy)
        else:
            copy.touch()
            shutil.copymode(original, copy)
        copy.replace(place)

    def _break_all(self) -> None:
        """Copy before another program starts, which may write anywhere. Links to large files are guarded otherwise."""
        if not self.recording:
            return
        for inside in [i for i in self._linked if not Path(self._folder + i).is_symlink()]:
            self._break(inside, keep=True)


def _called_by_machinery() -> bool:
    frame = sys._getframe(2)
    for _ in range(6):
        if frame.f_code.co_filename.endswith(_MACHINERY):
            return True
        if frame.f_back is None:
            return False
        frame = frame.f_back
    return False
