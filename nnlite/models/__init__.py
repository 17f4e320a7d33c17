"""Models: modules that know how to be trained."""

from nnlite.models._model import Model
from nnlite.models._saving import load_model
from nnlite.models._sequential import Sequential

__all__ = ["Model", "Sequential", "load_model"]
