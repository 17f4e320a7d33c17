"""Safetensors files: what goes in comes out, and what cannot be true is refused."""

import contextlib
import json
import struct

import numpy as np
import pytest

import nnlite as nl
from nnlite import io

pytest.importorskip("safetensors")

ARRAYS = {
    "kernel": np.arange(12, dtype=np.float32).reshape(3, 4),
    "counts": np.array([2**62, -1], np.int64),
    "flags": np.array([[True], [False]]),
    "half": np.array([0.5, np.inf], np.float16),
    "nothing": np.zeros((0, 3)),
    "number": np.array(2.5),
    "complex": np.array([1 + 2j], np.complex64),
}


def entry(dtype="F32", shape=(2,), offsets=(0, 8)):
    return {"dtype": dtype, "shape": list(shape), "data_offsets": list(offsets)}


def crafted(path, header, data=b"\0" * 8, length=None):
    """Write a file with any header."""
    raw = header if isinstance(header, bytes) else json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(raw) if length is None else length) + raw + data)
    return path


def test_arrays_come_back_as_they_were(tmp_path):
    io.save_safetensors(ARRAYS, tmp_path / "a.safetensors")
    back = io.load_safetensors(str(tmp_path / "a.safetensors"))
    assert back.keys() == ARRAYS.keys()
    for name, array in ARRAYS.items():
        assert back[name].dtype == array.dtype
        np.testing.assert_array_equal(back[name], array)
        assert back[name].flags.writeable
    back["kernel"][0, 0] = 7  # their own memory


def test_transposed_and_big_endian_arrays_and_tensors_come_back(tmp_path):
    kernel = np.arange(24, dtype=np.float32).reshape(4, 6)
    given = {"t": kernel.T, "s": kernel[::2, ::-1], "big": kernel.astype(">f4"), "p": nl.Parameter(kernel), "l": [1, 2]}
    io.save_safetensors(given, tmp_path / "a")
    back = io.load_safetensors(tmp_path / "a")
    for name, array in {**given, "p": kernel}.items():
        np.testing.assert_array_equal(back[name], array)


def test_the_package_itself_reads_and_writes_the_same(tmp_path):
    numpy_api = pytest.importorskip("safetensors.numpy")
    io.save_safetensors(ARRAYS, tmp_path / "ours", metadata={"by": "me"})
    numpy_api.save_file(ARRAYS, tmp_path / "theirs")
    for name, array in numpy_api.load_file(tmp_path / "ours").items():
        np.testing.assert_array_equal(array, ARRAYS[name])
    for name, array in io.load_safetensors(tmp_path / "theirs").items():
        np.testing.assert_array_equal(array, ARRAYS[name])


def test_bfloat16_comes_as_float32(tmp_path):
    path = crafted(tmp_path / "b", {"a": entry("BF16", (2, 1), (0, 4))}, struct.pack("<2H", 0x3F80, 0xC049))
    np.testing.assert_array_equal(io.load_safetensors(path)["a"], np.array([[1.0], [-3.140625]], np.float32))


def test_every_changed_bit_of_a_file_of_ours_is_noticed(tmp_path):
    path = tmp_path / "a"
    io.save_safetensors({"a": np.arange(4.0), "b": np.ones(2, bool)}, path, metadata={"by": "me"})
    content, expected = path.read_bytes(), io.load_safetensors(path)
    loaded = 0
    for position in range(len(content)):
        changed = bytearray(content)
        changed[position] ^= 1 << position % 8
        path.write_bytes(changed)
        with contextlib.suppress(io.FormatError):
            back = io.load_safetensors(path)
            loaded += 1  # a bit of the spaces after the header, or of the digest's name
            assert set(back) == set(expected)
            for name, array in expected.items():
                np.testing.assert_array_equal(back[name], array)
    assert loaded < 25


@pytest.mark.parametrize(
    ("header", "reason"),
    [
        ({"a": entry(offsets=(0, 4))}, "has the offsets"),
        ({"a": entry(offsets=(0, 16), shape=(4,))}, "promises"),
        ({"a": entry(shape=(2**62, 4), offsets=(0, 2**66))}, "promises"),
        ({"a": entry(shape=(1,), offsets=(0, 4))}, "promises"),
        ({"a": entry(), "b": entry()}, "overlap"),
        ({"a": entry(shape=(1,), offsets=(0, 4)), "b": entry(shape=(0,), offsets=(8, 8))}, "overlap, or leave a gap"),
        ({"a": entry(offsets=(8, 0))}, "has the offsets"),
        ({"a": entry(dtype="F33")}, "dtype 'F33'"),
        ({"a": entry(dtype="O")}, "dtype 'O'"),
        ({"a": {**entry(), "more": "x"}}, "described by"),
        ({"a": {"dtype": "F32"}}, "described by"),
        ({"a": entry(shape=(-2,), offsets=(0, 8))}, "none of this format"),
        ({"a": {**entry(), "shape": [2.0]}}, "none of this format"),
        ({"a": {**entry(), "shape": "2"}}, "has shape '2'"),
        ({"a": {**entry(), "data_offsets": [0, 4, 8]}}, "offsets"),
        ({"a": entry(), "__metadata__": {"x": ["y"]}}, "none of this format|not all strings"),
        ({"a": entry(), "__metadata__": {"x": 3}}, "none of this format"),
        ([1], "none of this format"),
        (b'{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"a":{"dtype":"F32","shape":[0],"data_offsets":[0,0]}}',
         "a name twice"),
        (b'{"a":{"dtype":"F32","dtype":"F32","shape":[2],"data_offsets":[0,8]}}', "a name twice"),
        (b'{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}", "none of this format"),
        (b'{"a":{"dtype":"F32","shape":[' + b"1," * 100_000 + b'2],"data_offsets":[0,8]}}', "none of this format"),
        (b'{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}} x', "none of this format"),
        (b"\xff\xfe{}", "none of this format"),
        (b"", "none of this format"),
    ],
)  # fmt: skip
def test_headers_that_cannot_be_true_are_refused(tmp_path, header, reason):
    path = crafted(tmp_path / "a.safetensors", header)
    with pytest.raises(io.FormatError, match=reason) as caught:
        io.load_safetensors(path)
    assert str(path) in str(caught.value)


@pytest.mark.parametrize("length", [0x0280, 0x0480, 0x4B50])
def test_headers_whose_length_looks_like_another_format_are_read(tmp_path, length):
    raw = json.dumps({"a": entry()}).encode().ljust(length)
    np.testing.assert_array_equal(io.load_safetensors(crafted(tmp_path / "a", raw))["a"], [0, 0])


@pytest.mark.parametrize("length", [2**64 - 1, 2**63, 10**9, 60])
def test_a_header_longer_than_the_file_is_refused(tmp_path, length):
    path = crafted(tmp_path / "a", {"a": entry()}, length=length)
    with pytest.raises(io.FormatError, match="header"):
        io.load_safetensors(path)


@pytest.mark.parametrize("size", [0, 7, 8, 30, -1])
def test_truncated_files_are_refused(tmp_path, size):
    io.save_safetensors(ARRAYS, tmp_path / "a")
    (tmp_path / "a").write_bytes((tmp_path / "a").read_bytes()[:size])
    with pytest.raises(io.FormatError):
        io.load_safetensors(tmp_path / "a")


class TestMistakes:
    def test_what_is_no_file(self, tmp_path):
        with pytest.raises(FileNotFoundError, match=r"expected a safetensors file, but there is no file .*nowhere"):
            io.load_safetensors(tmp_path / "nowhere")
        with pytest.raises(IsADirectoryError, match="expected a safetensors file, got the folder"):
            io.load_safetensors(tmp_path)
        with pytest.raises(IsADirectoryError, match="name of a file to write, got the folder"):
            io.save_safetensors(ARRAYS, tmp_path)

    def test_files_of_others_are_named(self, tmp_path):
        path = tmp_path / "model.h5"
        for content, name in ((b"\x89HDF\r\n\x1a\n" + b"\0" * 50, "an HDF5"), (b"\x80\x04K\x01.", "a pickle")):
            path.write_bytes(content)
            with pytest.raises(io.FormatError, match=f"expected a safetensors file, found {name}"):
                io.load_safetensors(path)
        io.save_npz(ARRAYS, path)
        with pytest.raises(io.FormatError, match=r"found a zip archive, as \.npz files are"):
            io.load_safetensors(path)

    def test_swapped_arguments_and_a_model_for_its_state(self, tmp_path):
        with pytest.raises(TypeError, match="takes arrays by name, and then a path"):
            io.save_safetensors(tmp_path / "a", ARRAYS)
        with pytest.raises(TypeError, match=r"pass model.state_dict\(\), not the Dense"):
            io.save_safetensors(nl.layers.Dense(2), tmp_path / "a")

    def test_what_the_format_does_not_have(self, tmp_path):
        with pytest.raises(TypeError, match="no dtype <U1, got it for 'a'"):
            io.save_safetensors({"a": np.array(["x"])}, tmp_path / "a")
        with pytest.raises(TypeError, match="no dtype object"):
            io.save_safetensors({"a": np.array([{}])}, tmp_path / "a")
        with pytest.raises(TypeError, match="got 3 for a name"):
            io.save_safetensors({3: np.ones(1)}, tmp_path / "a")
        with pytest.raises(TypeError, match="metadata that are strings, got 3"):
            io.save_safetensors({}, tmp_path / "a", metadata={"epoch": 3})
        with pytest.raises(ValueError, match="keep the name"):
            io.save_safetensors({"__metadata__": np.ones(1)}, tmp_path / "a")
        assert not list(tmp_path.iterdir())

    def test_without_the_package_the_extra_is_named(self, tmp_path, monkeypatch):
        monkeypatch.setitem(__import__("sys").modules, "safetensors.numpy", None)
        for run in (lambda: io.save_safetensors({}, tmp_path / "a"), lambda: io.load_safetensors(tmp_path / "a")):
            with pytest.raises(ImportError, match=r'pip install "nnlite\[io\]"'):
                run()
