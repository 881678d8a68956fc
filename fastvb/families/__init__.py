"""Exponential families: their parameters, and how these are fitted to expected statistics."""

from fastvb.families.dirichlet import DirichletFit, fit_dirichlet, fit_symmetric_dirichlet

__all__ = ["DirichletFit", "fit_dirichlet", "fit_symmetric_dirichlet"]
