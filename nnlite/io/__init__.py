"""Reading and writing files, and the error that a damaged one raises."""

from nnlite.io._checkpoint import Checkpoint
from nnlite.io._checkpoint_manager import CheckpointManager
from nnlite.io._error import FormatError
from nnlite.io._npz import load_npz, save_npz
from nnlite.io._safetensors import load_safetensors, save_safetensors
from nnlite.io._torch import from_torch, to_torch

__all__ = [
    "Checkpoint",
    "CheckpointManager",
    "FormatError",
    "from_torch",
    "load_npz",
    "load_safetensors",
    "save_npz",
    "save_safetensors",
    "to_torch",
]
