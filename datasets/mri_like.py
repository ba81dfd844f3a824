"""Synthetic head slices in the manner of MRI, with a rare lesion.

Nothing here comes from a person. Each subject has a head of its own shape and brightness, a smooth
bias field over all slices, tissue texture and noise; about a quarter of the subjects carry one
small lesion of low contrast, which shows in two or three neighbouring slices. The label belongs to
the slice.
"""

import numpy as np

SIZE = 32
CONTRAST = 0.45
"""Brightness of a lesion relative to the tissue around it, at its centre."""


def generate(subjects=160, seed=20260101):
    """Draws the slices of all subjects.

    Args:
        subjects: Number of heads; each has 10 to 14 slices.
        seed: Seed of all random numbers.

    Returns:
        A mapping: ``features`` float32 ``(slices, 32, 32)``, about 0 to 1.5; ``labels``
        ``healthy`` or ``lesion``; ``groups``, the subject of each slice; ``boxes``, centre and size
        of a box around the lesion, twice its spread to each side, NaN where there is none.
    """
    rng = np.random.default_rng(seed)
    carriers = set(rng.choice(subjects, size=round(subjects * 0.25), replace=False).tolist())
    images, labels, groups, boxes = [], [], [], []
    for subject in range(subjects):
        slices, has_lesion, box = _subject(rng, subject in carriers)
        images.append(slices)
        labels.append(np.where(has_lesion, "lesion", "healthy"))
        groups += [f"s{subject:03d}"] * len(slices)
        boxes.append(np.where(has_lesion[:, None], box, np.nan))
    return {
        "features": np.concatenate(images).astype(np.float32),
        "labels": np.concatenate(labels),
        "groups": np.asarray(groups),
        "boxes": np.concatenate(boxes),
        "box_format": "cxcywh",
    }


def _subject(rng, carrier):
    count = int(rng.integers(10, 15))
    y, x = np.mgrid[-1 : 1 : SIZE * 1j, -1 : 1 : SIZE * 1j]
    width, height = rng.normal((0.72, 0.86), 0.025)
    centre = rng.normal(0, 0.025, size=2)
    brightness = rng.normal(1.0, 0.08)
    slope = rng.normal(0, 0.07, size=3)
    bias = 1 + slope[0] * x + slope[1] * y + slope[2] * (x**2 + y**2 - 0.5)
    lesion = _lesion(rng, count) if carrier else None
    slices, has_lesion = [], []
    for level in range(count):
        # Heads are widest in the middle of the stack.
        swell = 1 - 0.18 * ((level - (count - 1) / 2) / (count / 2)) ** 2
        tissue = _anatomy(x - centre[0], y - centre[1], width * swell, height * swell)
        texture = _smooth(rng.normal(size=(SIZE, SIZE)), 2) * 0.035 * (tissue > 0.1)
        strength = _strength(lesion, level)
        if lesion is not None and strength > 0:
            distance = (x - centre[0] - lesion["x"]) ** 2 + (y - centre[1] - lesion["y"]) ** 2
            tissue = tissue + CONTRAST * strength * np.exp(-distance / (2 * lesion["size"] ** 2))
        image = brightness * bias * (tissue + texture)
        # Magnitude images have Rician noise.
        noise = rng.normal(0, 0.03, size=(2, SIZE, SIZE))
        slices.append(np.hypot(image + noise[0], noise[1]))
        has_lesion.append(strength > 0)
    return np.stack(slices), np.asarray(has_lesion), _box(lesion, centre)


def _box(lesion, centre):
    """Centre x, y, width and height as shares of the picture; NaN without a lesion."""
    if lesion is None:
        return np.full(4, np.nan)
    # The middles of the first and the last pixel are at -1 and 1.
    scale = (SIZE - 1) / (2 * SIZE)
    middle = 0.5 + scale * (centre + np.array([lesion["x"], lesion["y"]]))
    return np.concatenate([middle, np.full(2, 4 * scale * lesion["size"])])


def _lesion(rng, count):
    """A lesion beside one of the ventricles, in two or three neighbouring slices."""
    side = rng.choice([-1, 1])
    return {
        "x": side * rng.uniform(0.30, 0.42),
        "y": rng.uniform(-0.16, 0.16),
        "size": rng.uniform(0.11, 0.14),
        "first": int(rng.integers(1, count - 3)),
        "length": int(rng.integers(2, 4)),
    }


def _strength(lesion, level):
    if lesion is None or not lesion["first"] <= level < lesion["first"] + lesion["length"]:
        return 0.0
    middle = lesion["first"] + (lesion["length"] - 1) / 2
    return 1.0 - 0.25 * abs(level - middle)


def _anatomy(x, y, width, height):
    """Skull, brain, and two dark ventricles, with soft edges."""
    radius = np.hypot(x / width, y / height)
    skull = np.exp(-(((radius - 1.0) / 0.07) ** 2))
    brain = 0.62 / (1 + np.exp((radius - 0.88) / 0.03))
    ventricles = sum(
        np.exp(-(((x - side * 0.13) / 0.06) ** 2) - ((y / 0.24) ** 2)) for side in (-1, 1)
    )
    return 0.9 * skull + brain - 0.4 * ventricles


def _smooth(image, radius):
    """A box blur, twice, over rows and columns; keeps the spread at 1."""
    for _ in range(2):
        for axis in (0, 1):
            image = sum(np.roll(image, shift, axis) for shift in range(-radius, radius + 1))
    return image / image.std()
