"""Where a training stands, and going on from there."""

import numpy as np
import pytest

import nnlite as nl

pytest.importorskip("safetensors")

X, Y = np.arange(24.0, dtype=np.float32).reshape(12, 2) / 24, np.ones((12, 1), np.float32)


class Stop(nl.callbacks.Callback):
    """Ends the process' training, as a kill does, after so many batches."""

    def __init__(self, after):
        self.after = after

    def on_train_batch_begin(self, batch, logs):
        self.after -= 1
        if self.after < 0:
            raise SystemExit

    def on_test_begin(self, logs):
        if not self.after:
            raise SystemExit


@pytest.mark.parametrize("after", range(1, 8))
@pytest.mark.parametrize("augmented", [False, True])
def test_a_training_on_a_loader_goes_on_after_any_batch_also_the_last_of_an_epoch(tmp_path, after, augmented):
    def train(*more, seed=0):
        nl.random.seed(seed)
        model = nl.models.Sequential([nl.layers.Dense(3, "tanh", input_shape=(2,)), nl.layers.Dense(1)])
        model.compile("adam", "mse", metrics=["mae"])
        transform = (lambda x, generator: x + generator.normal(size=x.shape)) if augmented else None
        loader = nl.data.DataLoader((X, Y), 4, shuffle=True, seed=3, transform=transform)
        history = model.fit(loader, epochs=3, verbose=0, callbacks=list(more), validation_data=(X, Y))
        return model.get_weights(), history.history

    backup = nl.callbacks.BackupAndRestore(tmp_path, save_freq=1)
    with pytest.raises(SystemExit):
        train(backup, Stop(after))
    np.testing.assert_equal(train(backup, seed=1), train())
