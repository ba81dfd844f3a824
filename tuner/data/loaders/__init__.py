"""Loaders: each turns one kind of source into `RawData`.

A loader's keyword-only arguments are its options in a study file; ``location`` and ``folder`` are
what it should read and the folder that relative paths start from. Wrong input is an `InputError`
whose path starts at the data section.
"""

from tuner.data.loaders.delimited import load_csv, load_tsv
from tuner.data.loaders.dicom import load_dicom
from tuner.data.loaders.images import load_images
from tuner.data.loaders.imblearn import load_imblearn
from tuner.data.loaders.nifti import load_nifti
from tuner.data.loaders.npz import load_npy, load_npz
from tuner.data.loaders.openml import load_openml
from tuner.data.loaders.parquet import load_parquet
from tuner.data.loaders.python import load_python
from tuner.data.loaders.registry import LOADERS
from tuner.data.loaders.sklearn import load_sklearn

__all__ = [
    "LOADERS",
    "load_csv",
    "load_dicom",
    "load_images",
    "load_imblearn",
    "load_nifti",
    "load_npy",
    "load_npz",
    "load_openml",
    "load_parquet",
    "load_python",
    "load_sklearn",
    "load_tsv",
]
