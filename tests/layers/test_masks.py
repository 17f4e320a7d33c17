"""How masks travel from Embedding through the layers to attention and to the loss."""

from typing import Any

import numpy as np
import pytest

import nnlite as nl
from nnlite import layers, losses
from nnlite.layers._mask import mask_of, remember_mask

WORDS = np.array([[3, 1, 2, 0, 0], [4, 4, 0, 0, 0], [1, 2, 3, 4, 1]])
MASK = WORDS != 0


def embedded() -> nl.Tensor:
    """Sequences that remember their mask."""
    y: nl.Tensor = layers.Embedding(5, 4, mask_zero=True)(WORDS)
    return y


def test_embedding_remembers_where_the_padding_is() -> None:
    np.testing.assert_array_equal(mask_of(embedded()), MASK)
    assert mask_of(layers.Embedding(5, 4)(WORDS)) is None
    np.testing.assert_array_equal(mask_of(layers.Embedding(5, 4, mask_zero=True)(WORDS.astype(float))), MASK)


def test_whole_numbers_only() -> None:
    with pytest.raises(ValueError, match="expected whole numbers"):
        layers.Embedding(5, 4)(np.array([[0.5]]))
    with pytest.raises(IndexError, match="takes input from 0 to 4"):
        layers.Embedding(5, 4)(np.array([[5]]))
    with pytest.raises(ValueError, match=r"expected weights of shape \(5, 4\), got shape \(4, 5\)"):
        layers.Embedding(5, 4, weights=np.ones((4, 5)))
    first = layers.Embedding(2, 3, weights=np.arange(6).reshape(2, 3), input_shape=(4,))
    np.testing.assert_array_equal(first.embeddings.data, [[0, 1, 2], [3, 4, 5]])


@pytest.mark.parametrize(
    "code",
    [
        "Activation('tanh')", "ReLU()", "Softmax()", "Dense(3)", "Dense(3, activation='softmax')", "Dropout(0.5)",
        "Dropout(0)", "GaussianNoise(0.1)", "SpatialDropout1D(0.5)", "BatchNorm()", "LayerNorm()",
        "LSTM(3, return_sequences=True)", "Bidirectional(GRU(3, return_sequences=True))", "TimeDistributed(Dense(2))",
        "RNN(GRUCell(3), return_sequences=True, zero_output_for_mask=True)",
    ],
)  # fmt: skip
@pytest.mark.parametrize("training", [True, False])
def test_layers_that_keep_the_steps_hand_the_mask_on(code: str, training: bool) -> None:
    layer = eval(code, vars(layers)).train(training)
    np.testing.assert_array_equal(mask_of(layer(embedded())), MASK)


@pytest.mark.parametrize("code", ["Flatten()", "LSTM(3)", "Bidirectional(GRU(3))", "Conv1D(2, 2)", "Reshape((4, 5))"])
def test_layers_that_do_not_keep_the_steps_let_the_mask_go(code: str) -> None:
    assert mask_of(eval(code, vars(layers))(embedded())) is None


def test_of_several_outputs_the_sequences_have_the_mask() -> None:
    y, *states = layers.LSTM(3, return_sequences=True, return_state=True)(embedded())
    np.testing.assert_array_equal(mask_of(y), MASK)
    assert [mask_of(state) for state in states] == [None, None]
    one, other = layers.Bidirectional(layers.GRU(3, return_sequences=True), merge_mode=None)(embedded())
    np.testing.assert_array_equal(mask_of(one), MASK)
    np.testing.assert_array_equal(mask_of(other), MASK)


def test_masks_of_lists_and_of_nothing() -> None:
    x, y = embedded(), nl.tensor([1.0])
    assert mask_of([y, y]) is None
    first, second = mask_of([x, y])
    assert first is mask_of(x)
    assert second is None
    assert mask_of("text") is None
    remember_mask(x, np.ones((3, 5)))  # it has one
    np.testing.assert_array_equal(mask_of(x), MASK)
    remember_mask(y, None)
    assert mask_of(y) is None


def test_a_recurrent_layer_passes_over_the_padding() -> None:
    embedding, lstm = layers.Embedding(5, 4, mask_zero=True), layers.LSTM(3)
    y = lstm(embedding(WORDS))
    for n, length in enumerate(MASK.sum(axis=1)):
        alone = lstm(embedding(WORDS[n : n + 1, :length]))
        np.testing.assert_allclose(y.data[n], alone.data[0], rtol=1e-5, atol=1e-6)
    given = lstm(embedding(WORDS), mask=np.ones_like(MASK))  # the argument counts for more
    assert not np.allclose(given.data[0], y.data[0])


def test_time_distributed_gives_each_sequence_its_part_of_the_mask() -> None:
    words = np.stack([WORDS[:2], WORDS[1:]])  # two texts of two sentences
    embedding, lstm = layers.Embedding(5, 4, mask_zero=True), layers.LSTM(3)
    y = layers.TimeDistributed(lstm)(embedding(words))
    np.testing.assert_allclose(y.data[0, 1], lstm(embedding(WORDS[1:2, :2])).data[0], rtol=1e-5, atol=1e-6)
    np.testing.assert_array_equal(mask_of(y), [[True, True], [True, True]])


@pytest.mark.parametrize("reduction", ["sum_over_batch_size", "sum", "none"])
@pytest.mark.parametrize("weighted", [False, True])
def test_a_loss_leaves_masked_steps_out(reduction: str, weighted: bool) -> None:
    scores = layers.Dense(5)(embedded())
    weight = np.array([1.0, 2.0, 0.5]) if weighted else None
    loss = losses.SparseCategoricalCrossentropy(from_logits=True, reduction=reduction)(WORDS, scores, weight)
    each = losses.SparseCategoricalCrossentropy(from_logits=True, reduction="none")(WORDS, scores.detach()).data
    each = each * MASK * (1 if weight is None else weight[:, None])
    expected = {"none": each, "sum": each.sum(), "sum_over_batch_size": each.sum() / MASK.sum()}[reduction]
    np.testing.assert_allclose(loss.data, expected, rtol=1e-5)


def test_a_loss_of_padding_alone_is_zero() -> None:
    y = layers.Dense(2)(layers.Embedding(5, 4, mask_zero=True)(np.zeros((2, 3), int)))
    loss = losses.MeanSquaredError()(np.ones((2, 3, 2)), y)
    loss.backward()
    assert loss.item() == 0


def test_training_with_padding_is_training_without() -> None:
    def trained(words: Any, targets: Any) -> list[Any]:
        nl.random.seed(0)
        model = nl.models.Sequential(
            [
                layers.Embedding(5, 4, mask_zero=True),
                layers.Bidirectional(layers.GRU(3, return_sequences=True)),
                layers.Dropout(0.0),
                layers.Dense(5, activation="softmax"),
            ]
        )
        model.compile("sgd", "sparse_categorical_crossentropy")
        model.fit(words, targets, epochs=3, verbose=0)
        return model.get_weights()

    words, targets = WORDS[:1, :3], WORDS[2:3, 1:4]
    padded = np.concatenate([words, np.zeros((1, 4), int)], axis=1)
    wrong = np.concatenate([targets, np.full((1, 4), 2)], axis=1)  # what they say in the padding does not matter
    for one, other in zip(trained(words, targets), trained(padded, wrong), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("training", [True, False])
def test_batch_norm_takes_its_statistics_from_the_steps_that_count(training: bool) -> None:
    x = embedded()
    masked, plain = layers.BatchNorm().train(training), layers.BatchNorm().train(training)
    y = masked(x)
    alone = plain(nl.tensor(x.data[MASK]))
    np.testing.assert_allclose(y.data[MASK], alone.data, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(masked.moving_variance, plain.moving_variance, rtol=1e-6)


@pytest.mark.parametrize("keepdims", [False, True])
def test_the_global_mean_is_that_of_the_steps_that_count(keepdims: bool) -> None:
    x = embedded()
    y = layers.GlobalAvgPool1D(keepdims=keepdims)(x)
    assert mask_of(y) is None
    assert y.dtype == np.float32
    for n, length in enumerate(MASK.sum(axis=1)):
        np.testing.assert_allclose(y.data[n].ravel(), x.data[n, :length].mean(axis=0), rtol=1e-5)
    turned = x.swapaxes(1, 2)
    remember_mask(turned, MASK)
    first = layers.GlobalAvgPool1D("channels_first")(turned)
    np.testing.assert_allclose(first.data, y.data.reshape(3, 4), rtol=1e-5)


def test_masks_travel_through_models_of_every_kind() -> None:
    inside = nl.models.Sequential([layers.Dense(3), layers.Dropout(0.2)])
    np.testing.assert_array_equal(mask_of(inside(embedded())), MASK)
    words = layers.Input(shape=(None,), dtype="int32")
    x = layers.Embedding(5, 4, mask_zero=True)(words)
    y = layers.Concatenate()([x, layers.Dense(2)(x)])
    model = nl.models.Model(words, [y, layers.GRU(3)(y)])
    sequences, last = model(WORDS)
    np.testing.assert_array_equal(mask_of(sequences), MASK)
    assert mask_of(last) is None
    gru = model.get_layer("gru")
    np.testing.assert_allclose(last.data[1], gru(sequences.data[1:2, :2]).data[0], rtol=1e-5, atol=1e-6)
