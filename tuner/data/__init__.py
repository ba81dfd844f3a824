"""A source becomes a `Dataset`, then leak-free `Splits`."""

from tuner.data.assemble import assemble
from tuner.data.dataset import About, Column, Dataset, RawData, number_columns
from tuner.data.findings import Finding
from tuner.data.load import load_data
from tuner.data.loaders import LOADERS
from tuner.data.preprocessing import Preprocessor, fit_preprocessor, preprocessor_from_json
from tuner.data.resamplers import RESAMPLERS
from tuner.data.splits import Fold, Splits, make_splits

__all__ = [
    "LOADERS",
    "RESAMPLERS",
    "About",
    "Column",
    "Dataset",
    "Finding",
    "Fold",
    "Preprocessor",
    "RawData",
    "Splits",
    "assemble",
    "fit_preprocessor",
    "load_data",
    "make_splits",
    "number_columns",
    "preprocessor_from_json",
]
