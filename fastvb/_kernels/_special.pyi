import numpy as np

digamma: np.ufunc
exp_digamma: np.ufunc
gammaln: np.ufunc
inv_digamma: np.ufunc
trigamma: np.ufunc
