"""Our own side of every problem."""

from fastvb import special

NAME = "fastvb"
TASKS = {
    "digamma": special.digamma,
    "trigamma": special.trigamma,
    "gammaln": special.gammaln,
    "exp_digamma": special.exp_digamma,
}
