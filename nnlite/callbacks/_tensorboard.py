"""TensorBoard: the logs and the weights as event files that TensorBoard shows."""

from __future__ import annotations

import os
import struct
import time
import zlib
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnlite.callbacks._callback import Callback, Logs

__all__ = ["TensorBoard"]


class TensorBoard(Callback):
    """Writes event files for TensorBoard: ``tensorboard --logdir logs`` then draws the curves.

    The folders "train" and "validation" get "epoch_loss" and so on after each epoch, "train" also
    "epoch_learning_rate"; with `update_freq` "train" gets "batch_loss" and so on. An evaluation with this among its
    callbacks, or a validation, adds "evaluation_loss_vs_iterations" to "validation".

    The writer is that of the package `tensorboard` (the extra "tensorboard"); TensorFlow is not needed.

    Parameters
    ----------
    log_dir : str or Path, default "logs"
        A folder for this training.
    histogram_freq : int, default 0
        Writes a histogram of each weight after every so many epochs; 0 for none.
    write_graph : bool, default True
        Accepted as Keras has it; there is no graph to write.
    write_images : bool, default False
        With `histogram_freq`, also each weight of up to three axes as an image.
    write_steps_per_second : bool, default False
    update_freq : "epoch", "batch" or int, default "epoch"
        Also writes the logs so far after so many batches; "batch" is 1.
    profile_batch, embeddings_freq : int, default 0
        Keras' other kinds of events, which are not offered: anything but 0 raises.
    embeddings_metadata : None

    Raises
    ------
    ImportError
        If the package `tensorboard` is not installed.
    ValueError
        If an argument is out of range.

    Examples
    --------
    >>> import os, tempfile
    >>> import nnlite as nl, numpy as np
    >>> model = nl.models.Sequential([nl.layers.Dense(1)])
    >>> model.compile("sgd", "mse")
    >>> folder = tempfile.mkdtemp()
    >>> board = nl.callbacks.TensorBoard(folder)
    >>> history = model.fit(np.ones((4, 1)), np.ones(4), epochs=3, verbose=0, validation_split=0.5, callbacks=[board])
    >>> sorted(os.listdir(folder))
    ['train', 'validation']
    """

    state_names = ("_train_batches",)

    def __init__(
        self,
        log_dir: str | os.PathLike[str] = "logs",
        histogram_freq: int = 0,
        write_graph: bool = True,
        write_images: bool = False,
        write_steps_per_second: bool = False,
        update_freq: str | int = "epoch",
        profile_batch: Any = 0,
        embeddings_freq: int = 0,
        embeddings_metadata: Any = None,
    ) -> None:
        if find_spec("tensorboard") is None:
            raise ImportError(
                "TensorBoard writes with the package tensorboard, which is not installed: pip install "
                "'nnlite[tensorboard]'"
            )
        if update_freq not in ("epoch", "batch") and (type(update_freq) is not int or update_freq < 1):
            raise ValueError(
                f'TensorBoard expected update_freq to be "epoch", "batch" or a number of batches, got {update_freq=}'
            )
        if type(histogram_freq) is not int or histogram_freq < 0:
            raise ValueError(f"TensorBoard expected histogram_freq to be a number of epochs, got {histogram_freq=}")
        for name, value in (("profile_batch", profile_batch), ("embeddings_freq", embeddings_freq)):
            if value != 0:
                raise ValueError(f"TensorBoard has no {name} here: expected 0, got {name}={value!r}")
        if embeddings_metadata is not None:
            raise ValueError(f"TensorBoard has no embeddings_metadata here: expected None, got {embeddings_metadata!r}")
        self.log_dir, self.histogram_freq = Path(log_dir), histogram_freq
        self.write_graph, self.write_images = write_graph, write_images
        self.write_steps_per_second = write_steps_per_second
        self.update_freq = 1 if update_freq == "batch" else update_freq
        if update_freq != "epoch":
            self.on_train_batch_end = self._count  # type: ignore[method-assign]
        self._writers: dict[str, _Writer] = {}
        self._train_batches = self._steps_before = 0
        self._start = 0.0

    def on_train_begin(self, logs: Logs | None = None) -> None:
        """Count anew."""
        self._train_batches = 0
        self._note_start()

    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None:
        """Note the time."""
        self._note_start()

    def _note_start(self) -> None:
        """Note the time and the steps taken."""
        self._start = time.perf_counter()
        self._steps_before = self._iterations()

    def _count(self, batch: int, logs: Logs | None = None) -> None:
        """Write the logs so far after so many batches."""
        self._train_batches += 1
        if self._train_batches % int(self.update_freq) == 0:
            for name, value in (logs or {}).items():
                self._writer("train").scalar(f"batch_{name}", value, self._train_batches)

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        """Write the logs and, if it is time, the weights."""
        logs = {} if logs is None else logs
        optimizer = self.model.optimizer
        values = dict(logs) if optimizer is None else {**logs, "learning_rate": optimizer.rate}
        if self.write_steps_per_second:
            seconds = time.perf_counter() - self._start
            values["steps_per_second"] = (self._iterations() - self._steps_before) / max(seconds, 1e-9)
        for name, value in values.items():
            writer = self._writer("validation" if name.startswith("val_") else "train")
            writer.scalar(f"epoch_{name.removeprefix('val_')}", value, epoch)
        if self.histogram_freq and epoch % self.histogram_freq == 0:
            for name, values_of in self.model.state_dict().items():
                self._writer("train").histogram(f"{name}/histogram", values_of, epoch)
                if self.write_images and values_of.squeeze().ndim <= 3:
                    self._writer("train").images(f"{name}/image", _as_images(values_of), epoch)
        for writer in self._writers.values():
            writer.flush()

    def on_test_end(self, logs: Logs | None = None) -> None:
        """Write the result of an evaluation by the number of steps taken."""
        for name, value in (logs or {}).items():
            self._writer("validation").scalar(f"evaluation_{name}_vs_iterations", value, self._iterations())

    def _iterations(self) -> int:
        """Return the number of steps that the optimizer has taken."""
        return 0 if self.model.optimizer is None else self.model.optimizer.iterations

    def _writer(self, part: str) -> _Writer:
        """Return the writer of a folder, which is made when there is something to write."""
        if part not in self._writers:
            self._writers[part] = _Writer(self.log_dir / part)
        return self._writers[part]

    def _release(self) -> None:
        """Close the files."""
        for writer in self._writers.values():
            writer.close()
        self._writers = {}


class _Writer:
    """An event file in a folder."""

    def __init__(self, folder: Path) -> None:
        # Imported here, so that importing nnlite brings in nothing optional.
        from tensorboard.summary.writer.event_file_writer import EventFileWriter

        self._file = EventFileWriter(str(folder))
        self.flush, self.close = self._file.flush, self._file.close

    def scalar(self, tag: str, value: float, step: int) -> None:
        """Write a number."""
        from tensorboard.plugins.scalar.summary_v2 import scalar_pb

        self._add(scalar_pb(tag, float(value)), step)

    def histogram(self, tag: str, values: NDArray[Any], step: int) -> None:
        """Write how values are distributed."""
        from tensorboard.plugins.histogram.summary_v2 import histogram_pb

        self._add(histogram_pb(tag, values[np.isfinite(values)]), step)

    def images(self, tag: str, images: NDArray[np.uint8], step: int) -> None:
        """Write grey images, shape (N, H, W)."""
        from tensorboard.compat.proto.summary_pb2 import Summary
        from tensorboard.plugins.image.metadata import create_summary_metadata
        from tensorboard.util.tensor_util import make_tensor_proto

        height, width = images.shape[1:]
        texts = [str(width).encode(), str(height).encode(), *(_as_png(image) for image in images)]
        metadata = create_summary_metadata(display_name=None, description=None)
        summary = Summary(value=[Summary.Value(tag=tag, metadata=metadata, tensor=make_tensor_proto(texts))])
        self._add(summary, step)

    def _add(self, summary: Any, step: int) -> None:
        """Write an event."""
        from tensorboard.compat.proto.event_pb2 import Event

        self._file.add_event(Event(wall_time=time.time(), step=step, summary=summary))


def _as_images(weight: NDArray[Any]) -> NDArray[np.uint8]:
    """Return a weight as grey images (N, H, W), the lowest value black and the highest white."""
    plane = np.atleast_2d(weight.squeeze())
    planes = np.moveaxis(plane, -1, 0) if plane.ndim == 3 else plane[None]
    if planes.shape[1] > planes.shape[2]:
        planes = planes.swapaxes(1, 2)
    span = float(np.ptp(planes)) or 1.0
    grey: NDArray[np.uint8] = (255 * ((planes - planes.min()) / span)).astype(np.uint8)
    return grey


def _as_png(image: NDArray[np.uint8]) -> bytes:
    """Return a grey image, shape (H, W), as a PNG file.

    References
    ----------
    W3C, "Portable Network Graphics (PNG) Specification", second edition, 2003.
    """

    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    height, width = image.shape
    rows = np.concatenate([np.zeros((height, 1), np.uint8), image], axis=1)  # each row begins with its filter: none
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    content = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows.tobytes())) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + content
