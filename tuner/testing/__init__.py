"""Checks."""

__all__: list[str] = []
