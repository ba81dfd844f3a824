"""Loaders: each turns one kind of source into `RawData`.

A loader's keyword-only arguments are its options in a study file; ``location`` and ``folder`` are
what it should read and the folder that relative paths start from. Wrong input is an `InputError`
whose path starts at the data section.
"""

from tuner.data.loaders.csv import load_csv
from tuner.data.loaders.npz import load_npz
from tuner.data.loaders.python import load_python
from tuner.data.loaders.registry import LOADERS
from tuner.data.loaders.sklearn import load_sklearn

__all__ = ["LOADERS", "load_csv", "load_npz", "load_python", "load_sklearn"]
