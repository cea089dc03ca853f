"""Small made trees: a file's bytes are its path, unless a picture is asked for."""

import io
import tarfile

from PIL import Image


def picture(side, colour="white"):
    buffer = io.BytesIO()
    Image.new("RGB", (side, side), colour).save(buffer, "JPEG")
    return buffer.getvalue()


def write_tree(root, *names):
    for name in names:
        write(root, name, name.encode())
    return root


def write(root, name, content):
    file = root / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    return file


def write_table(root, name, *lines):
    return write(root, name, "\n".join(lines) + "\n")


def tar(folder, archive, *, top="."):
    with tarfile.open(archive, f"w:{archive.suffix[1:] if archive.suffix != '.tar' else ''}") as file:
        file.add(folder, arcname=top)
    return archive


def by_name(dataset):
    return {sample.name: sample for sample in dataset.samples}
