"""Where files are found, and how they are downloaded: against a server on this machine."""

import gzip
import hashlib
import http.server
import socket
import threading
from collections.abc import Iterator

import pytest

from nnlite.datasets import _cache
from nnlite.datasets._cache import DataFile, locate

CONTENT = {"images": b"pixels" * 100, "labels": b"0123456789"}
FILES = [DataFile(name, len(content), hashlib.sha256(content).hexdigest()) for name, content in CONTENT.items()]
GOOD = {f"/good/{name}.gz": gzip.compress(content) for name, content in CONTENT.items()}
PACKED = GOOD["/good/all.tar.gz"] = gzip.compress(b"several files")
ARCHIVE = DataFile("all.tar.gz", len(PACKED), hashlib.sha256(PACKED).hexdigest(), as_is=True)
BAD = {
    "/truncated/": GOOD["/good/images.gz"][:-10],
    "/wrong/": gzip.compress(b"another file"),
    "/page/": b"<html>you are not on the network yet</html>",
    "/bomb/": gzip.compress(bytes(1 << 22)),
    "/endless/": bytes((1 << 20) + 10_000),
}


class Mirror:
    """A server of `GOOD` and `BAD` on this machine, and what it was asked for."""

    def __init__(self) -> None:
        mirror = self
        self.asked: list[str] = []

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                mirror.asked.append(self.path)
                answer = GOOD.get(self.path) or BAD.get(self.path[: self.path.rindex("/") + 1])
                self.send_response(200 if answer else 404)
                self.end_headers()
                self.wfile.write(answer or b"")

            def log_message(self, *args: object) -> None:
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)

    def url(self, folder: str) -> str:
        return f"http://127.0.0.1:{self.server.server_port}/{folder}/"


@pytest.fixture
def mirror() -> Iterator[Mirror]:
    mirror = Mirror()
    thread = threading.Thread(target=mirror.server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield mirror
    mirror.server.shutdown()
    thread.join()
    mirror.server.server_close()


@pytest.fixture
def silent_address() -> Iterator[str]:
    """An address where connections are taken and never answered."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"http://127.0.0.1:{server.getsockname()[1]}/"


@pytest.fixture
def refused_address() -> str:
    """An address where nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    return f"http://127.0.0.1:{port}/"


@pytest.fixture
def folders(tmp_path, monkeypatch):
    """The user's folder and the cache's folder of the data set `made`, both still empty."""
    monkeypatch.setenv("NNLITE_DATA", str(tmp_path / "user"))
    monkeypatch.setenv("NNLITE_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("no_proxy", "*")
    user, cache = tmp_path / "user" / "made", tmp_path / "cache" / "made"
    user.mkdir(parents=True)
    cache.mkdir(parents=True)
    return user, cache


def test_downloads_once_and_then_finds(folders, mirror):
    _, cache = folders

    first = locate("made", FILES, [mirror.url("good")])
    again = locate("made", FILES, [mirror.url("good")])

    assert first == again == [cache / "images.gz", cache / "labels.gz"]
    assert [gzip.decompress(path.read_bytes()) for path in first] == list(CONTENT.values())
    assert mirror.asked == ["/good/images.gz", "/good/labels.gz"]


def test_the_users_folder_comes_before_the_cache(folders):
    user, cache = folders
    for folder in folders:
        for name, content in CONTENT.items():
            (folder / name).write_bytes(content)
    (cache / "labels.gz").write_bytes(GOOD["/good/labels.gz"])
    assert locate("made", FILES, []) == [user / "images", user / "labels"]
    (user / "labels").unlink()
    assert locate("made", FILES, []) == [user / "images", cache / "labels.gz"]


def test_the_users_file_is_taken_as_it_is(folders, mirror):
    user, _ = folders
    for name in CONTENT:
        (user / f"{name}.gz").write_bytes(b"the user's own")
    assert locate("made", FILES, [mirror.url("good")]) == [user / "images.gz", user / "labels.gz"]
    assert mirror.asked == []


def test_a_file_served_as_it_is_keeps_its_name_and_is_held_against_its_own_bytes(folders, mirror):
    user, cache = folders
    assert locate("made", [ARCHIVE], [mirror.url("wrong"), mirror.url("good")]) == [cache / "all.tar.gz"]
    assert mirror.asked == ["/wrong/all.tar.gz", "/good/all.tar.gz"]
    assert (cache / "all.tar.gz").read_bytes() == PACKED
    (cache / "all.tar.gz").write_bytes(gzip.compress(b"several files", 0))  # the same, packed otherwise
    with pytest.raises(FileNotFoundError, match=r"    all.tar.gz\n    or instead: the rest\n(.|\n)*found more than"):
        locate("made", [ARCHIVE], [], instead="the rest")
    (user / "all.tar.gz").write_bytes(b"the user's own")
    assert locate("made", [ARCHIVE], []) == [user / "all.tar.gz"]


@pytest.mark.parametrize("folder", [path.strip("/") for path in BAD] + ["absent"])
def test_a_bad_mirror_is_passed_over_and_not_asked_again(folders, mirror, folder):
    _, cache = folders

    found = locate("made", FILES, [mirror.url(folder), mirror.url("good")])

    assert [gzip.decompress(path.read_bytes()) for path in found] == list(CONTENT.values())
    assert mirror.asked == [f"/{folder}/images.gz", "/good/images.gz", "/good/labels.gz"]
    assert sorted(path.name for path in cache.iterdir()) == ["images.gz", "labels.gz"]


@pytest.mark.parametrize(
    ("folder", "reason"),
    [
        ("truncated", "expected a whole gzip file"),
        ("wrong", "expected 600 bytes .* found 12 with SHA-256"),
        ("page", "expected 600 bytes .* found 43 with SHA-256"),
        ("bomb", "expected 600 bytes .* found more than 600"),
        ("endless", "expected at most .* bytes, found more"),
        ("absent", "HTTP Error 404"),
    ],
)
def test_a_bad_download_leaves_nothing_and_says_why(folders, mirror, folder, reason):
    _, cache = folders
    with pytest.raises(FileNotFoundError, match=f"/{folder}/images.gz: .*{reason}"):
        locate("made", FILES, [mirror.url(folder)])
    assert list(cache.iterdir()) == []


def test_a_damaged_file_in_the_cache_is_replaced(folders, mirror):
    _, cache = folders
    (cache / "images.gz").write_bytes(GOOD["/good/images.gz"][:-10])
    (cache / "labels.gz").write_bytes(GOOD["/good/labels.gz"])

    images, _ = locate("made", FILES, [mirror.url("good")])

    assert gzip.decompress(images.read_bytes()) == CONTENT["images"]
    assert mirror.asked == ["/good/images.gz"]


def test_a_damaged_file_in_the_cache_is_named_and_kept_when_offline(folders, refused_address):
    _, cache = folders
    (cache / "images").write_bytes(b"other")
    with pytest.raises(FileNotFoundError, match=r"cache/made/images: expected 600 bytes .* found 5 with"):
        locate("made", FILES, [refused_address])
    assert (cache / "images").read_bytes() == b"other"


def test_offline_the_error_says_which_files_to_put_where(folders, refused_address):
    user, cache = folders
    (user / "images").write_bytes(CONTENT["images"])

    with pytest.raises(FileNotFoundError) as raised:
        locate("made", FILES, [refused_address])

    message = str(raised.value)
    assert "labels.gz (or labels)" in message
    assert "images.gz" not in message
    assert f"{user} ($NNLITE_DATA)" in message
    assert f"{cache} (the cache)" in message
    assert f"{refused_address}labels.gz: " in message
    assert f"Put the files into {user}" in message


def test_without_a_folder_of_the_users_the_cache_is_proposed(folders, refused_address, monkeypatch):
    _, cache = folders
    monkeypatch.delenv("NNLITE_DATA")
    with pytest.raises(FileNotFoundError, match=f"Put the files into {cache}"):
        locate("made", FILES, [refused_address])


def test_a_mirror_that_never_answers_is_left_for_the_next(folders, mirror, silent_address, monkeypatch):
    monkeypatch.setattr(_cache, "_CONNECT_SECONDS", 1.0)
    found = locate("made", FILES, [silent_address, mirror.url("good")])
    assert [path.name for path in found] == ["images.gz", "labels.gz"]


def test_a_silent_network_ends_in_an_error(folders, silent_address, monkeypatch):
    monkeypatch.setattr(_cache, "_CONNECT_SECONDS", 0.2)
    with pytest.raises(FileNotFoundError, match=r"no answer within 0\.1 seconds"):
        locate("made", FILES, [silent_address, silent_address + "other/"])


def test_a_cache_that_cannot_be_written_is_named(tmp_path, mirror, monkeypatch):
    occupied = tmp_path / "occupied"
    occupied.write_text("a file where the folder should be")
    monkeypatch.delenv("NNLITE_DATA", raising=False)
    monkeypatch.setenv("NNLITE_CACHE", str(occupied))
    with pytest.raises(FileNotFoundError, match=f"Not a directory: '{occupied}"):
        locate("made", FILES, [mirror.url("good")])


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({"NNLITE_CACHE": "/chosen", "XDG_CACHE_HOME": "/xdg", "HOME": "/home/me"}, "/chosen/made"),
        ({"XDG_CACHE_HOME": "/xdg", "HOME": "/home/me"}, "/xdg/nnlite/made"),
        ({"NNLITE_CACHE": "", "XDG_CACHE_HOME": "", "HOME": "/home/me"}, "/home/me/.cache/nnlite/made"),
    ],
)
def test_the_caches_place_follows_the_environment(environment, expected, monkeypatch):
    for name in ("NNLITE_CACHE", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(FileNotFoundError, match=rf"{expected} \(the cache\)"):
        locate("made", FILES, [])
