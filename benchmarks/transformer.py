"""The rows `transformer` and `gpt`: blocks of width 128 with 4 heads and 512 hidden units, batch 16, length 128, Adam.

`transformer` is one encoder block on sequences of numbers, `gpt` four causal blocks on characters.
"""

from typing import Any

import numpy as np

from benchmarks._row import Batch, Network, labels, normal, training

BATCH, LENGTH, WIDTH, HEADS, HIDDEN, BLOCKS, VOCABULARY = 16, 128, 128, 4, 512, 4, 65


def encoder_as_nnlite(nl: Any) -> tuple[Any, Any]:
    return nl.layers.TransformerEncoder(HIDDEN, HEADS, input_shape=(LENGTH, WIDTH)), nl.losses.MeanSquaredError()


def encoder_as_torch() -> tuple[Any, Any]:
    from torch import nn

    return nn.TransformerEncoderLayer(WIDTH, HEADS, HIDDEN, dropout=0.0, batch_first=True), nn.MSELoss()


def gpt_as_nnlite(nl: Any) -> tuple[Any, Any]:
    class GPT(nl.models.Model):  # type: ignore[misc]
        def __init__(self) -> None:
            self.token, self.position = nl.layers.Embedding(VOCABULARY, WIDTH), nl.layers.Embedding(LENGTH, WIDTH)
            settings = {"activation": "gelu", "normalize_first": True}
            self.blocks = [nl.layers.TransformerDecoder(HIDDEN, HEADS, **settings) for _ in range(BLOCKS)]
            self.norm, self.head = nl.layers.LayerNorm(epsilon=1e-5), nl.layers.Dense(VOCABULARY)

        def forward(self, tokens: Any) -> Any:
            x = self.token(tokens) + self.position(np.arange(tokens.shape[1]))
            for block in self.blocks:
                x = block(x)
            return self.head(self.norm(x))

    return GPT(), nl.losses.SparseCategoricalCrossentropy(from_logits=True)


def gpt_as_torch() -> tuple[Any, Any]:
    import torch
    from torch import nn

    class GPT(nn.Module):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.token, self.position = nn.Embedding(VOCABULARY, WIDTH), nn.Embedding(LENGTH, WIDTH)
            settings = {"dropout": 0.0, "activation": "gelu", "batch_first": True, "norm_first": True}
            self.blocks = nn.ModuleList(
                nn.TransformerEncoderLayer(WIDTH, HEADS, HIDDEN, **settings) for _ in range(BLOCKS)
            )
            self.norm, self.head = nn.LayerNorm(WIDTH), nn.Linear(WIDTH, VOCABULARY)
            self.register_buffer("mask", nn.Transformer.generate_square_subsequent_mask(LENGTH), persistent=False)

        def forward(self, tokens: Any) -> Any:
            x = self.token(tokens) + self.position(torch.arange(tokens.shape[1]))
            for block in self.blocks:
                x = block(x, src_mask=self.mask, is_causal=True)
            return self.head(self.norm(x))

    loss = nn.CrossEntropyLoss()
    return GPT(), lambda logits, targets: loss(logits.flatten(0, 1), targets.flatten())


ROWS = {
    "transformer": training(
        lambda: Batch(normal(BATCH, LENGTH, WIDTH), normal(BATCH, LENGTH, WIDTH)),
        Network(encoder_as_nnlite, encoder_as_torch, keras_has_it=False),
    ),
    "gpt": training(
        lambda: Batch(labels(VOCABULARY, BATCH, LENGTH), labels(VOCABULARY, BATCH, LENGTH)),
        Network(gpt_as_nnlite, gpt_as_torch, keras_has_it=False),
    ),
}
