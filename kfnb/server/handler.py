"""What all addresses of the server have in common: who may ask, how a request is read, and what becomes of an error.

Whatever takes time runs in threads of `Desk`, so that the server goes on meanwhile.
"""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeVar, cast

import msgspec
from jupyter_core.paths import is_hidden
from jupyter_server.auth.decorator import authorized
from jupyter_server.base.handlers import APIHandler
from jupyter_server.services.contents.fileio import FileManagerMixin
from tornado.web import HTTPError, authenticated

from kfnb.errors import KfnbError, LeaseHeld, MaybeLiving, NotFound, Outdated, OutsideError, Refused, WrongCall
from kfnb.server.documents import Failure
from kfnb.server.showing import finding

if TYPE_CHECKING:
    from collections.abc import Callable

    from kfnb.client import Run
    from kfnb.history.renames import Renames
    from kfnb.server.desk import Desk

T = TypeVar("T")
Method = TypeVar("Method", bound="Callable[..., Any]")
Request = TypeVar("Request", bound=msgspec.Struct)

STATUSES: dict[type[KfnbError], int] = {
    NotFound: 404,
    Outdated: 409,
    WrongCall: 400,
    Refused: 422,
    MaybeLiving: 423,
    LeaseHeld: 409,
    OutsideError: 503,
}
"""Errors of kfnb → HTTP status; the first one that an error is an instance of counts."""


def allowed(action: Literal["read", "write", "execute"]) -> Callable[[Method], Method]:
    """Return the decorator of a handler's method that answers only who is logged in and may do this `action`."""

    def wrap(method: Method) -> Method:
        return cast("Method", authenticated(authorized(action)(method)))

    return wrap


class Superseded(KfnbError):
    """A newer request of the same view makes the answer to this one useless."""


def status_of(error: KfnbError) -> int:
    """Return the HTTP status that says what kind of error it is."""
    if isinstance(error, Superseded):
        return 409
    return next((status for kind, status in STATUSES.items() if isinstance(error, kind)), 400)


def failure_of(error: KfnbError) -> Failure:
    """Return an error as an answer; a refused notebook with everything that was found in it."""
    if not isinstance(error, Refused):
        return Failure(message=str(error))
    found = tuple(map(finding, error.diagnostics))
    first = next((one for one in found if one.severity == "error"), None)
    code, fix = (first.code, first.fix) if first is not None else (None, None)
    return Failure(message=str(error), code=code, fix=fix, diagnostics=found)


class KfnbHandler(APIHandler):  # type: ignore[misc]
    """An address below `kfnb/api/`."""

    auth_resource = "kfnb"

    @property
    def desk(self) -> Desk:
        """The client and the threads that work for requests."""
        desk: Desk = self.settings["kfnb_desk"]
        return desk

    def read(self, kind: type[Request]) -> Request:
        """Return the body of the request as what it is to be; WrongCall names what is wrong with it."""
        body = self.request.body or b"{}"
        try:
            return msgspec.json.decode(body, type=kind)
        except msgspec.ValidationError as error:
            raise WrongCall(f"The request is not as it should be: {error}.") from None
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise WrongCall(f"The body of the request is not JSON: {error}.") from None

    def answer(self, document: msgspec.Struct, status: int = 200) -> None:
        """Send a document."""
        self.set_status(status)
        self.finish(msgspec.json.encode(document))

    def file_of(self, path: str) -> Path:
        """Return the file of a notebook that the front end calls `path`: a path below the server's root.

        NotFound if it is outside or hidden there; WrongCall where the server keeps its notebooks elsewhere than in
        files.
        """
        contents = self.contents_manager
        if not isinstance(contents, FileManagerMixin):
            raise WrongCall(
                f"This server keeps notebooks with {type(contents).__name__}, not as files, and a run needs the file "
                "and its folder. Use kfnb where JupyterLab opens notebooks from a disk."
            )
        try:
            found = Path(contents._get_os_path(path.strip("/")))
            hidden = not contents.allow_hidden and is_hidden(str(found), contents.root_dir)
        except (HTTPError, ValueError):
            raise NotFound(f"{path!r} is outside the folder that this server shows.") from None
        if hidden:
            raise NotFound(f"{path!r} is hidden on this server.")
        return found

    def place_of(self, file: str) -> str | None:
        """Return what the front end calls a file; None if it lies outside the server's root."""
        root = Path(getattr(self.contents_manager, "root_dir", "") or "/").expanduser().absolute()
        try:
            return Path(file).relative_to(root).as_posix()
        except ValueError:
            return None

    def place_now(self, renames: Renames, file: str, time: float) -> str | None:
        """Return what the front end calls the notebook now that was in a file at that time."""
        return self.place_of(renames.now_called(file, time))

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        """Answer with what went wrong in words: kfnb's own errors whole, those of ours without a traceback."""
        error = kwargs.get("exc_info", (None, None, None))[1]
        if isinstance(error, KfnbError):
            self.answer(failure_of(error), status_of(error))
        elif isinstance(error, HTTPError):
            self.answer(Failure(message=error.log_message or error.reason or self._reason), status_code)
        else:
            what = f"{type(error).__name__}: {error}" if error is not None else self._reason
            self.answer(Failure(message=f"kfnb made a mistake ({what}). The server's log has the details."), 500)

    def log_exception(self, kind: Any, error: BaseException | None, trace: Any) -> None:
        """Keep the server's log for what is a mistake of ours."""
        if isinstance(error, KfnbError):
            self.log.info("kfnb: %s", error)
        else:
            super().log_exception(kind, error, trace)

    async def aside(self, work: Callable[[], T], cluster: str | None = None) -> T:
        """Do `work` in a thread and return what it returns.

        `cluster`: the one that it asks, so that it has a thread that is there for that: one that does not answer holds
        up nothing else.
        """
        threads = self.desk.work if cluster is None else self.desk.scouts
        return await asyncio.get_running_loop().run_in_executor(threads, work)

    async def of_run(self, run_id: str, work: Callable[[Run], T]) -> T:
        """Do `work` on a run, which may ask the run's cluster, and return what it returns."""
        run = await self.aside(lambda: self.desk.run(run_id))
        return await self.aside(lambda: work(run), run.cluster)

    async def past(self, work: Callable[[], T]) -> T:
        """Do `work` on the database of runs, after what others do on it, and return what it returns."""
        return await asyncio.get_running_loop().run_in_executor(self.desk.historians, work)


class MissingHandler(KfnbHandler):
    """Every address that there is not: another version's front end asks for it."""

    @allowed("read")
    def get(self) -> None:
        """Say so."""
        from kfnb import __version__

        raise NotFound(
            f"kfnb {__version__} of this Jupyter server has no {self.request.path}. The page may be of another "
            "version: reload it, or install the same kfnb for JupyterLab and its server."
        )

    post = put = patch = delete = get
