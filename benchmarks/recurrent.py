"""The rows `lstm` and `gru`: a class for each sequence of 64 steps, batch 32, 64 features to 128 states, Adam."""

from typing import Any

from benchmarks._row import Batch, Network, labels, normal, training


def as_keras(k: Any, kind: str) -> tuple[Any, Any]:
    recurrent = getattr(k.layers, kind)(128)
    model = k.models.Sequential([k.layers.Input((64, 64)), recurrent, k.layers.Dense(10, activation="softmax")])
    return model, k.losses.SparseCategoricalCrossentropy()


def as_torch(kind: str) -> tuple[Any, Any]:
    from torch import Tensor, nn

    class Classifier(nn.Module):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.recurrent = getattr(nn, kind)(64, 128, batch_first=True)
            self.head = nn.Linear(128, 10)

        def forward(self, x: Tensor) -> Any:
            states, _ = self.recurrent(x)
            return self.head(states[:, -1])

    return Classifier(), nn.CrossEntropyLoss()


def network(kind: str) -> Network:
    return Network(lambda k: as_keras(k, kind), lambda: as_torch(kind))


def sequences() -> Batch:
    return Batch(normal(32, 64, 64), labels(10, 32))


ROWS = {"lstm": training(sequences, network("LSTM")), "gru": training(sequences, network("GRU"))}
