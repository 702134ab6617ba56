"""What both learners share: batches, augmentation, checkpoints, run folders, the encoder."""
