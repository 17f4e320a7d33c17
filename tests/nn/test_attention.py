"""What the table of modules does not say of attention and the transformer: first values, weights, errors."""

import numpy as np
import pytest

import nnlite as nl
import nnlite.nn.functional as NF
from nnlite import nn
from tests.op_samples._sample import normal


def arrays(*shapes):
    return [normal(*shape, seed=i).astype("float32") for i, shape in enumerate(shapes)]


def test_first_values_are_those_of_pytorch():
    attention = nn.MultiheadAttention(64, 4, add_bias_kv=True)
    bound = (6 / 256) ** 0.5
    weight = attention.in_proj_weight.data
    assert 0.95 * bound < np.abs(weight).max() <= bound
    assert not attention.in_proj_bias.data.any()
    assert not attention.out_proj.bias.data.any()
    assert 0.9 / 8 < np.abs(attention.out_proj.weight.data).max() <= 1 / 8
    assert 0.08 < attention.bias_k.data.std() < 0.18
    model = nn.Transformer(64, 4, 1, 1, 32)
    linear = model.encoder.layers[0].linear1.weight.data
    assert 0.9 * (6 / 96) ** 0.5 < np.abs(linear).max() <= (6 / 96) ** 0.5


def test_one_sequence_for_all_is_the_same_as_three_copies():
    attention = nn.MultiheadAttention(4, 2)
    (x,) = arrays((5, 3, 4))
    one = nl.tensor(x)
    np.testing.assert_allclose(attention(one, one, one)[0].numpy(), attention(x, x, x)[0].numpy(), rtol=1e-5, atol=1e-6)


def test_weights_are_returned_after_dropout_and_only_if_asked_for():
    attention = nn.MultiheadAttention(8, 1, dropout=0.5, batch_first=True)
    (x,) = arrays((1, 30, 8))
    weights = attention(x, x, x)[1].numpy()
    assert 0.4 < (weights == 0).mean() < 0.6
    assert (attention.eval()(x, x, x)[1].numpy() > 0).all()
    assert attention(x, x, x, need_weights=False)[1] is None


def test_a_query_that_may_attend_to_no_key_gets_the_outputs_bias():
    attention = nn.MultiheadAttention(4, 2, batch_first=True)
    attention.out_proj.bias.data[...] = 3
    (x,) = arrays((2, 3, 4))
    y, weights = attention(x, x, x, key_padding_mask=np.array([[True] * 3, [False] * 3]))
    np.testing.assert_array_equal(y.numpy()[0], np.full((3, 4), 3))
    assert not weights.numpy()[0].any()
    assert weights.numpy()[1].all()


def test_a_mask_that_is_added_may_be_learned():
    attention = nn.MultiheadAttention(4, 2)
    (x,) = arrays((3, 2, 4))
    bias = nl.tensor(normal(3, 3).astype("float32"), requires_grad=True)
    y, _ = attention(x, x, x, attn_mask=bias)
    (y**2).sum().backward()
    assert bias.grad.shape == (3, 3)
    assert bias.grad.any()


def test_arguments_of_attention_are_checked():
    for arguments, message in [
        ((5, 2), r"num_heads \(=2\) to divide embed_dim \(=5\)"),
        ((4, 0), "num_heads=0"),
        ((4, 2, 1.5), "dropout=1.5"),
    ]:
        with pytest.raises(ValueError, match=message):
            nn.MultiheadAttention(*arguments)
    with pytest.raises(ValueError, match="kdim=0"):
        nn.MultiheadAttention(4, 2, kdim=0)


def test_inputs_and_masks_that_do_not_fit_are_named():
    attention = nn.MultiheadAttention(4, 2)
    x, y = arrays((5, 3, 4), (6, 3, 4))
    for inputs in [(x, y, x), (x, x[0], x[0]), (x, x[:, :2], x[:, :2]), (x, x[..., :3], x)]:
        with pytest.raises(ValueError, match=r"MultiheadAttention\(4, 2\) expected inputs of shapes \(L, N, 4\)"):
            attention(*inputs)
    with pytest.raises(ValueError, match=r"attn_mask of shape \(5, 6\) or \(6, 5, 6\), got \(6, 5\)"):
        attention(x, y, y, attn_mask=np.zeros((6, 5), bool))
    with pytest.raises(ValueError, match=r"key_padding_mask of shape \(3, 6\), got \(6, 3\)"):
        attention(x, y, y, key_padding_mask=np.zeros((6, 3), bool))
    with pytest.raises(TypeError, match="booleans"):
        attention(x, x, x, attn_mask=np.zeros((5, 5), int))
    with pytest.raises(ValueError, match="hint"):
        attention(x, x, x, is_causal=True)


def test_functional_attention_takes_a_mask_or_is_causal():
    (q,) = arrays((1, 2, 3, 4))
    with pytest.raises(ValueError, match="not both"):
        NF.scaled_dot_product_attention(q, q, q, np.ones((3, 3), bool), is_causal=True)
    with pytest.raises(ValueError, match=r"heads \(=3\) to be divisible by the key's \(=2\)"):
        NF.scaled_dot_product_attention(*arrays((1, 3, 3, 4), (1, 2, 3, 4), (1, 2, 3, 4)), enable_gqa=True)


def test_copies_in_a_stack_begin_alike_and_are_trained_apart():
    encoder = nn.TransformerEncoder(nn.TransformerEncoderLayer(4, 2, 5), 2)
    first, second = (layer.linear1.weight for layer in encoder.layers)
    np.testing.assert_array_equal(first.data, second.data)
    assert not np.shares_memory(first.data, second.data)


def test_arguments_of_the_transformer_are_checked():
    with pytest.raises(ValueError, match="activation='tanh'"):
        nn.TransformerEncoderLayer(4, 2, activation="tanh")
    with pytest.raises(ValueError, match="num_layers=0"):
        nn.TransformerEncoder(nn.TransformerEncoderLayer(4, 2, 5), 0)
    model = nn.Transformer(4, 2, 1, 1, 5)
    with pytest.raises(ValueError, match=r"4 features, got shapes \(3, 2, 4\), \(3, 2, 5\)"):
        model(*arrays((3, 2, 4), (3, 2, 5)))
    with pytest.raises(ValueError, match="one size"):
        model(*arrays((3, 2, 4), (3, 1, 4)))


def test_a_transformer_holds_the_stacks_that_it_is_given():
    encoder = nn.TransformerEncoder(nn.TransformerEncoderLayer(4, 2, 3), 1)
    model = nn.Transformer(4, 2, 1, 1, 5, custom_encoder=encoder)
    assert model.encoder is encoder
    assert "custom_encoder=TransformerEncoder(TransformerEncoderLayer(4, 2, " in repr(model)
    assert not any(name.startswith("custom") for name in model.state_dict())
    assert nn.TransformerEncoderLayer(4, 2, 3, activation=nl.functional.tanh)(*arrays((3, 2, 4))).shape == (3, 2, 4)


def test_masks_are_no_anomaly():
    model = nn.TransformerEncoderLayer(4, 2, 5)
    mask = nn.Transformer.generate_square_subsequent_mask(3)
    (x,) = arrays((3, 2, 4))
    with nl.detect_anomaly():
        y = model(x, src_mask=mask, src_key_padding_mask=np.array([[False, False, True]] * 2))
        (y**2).sum().backward()
    assert np.isfinite(y.data).all()


def test_an_empty_batch_and_an_empty_sequence_keep_their_shapes():
    attention = nn.MultiheadAttention(4, 2, batch_first=True)
    for batch, length in [(0, 3), (2, 0)]:
        x = np.ones((batch, length, 4), np.float32)
        y, weights = attention(x, x, x)
        assert y.shape == x.shape
        assert weights.shape == (batch, length, length)
    x, nothing = np.ones((2, 3, 4), np.float32), np.ones((2, 0, 4), np.float32)
    np.testing.assert_array_equal(attention(x, nothing, nothing)[0].numpy(), np.zeros((2, 3, 4)))
