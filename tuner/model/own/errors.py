"""What goes wrong with a network of the person's own code."""

from __future__ import annotations

__all__ = ["OwnModelError"]


class OwnModelError(Exception):
    """The person's code cannot build or train the network of one configuration; why, in a line.

    Of the default configuration it is told before anything is trained. In a search, the trial has
    failed.
    """
