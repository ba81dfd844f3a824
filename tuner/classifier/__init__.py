"""The search as a scikit-learn classifier; see `tuner.classifier.estimator`."""
