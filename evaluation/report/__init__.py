"""Every figure that the networks are judged by, of one bundle on one split, as one table."""
