"""Scoring: what variants, haplotypes and silenced regions do to a trained model's outputs."""

from getdsl.runs.score.haplotypes import score_haplotypes
from getdsl.runs.score.inactivation import inactivate
from getdsl.runs.score.scorer import Choices, Scorer
from getdsl.runs.score.variants import score
from getdsl.runs.score.written import Scored

__all__ = ["Choices", "Scored", "Scorer", "inactivate", "score", "score_haplotypes"]
