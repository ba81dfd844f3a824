"""Folders of PNG and JPEG files."""

import io
import json
import os
import re
import unicodedata
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image, ImageOps
from pydantic import ValidationError

from tuner.data import LOADERS
from tuner.data.assemble import assemble
from tuner.data.images import read_images
from tuner.errors import InputError
from tuner.study import DataSection

CASES = Path(__file__).parent / "cases"


def load(folder, **options):
    return LOADERS["images"](options, location="images", folder=folder, progress=lambda *_: None)


def faults(folder, **options):
    with pytest.raises(InputError) as caught:
        load(folder, **options)
    assert all("\n" not in problem.message for problem in caught.value.problems)
    return [problem.message for problem in caught.value.problems]


def save(folder, name, pixels, **options):
    """Writes an array, or a Pillow image, to ``images/<name>``."""
    path = folder / "images" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    image = pixels if isinstance(pixels, Image.Image) else Image.fromarray(pixels)
    image.save(path, **options)
    return path


def grey(seed=0, size=(5, 7), dtype=np.uint8):
    high = np.iinfo(dtype).max + 1
    return np.random.default_rng(seed).integers(0, high, size, dtype=dtype)


def colour(seed=0, channels=3, size=(5, 7)):
    return grey(seed, (*size, channels))


def save_deep(folder, name, pixels):
    """Writes a 16-bit PNG of several channels."""
    path = folder / "images" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(tf.io.encode_png(pixels).numpy())
    return path


def pair(folder, first=None, second=None):
    """Two classes with one file each."""
    save(folder, "a/1.png", grey(1) if first is None else first)
    save(folder, "b/2.png", grey(2) if second is None else second)


# --- public bug reports ---------------------------------------------------------------------------


def test_16_bit_grey_keeps_its_full_depth():
    raw = load(CASES / "48_images_16bit_png")
    assert (raw.features.shape, raw.features.dtype) == ((22, 8, 8), np.uint16)
    assert len(np.unique(raw.features)) > 300
    assert raw.reading["dtype"] == "uint16"
    assert raw.reading["found"]["modes"] == {"I;16": 22}
    assert (raw.reading["found"]["min"], raw.reading["found"]["max"]) == (200, 1298)
    assert raw.findings == ()
    assert dict(zip(*np.unique(raw.labels, return_counts=True), strict=True)) == {
        "healthy": 16,
        "lesion": 6,
    }


def test_16_bit_numbers_are_neither_halved_nor_clipped(tmp_path):
    pixels = np.array([[300, 1000], [65535, 0]], dtype=np.uint16)
    pair(tmp_path, pixels, pixels.T)
    np.testing.assert_array_equal(load(tmp_path).features, [pixels, pixels.T])


def test_files_of_several_modes_and_sizes_need_a_stated_form():
    modes, sizes = faults(CASES / "49_images_mixed_channels")
    assert modes.startswith("files differ in channels: L in 5 (first 'healthy/x00.png')")
    assert modes.endswith("state channels: 1 or 3")
    assert "8×8 in 16" in sizes
    assert "6×10 in 2 (first 'healthy/x05.png')" in sizes
    assert sizes.endswith("state size: [height, width]")


@pytest.mark.parametrize(("channels", "shape"), [(1, (18, 8, 8)), (3, (18, 8, 8, 3))])
def test_a_stated_form_holds_for_every_file_and_for_new_ones(channels, shape):
    folder = CASES / "49_images_mixed_channels"
    raw = load(folder, channels=channels, size=(8, 8))
    assert (raw.features.shape, raw.features.dtype) == (shape, np.uint8)
    found = raw.reading["found"]
    assert found["modes"] == {"L": 5, "P": 4, "RGB": 5, "RGBA": 4}
    assert (found["sizes"], found["resized"]) == ({"6×10": 2, "8×8": 16}, 2)
    assert [finding.code for finding in raw.findings] == ["image-modes", "images-resized"]
    assert "L: 5, P: 4, RGB: 5, RGBA: 4" in raw.findings[0].message
    assert raw.findings[1].message.startswith("2 of 18 images are resized to 8×8")
    # What prediction does later with the settings that were saved.
    saved = json.loads(json.dumps({k: v for k, v in raw.reading.items() if k != "found"}))
    paths = sorted((folder / "images").rglob("*.png"))
    np.testing.assert_array_equal(read_images(paths, saved), raw.features)


# --- pixels ---------------------------------------------------------------------------------------


def test_rows_are_the_sorted_files_with_their_class_and_pixels(tmp_path):
    pixels = {f"{label}/{n}.png": grey(n) for n in (3, 11, 2) for label in ("b", "a")}
    for name, array in pixels.items():
        save(tmp_path, name, array)
    raw = load(tmp_path)
    names = sorted(pixels)
    np.testing.assert_array_equal(raw.features, [pixels[name] for name in names])
    assert raw.labels.tolist() == [name[0] for name in names]
    assert (raw.groups, raw.parts) == (None, None)
    assert raw.reading["channels"] == 1
    assert raw.reading["size"] == [5, 7]


def test_colours_keep_three_channels_and_jpeg_is_read_like_pillow_does(tmp_path):
    save(tmp_path, "a/1.PNG", colour(1))
    path = save(tmp_path, "b/2.jpeg", colour(2), quality=90)
    raw = load(tmp_path)
    np.testing.assert_array_equal(raw.features[0], colour(1))
    np.testing.assert_array_equal(raw.features[1], np.asarray(Image.open(path)))


@pytest.mark.parametrize(
    ("image", "rgb"),
    [
        (Image.new("1", (2, 2), 1), (255, 255, 255)),
        (Image.new("L", (2, 2), 70), (70, 70, 70)),
        (Image.new("LA", (2, 2), (200, 51)), (40, 40, 40)),
        (Image.new("RGB", (2, 2), (250, 100, 0)), (250, 100, 0)),
        (Image.new("RGBA", (2, 2), (250, 100, 0, 51)), (50, 20, 0)),
        (Image.new("RGB", (2, 2), (9, 8, 7)).quantize(2), (9, 8, 7)),
        (Image.new("CMYK", (2, 2), (0, 255, 255, 0)), (255, 0, 0)),
    ],
    ids=lambda value: getattr(value, "mode", ""),
)
def test_every_mode_has_its_colour_and_its_grey(tmp_path, image, rgb):
    name = "jpg" if image.mode == "CMYK" else "png"
    path = save(tmp_path, f"a/1.{name}", image, **({"quality": 100} if name == "jpg" else {}))
    reading = {"size": [2, 2], "dtype": "uint8"}
    coloured = read_images([path], {**reading, "channels": 3})
    np.testing.assert_array_equal(coloured, np.broadcast_to(rgb, (1, 2, 2, 3)))
    luma = (19595 * rgb[0] + 38470 * rgb[1] + 7471 * rgb[2] + 0x8000) >> 16
    np.testing.assert_array_equal(read_images([path], {**reading, "channels": 1}), luma)


def test_16_bit_colours_keep_their_full_depth(tmp_path):
    pixels = grey(4, (5, 7, 3), np.uint16)
    save_deep(tmp_path, "a/1.png", pixels)
    path = save_deep(tmp_path, "b/2.png", pixels // 2)
    raw = load(tmp_path)
    np.testing.assert_array_equal(raw.features, [pixels, pixels // 2])
    assert raw.reading["found"]["modes"] == {"RGB;16": 2}
    one = read_images([path], {"channels": 1, "size": [5, 7], "dtype": "uint16"})[0]
    exact = (pixels // 2) @ np.array([0.299, 0.587, 0.114])
    np.testing.assert_allclose(one, exact, atol=1.5)


@pytest.mark.parametrize("channels", [2, 4])
def test_transparent_parts_of_16_bit_files_are_laid_on_black(tmp_path, channels):
    pixels = grey(4, (5, 7, channels), np.uint16)
    save_deep(tmp_path, "a/1.png", pixels)
    save_deep(tmp_path, "b/2.png", pixels)
    raw = load(tmp_path)
    expected = np.rint(pixels[..., :-1] * (pixels[..., -1:] / 65535))
    np.testing.assert_array_equal(raw.features[0], expected.squeeze())
    assert [finding.code for finding in raw.findings] == ["images-transparent"]


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_the_transparent_colour_of_a_grey_file_is_black(tmp_path, dtype):
    pixels = np.array([[7, 9], [9, 300 if dtype == np.uint16 else 30]], dtype=dtype)
    save(tmp_path, "a/1.png", pixels, transparency=9)
    save(tmp_path, "b/2.png", pixels)
    raw = load(tmp_path)
    np.testing.assert_array_equal(raw.features[0], np.where(pixels == 9, 0, pixels))
    np.testing.assert_array_equal(raw.features[1], pixels)
    assert "transparent parts of 1 images" in raw.findings[-1].message


@pytest.mark.parametrize("kind", ["png", "jpg"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_the_orientation_of_the_camera_is_applied(tmp_path, orientation, kind):
    exif = Image.Exif()
    exif[0x0112] = orientation
    for name in ("a/1", "b/2"):
        path = save(tmp_path, f"{name}.{kind}", grey(3), exif=exif)
    raw = load(tmp_path)
    expected = np.asarray(ImageOps.exif_transpose(Image.open(path)))
    np.testing.assert_array_equal(raw.features, [expected, expected])
    assert raw.reading["found"]["resized"] == 0


def test_an_orientation_behind_the_pixels_counts_too(tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6
    pair(tmp_path)
    path = save(tmp_path, "b/2.png", grey(2), exif=exif)
    content = path.read_bytes()
    start = content.index(b"eXIf") - 4
    end = start + 12 + int.from_bytes(content[start : start + 4], "big")
    chunk = content[start:end]
    rest = content[:start] + content[end:]
    at = rest.index(b"IEND") - 4
    path.write_bytes(rest[:at] + chunk + rest[at:])
    assert faults(tmp_path) == [
        "files differ in height×width (5×7, 7×5); state size: [height, width]"
    ]
    raw = load(tmp_path, size=(5, 7))
    assert raw.reading["found"]["sizes"] == {"5×7": 1, "7×5": 1}


def test_an_unreadable_exif_block_does_not_hide_the_picture(tmp_path):
    save(tmp_path, "a/1.jpg", colour(1), exif=b"Exif\x00\x00garbage!")
    save(tmp_path, "b/2.jpg", colour(2))
    assert load(tmp_path).features.shape == (2, 5, 7, 3)


@pytest.mark.parametrize("size", [(3, 4), (10, 14), (5, 7)])
def test_resizing_is_pillows_bilinear_filter_at_every_depth(tmp_path, size):
    pair(tmp_path)
    raw = load(tmp_path, size=size)
    expected = Image.fromarray(grey(1)).resize(size[::-1], Image.Resampling.BILINEAR)
    np.testing.assert_array_equal(raw.features[0], np.asarray(expected))
    pair(tmp_path, grey(1).astype(np.uint16) * 257, grey(2).astype(np.uint16) * 257)
    deep = load(tmp_path, size=size)
    assert deep.features.dtype == np.uint16
    np.testing.assert_allclose(deep.features / 257, raw.features, atol=1.01)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.integers(1, 9),
    st.integers(1, 9),
    st.sampled_from([np.uint8, np.uint16]),
    st.integers(0, 2**32 - 1),
)
def test_grey_pixels_of_any_size_and_depth_are_unchanged(tmp_path, height, width, dtype, seed):
    arrays = [grey(seed, (height, width), dtype), grey(seed + 1, (height, width), dtype)]
    pair(tmp_path, *arrays)
    raw = load(tmp_path)
    assert raw.features.dtype == dtype
    np.testing.assert_array_equal(raw.features, arrays)


# --- roles ----------------------------------------------------------------------------------------


def test_the_group_is_captured_from_the_path_below_the_class(tmp_path):
    for name in ("a/p1/x.png", "a/p2/y.png", "b/p2/deep/z.png"):
        save(tmp_path, name, grey())
    raw = load(tmp_path, group="^p([0-9]+)/")
    assert raw.groups.tolist() == ["1", "2", "2"]


@pytest.mark.parametrize(
    ("pattern", "fragment"),
    [
        ("p([0-9+", "is no regular expression"),
        ("^p[0-9]+", "captures nothing"),
        ("^q([0-9]+)", "finds no group in 2 of 3 files: 'p1/x.png', 'p2/z.png'"),
        ("^(q*)", "finds no group in 2 of 3 files"),
    ],
)
def test_a_fault_of_the_group_pattern_is_told(tmp_path, pattern, fragment):
    for name in ("a/p1/x.png", "a/q2/y.png", "b/p2/z.png"):
        save(tmp_path, name, grey())
    [message] = faults(tmp_path, group=pattern)
    assert fragment in message


def test_an_official_split_is_the_first_level_of_folders(tmp_path):
    for name in ("Train/a/1.png", "Train/b/2.png", "test/a/3.png", "val/b/4.png"):
        save(tmp_path, name, grey())
    raw = load(tmp_path, official_split=True, group="([0-9])")
    assert raw.labels.tolist() == ["a", "b", "a", "b"]
    assert raw.parts.tolist() == ["Train", "Train", "test", "val"]
    assert raw.groups.tolist() == ["1", "2", "3", "4"]


def test_folders_that_look_like_an_official_split_are_not_taken_for_classes(tmp_path):
    for name in ("train/a/1.png", "train/b/2.png", "test/a/3.png"):
        save(tmp_path, name, grey())
    assert "set official_split: true, or false" in faults(tmp_path)[0]
    assert load(tmp_path, official_split=False).labels.tolist() == ["test", "train", "train"]


def test_an_unknown_part_of_an_official_split_is_told(tmp_path):
    for name in ("train/a/1.png", "test/a/3.png", "extra/a/1.png"):
        save(tmp_path, name, grey())
    assert "unknown part 'extra'" in faults(tmp_path, official_split=True)[0]


def test_class_names_are_composed_unicode(tmp_path):
    save(tmp_path, unicodedata.normalize("NFD", "bénin/1.png"), grey())
    save(tmp_path, "01/2.png", grey())
    assert load(tmp_path).labels.tolist() == ["01", unicodedata.normalize("NFC", "bénin")]


# --- what is left out, and faults -----------------------------------------------------------------


def test_other_files_are_left_out_and_counted(tmp_path):
    pair(tmp_path)
    for name in (
        "a/Thumbs.db",
        "a/.DS_Store",
        "a/notes.txt",
        "readme.txt",
        "b/.cache/1.png",
        "b/x",
    ):
        path = tmp_path / "images" / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"?")
    save(tmp_path, ".hidden/5.png", grey())
    save(tmp_path, "__MACOSX/a/6.png", grey())
    raw = load(tmp_path)
    assert len(raw.features) == 2
    [finding] = raw.findings
    assert finding.code == "files-left-out"
    assert finding.message.startswith(
        "8 files in images left out (.db: 1, .txt: 2, hidden: 4, without extension: 1)"
    )


def cut_off(path):
    content = path.read_bytes()
    path.write_bytes(content[: len(content) * 2 // 3])


def without_its_end(path):
    """All pixels are there, and the chunk that says so is not."""
    path.write_bytes(path.read_bytes()[:-12])


def flipped(path):
    content = bytearray(path.read_bytes())
    content[content.index(b"IDAT") + 20] ^= 0xFF
    path.write_bytes(content)


@pytest.mark.parametrize(
    ("spoil", "fragment"),
    [
        (cut_off, "'b/2.png' is damaged or cut off ("),
        (flipped, "'b/2.png' is damaged or cut off ("),
        (without_its_end, "'b/2.png' is damaged or cut off (its last chunk is missing); get it"),
        (lambda path: path.write_text("label,value\n"), "'b/2.png' is no PNG or JPEG file"),
        (lambda path: path.write_bytes(b""), "'b/2.png' is empty; get it again"),
        (lambda path: Image.new("L", (7, 5)).save(path, "GIF"), "file, but GIF; convert it"),
        (lambda path: Image.new("L", (7, 5)).save(path, "TIFF"), "file, but TIFF; convert it"),
        (lambda path: Image.new("L", (7, 5)).save(path, "WEBP"), "file, but WebP; convert it"),
        (lambda path: Image.new("L", (7, 5)).save(path, "BMP"), "file, but BMP; convert it"),
        (lambda path: (path.unlink(), path.symlink_to("gone.png")), "'b/2.png' cannot be read: No"),
        (
            lambda path: Image.fromarray(grey()).save(
                path, save_all=True, append_images=[Image.fromarray(grey(9))]
            ),
            "'b/2.png' is an animation of 2 frames",
        ),
        (
            lambda path: Image.fromarray(grey(dtype=np.uint16)).save(path),
            "files differ in bit depth: 8-bit in 1 (first 'a/1.png'), 16-bit in 1",
        ),
    ],
)
def test_a_fault_of_a_file_is_told_by_name(tmp_path, spoil, fragment):
    pair(tmp_path, second=grey(2, (40, 40)), first=grey(1, (40, 40)))
    spoil(tmp_path / "images" / "b" / "2.png")
    [message] = faults(tmp_path, size=(40, 40))
    assert fragment in message
    assert str(tmp_path) not in message


def test_a_jpeg_without_its_end_is_told(tmp_path):
    save(tmp_path, "a/1.jpg", colour(1, size=(40, 40)))
    path = save(tmp_path, "b/2.jpg", colour(2, size=(40, 40)))
    path.write_bytes(path.read_bytes()[:-2])
    [message] = faults(tmp_path)
    assert message.startswith("'b/2.jpg' is damaged or cut off (")


def test_what_a_program_wrote_behind_the_picture_is_no_fault(tmp_path):
    pair(tmp_path)
    path = tmp_path / "images" / "b" / "2.png"
    path.write_bytes(path.read_bytes() + b"a note")
    np.testing.assert_array_equal(load(tmp_path).features[1], grey(2))


def test_equal_pictures_of_two_classes_are_told_by_their_files(tmp_path):
    for name, seed in (("a/1.png", 1), ("a/2.png", 2), ("b/3.png", 2), ("b/4.png", 4)):
        save(tmp_path, name, grey(seed))
    save(tmp_path, "a/5.png", grey(5))
    found = {one.code: one.message for one in assemble(load(tmp_path), "pictures").findings}
    assert "first is 'a/2.png', 'b/3.png' of classes 'a', 'b'" in found["conflicting-labels"]


def test_a_damaged_16_bit_colour_file_is_told(tmp_path):
    for name in ("a/1.png", "b/2.png"):
        path = save_deep(tmp_path, name, grey(4, (40, 40, 3), np.uint16))
    flipped(path)
    [message] = faults(tmp_path)
    assert message.startswith("'b/2.png' is damaged or cut off")


def test_a_gigantic_file_is_told_before_it_fills_the_memory(tmp_path, monkeypatch):
    pair(tmp_path)
    for limit in (30, 10):  # Pillow warns, and raises beyond twice the limit
        monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", limit)
        assert faults(tmp_path)[0] == f"'a/1.png' has more than {limit} pixels; make it smaller"


def test_a_size_beyond_the_memory_is_told(tmp_path):
    pair(tmp_path)
    assert "need 18,626,451 GiB" in faults(tmp_path, size=(10**8, 10**8))[0]
    assert "expected [height, width]" in faults(tmp_path, size=(0, 5))[0]


@pytest.mark.parametrize("size", [16, [16], [16, 16, 3], "16x16"])
def test_a_size_that_is_no_pair_is_told_as_people_write_it(size):
    with pytest.raises(ValidationError) as caught:
        DataSection.model_validate({"images": "images", "size": size})
    assert f"size: expected a list of 2 numbers, got {size!r}" in str(caught.value)


def test_all_faults_are_told_at_once(tmp_path):
    pair(tmp_path)
    (tmp_path / "images" / "c").mkdir()
    save(tmp_path, "stray.png", grey())
    save(tmp_path, "a/text.png", grey()).write_text("no picture")
    cut_off(save(tmp_path, "a/cut.png", grey(size=(5, 7))))
    found = faults(tmp_path, group="([0-9])")
    assert [re.split(r"; | \(", message)[0] for message in found] == [
        "'stray.png' lies in no class folder",
        "class folder 'c' holds no PNG or JPEG files",
        "'([0-9])' finds no group in 2 of 4 files: 'cut.png', 'text.png'",
        "'a/text.png' is no PNG or JPEG file, or is damaged",
        "'a/cut.png' is damaged or cut off",
    ]


def test_many_faults_are_shortened(tmp_path):
    pair(tmp_path)
    for number in range(15):
        save(tmp_path, f"a/t{number:02}.png", grey()).write_text("no picture")
    found = faults(tmp_path)
    assert len(found) == 11
    assert found[-1] == "and 5 more such files"


def test_a_folder_without_classes_is_told(tmp_path):
    save(tmp_path, "1.png", grey())
    assert "has no sub-folders; expected one for each class" in faults(tmp_path)[0]
    with pytest.raises(InputError, match="no such folder"):
        load(tmp_path / "elsewhere")


def test_a_class_of_other_files_is_told_with_what_it_holds(tmp_path):
    pair(tmp_path)
    for name in ("c/1.tif", "c/2.tif", "c/notes.txt"):
        path = tmp_path / "images" / name
        path.parent.mkdir(exist_ok=True)
        path.touch()
    assert faults(tmp_path) == [
        "class folder 'c' holds no PNG or JPEG files, but .tif: 2, .txt: 1; convert them, or remove"
        " the folder"
    ]


def test_a_circle_of_links_ends(tmp_path):
    pair(tmp_path)
    os.symlink(tmp_path / "images" / "a", tmp_path / "images" / "a" / "again")
    assert len(load(tmp_path).features) == 2
    os.symlink("self.png", tmp_path / "images" / "a" / "self.png")
    assert faults(tmp_path)[0].startswith("'a/self.png' cannot be read: ")


def test_a_file_in_place_of_the_folder_is_told(tmp_path):
    (tmp_path / "images").touch()
    assert faults(tmp_path) == [f"expected a folder, but {tmp_path / 'images'} is a file"]


def test_new_files_may_be_named_by_texts(tmp_path):
    path = save(tmp_path, "new.png", grey())
    read = read_images([str(path)], {"channels": 1, "size": [5, 7], "dtype": "uint8"})
    np.testing.assert_array_equal(read, [grey()])


def test_new_files_are_named_when_they_cannot_be_read(tmp_path):
    path = save(tmp_path, "new.png", grey(dtype=np.uint16))
    with pytest.raises(InputError, match=r"new\.png' has 16 bits a channel; expected 8 bits"):
        read_images([path], {"channels": 1, "size": [5, 7], "dtype": "uint8"})


def test_progress_hears_of_all_files(tmp_path):
    pair(tmp_path)
    heard = []
    LOADERS["images"](
        {}, location="images", folder=tmp_path, progress=lambda *step: heard.append(step)
    )
    assert heard == [("image headers", 2, 2), ("images", 2, 2)]


def test_metadata_that_pillow_remarks_on_stays_quiet(tmp_path, capfd):
    # A palette with one transparency for each colour makes Pillow warn when it is converted.
    image = Image.new("P", (2, 2))
    image.putpalette([10, 20, 30, 40, 50, 60])
    content = io.BytesIO()
    image.save(content, "PNG", transparency=b"\x80\xff")
    for name in ("a", "b"):
        (tmp_path / "images" / name).mkdir(parents=True)
        (tmp_path / "images" / name / "1.png").write_bytes(content.getvalue())
    np.testing.assert_array_equal(load(tmp_path).features[0, 0, 0], [5, 10, 15])
    assert capfd.readouterr() == ("", "")
