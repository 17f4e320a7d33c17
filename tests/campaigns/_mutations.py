"""What is done to true files: damage at random, and lies by somebody who knows the format."""

from __future__ import annotations

import gzip
import io
import json
import pickle
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from nnlite.io._safetensors import read_safetensors, write_safetensors

__all__ = ["CANARY", "Mutation", "mutations_of"]

Random = np.random.Generator
Mutation = Callable[[bytes, Random], bytes]  # by its name it says what it does

CANARY = "nnlite-canary"  # what hostile pickles would make a file of
_EXTREMES = [0, 1, 2**31 - 1, 2**31, 2**32 - 1, 2**40, 2**62, 2**63 - 1, 2**63, 2**64 - 1]


# Damage


def flip_bits(content: bytes, random: Random) -> bytes:
    changed = bytearray(content)
    for place in random.integers(0, len(content), random.integers(1, 9)):
        changed[place] ^= 1 << int(random.integers(8))
    return bytes(changed)


def flip_bits_in_front(content: bytes, random: Random) -> bytes:
    front = min(len(content), 4000)
    return flip_bits(content[:front], random) + content[front:]


def flip_bits_at_the_end(content: bytes, random: Random) -> bytes:
    front = max(0, len(content) - 1500)
    return content[:front] + flip_bits(content[front:], random)


def truncate(content: bytes, random: Random) -> bytes:
    return content[: int(random.integers(len(content)))]


def truncate_a_little(content: bytes, random: Random) -> bytes:
    return content[: -int(random.integers(1, 20))]


def insert(content: bytes, random: Random) -> bytes:
    place = int(random.choice([random.integers(len(content)), random.integers(min(2000, len(content))), len(content)]))
    return content[:place] + random.bytes(int(random.integers(1, 200))) + content[place:]


def delete(content: bytes, random: Random) -> bytes:
    place = int(random.integers(len(content)))
    return content[:place] + content[place + int(random.integers(1, 200)) :]


def zero(content: bytes, random: Random) -> bytes:
    place, length = int(random.integers(len(content))), int(random.choice([8, 512, 4096]))
    return content[:place] + bytes(min(length, len(content) - place)) + content[place + length :]


def swap_blocks(content: bytes, random: Random) -> bytes:
    size = int(random.choice([8, 512, 4096]))
    one, other = sorted(int(n) for n in random.integers(0, len(content) - size, 2))
    if other - one < size:
        return content[::-1]
    blocks = content[one : one + size], content[other : other + size]
    return content[:one] + blocks[1] + content[one + size : other] + blocks[0] + content[other + size :]


def rewrite_a_number(content: bytes, random: Random) -> bytes:
    place = int(random.integers(min(400, len(content) - 8)))
    if random.random() < 0.5:
        place = len(content) - 8 - place
    form = str(random.choice(["<Q", ">Q", "<I", ">I", "<H"]))
    packed = struct.pack(form, _EXTREMES[random.integers(len(_EXTREMES))] % 2 ** (8 * struct.calcsize(form)))
    return content[:place] + packed + content[place + len(packed) :]


def other_kind(content: bytes, random: Random) -> bytes:
    others = [
        b"",
        b"\0" * len(content),
        random.bytes(len(content)),
        gzip.compress(content[:1000]),
        b"\x89HDF\r\n\x1a\n" * 100,
        pickle.dumps(_Hostile()),
        b"{}" * 500,
        json.dumps({"class_name": "os"}).encode(),
        b"PK\x05\x06" + bytes(18),
    ]
    return others[random.integers(len(others))]


class _Hostile:
    """What, once pickled, makes a file when it is unpickled."""

    def __reduce__(self) -> Any:
        return Path.touch, (Path(CANARY),)


DAMAGE: list[Mutation] = [
    flip_bits, flip_bits_in_front, flip_bits_at_the_end, truncate, truncate_a_little, insert, delete, zero, swap_blocks,
    rewrite_a_number, other_kind,
]  # fmt: skip


# Safetensors


def _split(content: bytes) -> tuple[dict[str, Any], bytes]:
    (length,) = struct.unpack("<Q", content[:8])
    return json.loads(content[8 : 8 + length]), content[8 + length :]


def _joined(header: dict[str, Any] | str, data: bytes, length: int | None = None) -> bytes:
    raw = (header if isinstance(header, str) else json.dumps(header)).encode()
    return struct.pack("<Q", len(raw) if length is None else length) + raw + data


def lie_in_the_header(content: bytes, random: Random) -> bytes:
    header, data = _split(content)
    header.pop("__metadata__", None)  # with its digest: the lie shall not be noticed by that
    names = list(header)
    entry = header[names[random.integers(len(names))]]
    number = [*_EXTREMES, -1, -(2**63), 10**30, 0.5, None, "x", [], True][random.integers(len(_EXTREMES) + 8)]
    what = random.integers(6)
    if what == 0:
        entry["data_offsets"][random.integers(2)] = number
    elif what == 1 and entry["shape"]:
        entry["shape"][random.integers(len(entry["shape"]))] = number
    elif what == 2:
        entry["dtype"] = ["F64", "I8", "U16", "F8_E4M3", "OBJECT", number][random.integers(6)]
    elif what == 3:
        entry["data_offsets"] = header[names[random.integers(len(names))]]["data_offsets"]
    elif what == 4:
        entry["shape"] = [number] * int(random.integers(1, 80))
    else:
        header[str(number)] = {**entry, "data_offsets": [0, number]}
    return _joined(header, data)


def lie_about_the_headers_length(content: bytes, random: Random) -> bytes:
    header, data = _split(content)
    return _joined(header, data, _EXTREMES[random.integers(len(_EXTREMES))])


def nest_the_header(content: bytes, random: Random) -> bytes:
    """Replace the header, in a file that is no larger than before."""
    depth = int(10 ** random.uniform(1, np.log10(len(content) / 8)))
    header = [
        '{"a":' * depth + "0" + "}" * depth,
        '{"a":{"dtype":"F32","shape":' + "[" * depth + "]" * depth + ',"data_offsets":[0,0]}}',
        '{"__metadata__":{"a":' + "[]," * depth + "[]}}",
        '{"a":{"dtype":"F32","shape":[' + "0," * depth + '0],"data_offsets":[0,0]}}',
        '{"a":{"dtype":"F32","shape":[0],"data_offsets":[0,0]}' + ',"b":{}' * depth + "}",
    ][random.integers(5)]
    return _joined(header, content[len(header) + 8 :])


def repeat_a_name(content: bytes, random: Random) -> bytes:
    header, data = _split(content)
    header.pop("__metadata__", None)
    name = list(header)[random.integers(len(header))]
    text = json.dumps(header)
    return _joined(text[:-1] + f", {json.dumps(name)}: {json.dumps(header[name])}}}", data)


# States in safetensors: checkpoints and saved models


def _places(value: Any) -> list[tuple[Any, Any]]:
    """All places in nested lists and dicts, as (container, key)."""
    found = []
    for key, item in list(value.items()) if isinstance(value, dict) else list(enumerate(value)):
        found.append((value, key))
        if isinstance(item, (dict, list)):
            found += _places(item)
    return found


def rewrite_the_state(content: bytes, random: Random) -> bytes:
    """Change the state's JSON, and sign the file anew."""
    path = Path(f"signed-{random.integers(2**62)}")
    path.write_bytes(content)
    arrays, metadata = read_safetensors(path)
    text = json.loads(metadata["nnlite.state"])
    for _ in range(random.integers(1, 4)):
        places = _places(text)
        container, key = places[random.integers(len(places))]
        what = random.integers(4)
        if what == 0:
            del container[key]
        elif what == 1:
            other, other_key = places[random.integers(len(places))]
            container[key] = json.loads(json.dumps(other[other_key] if other_key in _keys(other) else None))
        else:
            container[key] = [
                None, -1, 0, 99_999, 10**6, 2**63, -(10**40), 1e308, float("nan"), "x", "os.system", [], {},
                {"$array": "nowhere"},
                {"$tuple": 3}, {"$dict": [1]}, {"$what": 0}, {"$array": next(iter(arrays))},
                {"class_name": "system", "module": "os", "config": {}}, [[[[]]]], True,
            ][random.integers(21)]  # fmt: skip
    if random.random() < 0.1:
        depth = int(10 ** random.uniform(2, 5))
        metadata["nnlite.state"] = "[" * depth + "]" * depth
    else:
        metadata["nnlite.state"] = json.dumps(text)
    write_safetensors(path, arrays, metadata)
    signed = path.read_bytes()
    path.unlink()
    return signed


def _keys(container: Any) -> Any:
    return container.keys() if isinstance(container, dict) else range(len(container))


def change_an_array(content: bytes, random: Random) -> bytes:
    """Change the name, dtype or shape of an array, and sign the file anew."""
    path = Path(f"signed-{random.integers(2**62)}")
    path.write_bytes(content)
    arrays, metadata = read_safetensors(path)
    name = list(arrays)[random.integers(len(arrays))]
    array = arrays.pop(name)
    what = random.integers(4)
    if what == 0:
        arrays[f"{name}x"] = array
    elif what == 1:
        arrays[name] = array.astype(["float16", "float64", "int8", "bool"][random.integers(4)])
    elif what == 2:
        arrays[name] = array.reshape(-1)[:-1]
    else:
        arrays[name] = array[..., None]
    with np.errstate(all="ignore"):
        write_safetensors(path, arrays, metadata)
    signed = path.read_bytes()
    path.unlink()
    return signed


# Npz


def _members(content: bytes) -> list[tuple[str, bytes]]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return [(name, archive.read(name)) for name in archive.namelist()]


def _zipped(members: list[tuple[str, bytes]], compression: int = zipfile.ZIP_STORED) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", compression) as archive:
        for name, data in members:
            archive.writestr(name, data)
    return stream.getvalue()


def repeat_a_member(content: bytes, random: Random) -> bytes:
    members = _members(content)
    return _zipped([*members, members[random.integers(len(members))]])


def put_in_objects(content: bytes, random: Random) -> bytes:
    stream = io.BytesIO()
    np.save(stream, np.array([_Hostile()] * 3, dtype=object), allow_pickle=True)
    members = [*_members(content), ("objects.npy", stream.getvalue())]
    return _zipped([members[i] for i in random.permutation(len(members))])


def lie_in_an_array(content: bytes, random: Random) -> bytes:
    """Rewrite the header of a .npy file, with the right checksum in the archive."""
    members = _members(content)
    number = int(random.integers(len(members)))
    name, data = members[number]
    end = data.index(b"\n") + 1
    shapes = ["(2,)", "(-1,)", "(4611686018427387904, 4)", "(0, 10**30)", "(256, 256)", "()", "[3]", "(1.5,)",
              "(True,)", f"({'1, ' * 70})", f"({'9' * 900},)", "None"]  # fmt: skip
    dtypes = ["'<f8'", "'|O'", "'|S0'", "'|V0'", "'<f4'", "[('a', '|O')]", "'>f4'", "'zz'", "'|S1000000000'",
              "3", "'<M8[s]'", "'<U9999999'"]  # fmt: skip
    header = f"{{'descr': {random.choice(dtypes)}, 'fortran_order': False, 'shape': {random.choice(shapes)}, }}"
    junk = ["(" * 5000, "-" * 900 + "1", "[" + "0," * 400 + "0]", "__import__('os').abort()", "{}", header[:-9]]
    chosen = header if random.random() < 0.8 else junk[random.integers(len(junk))]
    raw = chosen.encode() + b"\n"
    version = bytes([int(random.choice([1, 1, 1, 2, 3, 9])), 0])
    size = struct.pack("<H" if version[0] == 1 else "<I", len(raw))
    members[number] = name, b"\x93NUMPY" + version + size + raw + data[end:]
    return _zipped(members)


def put_in_a_bomb(content: bytes, random: Random) -> bytes:
    """Add an array of zeros, small when compressed: 8 to 200 times the true file."""
    stream = io.BytesIO()
    np.save(stream, np.zeros(int(len(content) * random.choice([200, 400])), np.uint8))
    return _zipped([*_members(content), ("bomb.npy", stream.getvalue())], zipfile.ZIP_DEFLATED)


def put_in_strangers(content: bytes, random: Random) -> bytes:
    names = ["../../x.npy", "/etc/x.npy", "x.txt", ".npy", "a" * 60_000 + ".npy", "x.npy/", "x\0.npy"]
    return _zipped([*_members(content), (str(random.choice(names)), b"x")])


def lie_in_the_directory(content: bytes, random: Random) -> bytes:
    """Rewrite a field of the archive's central directory."""
    changed, place = bytearray(content), content.rindex(b"PK\x01\x02")
    form, offset = [("<H", 8), ("<H", 10), ("<I", 16), ("<I", 20), ("<I", 24), ("<H", 28), ("<H", 30), ("<I", 42)][
        random.integers(8)
    ]
    struct.pack_into(form, changed, place + offset, _EXTREMES[random.integers(10)] % 2 ** (8 * struct.calcsize(form)))
    return bytes(changed)


# IDX


def lie_in_an_idx_header(content: bytes, random: Random) -> bytes:
    plain = gzip.decompress(content) if content.startswith(b"\x1f\x8b") else content
    changed = bytearray(plain)
    number = int(random.integers(4))
    values = [0, 1, 27, 29, 2799, 2801, 60_000, 60_001, 2**31 - 1, 2**31, 2**32 - 1]
    struct.pack_into(">I", changed, 4 * number, values[random.integers(len(values))])
    return gzip.compress(bytes(changed), 1) if plain is not content else bytes(changed)


def put_a_bomb_behind(content: bytes, random: Random) -> bytes:
    """Append zeros, packed, to a packed file; to a plain one, whatever comes."""
    return content + gzip.compress(bytes(int(random.choice([1, 10**6, 5 * 10**7]))), 9)


SAFETENSORS: list[Mutation] = [lie_in_the_header, lie_about_the_headers_length, nest_the_header, repeat_a_name]
STATE: list[Mutation] = [*SAFETENSORS, rewrite_the_state, rewrite_the_state, change_an_array]
NPZ: list[Mutation] = [
    repeat_a_member, put_in_objects, lie_in_an_array, lie_in_an_array, put_in_a_bomb, put_in_strangers,
    lie_in_the_directory,
]  # fmt: skip
IDX: list[Mutation] = [lie_in_an_idx_header, lie_in_an_idx_header, put_a_bomb_behind]


def mutations_of(kind: str) -> list[Mutation]:
    """Return all that may be done to a kind of file."""
    own = {"safetensors": SAFETENSORS, "npz": NPZ, "checkpoint": STATE, "saved model": STATE, "idx": IDX}
    return DAMAGE + next(mutations for name, mutations in own.items() if name in kind)
