"""Attention beside PyTorch's and Keras', for shapes, masks and settings that hypothesis draws."""

from typing import Any

import numpy as np
import pytest
from hypothesis import strategies as st

import nnlite.functional as F
import nnlite.nn.functional as NF
from nnlite import io, layers, nn
from tests.parity.harness import check, compare_function, compare_layer, compare_module, drawn

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


@drawn(_SIZES, st.integers(2, 4), st.integers(1, 3), st.data(), st.integers(0, 2**16), cases=2)
def test_multi_head_attention_of_keras(rows: int, columns: int, heads: int, data: st.DataObject, seed: int) -> None:
    generator = np.random.default_rng(seed)
    settings: dict[str, Any] = {"return_attention_scores": True}  # no query_mask: Keras 3.15 replaces the one given
    if data.draw(st.booleans()):
        settings["attention_mask"] = generator.normal(size=(2, rows, columns)) > 0
    if data.draw(st.booleans()):
        settings["use_causal_mask"] = True
    if data.draw(st.booleans()):
        settings["value_mask"] = generator.normal(size=(2, columns)) > 0
    code = f"MultiHeadAttention({heads}, {data.draw(_SIZES)}, value_dim={data.draw(_SIZES)}, "
    code += f"use_bias={data.draw(st.booleans())}, output_shape={data.draw(st.none() | _SIZES)})"
    compare_layer(code, [generator.normal(size=(2, n, 3)) for n in (rows, columns, columns)], settings=settings)


@pytest.mark.filterwarnings("ignore:enable_nested_tensor")
@drawn(
    _SIZES, _SIZES, st.integers(1, 3), st.booleans(), st.booleans(), st.booleans(),
    st.sampled_from(["relu", "gelu"]), st.integers(0, 2**16), cases=10,
)  # fmt: skip
def test_transformer_of_pytorch(
    rows: int, columns: int, heads: int, norm_first: bool, batch_first: bool, bias: bool, activation: str, seed: int
) -> None:
    generator = np.random.default_rng(seed)
    code = f"Transformer({2 * heads}, {heads}, 1, 2, 3, 0.0, {activation!r}, norm_first={norm_first}, "
    code += f"batch_first={batch_first}, bias={bias})"
    padding = generator.normal(size=(2, columns)) > 0.5
    padding[:, 0] = False
    settings: dict[str, Any] = {"src_key_padding_mask": padding, "memory_key_padding_mask": padding}
    settings["tgt_mask"] = np.triu(np.ones((rows, rows), bool), 1)
    arrays = [generator.normal(size=(2, n, 2 * heads)) for n in (columns, rows)]
    arrays = arrays if batch_first else [a.swapaxes(0, 1) for a in arrays]
    compare_module(code, arrays, settings, seed=seed, steps=1)


def test_a_transformers_state_dict_loads_and_gives_pytorchs_outputs_in_float32() -> None:
    import torch

    torch.manual_seed(0)
    theirs = torch.nn.Transformer(32, 4, 2, 2, 64, batch_first=True).eval()
    ours = nn.Transformer(32, 4, 2, 2, 64, batch_first=True).eval()
    ours.load_state_dict(theirs.state_dict())
    generator = np.random.default_rng(0)
    source, target = (generator.normal(size=(3, n, 32)).astype("float32") for n in (11, 7))
    mask = nn.Transformer.generate_square_subsequent_mask(7)
    their_mask = torch.nn.Transformer.generate_square_subsequent_mask(7)
    np.testing.assert_array_equal(mask.numpy(), their_mask.numpy())
    y = ours(source, target, tgt_mask=mask)
    with torch.no_grad():
        expected = theirs(torch.tensor(source), torch.tensor(target), tgt_mask=their_mask)
    assert y.dtype == np.float32
    check("nn.Transformer", "torch", y, expected, tolerance=1e-5)


@drawn(_SIZES, st.integers(1, 3), st.booleans(), st.booleans(), st.integers(0, 2**16), cases=10)
def test_encoder_in_keras_spelling(rows: int, heads: int, normalize_first: bool, is_causal: bool, seed: int) -> None:
    import torch

    torch.manual_seed(seed)
    generator = np.random.default_rng(seed)
    settings = {"norm_first": normalize_first, "activation": "gelu", "batch_first": True}
    theirs = torch.nn.TransformerEncoderLayer(2 * heads, heads, 3, 0.0, **settings).double()
    ours = layers.TransformerEncoder(3, heads, activation="gelu", normalize_first=normalize_first)
    x = generator.normal(size=(2, rows, 2 * heads))
    ours(x)
    ours.astype("float64")
    ours.load_state_dict(io.from_torch(theirs.state_dict(), ours))
    counts = generator.normal(size=(2, rows)) > 0
    counts[:, 0] = True
    causal = np.tri(rows, dtype=bool) if is_causal else None
    hidden = None if causal is None else torch.tensor(~causal)

    def outputs_that_count(y: Any) -> Any:
        return y[0, counts[0]], y[1, counts[1]]

    compare_function(
        "layers.TransformerEncoder",
        lambda x: outputs_that_count(ours(x, padding_mask=counts, attention_mask=causal)),
        lambda x: outputs_that_count(theirs(x, src_mask=hidden, src_key_padding_mask=torch.tensor(~counts))),
        [x],
    )
