"""Tables of OpenML, by scikit-learn's fetcher."""

from __future__ import annotations

from typing import Any, Literal

from tuner.data.dataset import RawData
from tuner.data.loaders.fetching import fetched
from tuner.data.loaders.frame import raw_from_frame
from tuner.data.loaders.registry import LOADERS

__all__ = ["load_openml"]


@LOADERS.register("openml")
def load_openml(
    *,
    location: str,
    release: int | Literal["active"] = "active",
    target: str | None = None,
    group: str | None = None,
    weight: str | None = None,
    official_split: str | None = None,
    ignore: list[str] = [],  # noqa: B006 - read only
    categories: list[str] = [],  # noqa: B006 - read only
) -> RawData:
    """A table of openml.org, by name or number; a network is needed once.

    Args:
        location: The data's name, or its number.
        release: Version of the data on OpenML; name one, or a later release changes the study.
        target: Column with the class; OpenML's own default unless given.
        group: Column whose rows with equal text stay on one side of every split.
        weight: Column with the weight of each row in the training loss.
        official_split: Column that says train, validation or test.
        ignore: Columns to leave out.
        categories: Columns that hold categories though they look like numbers.

    Raises:
        InputError: The data cannot be fetched, or a column is not as expected.
    """
    from sklearn.datasets import fetch_openml

    arguments: dict[str, Any] = {"as_frame": True, "parser": "pandas"}
    if location.isdecimal():
        arguments["data_id"] = int(location)
    else:
        arguments |= {"name": location, "version": release}
    if target is not None:
        arguments["target_column"] = target
    bunch = fetched(fetch_openml, location, "openml", **arguments)
    return raw_from_frame(
        bunch.frame,
        target or str(bunch.target.name),
        group=group,
        weight=weight,
        official_split=official_split,
        ignore=ignore,
        categories=categories,
    )
