"""A source becomes a `Dataset`, then leak-free `Splits`."""

from tuner.data.dataset import Dataset, RawData
from tuner.data.load import assemble, load_data
from tuner.data.loaders import LOADERS
from tuner.data.preprocessing import Standardizer
from tuner.data.splits import Fold, Splits, make_splits

__all__ = [
    "LOADERS",
    "Dataset",
    "Fold",
    "RawData",
    "Splits",
    "Standardizer",
    "assemble",
    "load_data",
    "make_splits",
]
