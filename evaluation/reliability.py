"""Whether the router's confidences mean what they say, before and after calibration."""

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from classifier.metrics import negative_log_likelihood, reliability
from pipeline.engine.calibration import calibrate

if TYPE_CHECKING:
    import pandas as pd

BINS = 10  # of confidence


def uncalibrated(confidences: NDArray[np.floating], temperature: float) -> NDArray[np.float32]:
    """(N, categories) confidences as they were before they were divided by a temperature."""
    return calibrate(confidences, (1.0,) * confidences.shape[1], 1 / temperature)


def reliability_table(
    confidences: NDArray[np.floating], labels: NDArray[np.integer], temperature: float
) -> "pd.DataFrame":
    """Confidence against accuracy, in bins and over all.

    Args:
        confidences: (N, categories), calibrated.
        labels: (N,) category indices.
        temperature: what they were calibrated with.

    Returns:
        stage (before, after), low and high (limits of the bin), n, confidence, accuracy; the first
        row of each stage is over all photos and has the calibration error and the negative
        log-likelihood in nats, too.
    """
    import pandas as pd

    rows = []
    stages = {"before": uncalibrated(confidences, temperature), "after": confidences}
    for stage, calibrated in stages.items():
        bins = reliability(calibrated, labels, BINS)
        over_all = {
            "confidence": calibrated.max(axis=1).mean(),
            "accuracy": np.nansum(bins.accuracy * bins.n) / len(labels),
            "calibration_error": bins.calibration_error,
            "nll": negative_log_likelihood(calibrated, labels).mean(),
        }
        rows.append({"stage": stage, "low": 0.0, "high": 1.0, "n": len(labels), **over_all})
        for i in range(BINS):
            limits = {"low": i / BINS, "high": (i + 1) / BINS, "n": int(bins.n[i])}
            means = {"confidence": bins.confidence[i], "accuracy": bins.accuracy[i]}
            rows.append({"stage": stage, **limits, **means})
    return pd.DataFrame(rows).round(4)
