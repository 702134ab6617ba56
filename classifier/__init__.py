"""Which of the categories a gray photo belongs to: backbones, training, prediction, metrics."""
