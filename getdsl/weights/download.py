"""Checkpoints from the web: proved by their sha256, resumed after a break, kept in the user's cache."""

from __future__ import annotations

import fcntl
import http.client
import shutil
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from getdsl.weights.addresses import PublicHTTPHandler, PublicHTTPSHandler
from getdsl.weights.errors import CheckpointError
from getdsl.weights.hashing import CHUNK, normal_sha256, sha256_of
from getdsl.weights.progress import progress_bar

SCHEMES = ("http", "https")
ATTEMPTS = 5
PAUSE = 0.5  # seconds before the second attempt, doubled before each one after it
TIMEOUT = 30.0  # seconds without a byte
FREE = 64 << 20  # bytes of disk that are left alone
LARGEST = 10 << 30  # bytes of a file whose size is not said

Step = Callable[[int, int | None], None]  # bytes that are there, and bytes in all where they are known


def cache_folder() -> Path:
    from platformdirs import user_cache_path

    return user_cache_path("getdsl") / "checkpoints"


def fetch(
    url: str, sha256: str | None, size: int | None = None, *, offline: bool = False, progress: bool = False
) -> Path:
    """The file at a URL in the user's cache, under its sha256; downloaded unless it is there already.

    Raises CheckpointError: without a `sha256` nothing is fetched, what has another one is not kept, and no
    more than `size` bytes are taken, without one LARGEST.
    """
    _refuse_scheme(url, url)
    if sha256 is None:
        raise CheckpointError(
            f"`{url}` has no `sha256`, and what a server sends today may be another file tomorrow",
            'add `sha256 = "…"` as its publisher gives it, or as `sha256sum` tells of a file that you trust',
        )
    wanted = normal_sha256(sha256)
    path = cache_folder() / wanted
    if _is_whole(path, wanted):
        return path
    if offline:
        raise CheckpointError(
            f"`{url}` is not in the cache, and `--offline` keeps getdsl from the network",
            "run it once without `--offline`, or name a file on this machine",
        )
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with _locked(path.with_suffix(".lock")):
            if not _is_whole(path, wanted):  # another process may have fetched it meanwhile
                with progress_bar(url, shown=progress) as step:
                    _Download(url, path.with_suffix(".part"), step, size).run(wanted)
                path.with_suffix(".part").replace(path)
    except OSError as error:
        raise CheckpointError(
            f"cannot keep `{url}` in {path.parent}: {(error.strerror or str(error)).lower()}",
            "make room there, or download the file yourself and name its path",
        ) from error
    return path


def _is_whole(path: Path, wanted: str) -> bool:
    """Whether a file is in the cache; one that was damaged there is taken away."""
    if not path.is_file():
        return False
    if sha256_of([path]) == wanted:
        return True
    path.unlink(missing_ok=True)
    return False


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


class BrokenOffError(Exception):
    """A connection that failed on the way: worth another attempt."""


class _Download:
    """One file on its way into `part`, which stays where the connection breaks off, to go on from."""

    def __init__(self, url: str, part: Path, step: Step, size: int | None = None) -> None:
        self.url, self.part, self.step, self.size = url, part, step, size

    def run(self, wanted: str) -> None:
        """Fetches until `part` has the sha256. Raises CheckpointError."""
        resumed = self._have() > 0
        self._fetch()
        found = sha256_of([self.part])
        if found != wanted and resumed:  # of an attempt long ago, when another file stood there
            self.part.unlink()
            self._fetch()
            found = sha256_of([self.part])
        if found != wanted:
            self.part.unlink()
            raise CheckpointError(  # without the hash of what is there, which would tell of others' files
                f"what `{self.url}` gives is not the file that `sha256` names",
                "nothing was kept; check the address, and `sha256` with the file's publisher",
            )

    def _fetch(self) -> None:
        for attempt in range(ATTEMPTS):
            if attempt:
                time.sleep(PAUSE * 2 ** (attempt - 1))
            try:
                return self._attempt()
            except BrokenOffError as error:
                last = error
        have = f" after {self._have():,} bytes, which are kept" if self._have() else ""
        raise CheckpointError(
            f"cannot download `{self.url}`: {last}{have}", "check the network, then run it again to go on"
        ) from last

    def _attempt(self) -> None:
        have = self._have()
        headers = {"User-Agent": "getdsl", "Accept-Encoding": "identity"}
        if have:
            headers["Range"] = f"bytes={have}-"
        try:
            with _opener().open(urllib.request.Request(self.url, headers=headers), timeout=TIMEOUT) as answer:
                self._take(answer, have if answer.status == http.HTTPStatus.PARTIAL_CONTENT else 0)
        except urllib.error.HTTPError as error:
            error.close()
            self._refused(error, have)
        except urllib.error.URLError as error:
            raise BrokenOffError(_reason(error.reason)) from error
        except (http.client.HTTPException, ConnectionError, TimeoutError) as error:
            raise BrokenOffError(_reason(error)) from error

    def _take(self, answer: Any, have: int) -> None:
        """Writes what the server sends behind the first `have` bytes."""
        if have and not answer.headers.get("Content-Range", "").startswith(f"bytes {have}-"):
            self.part.unlink()
            raise BrokenOffError("the server sent another part than was asked for")
        length = answer.headers.get("Content-Length", "")
        total = have + int(length) if length.isdecimal() else None
        self._refuse_larger(total or 0)
        self._refuse_room(0 if total is None else total - have)
        with self.part.open("ab" if have else "wb") as file:
            while chunk := answer.read(CHUNK):
                have += len(chunk)
                self._refuse_larger(have)
                file.write(chunk)
                self.step(have, total)
        if total is not None and have < total:
            raise BrokenOffError("the connection was closed early")

    def _refuse_larger(self, size: int) -> None:
        most = LARGEST if self.size is None else self.size
        if size <= most:
            return
        self.part.unlink(missing_ok=True)
        help = "check the address, and `size` with the file's publisher"
        if self.size is None:
            help = (
                "check the address; if the file is that large, say so: `size = …` beside `sha256`, in bytes"
            )
        raise CheckpointError(f"`{self.url}` is larger than {most:,} bytes, and was not kept", help)

    def _refuse_room(self, size: int) -> None:
        free = shutil.disk_usage(self.part.parent).free
        if size > free - FREE:
            raise CheckpointError(
                f"`{self.url}` claims {size:,} bytes, and {self.part.parent} has room for {free:,}",
                "make room, or check the address",
            )

    def _refused(self, error: urllib.error.HTTPError, have: int) -> None:
        if error.code == http.HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE and have:
            return  # all of it is there: the hash will tell
        if error.code in (408, 425, 429) or error.code >= 500:
            raise BrokenOffError(f"the server says {error.code} {error.reason}") from error
        raise CheckpointError(
            f"cannot download `{self.url}`: the server says {error.code} {error.reason}", "check the address"
        ) from error

    def _have(self) -> int:
        return self.part.stat().st_size if self.part.exists() else 0


class _Redirects(urllib.request.HTTPRedirectHandler):
    """Follows redirects to the web only: `file:` would read what the server chooses on this machine."""

    def redirect_request(self, req: Any, fp: Any, code: int, msg: str, headers: Any, newurl: str) -> Any:
        _refuse_scheme(newurl, req.full_url)
        return super().redirect_request(req, fp, code, msg, headers, newurl)

    def http_error_302(self, req: Any, fp: Any, code: int, msg: str, headers: Any) -> Any:
        target = headers.get("location") or headers.get("uri") or ""
        _refuse_scheme(urllib.parse.urljoin(req.full_url, target), req.full_url)
        return super().http_error_302(req, fp, code, msg, headers)

    http_error_301 = http_error_303 = http_error_307 = http_error_308 = http_error_302


def _opener() -> urllib.request.OpenerDirector:
    opener = urllib.request.OpenerDirector()  # without the handlers of `file:`, `ftp:` and `data:`
    for handler in (
        urllib.request.ProxyHandler(),
        PublicHTTPHandler(),
        PublicHTTPSHandler(),
        urllib.request.HTTPDefaultErrorHandler(),
        urllib.request.HTTPErrorProcessor(),
        _Redirects(),
    ):
        opener.add_handler(handler)
    return opener


def _refuse_scheme(url: str, origin: str) -> None:
    scheme = urllib.parse.urlsplit(url).scheme.lower()
    if scheme in SCHEMES:
        return
    if url == origin:
        raise CheckpointError(f"`{url}` is no address that `load` takes", "name a path, or an http(s) URL")
    raise CheckpointError(
        f"`{origin}` is refused: it redirects to `{url}`", "name the file's own http(s) address"
    )


def _reason(error: object) -> str:
    if isinstance(error, http.client.IncompleteRead):
        return "the connection was closed early"
    if isinstance(error, OSError) and error.strerror:
        return error.strerror.lower()
    return str(error) or type(error).__name__
