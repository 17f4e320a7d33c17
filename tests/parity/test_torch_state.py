"""States that PyTorch saved, translated to models in Keras' spelling and back: both give the same outputs."""

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import nnlite as nl
from nnlite import io, layers
from tests.parity.harness import check


def as_it_is(y: Any) -> Any:
    return y


def channels_last(y: Any) -> Any:
    return y.movedim(1, -1)


def first(y: Any) -> Any:
    return y[0]


IMAGE, SEQUENCE = (2, 6, 5, 3), (2, 5, 4)  # channels last; (N, T, features)

# PyTorch's module, our layers, the shape of our input, and how PyTorch's output becomes ours
ONE_LAYER = [
    ("Linear(4, 3)", "Dense(3)", SEQUENCE, as_it_is),
    ("Linear(4, 3, bias=False)", "Dense(3, use_bias=False)", SEQUENCE, as_it_is),
    ("Conv1d(4, 6, 2, groups=2)", "Conv1D(6, 2, groups=2)", SEQUENCE, channels_last),
    ("Conv2d(3, 4, (3, 2), stride=(2, 1))", "Conv2D(4, (3, 2), strides=(2, 1))", IMAGE, channels_last),
    ("Conv3d(3, 4, (2, 1, 2), bias=False)", "Conv3D(4, (2, 1, 2), use_bias=False)", (2, 3, 4, 3, 3), channels_last),
    ("ConvTranspose2d(3, 4, (3, 2), stride=2)", "Conv2DTranspose(4, (3, 2), strides=2)", IMAGE, channels_last),
    ("ConvTranspose1d(4, 3, 2)", "Conv1DTranspose(3, 2)", SEQUENCE, channels_last),
    ("Conv2d(3, 6, 2, groups=3)", "DepthwiseConv2D(2, depth_multiplier=2)", IMAGE, channels_last),
    ("BatchNorm2d(3)", "BatchNorm(epsilon=1e-5)", IMAGE, channels_last),
    ("GroupNorm(3, 3)", "GroupNorm(3, epsilon=1e-5)", IMAGE, channels_last),
    ("InstanceNorm2d(3, affine=True)", "InstanceNorm(epsilon=1e-5)", IMAGE, channels_last),
    ("LayerNorm(4)", "LayerNorm(epsilon=1e-5)", SEQUENCE, as_it_is),
    ("RMSNorm(4, eps=1e-6)", "RMSNorm()", SEQUENCE, as_it_is),
    ("PReLU(3)", "PReLU(shared_axes=(1, 2))", IMAGE, channels_last),
    ("RNN(4, 3, batch_first=True)", "SimpleRNN(3, return_sequences=True)", SEQUENCE, first),
    ("LSTM(4, 3, batch_first=True)", "LSTM(3, return_sequences=True)", SEQUENCE, first),
    ("LSTM(4, 3, bias=False, batch_first=True)", "LSTM(3, use_bias=False, return_sequences=True)", SEQUENCE, first),
    ("GRU(4, 3, batch_first=True)", "GRU(3, return_sequences=True)", SEQUENCE, first),
    (
        "LSTM(4, 3, batch_first=True, bidirectional=True)",
        "Bidirectional(LSTM(3, return_sequences=True))",
        SEQUENCE,
        first,
    ),
    (
        "GRU(4, 3, 2, batch_first=True)",
        "models.Sequential([GRU(3, return_sequences=True), GRU(3, return_sequences=True)])",
        SEQUENCE,
        first,
    ),
    (
        "TransformerEncoderLayer(4, 2, 5, batch_first=True)",
        "TransformerEncoder(5, 2)",
        SEQUENCE,
        as_it_is,
    ),
    (
        "TransformerEncoder(TransformerEncoderLayer(4, 2, 5, batch_first=True, norm_first=True), 2, LayerNorm(4),"
        " enable_nested_tensor=False)",
        "models.Sequential([TransformerEncoder(5, 2, normalize_first=True), TransformerEncoder(5, 2,"
        " normalize_first=True), LayerNorm(epsilon=1e-5)])",
        SEQUENCE,
        as_it_is,
    ),
    (
        "Sequential(Conv2d(3, 4, 3, padding=1), BatchNorm2d(4), ReLU(), MaxPool2d(2), Conv2d(4, 5, 2), ReLU(),"
        " Flatten(), Linear(10, 3), ReLU(), Linear(3, 2))",
        "models.Sequential([Conv2D(4, 3, padding='same'), BatchNorm(epsilon=1e-5), ReLU(), MaxPool2D(),"
        " Conv2D(5, 2, activation='relu'), Flatten(), Dense(3, activation='relu'), Dense(2)])",
        IMAGE,
        as_it_is,
    ),
    (
        "Sequential(Conv1d(4, 3, 2), Flatten(), Linear(12, 2))",
        "models.Sequential([Conv1D(3, 2), Flatten(), Dense(2)])",
        SEQUENCE,
        as_it_is,
    ),
    ("Sequential(Flatten(), Linear(90, 2))", "models.Sequential([Flatten(), Dense(2)])", IMAGE, as_it_is),
]


def outputs(theirs: Any, ours: Any, x: NDArray[Any], post: Any) -> tuple[Any, Any]:
    """Run both in inference, PyTorch channels first where it has channels first."""
    import torch

    is_first = post is channels_last or x.ndim > 3 or "Conv1d" in repr(theirs)
    with torch.no_grad():
        y = theirs.eval()(torch.tensor(np.ascontiguousarray(np.moveaxis(x, -1, 1)) if is_first else x))
    y = post(y)
    return ours.eval()(x), y


@pytest.mark.parametrize(("code", "own_code", "shape", "post"), ONE_LAYER, ids=[row[0] for row in ONE_LAYER])
def test_a_translated_state_gives_the_same_outputs(code: str, own_code: str, shape: Any, post: Any) -> None:
    import torch

    torch.manual_seed(0)
    theirs = eval(code, vars(torch.nn)).double()
    for name, tensor in theirs.state_dict().items():  # nothing stays at its trivial first value
        if tensor.is_floating_point():
            tensor.add_(torch.rand(tensor.shape, dtype=tensor.dtype) * (0.5 if name.endswith("var") else 0.1))
    x = np.random.default_rng(0).normal(size=shape)
    ours = eval(own_code, {**vars(layers), "models": nl.models})
    ours(x)
    ours.astype("float64")
    state = theirs.state_dict()
    ours.load_state_dict(io.from_torch(state, ours))
    check("io.from_torch", "torch", *outputs(theirs, ours, x, post), what=code)

    for parameter in ours.parameters():
        parameter.data += 0.1
    back = io.to_torch(ours, like=state)
    assert list(back) == list(state)
    theirs.load_state_dict({name: torch.from_numpy(array) for name, array in back.items()})
    check("io.to_torch", "torch", *outputs(theirs, ours, x, post), what=code)
    if "LSTM" not in code and "RNN" not in code:  # of which one bias becomes two
        again = io.from_torch(back, ours)
        for name, array in ours.state_dict().items():
            np.testing.assert_array_equal(again[name], array)


def test_embeddings_are_translated() -> None:
    import torch

    theirs = torch.nn.Embedding(7, 3).double()
    ours = layers.Embedding(7, 3)
    words = np.array([[1, 6, 0]])
    ours(words)
    ours.load_state_dict(io.from_torch(theirs.state_dict(), ours))
    check("io.from_torch", "torch", ours(words), theirs(torch.tensor(words)), tolerance=1e-6)


@pytest.mark.parametrize("memory_dim", [4, 6])
def test_attention_to_a_memory_is_translated(memory_dim: int) -> None:
    import torch

    theirs = torch.nn.MultiheadAttention(4, 2, kdim=memory_dim, vdim=memory_dim, batch_first=True).double()
    ours = layers.MultiHeadAttention(2, 2)
    generator = np.random.default_rng(0)
    x, memory = generator.normal(size=(2, 5, 4)), generator.normal(size=(2, 3, memory_dim))
    ours(x, memory)
    ours.astype("float64")
    ours.load_state_dict(io.from_torch(theirs.state_dict(), ours))
    expected = theirs(*map(torch.tensor, (x, memory, memory)))[0]
    check("io.from_torch", "torch", ours(x, memory), expected)
    back = io.to_torch(ours)
    for name, tensor in theirs.state_dict().items():
        np.testing.assert_array_equal(back[name], tensor.numpy())


@pytest.mark.parametrize("normalize_first", [False, True])
def test_a_decoder_is_translated(normalize_first: bool) -> None:
    import torch

    theirs = torch.nn.TransformerDecoderLayer(4, 2, 5, batch_first=True, norm_first=normalize_first).double().eval()
    ours = layers.TransformerDecoder(5, 2, normalize_first=normalize_first)
    generator = np.random.default_rng(0)
    x, memory = generator.normal(size=(2, 5, 4)), generator.normal(size=(2, 3, 4))
    ours(x, memory)
    ours.astype("float64")
    ours.load_state_dict(io.from_torch(theirs.state_dict(), ours))
    mask = torch.nn.Transformer.generate_square_subsequent_mask(5, dtype=torch.float64)
    expected = theirs(torch.tensor(x), torch.tensor(memory), tgt_mask=mask)
    check("layers.TransformerDecoder", "torch", ours(x, memory), expected)
    check("io.to_torch", "torch", io.to_torch(ours)["norm3.weight"], theirs.norm3.weight)
