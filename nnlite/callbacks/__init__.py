"""Callbacks: what watches and steers training. Subclass `Callback` for your own."""

from nnlite.callbacks._backup import BackupAndRestore
from nnlite.callbacks._callback import Callback, Logs
from nnlite.callbacks._checkpoint import ModelCheckpoint
from nnlite.callbacks._csv import CSVLogger
from nnlite.callbacks._early_stopping import EarlyStopping
from nnlite.callbacks._history import History
from nnlite.callbacks._lambda import LambdaCallback
from nnlite.callbacks._learning_rate import LearningRateScheduler, ReduceLROnPlateau
from nnlite.callbacks._progress import ProgressBar
from nnlite.callbacks._tensorboard import TensorBoard
from nnlite.callbacks._terminate import TerminateOnNaN

__all__ = [
    "BackupAndRestore",
    "CSVLogger",
    "Callback",
    "EarlyStopping",
    "History",
    "LambdaCallback",
    "LearningRateScheduler",
    "Logs",
    "ModelCheckpoint",
    "ProgressBar",
    "ReduceLROnPlateau",
    "TensorBoard",
    "TerminateOnNaN",
]
