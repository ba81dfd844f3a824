"""The oracle, the Keras Tuner tuner, the run folder and its database."""
