"""What stands for each layer in PyTorch: the names of its arrays there, and how they become ours and back."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from nnlite import layers
from nnlite.layers import Module

__all__ = ["OPTIONAL", "Counterpart", "counterpart_of"]

Array = NDArray[Any]
State = dict[str, Array]
Conversion = Callable[[Array], Array]

OPTIONAL = "num_batches_tracked"  # what PyTorch's BatchNorm counts and nothing of ours


class Counterpart(NamedTuple):
    """The arrays of a layer in PyTorch."""

    names: list[str]  # in PyTorch's order, below the module's own name
    ours: Callable[[State], State]  # from their arrays, by name, to ours
    theirs: Callable[[State], State]


def counterpart_of(layer: Module, order: Array | None = None) -> Counterpart | None:
    """Return what stands for a layer in PyTorch; None for a layer of a kind that is not in the table.

    Parameters
    ----------
    layer : Module
        Built.
    order : array of int, optional
        Of a Dense behind a Flatten: where PyTorch, which flattens channels first, has each of its inputs.
    """
    if isinstance(layer, layers.Dense):
        return _dense(layer, order)
    for kind, factory in _FACTORIES.items():
        if isinstance(layer, kind):
            return factory(layer)
    return None


def _renamed(layer: Module, entries: Mapping[str, tuple[str, Conversion, Conversion]]) -> Counterpart:
    """Return a counterpart whose arrays are ours one by one: our name -> (their name, to ours, to theirs)."""
    present = {name: entry for name, entry in entries.items() if name in layer.state_dict()}
    return Counterpart(
        [name for name, _, _ in present.values()],
        lambda theirs: {ours: forth(theirs[name]) for ours, (name, forth, _) in present.items()},
        lambda ours: {name: back(ours[our_name]) for our_name, (name, _, back) in present.items()},
    )


def _same(array: Array) -> Array:
    return array


def _dense(layer: layers.Dense, order: Array | None) -> Counterpart:
    """Kernel (in, out) and weight (out, in)."""
    rows = np.arange(layer.kernel.shape[0]) if order is None else order
    return _renamed(
        layer,
        {"kernel": ("weight", lambda w: w.T[rows], lambda k: k[np.argsort(rows)].T), "bias": ("bias", _same, _same)},
    )


def _convolution(layer: Module) -> Counterpart:
    """Kernel (*size, in, out) and weight (out, in, *size); transposed ones have in and out the other way round."""
    return _renamed(
        layer,
        {
            "kernel": (
                "weight",
                lambda w: np.moveaxis(w, (0, 1), (-1, -2)),
                lambda k: np.moveaxis(k, (-1, -2), (0, 1)),
            ),
            "bias": ("bias", _same, _same),
        },
    )


def _depthwise(layer: layers.DepthwiseConv2D) -> Counterpart:
    """Kernel (kh, kw, in, multiplier) and weight (in * multiplier, 1, kh, kw), which has a group for each channel."""
    height, width, channels, multiplier = layer.kernel.shape
    return _renamed(
        layer,
        {
            "kernel": (
                "weight",
                lambda w: w.reshape(channels, multiplier, height, width).transpose(2, 3, 0, 1),
                lambda k: k.transpose(2, 3, 0, 1).reshape(channels * multiplier, 1, height, width),
            ),
            "bias": ("bias", _same, _same),
        },
    )


def _normalization(layer: Module) -> Counterpart:
    return _renamed(layer, {"gamma": ("weight", _same, _same), "beta": ("bias", _same, _same)})


def _batch_norm(layer: layers.BatchNorm) -> Counterpart:
    names = {"gamma": "weight", "beta": "bias", "moving_mean": "running_mean", "moving_variance": "running_var"}
    inner = _renamed(layer, {ours: (theirs, _same, _same) for ours, theirs in names.items()})
    counted = {OPTIONAL: np.array(0)}
    return Counterpart([*inner.names, OPTIONAL], inner.ours, lambda ours: {**inner.theirs(ours), **counted})


def _rms_norm(layer: layers.RMSNorm) -> Counterpart:
    return _renamed(layer, {"scale": ("weight", _same, _same)})


def _prelu(layer: layers.PReLU) -> Counterpart:
    """Slopes (..., channels), with ones for shared axes, and weight (channels,)."""
    shape = layer.alpha.shape
    return _renamed(layer, {"alpha": ("weight", lambda w: w.reshape(shape), lambda a: a.reshape(-1))})


def _embedding(layer: layers.Embedding) -> Counterpart:
    return _renamed(layer, {"embeddings": ("weight", _same, _same)})


def _recurrent(layer: Any) -> Counterpart:
    """Kernels (in, gates * units) with one bias, and weights (gates * units, in) with two, which are added.

    The gates of an LSTM are in the same order; those of a GRU are z, r, h here and r, z, n there, and its two biases
    are two here too.
    """
    is_gru = isinstance(layer, layers.GRU)
    if is_gru and not layer.cell.reset_after:
        raise ValueError(f"{layer.label} with reset_after=False has no counterpart in PyTorch")

    def turned(array: Array) -> Array:  # the same both ways
        if not is_gru:
            return array
        first, second, third = np.split(array, 3, axis=-1)
        return np.concatenate([second, first, third], axis=-1)

    def ours(theirs: State) -> State:
        state = {
            "cell.kernel": turned(theirs["weight_ih_l0"].T),
            "cell.recurrent_kernel": turned(theirs["weight_hh_l0"].T),
        }
        if layer.cell.bias is not None:
            pair = theirs["bias_ih_l0"], theirs["bias_hh_l0"]
            state["cell.bias"] = turned(np.stack(pair)) if is_gru else pair[0] + pair[1]
        return state

    def theirs(state: State) -> State:
        arrays = {
            "weight_ih_l0": turned(state["cell.kernel"]).T,
            "weight_hh_l0": turned(state["cell.recurrent_kernel"]).T,
        }
        if layer.cell.bias is not None:
            bias = state["cell.bias"]
            pair = turned(bias) if is_gru else (bias, np.zeros_like(bias))
            arrays["bias_ih_l0"], arrays["bias_hh_l0"] = pair
        return arrays

    biases = [] if layer.cell.bias is None else ["bias_ih_l0", "bias_hh_l0"]
    return Counterpart(["weight_ih_l0", "weight_hh_l0", *biases], ours, theirs)


def _bidirectional(layer: layers.Bidirectional) -> Counterpart | None:
    """Two layers, of which the second has names that end in "_reverse"."""
    both = [counterpart_of(layer.forward_layer), counterpart_of(layer.backward_layer)]
    if both[0] is None or both[1] is None:
        return None
    return _joined([("forward_layer.", "", "", both[0]), ("backward_layer.", "", "_reverse", both[1])])


def _attention(layer: layers.MultiHeadAttention) -> Counterpart:
    """Kernels (features, heads, dim), and weights (heads * dim, features), of which equal ones are stacked."""
    inputs = {name: getattr(layer, name).kernel.shape for name in ("query", "key", "value")}
    output = layer.attention_output.kernel.shape
    width = output[0] * output[1]
    if len(output) != 3 or {shape[1] * shape[2] for shape in inputs.values()} | {inputs["query"][0]} != {width}:
        raise ValueError(f"{layer.label} has no counterpart in PyTorch, whose heads together are as wide as the query")
    stacked = len({shape[0] for shape in inputs.values()}) == 1
    weights = ["in_proj_weight"] if stacked else [f"{name[0]}_proj_weight" for name in inputs]
    biases = (["in_proj_bias"], ["out_proj.bias"]) if layer.use_bias else ([], [])

    def ours(theirs: State) -> State:
        matrices = np.split(theirs["in_proj_weight"], 3) if stacked else [theirs[name] for name in weights]
        state = {f"{name}.kernel": m.T.reshape(inputs[name]) for name, m in zip(inputs, matrices, strict=True)}
        state["attention_output.kernel"] = theirs["out_proj.weight"].T.reshape(output)
        if layer.use_bias:
            parts = zip(inputs, np.split(theirs["in_proj_bias"], 3), strict=True)
            state.update({f"{name}.bias": part.reshape(inputs[name][1:]) for name, part in parts})
            state["attention_output.bias"] = theirs["out_proj.bias"]
        return state

    def theirs(state: State) -> State:
        matrices = [state[f"{name}.kernel"].reshape(inputs[name][0], width).T for name in inputs]
        arrays = dict(zip(weights, [np.concatenate(matrices)] if stacked else matrices, strict=True))
        arrays["out_proj.weight"] = state["attention_output.kernel"].reshape(width, output[2]).T
        if layer.use_bias:
            arrays["in_proj_bias"] = np.concatenate([state[f"{name}.bias"].reshape(-1) for name in inputs])
            arrays["out_proj.bias"] = state["attention_output.bias"]
        return arrays

    return Counterpart([*weights, *biases[0], "out_proj.weight", *biases[1]], ours, theirs)


def _block(layer: layers.TransformerEncoder | layers.TransformerDecoder) -> Counterpart:
    """Return the counterpart of layers inside; a decoder that was never given a memory is an encoder layer there."""
    is_decoder = isinstance(layer, layers.TransformerDecoder) and bool(layer.cross_attention.state_dict())
    inner = []
    for theirs, ours in (_DECODER if is_decoder else _ENCODER).items():
        counterpart = counterpart_of(getattr(layer, ours))
        assert counterpart is not None, f"{ours} is of a kind in the table"
        inner.append((f"{ours}.", f"{theirs}.", "", counterpart))
    return _joined(inner)


def _joined(parts: list[tuple[str, str, str, Counterpart]]) -> Counterpart:
    """Join counterparts: (prefix of our names, prefix and suffix of theirs, counterpart)."""

    def ours(theirs: State) -> State:
        state: State = {}
        for own, prefix, suffix, part in parts:
            arrays = part.ours({name: theirs[f"{prefix}{name}{suffix}"] for name in part.names})
            state.update({f"{own}{name}": array for name, array in arrays.items()})
        return state

    def theirs(state: State) -> State:
        result: State = {}
        for own, prefix, suffix, part in parts:
            inner = {name.removeprefix(own): array for name, array in state.items() if name.startswith(own)}
            result.update({f"{prefix}{name}{suffix}": array for name, array in part.theirs(inner).items()})
        return result

    names = [f"{prefix}{name}{suffix}" for _, prefix, suffix, part in parts for name in part.names]
    return Counterpart(names, ours, theirs)


_FACTORIES: dict[type[Module] | tuple[type[Module], ...], Callable[[Any], Counterpart | None]] = {
    (layers.Conv1D, layers.Conv2D, layers.Conv3D): _convolution,
    (layers.Conv1DTranspose, layers.Conv2DTranspose, layers.Conv3DTranspose): _convolution,
    layers.DepthwiseConv2D: _depthwise,
    layers.BatchNorm: _batch_norm,
    (layers.LayerNorm, layers.GroupNorm, layers.InstanceNorm): _normalization,
    layers.RMSNorm: _rms_norm,
    layers.PReLU: _prelu,
    layers.Embedding: _embedding,
    (layers.SimpleRNN, layers.LSTM, layers.GRU): _recurrent,
    layers.Bidirectional: _bidirectional,
    layers.MultiHeadAttention: _attention,
    (layers.TransformerEncoder, layers.TransformerDecoder): _block,
}
_ENCODER = {
    "self_attn": "self_attention",
    "linear1": "intermediate_dense",
    "linear2": "output_dense",
    "norm1": "self_attention_norm",
    "norm2": "feedforward_norm",
}
_DECODER = {
    "self_attn": "self_attention",
    "multihead_attn": "cross_attention",
    "linear1": "intermediate_dense",
    "linear2": "output_dense",
    "norm1": "self_attention_norm",
    "norm2": "cross_attention_norm",
    "norm3": "feedforward_norm",
}
