"""Libraries that do the same inference on the same models."""
