"""Scans become 2-D slices, seen from one side whatever file they come from."""

from tuner.data.volumes.slices import Keep, Orientation, SliceReading

__all__ = ["Keep", "Orientation", "SliceReading"]
