"""Optimizers with PyTorch's names, arguments, defaults and formulas."""

from nnlite.optim import lr_scheduler
from nnlite.optim._adam import Adam, Adamax, AdamW, NAdam, RAdam
from nnlite.optim._adaptive import Adadelta, Adagrad, RMSprop
from nnlite.optim._lbfgs import LBFGS
from nnlite.optim._optimizer import Optimizer
from nnlite.optim._rprop import Rprop
from nnlite.optim._sgd import SGD

__all__ = [
    "LBFGS",
    "SGD",
    "Adadelta",
    "Adagrad",
    "Adam",
    "AdamW",
    "Adamax",
    "NAdam",
    "Optimizer",
    "RAdam",
    "RMSprop",
    "Rprop",
    "lr_scheduler",
]
