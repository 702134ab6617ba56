"""Can a judge tell predicted colours from true ones, and how far apart the two lie as a whole.

Both take pooled features of a network: (N, D), one row per photo, the photos in the same order.
"""

import numpy as np
from numpy.typing import NDArray

FOLDS = 5
PENALTY = 30.0  # of the squared weights of standardized features, against the summed log loss; ours
N_COMPONENTS = 64  # that the Frechet distance is taken in: few photos tell little of 1280
HALVINGS = 10  # of the photos, whose mean is taken
FLAT = 1e-6  # standard deviation below which a feature says nothing


def judged_right(
    real: NDArray[np.floating], predicted: NDArray[np.floating], seed: int = 0
) -> NDArray[np.float64]:
    """How often a judge names each photo's two versions rightly, taught by other photos.

    A logistic regression with an L2 penalty, cross-validated in five folds; both versions of a
    photo lie in one fold. 0.5 is chance, on the mean.

    Args:
        real: (N, D) features of the true photos, N at least 5.
        predicted: (N, D) features of the same photos in predicted colours.
        seed: of the folds.

    Returns:
        (N,) 0, 0.5 or 1.
    """
    fold = np.random.default_rng(seed).permutation(len(real)) % FOLDS
    right = np.zeros(len(real))
    for held_out in range(FOLDS):
        taught, asked = fold != held_out, fold == held_out
        features = np.concatenate([real[taught], predicted[taught]]).astype(np.float64)
        is_real = np.repeat([1.0, -1.0], taught.sum())
        mean, spread = features.mean(axis=0), features.std(axis=0)
        spread[spread < FLAT] = np.inf
        weights = _logistic_weights((features - mean) / spread, is_real)
        scores = [((one[asked] - mean) / spread) @ weights for one in (real, predicted)]
        hits = np.heaviside(scores[0], 0.5) + np.heaviside(-scores[1], 0.5)
        right[asked] = hits / 2
    return right


def frechet_distance(first: NDArray[np.floating], second: NDArray[np.floating]) -> float:
    """Between two sets of features (N, D), taken for normally distributed; 0 if they are equal.

    Source: Dowson & Landau 1982; Heusel et al. 2017, equation 6.
    """
    first, second = np.asarray(first, np.float64), np.asarray(second, np.float64)
    one, other = np.cov(first, rowvar=False), np.cov(second, rowvar=False)
    root = _root(one)
    shared = np.linalg.eigvalsh(root @ other @ root)
    means = np.square(first.mean(axis=0) - second.mean(axis=0)).sum()
    return float(means + np.trace(one + other) - 2 * np.sqrt(np.maximum(shared, 0)).sum())


def frechet_by_halves(
    real: NDArray[np.floating], predicted: NDArray[np.floating], seed: int = 0
) -> float:
    """Mean Frechet distance of one half of the true photos from the other half as predicted.

    With the truth for `predicted` it is what so few photos differ by anyway: the distance is
    biased upwards, the more the fewer they are, and here both are of N / 2.

    Args:
        real: (N, D) features of the true photos.
        predicted: (N, D) features of the same photos in predicted colours.
        seed: of the halvings.
    """
    rng, half = np.random.default_rng(seed), len(real) // 2
    orders = [rng.permutation(len(real)) for _ in range(HALVINGS)]
    found = [
        frechet_distance(real[order[:half]], predicted[order[half : 2 * half]]) for order in orders
    ]
    return float(np.mean(found))


def principal_components(features: NDArray[np.floating]) -> list[NDArray[np.float64]]:
    """The 64 principal components of the true photos' features, of every version.

    Args:
        features: (N, versions, D), the truth first.

    Returns:
        (N, 64 or less) of each version.
    """
    truth = np.asarray(features[:, 0], np.float64)
    mean = truth.mean(axis=0)
    _, _, axes = np.linalg.svd(truth - mean, full_matrices=False)
    return [(version - mean) @ axes[:N_COMPONENTS].T for version in features.swapaxes(0, 1)]


def _root(matrix: NDArray[np.float64]) -> NDArray[np.float64]:
    """The square root of a symmetric matrix without negative eigenvalues."""
    values, vectors = np.linalg.eigh(matrix)
    return (vectors * np.sqrt(np.maximum(values, 0))) @ vectors.T


def _logistic_weights(
    features: NDArray[np.float64], signs: NDArray[np.float64]
) -> NDArray[np.float64]:
    """(D,) weights of features (N, D) whose means are 0; `signs` (N,) are 1 and -1 alike often."""
    from scipy.optimize import minimize
    from scipy.special import expit

    def loss(weights: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        margins = signs * (features @ weights)
        penalty = PENALTY * weights
        gradient = penalty - (signs * expit(-margins)) @ features
        return float(np.logaddexp(0, -margins).sum() + weights @ penalty / 2), gradient

    found = minimize(loss, np.zeros(features.shape[1]), jac=True, method="L-BFGS-B")
    return found.x
