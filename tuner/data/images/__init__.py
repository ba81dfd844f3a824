"""PNG and JPEG files become arrays, in the same way for training and for prediction."""

from tuner.data.images.decode import ImageReading
from tuner.data.images.read import ImageFacts, read_image_files, read_images
from tuner.data.images.survey import settle, survey

__all__ = [
    "ImageFacts",
    "ImageReading",
    "read_image_files",
    "read_images",
    "settle",
    "survey",
]
