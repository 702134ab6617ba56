import keras
import numpy as np
import pytest

from training.optimizer import GradedAdamW

RATE = 0.01


def moved(optimizer: keras.Optimizer, *, steps: int, slow: bool = False) -> list[list[float]]:
    """How far two variables go at each step, in rates: Adam goes one under a constant gradient."""
    variables = [keras.Variable(np.zeros(1, np.float32)) for _ in range(2)]
    if slow and isinstance(optimizer, GradedAdamW):
        optimizer.slow_down(variables[1:])
    optimizer.build(variables)
    places = [[0.0, 0.0]]
    for _ in range(steps):
        optimizer.apply([keras.ops.ones(1), keras.ops.ones(1)], variables)
        places.append([float(keras.ops.convert_to_numpy(one)[0]) for one in variables])
    return (-np.diff(places, axis=0) / RATE).tolist()


def test_the_rate_rises_in_the_first_steps_and_then_stays():
    steps = moved(GradedAdamW(RATE, 0.0, warmup_steps=4), steps=6)
    expected = np.repeat([[0.25], [0.5], [0.75], [1], [1], [1]], 2, axis=1)
    np.testing.assert_allclose(steps, expected, rtol=1e-3)


def test_what_is_slowed_down_learns_at_its_share_of_the_rate():
    steps = moved(GradedAdamW(RATE, 0.0, slow_share=0.2), steps=2, slow=True)
    np.testing.assert_allclose(steps, [[1, 0.2], [1, 0.2]], rtol=1e-3)


def test_without_either_it_is_adamw():
    expected = moved(keras.optimizers.AdamW(RATE, 0.1), steps=3)
    assert moved(GradedAdamW(RATE, 0.1), steps=3) == [pytest.approx(one) for one in expected]


def test_what_is_stored_makes_the_same_again():
    stored = GradedAdamW(RATE, 0.1, warmup_steps=7, slow_share=0.3, use_ema=True).get_config()
    again = GradedAdamW.from_config(stored)
    assert (again.warmup_steps, again.slow_share, again.use_ema) == (7, 0.3, True)
