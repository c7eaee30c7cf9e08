"""Writes the weights of Whisper's model, as CTranslate2 keeps them, into a file as whisper.cpp reads them."""

import json
import pathlib
import struct
import sys

import numpy
from faster_whisper.feature_extractor import FeatureExtractor
from whisper import WEIGHTS

TYPES = {0: "<f4", 1: "<i1", 2: "<i2", 3: "<i4", 4: "<f2"}
ATTENTIONS = {"attn": "self_attention", "cross_attn": "attention"}


def weights_of(path):
    """The tensors of a model.bin, by name."""
    data, at = path.read_bytes(), 0

    def number(form):
        nonlocal at
        (value,) = struct.unpack_from(form, data, at)
        at += struct.calcsize(form)
        return value

    def text():
        nonlocal at
        length = number("<H")
        at += length
        return data[at - length : at].rstrip(b"\0").decode()

    assert number("<I") >= 6, "a model.bin of an older kind"
    text()
    number("<I")
    weights = {}
    for _ in range(number("<I")):
        name = text()
        shape = [number("<I") for _ in range(number("<B"))]
        form, n_bytes = TYPES[number("<B")], number("<I")
        weights[name] = numpy.frombuffer(data[at : at + n_bytes], form).reshape(shape)
        at += n_bytes
    return weights


def tensors(weights, n_layers):
    """The same tensors, by whisper.cpp's names."""

    def both(name, at, norm=False):
        ends = ("gamma", "beta") if norm else ("weight", "bias")
        yield f"{name}.weight", weights[f"{at}/{ends[0]}"]
        yield f"{name}.bias", weights[f"{at}/{ends[1]}"]

    def attention(name, at, is_cross):
        yield from both(f"{name}_ln", f"{at}/layer_norm", norm=True)
        # Queries, keys and values are kept in one; across, the queries are apart.
        kept = [f"{at}/linear_{n}" for n in range(2 if is_cross else 1)]
        weight = numpy.concatenate([weights[f"{one}/weight"] for one in kept])
        bias = numpy.concatenate([weights[f"{one}/bias"] for one in kept])
        for part, its, of_bias in zip(("query", "key", "value"), numpy.split(weight, 3), numpy.split(bias, 3)):
            yield f"{name}.{part}.weight", its
            if part != "key":
                yield f"{name}.{part}.bias", of_bias
        yield from both(f"{name}.out", f"{at}/linear_{len(kept)}")

    for side in ("encoder", "decoder"):
        yield f"{side}.positional_embedding", weights[f"{side}/position_encodings/encodings"]
        for n in range(n_layers):
            block, at = f"{side}.blocks.{n}", f"{side}/layer_{n}"
            for ours, theirs in ATTENTIONS.items():
                if side == "decoder" or ours == "attn":
                    yield from attention(f"{block}.{ours}", f"{at}/{theirs}", ours == "cross_attn")
            yield from both(f"{block}.mlp_ln", f"{at}/ffn/layer_norm", norm=True)
            yield from both(f"{block}.mlp.0", f"{at}/ffn/linear_0")
            yield from both(f"{block}.mlp.2", f"{at}/ffn/linear_1")
    for n in (1, 2):
        yield f"encoder.conv{n}.weight", weights[f"encoder/conv{n}/weight"]
        yield f"encoder.conv{n}.bias", weights[f"encoder/conv{n}/bias"].reshape(-1, 1)
    yield from both("encoder.ln_post", "encoder/layer_norm", norm=True)
    yield "decoder.token_embedding.weight", weights["decoder/embeddings/weight"]
    yield from both("decoder.ln", "decoder/layer_norm", norm=True)


def vocabulary(path):
    """The bytes of each token that is no mark: written there in letters of GPT-2's, one for each byte."""
    plain = [*range(33, 127), *range(161, 173), *range(174, 256)]
    letters = {chr(byte): byte for byte in plain}
    letters |= {chr(256 + n): byte for n, byte in enumerate(sorted(set(range(256)) - set(plain)))}
    tokens = json.loads(path.read_text())["model"]["vocab"]
    inside = sorted((n, token) for token, n in tokens.items() if not token.startswith("<|"))
    return [bytes(letters[letter] for letter in token) for _, token in inside]


def convert(folder, into):
    weights = weights_of(folder / "model.bin")
    n_vocab, state = weights["decoder/embeddings/weight"].shape
    n_layers = sum(name.endswith("/ffn/linear_0/weight") for name in weights) // 2
    filters = FeatureExtractor().mel_filters.astype("<f4")
    with into.open("wb") as file:
        heads, f16 = state // 64, 1
        audio, text = [1500, state, heads, n_layers], [448, state, heads, n_layers]
        file.write(struct.pack("<12i", 0x67676D6C, n_vocab, *audio, *text, len(filters), f16))
        file.write(struct.pack("<2i", *filters.shape) + filters.tobytes())
        tokens = vocabulary(folder / "tokenizer.json")
        file.write(struct.pack("<i", len(tokens)))
        for token in tokens:
            file.write(struct.pack("<i", len(token)) + token)
        for name, tensor in tensors(weights, n_layers):
            is_half = tensor.ndim > 1 and not name.endswith((".bias", "positional_embedding"))
            tensor = tensor.astype("<f2" if is_half else "<f4")
            file.write(struct.pack("<3i", tensor.ndim, len(name), is_half))
            file.write(struct.pack(f"<{tensor.ndim}i", *reversed(tensor.shape)))
            file.write(name.encode() + tensor.tobytes())


if __name__ == "__main__":
    convert(WEIGHTS, pathlib.Path(sys.argv[1]))
