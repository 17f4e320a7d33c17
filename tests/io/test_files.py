"""Files that are written: the old one or the new one, whatever happens, and nothing besides."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

import nnlite as nl
from nnlite.io._files import replacing

ROOT = Path(__file__).parent.parent.parent


def test_the_new_file_takes_the_place_of_the_old_one_at_the_end(tmp_path):
    path = tmp_path / "new" / "folder" / "a"
    for content in (b"first", b"second"):
        with replacing(path) as out:
            out.write(content[:2])
            assert not path.exists() or path.read_bytes() == b"first"
            out.write(content[2:])
        assert path.read_bytes() == content
        assert os.listdir(path.parent) == ["a"]
    assert path.stat().st_mode & 0o777 == 0o666 & ~_umask()


def _umask():
    mask = os.umask(0)
    os.umask(mask)
    return mask


def test_an_error_leaves_the_old_file(tmp_path):
    path = tmp_path / "a"
    path.write_bytes(b"old")

    def interrupted():
        with replacing(path) as out:
            out.write(b"half")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert path.read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["a"]


def test_a_link_stays_a_link(tmp_path):
    (tmp_path / "a").write_bytes(b"old")
    (tmp_path / "link").symlink_to("a")
    with replacing(tmp_path / "link") as out:
        out.write(b"new")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "a").read_bytes() == b"new"


CHILD = """
import sys, time
from nnlite.io._files import replacing
with replacing(sys.argv[1]) as out:
    out.write(b"half")
    out.flush()
    print("written", flush=True)
    time.sleep(60)
"""


@pytest.mark.skipif(os.name != "posix", reason="needs SIGKILL")
def test_what_a_killed_process_left_is_cleaned_up_but_not_what_a_living_one_writes(tmp_path):
    path = tmp_path / "a[1]*"  # no pattern
    path.write_bytes(b"old")
    other = tmp_path / ".b.01234567.part"  # another file's
    other.write_bytes(b"")
    with subprocess.Popen([sys.executable, "-c", CHILD, path], cwd=ROOT, stdout=subprocess.PIPE) as child:
        try:
            assert child.stdout is not None
            child.stdout.readline()
            with replacing(path) as out:
                out.write(b"new")
            assert len(os.listdir(tmp_path)) == 3  # the child's is still there
        finally:
            child.send_signal(signal.SIGKILL)
            child.wait()
    assert path.read_bytes() == b"new"
    with replacing(path) as out:
        out.write(b"newer")
    assert sorted(os.listdir(tmp_path)) == [other.name, path.name]
    assert path.read_bytes() == b"newer"


@pytest.mark.parametrize("load", [nl.io.load_npz, nl.data.CharTokenizer.load])
def test_a_number_is_no_path_and_closes_nobodys_file(load, tmp_path):
    with (tmp_path / "mine").open("wb") as mine:
        with pytest.raises(TypeError, match=rf"expected the path of .*, got {mine.fileno()}"):
            load(mine.fileno())
        mine.write(b"still open")
    assert (tmp_path / "mine").read_bytes() == b"still open"
