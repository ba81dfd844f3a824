"""Parts of `benchmarks/published.py`: data, protocol, contenders, state and tables."""
