"""TensorBoard: what is written can be read back by TensorBoard's own reader."""

import io
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nnlite.callbacks import TensorBoard, _tensorboard
from nnlite.layers import Conv1D, Dense, Flatten
from nnlite.models import Sequential

accumulators = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator")

X, Y = np.random.default_rng(0).normal(size=(12, 6, 1)), np.linspace(0, 1, 12)


def compiled() -> Sequential:
    """A small model, of one weight with three axes and others with one and two."""
    model = Sequential([Conv1D(3, 2, input_shape=(6, 1)), Flatten(), Dense(1)])
    model.compile("sgd", "mse", metrics=["mae"])
    return model


def read(folder: Path) -> Any:
    """Read the events of a folder."""
    events = accumulators.EventAccumulator(str(folder), size_guidance={"tensors": 0})
    events.Reload()
    return events


def scalars(events: Any, tag: str) -> dict[int, float]:
    """Return the numbers of a tag by their steps."""
    return {event.step: event.tensor_proto.float_val[0] for event in events.Tensors(tag)}


def test_the_curves_are_the_history(tmp_path: Path) -> None:
    board = TensorBoard(tmp_path, write_steps_per_second=True)
    history = compiled().fit(X, Y, epochs=3, verbose=0, validation_split=0.25, callbacks=[board]).history
    train, validation = read(tmp_path / "train"), read(tmp_path / "validation")
    assert set(train.Tags()["tensors"]) == {
        "epoch_loss", "epoch_mae", "epoch_learning_rate", "epoch_steps_per_second",
    }  # fmt: skip
    for name in ("loss", "mae"):
        assert scalars(train, f"epoch_{name}") == pytest.approx(dict(enumerate(history[name])))
        assert scalars(validation, f"epoch_{name}") == pytest.approx(dict(enumerate(history[f"val_{name}"])))
    assert scalars(train, "epoch_learning_rate") == pytest.approx(dict.fromkeys(range(3), 0.01))
    assert scalars(validation, "evaluation_loss_vs_iterations") == pytest.approx(
        dict(enumerate(history["val_loss"], 1))
    )


@pytest.mark.parametrize(("update_freq", "steps"), [("batch", [1, 2, 3, 4, 5, 6]), (1, [1, 2, 3, 4, 5, 6]), (4, [4])])
def test_batches_too(update_freq: Any, steps: list[int], tmp_path: Path) -> None:
    compiled().fit(X, Y, batch_size=4, epochs=2, verbose=0, callbacks=[TensorBoard(tmp_path, update_freq=update_freq)])
    assert sorted(scalars(read(tmp_path / "train"), "batch_loss")) == steps


def test_an_evaluation_by_itself(tmp_path: Path) -> None:
    model = compiled()
    loss, mae = model.evaluate(X, Y, verbose=0, callbacks=[TensorBoard(tmp_path)])
    events = read(tmp_path / "validation")
    assert scalars(events, "evaluation_loss_vs_iterations") == pytest.approx({0: loss})
    assert scalars(events, "evaluation_mae_vs_iterations") == pytest.approx({0: mae})
    assert os.listdir(tmp_path) == ["validation"]


def test_weights_as_histograms_and_images(tmp_path: Path) -> None:
    image = pytest.importorskip("matplotlib.image")
    from tensorboard.util.tensor_util import make_ndarray

    model = compiled()
    model.fit(X, Y, epochs=3, verbose=0, callbacks=[TensorBoard(tmp_path, histogram_freq=2, write_images=True)])
    events = read(tmp_path / "train")
    for name, weight in model.state_dict().items():
        written = events.Tensors(f"{name}/histogram")
        assert [event.step for event in written] == [0, 2]
        assert make_ndarray(written[-1].tensor_proto)[:, 2].sum() == weight.size
        shape = np.atleast_2d(weight.squeeze()).shape
        width, height, *pictures = events.Tensors(f"{name}/image")[-1].tensor_proto.string_val
        assert (int(height), int(width)) == (min(shape), max(shape))
        (pixels,) = (image.imread(io.BytesIO(picture)) for picture in pictures)
        turned = pixels if pixels.shape == shape else pixels.T
        expected = (weight.squeeze() - weight.min()) / (float(np.ptp(weight)) or 1)
        np.testing.assert_allclose(turned, np.atleast_2d(expected), atol=1 / 250)


def test_a_weight_of_three_axes_is_an_image_for_each_of_the_last(tmp_path: Path) -> None:
    images = _tensorboard._as_images(np.arange(24.0).reshape(2, 3, 4))
    assert images.shape == (4, 2, 3)
    assert (images.min(), images.max()) == (0, 255)


def test_an_error_closes_the_files(tmp_path: Path) -> None:
    board = TensorBoard(tmp_path, update_freq=1)
    with pytest.raises(ValueError, match="expected y_true of the predictions' shape"):
        compiled().fit(X, np.ones((12, 2)), verbose=0, callbacks=[board])
    assert not board._writers


def test_without_the_package_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_tensorboard, "find_spec", lambda name: None)
    with pytest.raises(ImportError, match=r"not installed: pip install 'nnlite\[tensorboard\]'"):
        TensorBoard()


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"update_freq": "often"}, "got update_freq='often'"),
        ({"update_freq": 0}, "got update_freq=0"),
        ({"histogram_freq": -1}, "expected histogram_freq to be a number of epochs, got histogram_freq=-1"),
        ({"profile_batch": 2}, "TensorBoard has no profile_batch here: expected 0, got profile_batch=2"),
        ({"embeddings_freq": 1}, "TensorBoard has no embeddings_freq here"),
        ({"embeddings_metadata": "a.tsv"}, "TensorBoard has no embeddings_metadata here"),
    ],
)
def test_settings_are_checked(settings: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        TensorBoard(**settings)
