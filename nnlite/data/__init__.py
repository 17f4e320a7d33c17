"""Data: datasets and their batches, and what is done to samples before a model sees them.

>>> import nnlite as nl
>>> (x, y), _ = nl.datasets.digits.load_data()
>>> x_train, x_val, x_test, y_train, y_val, y_test = nl.data.train_val_test_split(x, y, stratify=y, seed=0)
>>> scaler = nl.data.Standardize().fit(x_train)
>>> loader = nl.data.DataLoader((x_train, y_train), batch_size=64, shuffle=True, transform=scaler.transform)
>>> len(x_train), len(loader)
(1149, 18)
"""

from nnlite.data._augmentation import RandomCrop, RandomFlip, RandomRotation, RandomShift
from nnlite.data._bpe_tokenizer import BPETokenizer
from nnlite.data._char_tokenizer import CharTokenizer
from nnlite.data._dataset import ArrayDataset, Dataset
from nnlite.data._loader import DataLoader
from nnlite.data._sequences import pad_sequences, sliding_windows
from nnlite.data._split import train_val_test_split
from nnlite.data._standardize import Standardize
from nnlite.utils import to_categorical as one_hot

__all__ = [
    "ArrayDataset",
    "BPETokenizer",
    "CharTokenizer",
    "DataLoader",
    "Dataset",
    "RandomCrop",
    "RandomFlip",
    "RandomRotation",
    "RandomShift",
    "Standardize",
    "one_hot",
    "pad_sequences",
    "sliding_windows",
    "train_val_test_split",
]
