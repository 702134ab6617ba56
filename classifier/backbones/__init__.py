"""BACKBONES, the table of networks that can classify."""

from classifier.backbones import inception_v3, mobilenet_v2, resnet50, vgg19
from classifier.backbones.backbone import Backbone
from training.registry import index

BACKBONES = index(vgg19.SPEC, resnet50.SPEC, inception_v3.SPEC, mobilenet_v2.SPEC)

__all__ = ["BACKBONES", "Backbone"]
