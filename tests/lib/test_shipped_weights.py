import pytest
import torch

from lib import shipped_weights, zfnet

FILE = "zfnet.safetensors"


def test_a_whole_file_is_read_as_it_is_stored():
    tensors = shipped_weights.read(FILE, zfnet.CHECKSUMS[FILE])
    assert tensors["conv1.weight"].shape == (48, 3, 7, 7)
    assert {value.dtype for value in tensors.values()} == {torch.float16}


def test_a_missing_and_a_damaged_file_are_named(tmp_path, monkeypatch):
    data = (shipped_weights.FOLDER / FILE).read_bytes()
    monkeypatch.setattr(shipped_weights, "FOLDER", tmp_path)
    with pytest.raises(RuntimeError, match="lib/weights/zfnet.safetensors is missing"):
        zfnet.load()
    (tmp_path / FILE).write_bytes(data[:-1] + bytes([data[-1] ^ 1]))
    with pytest.raises(RuntimeError, match="lib/weights/zfnet.safetensors is damaged"):
        zfnet.load()
