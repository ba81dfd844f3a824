"""What all tests share."""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import pytest

from tuner.registry import FAMILIES


@pytest.fixture
def registries():
    """Takes entries that a test registers out again, at its end or when called."""
    before = {family: set(registry) for family, registry in FAMILIES.items()}

    def restore():
        for family, names in before.items():
            registry = FAMILIES[family]
            for name in set(registry) - names:
                del registry._entries[name], registry._canonical[name]

    yield restore
    restore()
