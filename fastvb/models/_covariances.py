"""The forms of covariances by their names."""

from __future__ import annotations

from fastvb.models._covariance_diagonals import Diag, Spherical
from fastvb.models._covariance_form import CovarianceForm
from fastvb.models._covariance_matrices import Full, Tied

__all__ = ["FORMS"]

FORMS: dict[str, CovarianceForm] = {
    form.name: form for form in (Full(), Tied(), Diag(), Spherical())
}
