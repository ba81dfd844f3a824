"""Optuna with a plain PyTorch loop."""

import sys
from itertools import pairwise

import numpy as np
import optuna
import torch
from sklearn.metrics import average_precision_score
from torch import nn
from work import ACTIVATIONS, WORKS, Search, rows

name, trials = sys.argv[1], int(sys.argv[2])
work = WORKS[name]
(x, y), (vx, vy) = ((torch.from_numpy(a), b) for a, b in rows(name))
if work.blocks:  # torch has channels first
    x, vx = (one.permute(0, 3, 1, 2).contiguous() for one in (x, vx))
target = torch.from_numpy(y.astype(np.float32))
shares = [(y == code).mean() for code in (0, 1)]
weight = torch.from_numpy(np.where(y == 1, 0.5 / shares[1], 0.5 / shares[0]).astype(np.float32))


def chosen(trial):
    """Makes the activation of a layer with so many units or channels."""
    kind = trial.suggest_categorical("activation", ACTIVATIONS)
    if kind == "leaky_relu":
        slope = trial.suggest_float("slope", 0.01, 0.3, log=True)
        return lambda units: nn.LeakyReLU(slope)
    if kind == "prelu":
        start = trial.suggest_float("alpha_init", 0.0, 0.25)
        return lambda units: nn.PReLU(units, init=start)
    if kind == "elu":
        alpha = trial.suggest_float("alpha", 0.1, 2.0, log=True)
        return lambda units: nn.ELU(alpha)
    plain = nn.ReLU if kind == "relu" else nn.SiLU
    return lambda units: plain()


def network(layers, units, dropout, activation):
    channels, parts = [x.shape[1], *work.channels], []
    for before, after in pairwise(channels):
        convolution = nn.Conv2d(before, after, work.kernel, padding="same")
        parts += [convolution, activation(after), nn.MaxPool2d(2)]
    if work.blocks:
        parts += [nn.AdaptiveAvgPool2d(1), nn.Flatten()]
    for before, after in pairwise([channels[-1], *[units] * layers]):
        parts += [nn.Linear(before, after), activation(after), nn.Dropout(dropout)]
    return nn.Sequential(*parts, nn.Linear(units, 1))


def objective(trial):
    layers = trial.suggest_categorical("layers", work.layers)
    units = trial.suggest_categorical("units", work.units)
    model = network(layers, units, trial.suggest_float("dropout", 0.0, 0.5), chosen(trial))
    rate = trial.suggest_float("learning_rate", 3e-4, 1e-2, log=True)
    optimizer, best = torch.optim.Adam(model.parameters(), rate), 0.0
    for _ in range(work.epochs):
        model.train()
        for batch in torch.randperm(len(x)).split(work.batch):
            optimizer.zero_grad()
            loss = nn.functional.binary_cross_entropy_with_logits(
                model(x[batch])[:, 0], target[batch], weight[batch]
            )
            loss.backward()
            optimizer.step()
        model.eval()
        with torch.no_grad():
            best = max(best, average_precision_score(vy, model(vx)[:, 0].numpy()))
    return best


optuna.logging.set_verbosity(optuna.logging.WARNING)
study = optuna.create_study(
    direction="maximize", storage=f"sqlite:///optuna_torch_{name}.db", study_name=name
)
begun = Search()
study.optimize(objective, trials)
begun.finished(len(study.trials), study.best_value)
