"""What workers know is what the search knows."""

import numpy as np
import pytest

from tuner import load_data, load_study, make_splits
from tuner.search.job import Job, read_job, write_job


@pytest.fixture(params=["mri_like", "imbalance_strategies", "digits_eight"])
def job(request):
    study = load_study(request.param)
    dataset = load_data(study)
    return Job(study, dataset, make_splits(dataset, study.data.split, study.seed))


def test_a_job_is_read_as_it_was_written(job, tmp_path):
    write_job(job, tmp_path / "job")
    read = read_job(tmp_path / "job")
    assert read.study == job.study
    assert type(read.study.model) is type(job.study.model)
    assert read.study.document == job.study.document
    assert read.dataset.fingerprint == job.dataset.fingerprint
    assert read.dataset.reading == job.dataset.reading
    for one, other in zip(read.splits.folds, job.splits.folds, strict=True):
        np.testing.assert_array_equal(one.train, other.train)
        np.testing.assert_array_equal(one.validation, other.validation)


def test_arrays_are_mapped_and_aligned(job, tmp_path):
    write_job(job, tmp_path / "job")
    features = read_job(tmp_path / "job").dataset.features
    assert not features.flags.owndata
    assert not features.flags.writeable
    assert features.ctypes.data % 64 == 0
