"""The exported winner on new rows: read from its folder, applied to frames, arrays and files.

`Predictor` joins network, preprocessing and decision rule; `load_model` reads one from a run.
"""
