"""Code of pages that trains at length, with the numbers that make it short in tests."""

__all__ = ["SMALLER", "smaller"]

SMALLER = {
    "docs/scikit_learn.md": {
        '"trials": 8': '"trials": 1',
        '"epochs": 40': '"epochs": 2',
        "Fold(5": "Fold(2",
    }
}
"""By page, what is replaced in its code."""


def smaller(block):
    """The code of a block as tests run it."""
    code = block.code
    for shown, used in SMALLER.get(block.page, {}).items():
        code = code.replace(shown, used)
    return code
