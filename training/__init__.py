"""What all learners use: the job and its tasks, batches, augmentation, checkpoints, encoders."""
