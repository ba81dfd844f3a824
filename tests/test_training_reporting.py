"""Each epoch is told, and training stops where it is told to."""

from types import SimpleNamespace

import pytest

from tuner.model.losses.base import RareClassLoss
from tuner.training.reporting import EpochReport, Pruned


class TwoStages(RareClassLoss):
    def __init__(self):
        pass

    def settled_from(self, epochs):
        return epochs // 2


def train(values, stop_in, *, epochs=10, loss=None, early=None):
    """Runs through the epochs of drawn values; says which were told."""
    told, watched = [], SimpleNamespace(values=[])

    def goes_on(epoch, value):
        told.append((epoch, value))
        return epoch != stop_in

    report = EpochReport(watched, goes_on)
    report.set_model(SimpleNamespace(stop_training=False, loss=loss))
    report.set_params({"epochs": epochs})
    for epoch, value in enumerate(values):
        watched.values.append(value)
        report.model.stop_training = epoch + 1 == early
        report.on_epoch_end(epoch)
    return told


def test_the_best_value_so_far_is_told():
    assert train([0.2, 0.1, 0.3], None) == [(1, 0.2), (2, 0.2), (3, 0.3)]


def test_training_stops_where_it_does_not_go_on():
    with pytest.raises(Pruned) as caught:
        train([0.2, 0.1, 0.3], 2)
    assert caught.value.epoch == 2


@pytest.mark.parametrize("ending", [{"epochs": 3}, {"early": 3}])
def test_a_training_that_ends_anyway_keeps_its_result(ending):
    assert len(train([0.2, 0.1, 0.3], 3, **ending)) == 3


def test_a_loss_that_changes_on_the_way_is_not_stopped():
    assert len(train([0.1] * 10, 7, loss=TwoStages())) == 10
