"""What the table of layers does not say of attention: masks, axes, settings of the projections, errors."""

import numpy as np
import pytest

import nnlite as nl
from nnlite import regularizers
from nnlite.layers import MultiHeadAttention
from nnlite.layers._mask import mask_of
from tests.op_samples._sample import normal


def attend(*inputs, **settings):
    nl.random.seed(0)
    y, scores = MultiHeadAttention(2, 3)(*inputs, return_attention_scores=True, **settings)
    return y.numpy(), scores.numpy()


def test_masks_are_joined():
    x = normal(2, 4, 6)
    queries, keys = normal(2, 4, seed=1) > 0, normal(2, 4, seed=2) > 0
    allowed = normal(2, 4, 4, seed=3) > -1
    joint = queries[:, :, None] & keys[:, None] & allowed & np.tri(4, dtype=bool)
    y, scores = attend(x, x, query_mask=queries, value_mask=keys, attention_mask=allowed, use_causal_mask=True)
    expected, expected_scores = attend(x, x, attention_mask=joint)
    np.testing.assert_array_equal(y, expected)
    np.testing.assert_array_equal(scores, expected_scores)
    assert ((scores > 0) == joint[:, None]).all()
    np.testing.assert_array_equal(
        attend(x, x, key_mask=nl.tensor(keys.astype(int)))[0], attend(x, x, value_mask=keys)[0]
    )


def test_a_mask_may_tell_heads_apart():
    x = normal(2, 4, 6)
    allowed = np.stack([np.tri(4, dtype=bool), np.eye(4, dtype=bool)])
    scores = attend(x, x, attention_mask=np.stack([allowed, allowed]))[1]
    assert ((scores > 0) == allowed).all()


def test_a_position_that_attends_to_none_gets_the_last_bias():
    layer = MultiHeadAttention(2, 3, bias_initializer="ones")
    y = layer(normal(2, 4, 6), normal(2, 5, 6), attention_mask=np.zeros((2, 4, 5)))
    np.testing.assert_array_equal(y.numpy(), np.ones((2, 4, 6)))


def test_keys_and_masks_by_name_are_those_by_position():
    q, v, k = normal(2, 4, 6), normal(2, 5, 6), normal(2, 5, 6, seed=1)
    np.testing.assert_array_equal(attend(q, v, k)[0], attend(q, value=v, key=k)[0])
    assert not np.array_equal(attend(q, v, k)[0], attend(q, v)[0])


def test_attention_along_one_axis_treats_the_others_as_batch():
    x = normal(2, 3, 4, 5)
    layer = MultiHeadAttention(2, 2, attention_axes=(2,), input_shape=(3, 4, 5))
    rows = MultiHeadAttention(2, 2, input_shape=(4, 5))
    rows.set_weights(layer.get_weights())
    allowed = np.tri(4, dtype=bool)[None]
    expected = rows(x.reshape(6, 4, 5), x.reshape(6, 4, 5), attention_mask=allowed).numpy().reshape(2, 3, 4, 5)
    np.testing.assert_allclose(layer(x, x, attention_mask=allowed[None]).numpy(), expected, rtol=1e-5, atol=1e-6)


def test_a_mask_over_several_axes_lines_up_with_them():
    x = normal(2, 2, 3, 5)
    allowed = normal(2, 2, 3, 2, 3) > 0
    scores = attend(x, x, attention_mask=allowed)[1]
    assert ((scores > 0) == allowed[:, None]).all()


def test_kernels_and_biases_carry_their_regularizers_and_constraints():
    layer = MultiHeadAttention(
        2, 3, kernel_regularizer="l2", bias_constraint="non_neg", input_shape=(4, 6)
    )  # fmt: skip
    assert len(layer.losses) == 4
    for name, parameter in layer.named_parameters():
        assert isinstance(parameter.regularizer, regularizers.L2) == name.endswith("kernel")
        assert (parameter.constraint is not None) == name.endswith("bias")


def test_weights_have_the_names_and_shapes_of_keras():
    layer = MultiHeadAttention(2, 3, value_dim=4, input_shape=(5, 6))
    assert {name: w.shape for name, w in layer.state_dict().items()} == {
        "query.kernel": (6, 2, 3), "query.bias": (2, 3), "key.kernel": (6, 2, 3), "key.bias": (2, 3),
        "value.kernel": (6, 2, 4), "value.bias": (2, 4), "attention_output.kernel": (2, 4, 6),
        "attention_output.bias": (6,),
    }  # fmt: skip


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"num_heads": 0}, "num_heads=0"),
        ({"key_dim": -1}, "key_dim=-1"),
        ({"value_dim": 0.5}, "value_dim=0.5"),
        ({"dropout": 2}, r"dropout in \[0, 1\], got dropout=2"),
        ({"output_shape": (2, 0)}, "output_shape=0"),
        ({"kernel_initializer": "best"}, "best"),
    ],
)
def test_arguments_are_checked(arguments, message):
    with pytest.raises(ValueError, match=message):
        MultiHeadAttention(**{"num_heads": 2, "key_dim": 3, **arguments})


def test_inputs_that_do_not_fit_are_named():
    layer = MultiHeadAttention(2, 3, input_shape=(4, 6))
    for shapes in [((4, 6), (4, 6)), ((2, 4, 6), (4, 6)), ((2, 4, 6), (2, 4, 6), (2, 3, 6))]:
        with pytest.raises(ValueError, match=r"MultiHeadAttention.*expected query \(B, T, features\)"):
            layer(*map(np.ones, shapes))
    with pytest.raises(ValueError, match=r"^MultiHeadA.* the last axis to be 6, got an input of shape \(2, 4, 5\)"):
        layer(np.ones((2, 4, 5)), np.ones((2, 4, 6)))
    with pytest.raises(ValueError, match="broadcast"):
        layer(np.ones((2, 4, 6)), np.ones((2, 5, 6)), attention_mask=np.ones((2, 5, 4)))
    with pytest.raises(ValueError, match="inner axes"):
        MultiHeadAttention(2, 3, attention_axes=(2,))(np.ones((2, 4, 6)), np.ones((2, 4, 6)))


def test_masks_of_embeddings_are_respected_and_handed_on():
    words = np.array([[3, 1, 2, 0], [2, 0, 0, 0]])
    x = nl.layers.Embedding(5, 6, mask_zero=True)(words)
    plain = x.numpy()
    layer = MultiHeadAttention(2, 3)
    y, scores = layer(x, x, return_attention_scores=True)
    expected = layer(plain, plain, query_mask=words, value_mask=words)
    np.testing.assert_array_equal(y.numpy(), expected.numpy())
    assert ((scores.numpy() > 0) == (words != 0)[:, None, :, None] & (words != 0)[:, None, None]).all()
    np.testing.assert_array_equal(mask_of(y), words != 0)
    given = layer(x, x, query_mask=np.ones((2, 4)), value_mask=np.ones((2, 4)))
    np.testing.assert_array_equal(given.numpy(), layer(plain, plain).numpy())


@pytest.mark.parametrize("use_bias", [True, False])
def test_the_three_projections_of_one_input_at_once_are_those_of_equal_inputs(use_bias):
    layer = MultiHeadAttention(2, 3, value_dim=4, use_bias=use_bias, bias_initializer="normal", input_shape=(5, 6))
    x, g = nl.tensor(normal(2, 5, 6), dtype="float32", requires_grad=True), normal(2, 5, 6, seed=1)

    def run(*inputs):
        x.grad = None
        layer.zero_grad()
        y = layer(*inputs)
        y.backward(g.astype(np.float32))
        return [y.numpy(), x.grad, *(p.grad for p in layer.parameters())]

    for one, other in zip(run(x, x), run(x, x + 0), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-5)


def test_hooks_of_the_projections_are_called_for_one_input_too():
    layer = MultiHeadAttention(2, 3, input_shape=(5, 6))
    x = nl.tensor(normal(2, 5, 6))
    before, shapes = layer(x, x).numpy(), []
    hook = layer.key.register_forward_hook(lambda module, inputs, output: shapes.append(output.shape))
    np.testing.assert_allclose(layer(x, x).numpy(), before, rtol=1e-6)
    hook.remove()
    layer(x, x)
    assert shapes == [(2, 5, 2, 3)]
    with pytest.raises(ValueError, match="expected the last axis to be 6"):
        layer(*[nl.tensor(normal(2, 5, 7))] * 2)
