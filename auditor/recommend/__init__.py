"""Findings become recommendations: one for each solution, with the four bases that it rests on."""

from auditor.recommend.recommend import recommend, weight
from auditor.recommend.solutions import load_solutions

__all__ = ["load_solutions", "recommend", "weight"]
