"""Study of structured stochastic inference for LDA."""
