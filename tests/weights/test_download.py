"""Downloads from a server on this machine that behaves, breaks off, lies, or leads elsewhere."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from getdsl.diagnostics import UserError
from getdsl.formats.checkpoint_header import LoadRequest
from getdsl.weights import addresses, download
from getdsl.weights.download import fetch
from getdsl.weights.errors import CheckpointError
from getdsl.weights.header import read_header
from tests.weights.files import write_sharded

ELSEWHERE = {
    "/file": "file:///etc/passwd",
    "/ftp": "ftp://127.0.0.1/x",
    "/relative": "/plain",
    "/loop": "/loop",
}


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.content = b""
        self.requests: list[tuple[str, str | None]] = []  # paths, and the ranges that were asked for
        self.breaks = 0  # how many answers are cut off in the middle
        self.failures = 0  # how many answers are "come later"

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that has hung up is no news."""


class Handler(BaseHTTPRequestHandler):
    server: Server

    def log_message(self, *arguments: object) -> None: ...

    def do_GET(self) -> None:  # noqa: N802: the base class's name
        asked = self.headers.get("Range")
        self.server.requests.append((self.path, asked))
        if self.path in ELSEWHERE:
            self.send_response(302)
            self.send_header("Location", ELSEWHERE[self.path])
            self.end_headers()
        elif self.path == "/absent":
            self.send_error(404)
        elif self.server.failures:
            self.server.failures -= 1
            self.send_error(503)
        else:
            self.send_content(asked)

    def send_content(self, asked: str | None) -> None:
        content = self.server.content
        first = int(asked.removeprefix("bytes=").rstrip("-")) if asked and self.path != "/no-ranges" else 0
        if first >= len(content):
            self.send_error(416)
            return
        self.send_response(206 if first else 200)
        if first:
            place = 0 if self.path == "/wrong-range" else first
            self.send_header("Content-Range", f"bytes {place}-{len(content) - 1}/{len(content)}")
        if self.path != "/no-length":
            claimed = 10**18 if self.path == "/absurd" else len(content) - first
            self.send_header("Content-Length", str(claimed))
        self.end_headers()
        rest = content[first:]
        if self.server.breaks:
            self.server.breaks -= 1
            rest = rest[: len(rest) // 2]
        self.wfile.write(rest)


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "cache" / "checkpoints"
    monkeypatch.setattr(download, "cache_folder", lambda: folder)
    monkeypatch.setattr(download, "PAUSE", 0.0)
    monkeypatch.setattr(addresses, "private_hosts", lambda: {"127.0.0.1"})
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    return folder


@pytest.fixture
def content(server: Server, tmp_path: Path) -> bytes:
    save_file({"w": torch.arange(5000.0)}, tmp_path / "served")
    server.content = (tmp_path / "served").read_bytes()
    return server.content


def sha(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def left_in(cache: Path) -> set[str]:
    """What a download left, beside locks, which are empty."""
    return {item.name for item in cache.iterdir() if item.suffix != ".lock"} if cache.exists() else set()


def test_plain(server: Server, content: bytes, cache: Path) -> None:
    request = LoadRequest(f"{server.url}/plain", sha(content))
    header = read_header(request)
    assert header.paths == (cache / sha(content),)
    assert header.sha256 == sha(content)
    assert header.tensors["w"].shape == (5000,)
    assert read_header(request).paths == header.paths
    assert len(server.requests) == 1  # the second time it came from the cache
    assert left_in(cache) == {sha(content)}


def test_without_length(server: Server, content: bytes, cache: Path) -> None:
    assert fetch(f"{server.url}/no-length", sha(content)).read_bytes() == content


@pytest.mark.parametrize("path", ["/plain", "/no-ranges"])
def test_broken_in_the_middle_then_resumed(path: str, server: Server, content: bytes, cache: Path) -> None:
    server.breaks = 2
    assert fetch(server.url + path, sha(content)).read_bytes() == content
    ranges = [asked for _, asked in server.requests]
    half = len(content) // 2
    assert ranges[0] is None
    assert ranges[1] == f"bytes={half}-"
    assert left_in(cache) == {sha(content)}


def test_resumed_by_the_next_run(
    server: Server, content: bytes, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(download, "ATTEMPTS", 1)
    server.breaks = 1
    with pytest.raises(CheckpointError, match=r"closed early after .* bytes, which are kept"):
        fetch(f"{server.url}/plain", sha(content))
    assert left_in(cache) == {f"{sha(content)}.part"}
    assert fetch(f"{server.url}/plain", sha(content)).read_bytes() == content
    assert server.requests[1][1] == f"bytes={len(content) // 2}-"


@pytest.mark.parametrize("left", [b"of another file", b"x" * 100_000])
def test_what_an_earlier_attempt_left_of_another_file(
    left: bytes, server: Server, content: bytes, cache: Path
) -> None:
    cache.mkdir(parents=True)
    (cache / f"{sha(content)}.part").write_bytes(left)
    assert fetch(f"{server.url}/plain", sha(content)).read_bytes() == content


def test_a_server_that_sends_another_part(server: Server, content: bytes, cache: Path) -> None:
    server.breaks = 1
    assert fetch(f"{server.url}/wrong-range", sha(content)).read_bytes() == content


def test_wrong_hash(server: Server, content: bytes, cache: Path) -> None:
    with pytest.raises(CheckpointError, match="is not the file that `sha256` names") as caught:
        fetch(f"{server.url}/plain", "0" * 64)
    assert sha(content) not in f"{caught.value} {caught.value.help}"
    assert left_in(cache) == set()


@pytest.mark.parametrize("path", ["/plain", "/no-length"])
def test_no_more_is_fetched_than_was_said(path: str, server: Server, content: bytes, cache: Path) -> None:
    size = len(content)
    with pytest.raises(CheckpointError, match=f"is larger than {size - 1:,} bytes, and was not kept"):
        read_header(LoadRequest(server.url + path, sha(content), size=size - 1))
    assert left_in(cache) == set()
    assert fetch(server.url + path, sha(content), size).read_bytes() == content


@pytest.mark.parametrize("path", ["/plain", "/no-length"])
def test_without_a_size_there_is_a_limit_too(
    path: str, server: Server, content: bytes, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(download, "LARGEST", 1000)
    with pytest.raises(CheckpointError, match="is larger than 1,000 bytes") as caught:
        fetch(server.url + path, sha(content))
    assert "`size = …`" in str(caught.value.help)
    assert left_in(cache) == set()


# ---- machines around this one


PRIVATE = (
    "127.0.0.1 127.1.2.3 10.0.0.1 172.16.0.1 192.168.1.1 169.254.169.254 100.64.0.1 0.0.0.0 224.0.0.1 "
    "255.255.255.255 ::1 :: fe80::1 fe80::1%eth0 fc00::1 ff02::1 ::ffff:127.0.0.1 ::ffff:10.0.0.1 "
    "2002:7f00:1::1 nonsense"
).split()


@pytest.mark.parametrize("address", PRIVATE)
def test_an_address_that_is_not_public(address: str) -> None:
    assert not addresses.is_public(address)


@pytest.mark.parametrize("address", ["93.184.215.14", "2606:2800:21f:cb07:6820:80da:af6b:8b2c"])
def test_an_address_that_is_public(address: str) -> None:
    assert addresses.is_public(address)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "2130706433", "0x7f.1", "127.1"])
def test_this_machine_is_not_asked(
    host: str, server: Server, content: bytes, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(addresses, "private_hosts", set)
    url = f"http://{host}:{server.server_address[1]}/plain"
    with pytest.raises(CheckpointError, match="an address on this machine or its network") as caught:
        fetch(url, sha(content))
    assert "private_hosts" in str(caught.value.help)
    assert server.requests == []


def test_a_redirect_to_this_machine_is_not_followed(server: Server, content: bytes, cache: Path) -> None:
    """The first host is allowed, that which it leads to is not, though they are one machine."""
    port = server.server_address[1]
    ELSEWHERE["/here"] = f"http://localhost:{port}/plain"
    with pytest.raises(CheckpointError, match="`localhost` is an address on this machine"):
        fetch(f"{server.url}/here", sha(content))
    assert [path for path, _ in server.requests] == ["/here"]


def test_a_name_is_looked_up_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who answers for a name could say a public address first, and then a private one."""
    answers = iter(["93.184.215.14", "127.0.0.1"])
    made = []
    monkeypatch.setattr(
        addresses.socket, "getaddrinfo", lambda *_, **__: [(0, 0, 0, "", (next(answers), 80))]
    )
    monkeypatch.setattr(addresses.socket, "create_connection", lambda place, *_: made.append(place))
    addresses.connect_public(("example.org", 80), 1.0)
    assert made == [("93.184.215.14", 80)]


@pytest.mark.parametrize("private", range(3))
def test_a_name_of_which_one_address_is_private(private: int, monkeypatch: pytest.MonkeyPatch) -> None:
    found = ["93.184.215.14", "1.1.1.1", "8.8.8.8"]
    found[private] = "10.0.0.1"
    answer = [(0, 0, 0, "", (address, 80)) for address in found]
    monkeypatch.setattr(addresses.socket, "getaddrinfo", lambda *_, **__: answer)
    with pytest.raises(CheckpointError, match="an address on this machine or its network"):
        addresses.connect_public(("example.org", 80), 1.0)


def test_the_user_may_allow_a_host(
    server: Server, content: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from getdsl import trust

    monkeypatch.setattr(addresses, "private_hosts", trust.private_hosts)
    monkeypatch.setattr(trust, "config_path", lambda: tmp_path / "config.yaml")
    (tmp_path / "config.yaml").write_text("private_hosts: [LocalHost]\n")
    url = f"http://localhost:{server.server_address[1]}/plain"
    assert fetch(url, sha(content)).read_bytes() == content
    (tmp_path / "config.yaml").write_text("private_hosts: localhost\n")
    with pytest.raises(UserError, match=r"`private_hosts` in .* is not a list of hosts"):
        trust.private_hosts()


def test_no_hash_no_download(server: Server, content: bytes) -> None:
    with pytest.raises(CheckpointError, match="has no `sha256`"):
        read_header(LoadRequest(f"{server.url}/plain"))
    assert server.requests == []


@pytest.mark.parametrize("path", ["/file", "/ftp"])
def test_redirects_away_from_the_web(path: str, server: Server, cache: Path) -> None:
    with pytest.raises(CheckpointError, match=f"is refused: it redirects to `{ELSEWHERE[path]}`"):
        fetch(server.url + path, "0" * 64)
    assert left_in(cache) == set()


def test_redirects_on_the_web(server: Server, content: bytes) -> None:
    assert fetch(f"{server.url}/relative", sha(content)).read_bytes() == content
    with pytest.raises(CheckpointError, match="infinite loop"):
        fetch(f"{server.url}/loop", "0" * 64)


@pytest.mark.parametrize("url", ["file:///etc/passwd", "ftp://127.0.0.1/x", "data://x"])
def test_addresses_that_are_not_of_the_web(url: str) -> None:
    with pytest.raises(CheckpointError, match="is no address that `load` takes"):
        read_header(LoadRequest(url, "0" * 64))


def test_absent(server: Server, cache: Path) -> None:
    with pytest.raises(CheckpointError, match="the server says 404"):
        fetch(f"{server.url}/absent", "0" * 64)
    assert len(server.requests) == 1
    assert left_in(cache) == set()


def test_a_server_that_is_busy(server: Server, content: bytes) -> None:
    server.failures = 2
    assert fetch(f"{server.url}/plain", sha(content)).read_bytes() == content
    server.failures = 100
    with pytest.raises(CheckpointError, match="the server says 503"):
        fetch(f"{server.url}/plain", "0" * 64)


def test_no_server(cache: Path) -> None:
    with pytest.raises(CheckpointError, match="connection refused"):
        fetch("http://127.0.0.1:9/x", "0" * 64)


def test_absurd_size(server: Server, content: bytes, cache: Path) -> None:
    with pytest.raises(CheckpointError, match=r"claims 1,000,000,000,000,000,000 bytes"):
        fetch(f"{server.url}/absurd", sha(content), 10**18)
    assert left_in(cache) == set()


def test_offline(server: Server, content: bytes) -> None:
    url = f"{server.url}/plain"
    with pytest.raises(CheckpointError, match="is not in the cache, and `--offline`"):
        fetch(url, sha(content), offline=True)
    assert server.requests == []
    fetch(url, sha(content))
    assert fetch(url, sha(content), offline=True).read_bytes() == content


def test_a_damaged_cache_is_fetched_again(server: Server, content: bytes, cache: Path) -> None:
    fetch(f"{server.url}/plain", sha(content)).write_bytes(b"damaged")
    assert fetch(f"{server.url}/plain", sha(content)).read_bytes() == content


def test_a_cache_that_cannot_be_written(server: Server, content: bytes, cache: Path) -> None:
    cache.parent.mkdir()
    cache.write_text("a file where the folder should be")
    with pytest.raises(CheckpointError, match="cannot keep"):
        fetch(f"{server.url}/plain", sha(content))


def test_several_at_once_fetch_once(server: Server, content: bytes, cache: Path) -> None:
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda _: fetch(f"{server.url}/plain", sha(content)), range(4)))
    assert {path.read_bytes() for path in found} == {content}
    assert len(server.requests) == 1
    assert left_in(cache) == {sha(content)}


def test_an_index_from_the_web(server: Server, tmp_path: Path) -> None:
    server.content = write_sharded(tmp_path / "parts", {"w": torch.zeros(2)}).read_bytes()
    with pytest.raises(CheckpointError, match="whose parts are not fetched"):
        read_header(LoadRequest(f"{server.url}/index.json", sha(server.content)))


def test_a_bar_on_a_terminal(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    from getdsl.weights.progress import progress_bar

    with progress_bar("http://x/model.pth", shown=True) as step:
        step(5, 10)
    assert capsys.readouterr().err == ""
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    with suppress(AttributeError), progress_bar("http://x/model.pth", shown=True) as step:
        step(5, 10)
    assert "model.pth" in capsys.readouterr().err
