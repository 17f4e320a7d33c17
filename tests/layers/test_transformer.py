"""What the table of layers does not say of the transformer's blocks: masks, what is inside, errors, a use."""

import numpy as np
import pytest

import nnlite as nl
import nnlite.functional as F
from nnlite.layers import Embedding, PositionalEncoding, TransformerDecoder, TransformerEncoder
from nnlite.layers._mask import mask_of
from tests.op_samples._sample import normal


def test_positions_get_their_waves_in_the_dtype_of_the_input():
    x = normal(2, 5, 4).astype("float32")
    y = PositionalEncoding(max_wavelength=30.0)(x)
    assert y.dtype == np.float32
    np.testing.assert_allclose(y.numpy() - x, np.stack([F.sinusoidal_encoding(5, 4, 30.0)] * 2), atol=1e-6)
    with pytest.raises(ValueError, match=r"max_wavelength=0"):
        PositionalEncoding(max_wavelength=0)


@pytest.mark.parametrize("normalize_first", [False, True])
def test_padded_positions_have_no_influence_on_others(normalize_first):
    encoder = TransformerEncoder(5, 2, normalize_first=normalize_first, input_shape=(6, 4))
    x, counts = normal(2, 6, 4), np.array([[1, 1, 1, 1, 0, 0], [1, 1, 1, 1, 0, 0]])
    y = encoder(x, padding_mask=counts).numpy()
    np.testing.assert_allclose(y[:, :4], encoder(x[:, :4]).numpy(), rtol=1e-4, atol=1e-5)
    assert not np.allclose(y[:, :4], encoder(x).numpy()[:, :4], atol=1e-3)


def test_masks_of_embeddings_are_respected_and_handed_on():
    words = np.array([[3, 1, 2, 0], [2, 0, 0, 0]])
    embedded = PositionalEncoding()(Embedding(5, 4, mask_zero=True)(words))
    for block in (TransformerEncoder(5, 2), TransformerDecoder(5, 2)):
        name = "padding_mask" if isinstance(block, TransformerEncoder) else "decoder_padding_mask"
        y = block(embedded)
        np.testing.assert_array_equal(y.numpy(), block(embedded.numpy(), **{name: words}).numpy())
        np.testing.assert_array_equal(mask_of(y), words != 0)


def test_a_decoder_looks_back_only_and_at_all_of_the_memory():
    decoder = TransformerDecoder(5, 2)
    x, memory = normal(2, 6, 4), normal(2, 3, 8)
    y = decoder(x, memory).numpy()
    later, other = x.copy(), memory.copy()
    later[:, 3:] += 1
    other[:, -1] += 1
    np.testing.assert_array_equal(decoder(later, memory).numpy()[:, :3], y[:, :3])
    assert not np.allclose(decoder(later, memory, use_causal_mask=False).numpy()[:, :3], y[:, :3], atol=1e-3)
    assert (np.abs(decoder(x, other).numpy() - y).max(axis=(0, 2)) > 1e-4).all()
    hidden = decoder(x, other, encoder_padding_mask=np.array([[1, 1, 0]] * 2)).numpy()
    np.testing.assert_array_equal(hidden, decoder(x, memory, encoder_padding_mask=np.array([[1, 1, 0]] * 2)).numpy())


def test_without_memory_a_decoder_has_no_second_attention():
    alone, both = TransformerDecoder(5, 2), TransformerDecoder(5, 2)
    alone(normal(2, 3, 4))
    both(normal(2, 3, 4), encoder_sequence=normal(2, 5, 6))
    extra = {name for name in both.state_dict() if name.startswith("cross_attention")}
    assert set(both.state_dict()) - extra == set(alone.state_dict())
    assert len(extra) == 8 + 2
    encoder = TransformerEncoder(5, 2, input_shape=(3, 4))
    encoder.load_state_dict(alone.state_dict())
    x = normal(2, 3, 4)
    causal = encoder(x, attention_mask=np.tri(3))
    np.testing.assert_array_equal(alone(x).numpy(), causal.numpy())


def test_dropout_comes_from_the_librarys_generator():
    block = TransformerDecoder(5, 2, dropout=0.5)
    x, memory = normal(2, 3, 4), normal(2, 5, 4)
    outputs = []
    for seed in (1, 1, 2):
        nl.random.seed(seed)
        if not outputs:
            block(x, memory)
            nl.random.seed(seed)
        outputs.append(block(x, memory).numpy())
    np.testing.assert_array_equal(outputs[0], outputs[1])
    assert not np.array_equal(outputs[0], outputs[2])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"intermediate_dim": 0}, "intermediate_dim=0"),
        ({"num_heads": 1.5}, "num_heads=1.5"),
        ({"dropout": -0.1}, r"dropout in \[0, 1\], got dropout=-0.1"),
        ({"activation": "reloo"}, "reloo"),
        ({"num_heads": 5, "input_shape": (3, 4)}, r"at least a feature a head, got an input of shape \(1, 3, 4\)"),
        ({"input_shape": (4,)}, r"\(batch, positions, features\), got \(1, 4\)"),
    ],
)
def test_arguments_are_checked(arguments, message):
    for kind in (TransformerEncoder, TransformerDecoder):
        with pytest.raises(ValueError, match=message):
            kind(**{"intermediate_dim": 5, "num_heads": 2, **arguments})


def test_a_small_model_learns_to_copy_the_first_word():
    nl.random.seed(0)
    generator = np.random.default_rng(0)
    words = generator.integers(4, size=(64, 5))
    model = nl.models.Sequential(
        [Embedding(4, 8), PositionalEncoding(), TransformerEncoder(16, 2), nl.layers.Flatten(), nl.layers.Dense(4)]
    )
    model.compile(optimizer=nl.optimizers.Adam(0.02), loss=nl.losses.SparseCategoricalCrossentropy(from_logits=True))
    losses = model.fit(words, words[:, 0], epochs=12, verbose=0).history["loss"]
    assert losses[-1] < 0.2 * losses[0]
