"""Importing it registers its parts, as ``minority-tuner run … --import sample_project`` does."""

from sample_project.parts import bounded, log_smoothed, pyramid

__all__ = ["bounded", "log_smoothed", "pyramid"]
