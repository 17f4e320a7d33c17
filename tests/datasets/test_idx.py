"""The IDX reader: what it reads, and what it refuses."""

import gzip
import tracemalloc

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from nnlite.datasets._idx import read_idx
from nnlite.io import FormatError
from tests.datasets.idx_files import idx_bytes

IMAGES = np.arange(4 * 3 * 2, dtype=np.uint8).reshape(4, 3, 2)


@given(
    values=hnp.arrays(np.uint8, hnp.array_shapes(min_dims=1, max_dims=3, max_side=5)),
    packed=st.booleans(),
)
def test_what_was_written_is_read(tmp_path_factory, values, packed):
    path = tmp_path_factory.mktemp("idx") / "values"
    content = idx_bytes(values)
    path.write_bytes(gzip.compress(content) if packed else content)

    read = read_idx(path, max_items=5, item_shape=values.shape[1:])

    np.testing.assert_array_equal(read, values, strict=True)
    assert read.flags.writeable


def test_packing_is_told_by_content_not_by_name(tmp_path):
    path = tmp_path / "plain.gz"
    path.write_bytes(idx_bytes(IMAGES))
    np.testing.assert_array_equal(read_idx(path, max_items=4, item_shape=(3, 2)), IMAGES)


GOOD = idx_bytes(IMAGES)
PACKED = gzip.compress(GOOD)


@pytest.mark.parametrize("pack", [bytes, gzip.compress], ids=["plain", "gzipped"])
@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "expected an IDX header of 16 bytes, found 0 bytes"),
        (GOOD[:15], "expected an IDX header of 16 bytes, found 15 bytes"),
        (GOOD[:-1], "expected 24 bytes after the header, as it says, found 23"),
        (GOOD + b"\0", "expected 24 bytes after the header, as it says, found more"),
        (b"PNG!" + GOOD, "expected magic number 0x00000803 .*, found 0x504e4721"),
        (idx_bytes(IMAGES, type_code=0x0D), "expected magic number 0x00000803 .*, found 0x00000d03"),
        (idx_bytes(IMAGES.reshape(4, 6)), "3 dimensions.*, found 0x00000802"),
        (idx_bytes(IMAGES, shape=(4, 2, 3)), r"of shape \(3, 2\), found .* 4 items of shape \(2, 3\)"),
        (idx_bytes(IMAGES, shape=(5, 3, 2)), "expected 30 bytes after the header, as it says, found 24"),
        (idx_bytes(IMAGES, shape=(0, 3, 2)), "expected 1 to 5 items of shape .* promises 0 items"),
        (idx_bytes(IMAGES, shape=(2**32 - 1, 3, 2)), "expected 1 to 5 items of shape .* promises 4294967295 items"),
    ],
)
def test_damaged_and_lying_files_are_refused_by_name(tmp_path, content, message, pack):
    path = tmp_path / "bad-idx3-ubyte"
    path.write_bytes(pack(content))
    with pytest.raises(FormatError, match=f"bad-idx3-ubyte: .*{message}"):
        read_idx(path, max_items=5, item_shape=(3, 2))


@pytest.mark.parametrize(
    "content",
    [PACKED[:2], PACKED[:12], PACKED[:-9], PACKED[:-1], PACKED[:-8] + bytes(8), PACKED[:10] + b"\xff" * 20],
    ids=["magic only", "header cut", "data cut", "trailer cut", "wrong checksum", "garbage"],
)
def test_damaged_gzip_is_refused_by_name(tmp_path, content):
    path = tmp_path / "bad.gz"
    path.write_bytes(content)
    with pytest.raises(FormatError, match=r"bad\.gz: expected a whole gzip file"):
        read_idx(path, max_items=4, item_shape=(3, 2))


@given(cut=st.integers(0, len(PACKED) - 1))
def test_no_truncation_goes_unseen(tmp_path_factory, cut):
    path = tmp_path_factory.mktemp("idx") / "cut.gz"
    path.write_bytes(PACKED[:cut])
    with pytest.raises(FormatError):
        read_idx(path, max_items=4, item_shape=(3, 2))


@pytest.mark.parametrize(
    ("content", "max_items"),
    [
        pytest.param(gzip.compress(idx_bytes(IMAGES) + bytes(1 << 25), 1), 4, id="much more than promised"),
        pytest.param(idx_bytes(IMAGES, shape=(1 << 25, 3, 2)), 1 << 25, id="much less than promised"),
    ],
)
def test_memory_follows_neither_a_bomb_nor_a_promise(tmp_path, content, max_items):
    path = tmp_path / "hostile"
    path.write_bytes(content)
    tracemalloc.start()
    try:
        with pytest.raises(FormatError):
            read_idx(path, max_items=max_items, item_shape=(3, 2))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 4 << 20  # the bomb holds 32 MiB, the promise is of 192
