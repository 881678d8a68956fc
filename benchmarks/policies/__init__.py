"""Study of the iteration policies of batch LDA."""
