"""How states in the two spellings are matched, and what is refused; the parity suite compares with PyTorch itself."""

import numpy as np
import pytest

import nnlite as nl
from nnlite import io, layers, nn


def small():
    return nl.models.Sequential([layers.Dense(3, input_shape=(4,)), layers.BatchNorm(), layers.Dense(2)])


def state(**changes):
    shapes = {
        "0.weight": (3, 4), "0.bias": (3,), "1.weight": (3,), "1.bias": (3,), "1.running_mean": (3,),
        "1.running_var": (3,), "1.num_batches_tracked": (), "3.weight": (2, 3), "3.bias": (2,),
    }  # fmt: skip
    arrays = {name: np.full(shape, number) for number, (name, shape) in enumerate(shapes.items())}
    arrays.update(changes)
    return {name: array for name, array in arrays.items() if array is not None}


def test_modules_are_matched_in_order():
    model = small()
    model.load_state_dict(io.from_torch(state(), model))
    assert [w[(0,) * w.ndim] for w in model.get_weights()] == [0, 1, 2, 3, 4, 5, 7, 8]
    assert model[0].kernel.dtype == np.float32
    back = io.to_torch(model, like=state())
    assert list(back) == list(state())
    assert back["3.weight"].flags.c_contiguous
    without = {"1.num_batches_tracked": None}
    assert list(io.to_torch(model, like=state(**without))) == list(state(**without))
    io.from_torch(state(**without), model)


def test_modules_are_matched_by_name_where_all_names_agree():
    class Two(layers.Module):
        def __init__(self):
            self.second, self.first = layers.Dense(2, input_shape=(3,)), layers.Dense(3, input_shape=(4,))

    arrays = {"first.weight": (3, 4), "first.bias": (3,), "second.weight": (2, 3), "second.bias": (2,)}
    theirs = {name: np.ones(shape) for name, shape in arrays.items()}
    model = Two()
    assert set(io.from_torch(theirs, model)) == {"first.kernel", "first.bias", "second.kernel", "second.bias"}
    assert set(io.to_torch(model)) == set(theirs)
    with pytest.raises(ValueError, match=r"1\.weight of shape \(2, 3\), got \(3, 4\)"):
        io.from_torch({name.replace("first", "1"): array for name, array in theirs.items()}, model)


def test_a_single_layer_has_no_prefix():
    dense = layers.Dense(3, input_shape=(4,))
    assert list(io.to_torch(dense)) == ["weight", "bias"]
    assert list(io.from_torch(io.to_torch(dense), dense)) == ["kernel", "bias"]


def test_a_flatten_of_images_reorders_what_follows():
    model = nl.models.Sequential([layers.Conv2D(2, 1, input_shape=(2, 3, 1)), layers.Flatten(), layers.Dense(1)])
    weight = np.arange(12.0).reshape(1, 12)  # in PyTorch: (channels, rows, columns)
    theirs = {"0.weight": np.ones((2, 1, 1, 1)), "0.bias": np.ones(2), "2.weight": weight, "2.bias": np.ones(1)}
    model.load_state_dict(io.from_torch(theirs, model))
    expected = weight.reshape(2, 2, 3).transpose(1, 2, 0).reshape(12, 1)
    np.testing.assert_array_equal(model[2].kernel.data, expected)
    np.testing.assert_array_equal(io.to_torch(model, like=theirs)["2.weight"], weight)


def test_a_flatten_of_sequences_does_not():
    model = nl.models.Sequential([layers.Embedding(5, 2, input_shape=(3,)), layers.Flatten(), layers.Dense(1)])
    model(np.zeros((1, 3), int))
    weight = np.arange(6.0).reshape(1, 6)
    theirs = {"0.weight": np.ones((5, 2)), "2.weight": weight, "2.bias": np.ones(1)}
    np.testing.assert_array_equal(io.from_torch(theirs, model)["layers.2.kernel"], weight.T)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"3.bias": None}, r"expected the arrays .*'bias'\] of Dense\(3 -> 2\).* missing are \['3.bias'\]"),
        ({"0.weight": np.ones((4, 3))}, r"Dense\(4 -> 3\), 0\.weight of shape \(\d, \d\), got \(\d, \d\)"),
        ({"4.weight": np.ones(3)}, r"nothing in .* for the arrays \['4.weight'\]"),
        ({"0.weight": None, "0.bias": None}, r"of BatchNorm\(\) \(layers\.1\) next, found 1\.running_mean"),
    ],
)
def test_what_does_not_fit_is_named(changes, message):
    for translate in (lambda m: io.from_torch(state(**changes), m), lambda m: io.to_torch(m, state(**changes))):
        with pytest.raises(ValueError, match=message):
            translate(small())


def test_layers_without_a_counterpart_are_named():
    x = np.ones((2, 4, 4, 3))
    separable = layers.SeparableConv2D(2, 2)
    separable(x)
    with pytest.raises(ValueError, match=r"to_torch\(\) knows no counterpart of SeparableConv2D"):
        io.to_torch(separable)
    with pytest.raises(ValueError, match=r"knows no counterpart of Linear\(2, 3\)"):
        io.from_torch(nn.Linear(2, 3).state_dict(), nn.Linear(2, 3))
    behind = nl.models.Sequential([layers.Flatten(), layers.BatchNorm()])
    behind(x)
    with pytest.raises(ValueError, match=r"cannot order what BatchNorm\(\) gets from a Flatten of \(4, 4, 3\)"):
        io.to_torch(behind)
    narrow = layers.MultiHeadAttention(2, 3, input_shape=(5, 4))
    with pytest.raises(ValueError, match="as wide as the query"):
        io.to_torch(narrow)
    reset_before = layers.GRU(3, reset_after=False, input_shape=(5, 4))
    with pytest.raises(ValueError, match="reset_after=False has no counterpart"):
        io.to_torch(reset_before)


def test_a_model_that_is_not_built_is_named():
    with pytest.raises(ValueError, match=r"Dense\(3\) is not: call it on a batch"):
        io.to_torch(nl.models.Sequential([layers.Dense(3)]))


def test_parameters_of_ones_own_are_not_passed_over():
    class Scaled(layers.Module):
        def __init__(self):
            self.dense = layers.Dense(3, input_shape=(4,))
            self.scale = self.add_weight((3,), "ones")

    with pytest.raises(ValueError, match="knows no counterpart of Scaled"):
        io.to_torch(Scaled())


def test_a_decoder_without_a_memory_is_an_encoder_layer_there():
    decoder = layers.TransformerDecoder(5, 2, input_shape=(3, 4))
    theirs = nn.TransformerEncoderLayer(4, 2, 5, batch_first=True)
    decoder.load_state_dict(io.from_torch(theirs.state_dict(), decoder))
    np.testing.assert_array_equal(decoder.feedforward_norm.gamma.data, theirs.norm2.weight.data)
    assert list(io.to_torch(decoder)) == list(theirs.state_dict())
