"""Our own tables, beside Optuna's in the same database.

A server's database may hold many studies, so every row names Optuna's id of its study.
"""

from __future__ import annotations

import sqlalchemy as sa
from optuna.storages._rdb.models import BaseModel
from sqlalchemy.dialects.mysql import LONGBLOB, LONGTEXT

__all__ = ["CLAIMS", "RUNS", "UNITS", "create_indexes", "create_tables"]

_METADATA = sa.MetaData()

UNITS = sa.Table(
    "minority_tuner_units",
    _METADATA,
    sa.Column("study", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("trial", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("fold", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("repeat", sa.Integer, primary_key=True, autoincrement=False),
    # MySQL cuts its plain types at 64 kB.
    sa.Column("facts", sa.Text().with_variant(LONGTEXT(), "mysql"), nullable=False),
    sa.Column("classes", sa.Integer, nullable=False),
    sa.Column("probabilities", sa.LargeBinary().with_variant(LONGBLOB(), "mysql"), nullable=False),
)
"""A finished unit: what is told of it as JSON, and its predictions as little-endian float32."""

RUNS = sa.Table(
    "minority_tuner_runs",
    _METADATA,
    sa.Column("study", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("about", sa.Text().with_variant(LONGTEXT(), "mysql"), nullable=False),
)
"""Configurations that are trained beside the trials, numbered below zero, by what they are."""

CLAIMS = sa.Table(
    "minority_tuner_claims",
    _METADATA,
    sa.Column("study", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("trial", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("runner", sa.String(32), nullable=False),
    sa.Column("beat", sa.BigInteger, nullable=False),
)
"""Which process runs a trial; it counts `beat` up for as long as it lives."""


def create_tables(engine: sa.Engine) -> None:
    """Makes the tables that are not there yet; SQLite needs none of claims."""
    claims = [] if engine.dialect.name == "sqlite" else [CLAIMS]
    _METADATA.create_all(engine, [UNITS, RUNS, *claims])


def create_indexes(engine: sa.Engine) -> None:
    """Makes the indexes of Optuna's tables that are not there.

    SQLite and MySQL make a table and its indexes one by one, and a table that is there is not
    looked at again. Killed in between, a database would take a second study of the same name.
    """
    inspector = sa.inspect(engine)
    for table in BaseModel.metadata.sorted_tables:
        there = {index["name"] for index in inspector.get_indexes(table.name)}
        for index in table.indexes:
            if index.name not in there:
                index.create(engine)
