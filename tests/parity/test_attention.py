"""Attention beside PyTorch's and Keras', for shapes, masks and settings that hypothesis draws."""

from typing import Any

import numpy as np
import pytest
from hypothesis import strategies as st

import nnlite.functional as F
import nnlite.nn.functional as NF
from tests.parity.harness import compare_function, compare_layer, compare_module, drawn

_SIZES = st.integers(1, 4)


@pytest.mark.parametrize("library", ["functional", "nn.functional"])
@drawn(_SIZES, _SIZES, _SIZES, _SIZES, st.sampled_from(["", "boolean", "added"]), st.booleans(), st.integers(0, 2**16))
def test_scaled_dot_product_attention(
    library: str, rows: int, columns: int, dim: int, value_dim: int, mask: str, is_causal: bool, seed: int
) -> None:
    import torch

    generator = np.random.default_rng(seed)
    shapes = [(2, 3, rows, dim), (2, 3, columns, dim), (2, 3, columns, value_dim)]
    arrays: list[Any] = [generator.normal(size=shape) for shape in shapes]
    settings: dict[str, Any] = {"is_causal": is_causal and not mask}
    if is_causal:
        settings["scale"] = 0.7
    if mask:
        scores = generator.normal(size=(2, 1, rows, columns))
        arrays.append(scores > 0 if mask == "boolean" else scores)  # rows without a True among them
    subject = f"{library}.scaled_dot_product_attention"
    ours = {"functional": F, "nn.functional": NF}[library].scaled_dot_product_attention
    theirs = torch.nn.functional.scaled_dot_product_attention
    compare_function(subject, lambda *a: ours(*a, **settings), lambda *a: theirs(*a, **settings), arrays)


@drawn(st.integers(1, 3), st.integers(1, 3), cases=5)
def test_heads_that_share_keys_and_values(groups: int, shared: int) -> None:
    import torch

    generator = np.random.default_rng(groups)
    shapes = [(2, groups * shared, 4, 3), (2, groups, 5, 3), (2, groups, 5, 2)]
    compare_function(
        "nn.functional.scaled_dot_product_attention",
        lambda *a: NF.scaled_dot_product_attention(*a, enable_gqa=True),
        lambda *a: torch.nn.functional.scaled_dot_product_attention(*a, enable_gqa=True),
        [generator.normal(size=shape) for shape in shapes],
    )


@drawn(_SIZES, _SIZES, st.integers(1, 3), st.integers(1, 3), st.data(), st.integers(0, 2**16))
def test_multihead_attention_of_pytorch(
    rows: int, columns: int, heads: int, head_dim: int, data: st.DataObject, seed: int
) -> None:
    generator = np.random.default_rng(seed)
    embed_dim, flag = heads * head_dim, st.booleans()
    kdim, vdim = (data.draw(st.sampled_from([None, 2, embed_dim])) for _ in range(2))
    batch_first, with_padding, with_mask = data.draw(flag), data.draw(flag), data.draw(flag)
    arguments = {name: data.draw(flag) for name in ("bias", "add_bias_kv", "add_zero_attn")}
    settings: dict[str, Any] = {"need_weights": data.draw(flag), "average_attn_weights": data.draw(flag)}
    if with_padding:
        padding = generator.normal(size=(2, columns)) > 0.5
        settings["key_padding_mask"] = padding & ~padding.all(axis=1, keepdims=True)  # never all: NaN in PyTorch
    if with_mask:
        settings["attn_mask"] = np.zeros((rows, columns), bool)
        settings["attn_mask"][:, 1:] = generator.normal(size=(rows, columns - 1)) > 0
        if with_padding:
            settings["key_padding_mask"][:, 0] = False
    shapes = [(rows, 2, embed_dim), (columns, 2, kdim or embed_dim), (columns, 2, vdim or embed_dim)]
    arrays = [generator.normal(size=shape) for shape in shapes]
    arrays = [a.swapaxes(0, 1) for a in arrays] if batch_first else arrays
    code = f"MultiheadAttention({embed_dim}, {heads}, batch_first={batch_first}, kdim={kdim}, vdim={vdim}"
    code += "".join(f", {name}={value}" for name, value in arguments.items())
    compare_module(f"{code})", arrays, settings, seed=seed, steps=1)


@drawn(_SIZES, st.integers(2, 4), st.integers(1, 3), st.data(), st.integers(0, 2**16), cases=3)
def test_multi_head_attention_of_keras(rows: int, columns: int, heads: int, data: st.DataObject, seed: int) -> None:
    generator = np.random.default_rng(seed)
    settings: dict[str, Any] = {"return_attention_scores": True}
    if data.draw(st.booleans()):
        settings["attention_mask"] = generator.normal(size=(2, rows, columns)) > 0
    if data.draw(st.booleans()):
        settings["use_causal_mask"] = True
    if data.draw(st.booleans()):
        settings["query_mask"] = generator.normal(size=(2, rows)) > 0
    if data.draw(st.booleans()):
        settings["value_mask"] = generator.normal(size=(2, columns)) > 0
    code = f"MultiHeadAttention({heads}, {data.draw(_SIZES)}, value_dim={data.draw(_SIZES)}, "
    code += f"use_bias={data.draw(st.booleans())}, output_shape={data.draw(st.none() | _SIZES)})"
    compare_layer(code, [generator.normal(size=(2, n, 3)) for n in (rows, columns, columns)], settings=settings)
