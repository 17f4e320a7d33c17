"""Embedding, recurrent layers, and the layers around them."""

import numpy as np

from tests.conformance._rows import LayerRow, ModuleRow

__all__ = ["LAYERS", "MODULES"]

SEQUENCES = (2, 3, 4)
PADDED = {"mask": np.array([[True, True, False], [True, False, False]])}
MISFITS = ((2, 4), (2, 3, 5), (3, 2, 3, 4))


def state(seed: int, units: int = 3) -> np.ndarray:
    """States for the sequences above."""
    return np.random.default_rng(seed).normal(size=(2, units)).astype(np.float32)


H, HC = [state(0)], [state(0), state(1)]

LAYERS = [
    LayerRow("Embedding(7, 4)", (3, 5), (3, 5, 4), integers=7),
    LayerRow("Embedding(7, 4, embeddings_initializer='normal', mask_zero=True)", (3, 5), (3, 5, 4), integers=7),
    LayerRow("SimpleRNNCell(3)", (2, 4), [(2, 3), (2, 3)], ((2, 5),), settings={"states": H}),
    LayerRow("SimpleRNNCell(3, activation='relu', use_bias=False)", (2, 4), [(2, 3), (2, 3)], settings={"states": H}),
    LayerRow("LSTMCell(3)", (2, 4), [(2, 3)] * 3, ((2, 5), (2, 3, 4)), settings={"states": HC}),
    LayerRow("LSTMCell(3, unit_forget_bias=False)", (2, 4), [(2, 3)] * 3, settings={"states": HC}),
    LayerRow("GRUCell(3)", (2, 4), [(2, 3), (2, 3)], ((2, 5),), settings={"states": H}),
    LayerRow("GRUCell(3, reset_after=False)", (2, 4), [(2, 3), (2, 3)], settings={"states": H}),
    LayerRow("SimpleRNN(3)", SEQUENCES, (2, 3), MISFITS),
    LayerRow("SimpleRNN(3, activation='relu', return_sequences=True)", SEQUENCES, (2, 3, 3)),
    LayerRow(
        "SimpleRNN(3, activation='softsign', use_bias=False, return_state=True, go_backwards=True)",
        SEQUENCES, [(2, 3), (2, 3)], settings={**PADDED, "initial_state": H},
    ),
    LayerRow("SimpleRNN(3, dropout=0.4, recurrent_dropout=0.3)", SEQUENCES, (2, 3), is_random=True),
    LayerRow("SimpleRNN(3, dropout=0.4, seed=1)", SEQUENCES, (2, 3), is_random=True),
    LayerRow("LSTM(3)", SEQUENCES, (2, 3), MISFITS),
    LayerRow(
        "LSTM(3, kernel_initializer='normal', return_sequences=True, return_state=True)",
        SEQUENCES, [(2, 3, 3), (2, 3), (2, 3)], settings={**PADDED, "initial_state": HC},
    ),
    LayerRow("LSTM(3, use_bias=False, return_sequences=True, go_backwards=True)", SEQUENCES, (2, 3, 3)),
    LayerRow(
        "LSTM(3, activation='softplus', recurrent_activation='tanh', unit_forget_bias=False, return_state=True)",
        SEQUENCES, [(2, 3)] * 3, settings=PADDED,
    ),
    LayerRow("LSTM(3, dropout=0.4)", SEQUENCES, (2, 3), is_random=True),
    LayerRow("LSTM(3, recurrent_dropout=0.4)", SEQUENCES, (2, 3), is_random=True),
    LayerRow("GRU(3)", SEQUENCES, (2, 3), MISFITS),
    LayerRow(
        "GRU(3, return_sequences=True, return_state=True, go_backwards=True)",
        SEQUENCES, [(2, 3, 3), (2, 3)], settings={**PADDED, "initial_state": H},
    ),
    LayerRow("GRU(3, use_bias=False, return_sequences=True)", SEQUENCES, (2, 3, 3)),
    LayerRow(
        "GRU(3, return_sequences=True, return_state=True, reset_after=False)",
        SEQUENCES, [(2, 3, 3), (2, 3)], settings=PADDED,
    ),
    LayerRow("GRU(3, use_bias=False, reset_after=False)", SEQUENCES, (2, 3)),
    LayerRow("GRU(3, activation='relu', recurrent_activation='hard_sigmoid')", SEQUENCES, (2, 3)),
    LayerRow("GRU(3, recurrent_dropout=0.4, reset_after=False)", SEQUENCES, (2, 3), is_random=True),
    LayerRow("RNN(GRUCell(3), return_sequences=True)", SEQUENCES, (2, 3, 3), MISFITS),
    LayerRow(
        "RNN([LSTMCell(2), GRUCell(3)], return_sequences=True, return_state=True, zero_output_for_mask=True)",
        SEQUENCES, [(2, 3, 3), (2, 2), (2, 2), (2, 3)], settings=PADDED,
    ),
    LayerRow("Bidirectional(LSTM(3, return_sequences=True))", SEQUENCES, (2, 3, 6)),
    LayerRow(
        "Bidirectional(LSTM(3, return_sequences=True, return_state=True))",
        SEQUENCES, [(2, 3, 6), *[(2, 3)] * 4], settings=PADDED,
    ),
    LayerRow("Bidirectional(GRU(3))", SEQUENCES, (2, 6)),
    LayerRow(
        "Bidirectional(GRU(3, return_sequences=True, return_state=True), merge_mode=None)",
        SEQUENCES, [(2, 3, 3), (2, 3, 3), (2, 3), (2, 3)], settings={"initial_state": [state(0), state(1)]},
    ),
    LayerRow(
        "Bidirectional(GRU(3), merge_mode='mul', backward_layer=SimpleRNN(3, go_backwards=True))", SEQUENCES, (2, 3)
    ),
    LayerRow("Bidirectional(SimpleRNN(3), merge_mode='sum')", SEQUENCES, (2, 3)),
    LayerRow("Bidirectional(SimpleRNN(3, return_sequences=True), merge_mode='ave')", SEQUENCES, (2, 3, 3)),
    LayerRow("TimeDistributed(Dense(3))", SEQUENCES, (2, 3, 3), ((2, 4),)),
    LayerRow("TimeDistributed(Conv2D(2, (2, 2)))", (2, 3, 4, 4, 1), (2, 3, 3, 3, 2)),
    LayerRow("TimeDistributed(LSTM(3))", (2, 3, 2, 4), (2, 3, 3)),
]  # fmt: skip

TIME_FIRST = (3, 2, 4)  # (T, N, features)


MODULES = [
    ModuleRow("Embedding(7, 4)", (3, 5), integers=7),
    ModuleRow("Embedding(7, 4, padding_idx=2)", (3, 5), integers=7),
    ModuleRow("Embedding(7, 4, max_norm=1.5)", (3, 5), integers=7),
    ModuleRow("Embedding(7, 4, padding_idx=-1, scale_grad_by_freq=True)", (3, 5), integers=7),
    ModuleRow("RNN(4, 3)", TIME_FIRST),
    ModuleRow("RNN(4, 3, num_layers=2, nonlinearity='relu', bias=False, bidirectional=True)", TIME_FIRST),
    ModuleRow("RNN(4, 3, batch_first=True)", SEQUENCES),
    ModuleRow("RNN(4, 3)", (3, 4)),
    ModuleRow("LSTM(4, 3)", TIME_FIRST),
    ModuleRow("LSTM(4, 3, num_layers=2, batch_first=True, bidirectional=True)", SEQUENCES),
    ModuleRow("LSTM(4, 3, num_layers=2, bias=False, dropout=0.5)", TIME_FIRST, is_random=True),
    ModuleRow("GRU(4, 3)", TIME_FIRST),
    ModuleRow("GRU(4, 3, num_layers=2, bidirectional=True)", TIME_FIRST),
    ModuleRow("GRU(4, 3, bias=False, batch_first=True)", SEQUENCES),
    ModuleRow("RNNCell(4, 3)", (2, 4)),
    ModuleRow("RNNCell(4, 3, bias=False, nonlinearity='relu')", (4,)),
    ModuleRow("LSTMCell(4, 3)", (2, 4)),
    ModuleRow("LSTMCell(4, 3, bias=False)", (4,)),
    ModuleRow("GRUCell(4, 3)", (2, 4)),
    ModuleRow("GRUCell(4, 3, bias=False)", (4,)),
]
