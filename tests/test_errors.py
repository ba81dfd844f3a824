"""Texts of errors."""

from tuner.errors import reason_of


def test_a_reason_is_one_short_line_whatever_a_decoder_quotes():
    reason = reason_of(ValueError(f"bad\x00header\n{'x' * 5000}"))
    assert reason.startswith("bad header x")
    assert (len(reason), reason[-1]) == (161, "…")
