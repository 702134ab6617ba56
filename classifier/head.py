"""A classifier: a backbone and a head; what one head knows of the categories of another."""

from collections.abc import Sequence

import keras

from training.encoders import head_layers
from training.encoders.head import classify


def build_classifier(encoder: keras.Model, n_categories: int) -> keras.Model:
    """(N, H, W, 1) lightness -> (N, n_categories) confidences that sum to 1.

    Args:
        encoder: a backbone; its last output is averaged over the photo.
        n_categories: as many as the data has.
    """
    lightness = keras.Input((None, None, 1), name="lightness")
    features = encoder(lightness)
    top = features[-1] if isinstance(features, list | tuple) else features
    confidences = classify(top, n_categories)
    return keras.Model(lightness, confidences, name="classifier")


def take_head(
    network: keras.Model, source: keras.Model, categories: Sequence[str], known: Sequence[str]
) -> None:
    """Give a classifier what the head of another one knows of the categories that both have.

    Args:
        network: what is new in its head stays random.
        source: on an encoder of the same kind.
        categories: of `network`, in the order of its confidences.
        known: those of `source`.
    """
    head, given = head_layers(network), head_layers(source)
    for layer, other in zip(head[:-1], given[:-1], strict=True):
        layer.set_weights(other.get_weights())
    kernel, bias = head[-1].get_weights()  # (features, categories), (categories,)
    known_kernel, known_bias = given[-1].get_weights()
    for index, category in enumerate(categories):
        if category in known:
            row = known.index(category)
            kernel[:, index], bias[index] = known_kernel[:, row], known_bias[row]
    head[-1].set_weights([kernel, bias])
