"""Npz files: what goes in comes out, and what cannot be true, or would run code, is refused."""

import io as streams
import zipfile

import numpy as np
import pytest

from nnlite import io
from tests.io.test_safetensors import ARRAYS


def npy(header, data=b"", version=b"\x01\x00"):
    """A .npy file with any header."""
    raw = header.encode()
    size = len(raw).to_bytes(2 if version == b"\x01\x00" else 4, "little")
    return b"\x93NUMPY" + version + size + raw + data


def archived(path, *members, **settings):
    """An npz file of any members."""
    with zipfile.ZipFile(path, "w", **settings) as archive:
        for name, content in members:
            archive.writestr(name, content)
    return path


def header(descr="'<f4'", shape="(2,)", order="False"):
    return f"{{'descr': {descr}, 'fortran_order': {order}, 'shape': {shape}, }}\n"


def test_arrays_come_back_as_they_were(tmp_path):
    given = {**ARRAYS, "f": np.asfortranarray(ARRAYS["kernel"]), "text": np.array(["ab", "c"]), "file": np.ones(2)}
    io.save_npz(given, tmp_path / "a.npz")
    back = io.load_npz(tmp_path / "a.npz")
    with np.load(tmp_path / "a.npz") as theirs:
        for name, array in given.items():
            for found in (back[name], theirs[name]):
                assert found.dtype == array.dtype
                np.testing.assert_array_equal(found, array)
            assert back[name].flags.writeable


def test_the_same_arrays_give_the_same_file(tmp_path):
    for name in "ab":
        io.save_npz(ARRAYS, tmp_path / name)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
def test_files_of_numpy_are_read(tmp_path, save):
    save(tmp_path / "a.npz", **ARRAYS)
    for name, array in io.load_npz(tmp_path / "a.npz").items():
        np.testing.assert_array_equal(array, ARRAYS[name])


def test_every_changed_byte_of_an_array_is_noticed(tmp_path):
    path = tmp_path / "a.npz"
    io.save_npz({"a": np.arange(4.0)}, path)
    content = path.read_bytes()
    start = content.index(np.arange(4.0).tobytes())
    for position in range(start, start + 32):
        changed = bytearray(content)
        changed[position] ^= 1
        path.write_bytes(changed)
        with pytest.raises(io.FormatError, match="CRC"):
            io.load_npz(path)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (npy(header(shape="(3,)"), b"\0" * 8), "has 8 bytes"),
        (npy(header(shape="(4611686018427387904, 4)"), b"\0" * 8), "has 8 bytes"),
        (npy(header(shape="(-2,)"), b"\0" * 8), r"shape \(-2,\)"),
        (npy(header(shape="(True, 2)"), b"\0" * 8), "shape"),
        (npy(header(shape=str((1,) * 65)), b"\0" * 4), "shape"),
        (npy(header(shape="(0, 36893488147419103232)")), "expected an npz file"),
        (npy(header(descr="'|O'"), b"\0" * 16), "holds Python objects"),
        (npy(header(descr="[('a', '|O')]"), b"\0" * 16), "holds Python objects"),
        (npy(header(descr="'|S0'", shape="(1000000000000,)")), "holds nothing"),
        (npy(header(descr="'zz'"), b"\0" * 8), "expected an npz file"),
        (npy(header(descr="__import__('os').abort()")), "expected an npz file"),
        (npy("(" * 900), "expected an npz file"),
        (npy("-" * 900 + "1"), "expected an npz file"),
        (npy(header() + " " * 2000, b"\0" * 8), "expected an npz file"),
        (npy(header(), b"\0" * 8, b"\x03\x00"), "version"),
        (b"nothing of the kind", "expected an npz file"),
        (b"", "expected an npz file"),
    ],
)
def test_arrays_that_cannot_be_true_are_refused(tmp_path, content, reason):
    path = archived(tmp_path / "a.npz", ("a.npy", content))
    with pytest.raises(io.FormatError, match=reason):
        io.load_npz(path)


def test_objects_are_neither_read_nor_written(tmp_path):
    np.savez(tmp_path / "a.npz", a=np.array([{}, None], dtype=object))
    with pytest.raises(io.FormatError, match="Python objects"):
        io.load_npz(tmp_path / "a.npz")
    with pytest.raises(TypeError, match="Python objects for 'a'"):
        io.save_npz({"a": np.array([{}])}, tmp_path / "b.npz")
    assert not (tmp_path / "b.npz").exists()


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_names_that_come_twice_are_refused(tmp_path):
    one = npy(header(), b"\0" * 8)
    with pytest.raises(io.FormatError, match="a name twice"):
        io.load_npz(archived(tmp_path / "a", ("a.npy", one), ("a.npy", one)))
    with pytest.raises(io.FormatError, match=r"'b\.txt', which is no array"):
        io.load_npz(archived(tmp_path / "b", ("a.npy", one), ("b.txt", one)))


def test_a_bomb_is_refused_unless_it_is_asked_for(tmp_path):
    path = tmp_path / "a.npz"
    np.savez_compressed(path, a=np.zeros(3_000_000))
    assert path.stat().st_size < 100_000
    for limit in (1000, 23_999_999):
        with pytest.raises(io.FormatError, match=f"more than max_bytes={limit}"):
            io.load_npz(path, max_bytes=limit)
    assert io.load_npz(path)["a"].size == 3_000_000
    stream = streams.BytesIO()
    np.save(stream, np.zeros(9_000_000))
    archived(path, ("a.npy", stream.getvalue()), compression=zipfile.ZIP_DEFLATED)
    with pytest.raises(io.FormatError, match="promises 72000128 bytes"):
        io.load_npz(path)
    assert io.load_npz(path, max_bytes=10**8)["a"].size == 9_000_000


def test_files_of_others_are_named(tmp_path):
    path = archived(tmp_path / "m.pt", ("archive/data.pkl", b"\x80\x02."), ("archive/data/0", b"\0" * 8))
    with pytest.raises(io.FormatError, match=r"expected an npz file, found a PyTorch file \(.pt\)"):
        io.load_npz(path)
    path = archived(tmp_path / "m.keras", ("config.json", b"{}"), ("model.weights.h5", b"\x89HDF"))
    with pytest.raises(io.FormatError, match=r"found a Keras file"):
        io.load_npz(path)
    np.save(tmp_path / "a.npy", np.ones(2))
    with pytest.raises(io.FormatError, match=r"a single array \(.npy\)"):
        io.load_npz(tmp_path / "a.npy")
    (tmp_path / "t").write_text("hello")
    with pytest.raises(io.FormatError, match="not a zip file"):
        io.load_npz(tmp_path / "t")
