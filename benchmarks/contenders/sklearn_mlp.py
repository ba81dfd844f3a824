"""scikit-learn's MLPClassifier under RandomizedSearchCV.

It knows neither the five activations nor class weights, and scores once, at the end.
"""

import sys
import warnings

import numpy as np
from scipy.stats import loguniform
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import PredefinedSplit, RandomizedSearchCV
from sklearn.neural_network import MLPClassifier
from work import WORKS, Search, rows

name, trials = sys.argv[1], int(sys.argv[2])
work = WORKS[name]
(x, y), (vx, vy) = rows(name)
warnings.simplefilter("ignore", ConvergenceWarning)
search = RandomizedSearchCV(
    MLPClassifier(batch_size=work.batch, max_iter=work.epochs, tol=0.0, n_iter_no_change=999),
    {
        "hidden_layer_sizes": [(u,) * n for n in work.layers for u in work.units],
        "activation": ["relu", "tanh", "logistic"],
        "learning_rate_init": loguniform(3e-4, 1e-2),
        "alpha": loguniform(1e-6, 1e-2),
    },
    n_iter=trials,
    scoring="average_precision",
    cv=PredefinedSplit(np.r_[np.full(len(x), -1), np.zeros(len(vx), int)]),
    refit=False,
    random_state=0,
)
begun = Search()
search.fit(np.r_[x, vx], np.r_[y, vy])
begun.finished(len(search.cv_results_["params"]), search.best_score_)
