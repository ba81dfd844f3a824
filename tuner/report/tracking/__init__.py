"""Other programs that hear of a run: TensorBoard and MLflow."""
