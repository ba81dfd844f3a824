"""PCA and logistic regression on exactly the splits of the brain MRI study.

    python benchmarks/brain_mri.py [--data brain_mri_rare]

The file that datasets/brain_mri.yaml names must lie in the folder of MINORITY_TUNER_DATA. Prints
the test F1 of meningioma for the study's own split and, to show how much one split says, for nine
more seeds.
"""

import argparse

import numpy as np
from sklearn.decomposition import PCA
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import f1_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from tuner.data import load_data, make_splits
from tuner.evaluate.intervals import score_intervals
from tuner.study import load_study


def baseline(dataset, splits, seed):
    """Test F1 of the minority class and its interval."""
    x = dataset.features.reshape(len(dataset), -1).astype(np.float32) / 255
    model = make_pipeline(
        PCA(50, random_state=seed),
        StandardScaler(),
        LogisticRegression(class_weight="balanced", max_iter=5000),
    )
    model.fit(x[splits.development], dataset.labels[splits.development])
    minority = len(dataset.classes) - 1
    labels, told = dataset.labels[splits.test], model.predict_proba(x[splits.test])
    decisions = told.argmax(axis=1)
    ends = score_intervals(labels, told, decisions, dataset.units[splits.test])
    return f1_score(labels == minority, decisions == minority), ends["minority_f1"]


def main():
    """Prints a line for each seed, then their mean."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--data", default="brain_mri", help="brain_mri or brain_mri_rare")
    options = parser.parse_args()
    seeds, study = options.seeds, load_study("brain_mri", [f"data.source={options.data}"])
    dataset = load_data(study)
    scores = []
    for seed in range(study.seed, study.seed + seeds):
        splits = make_splits(dataset, study.data.split, seed)
        score, (low, high) = baseline(dataset, splits, seed)
        scores.append(score)
        print(f"seed {seed}: test F1 {score:.3f} (95 % CI {low:.3f} to {high:.3f})", flush=True)
    print(f"mean {np.mean(scores):.3f}, standard deviation {np.std(scores, ddof=1):.3f}")


if __name__ == "__main__":
    main()
