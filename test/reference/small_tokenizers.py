"""The tokenizers of the small checkpoints: 61 pieces each, made the same way for every family."""

import json
import os
import string

SPECIAL = ["<s>", "<pad>", "</s>", "<unk>", "<mask>"]
WORD_PIECE_SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
MERGES = [
    ("Ġ", "t"), ("h", "e"), ("Ġt", "he"), ("i", "n"), ("Ġ", "a"), ("a", "n"), ("Ġ", "an"), ("Ġan", "d"), ("o", "u"),
    ("r", "e"), ("Ġ", "s"), ("e", "r"), ("Ġ", "w"), ("in", "g"), ("o", "n"), ("Ġ", "o"), ("Ġo", "f"), ("l", "l"),
    ("a", "t"), ("e", "n"), ("Ġ", "c"), ("i", "t"),
]  # fmt: skip


def added(special):
    flags = {"single_word": False, "lstrip": False, "rstrip": False, "normalized": False, "special": True}
    return [{"id": id, "content": piece, **flags} for id, piece in enumerate(special)]


def template(first, last, special):
    """One text between `first` and `last`, a pair of texts as the family joins it."""

    def token(piece, kind=0):
        return {"SpecialToken": {"id": piece, "type_id": kind}}

    def text(name, kind=0):
        return {"Sequence": {"id": name, "type_id": kind}}

    typed = first == "[CLS]"
    second = [text("B", 1), token(last, 1)] if typed else [token(last), text("B"), token(last)]
    single = [token(first), text("A"), token(last)]
    return {
        "type": "TemplateProcessing",
        "single": single,
        "pair": single + second,
        "special_tokens": {
            piece: {"id": piece, "ids": [special.index(piece)], "tokens": [piece]} for piece in (first, last)
        },
    }


def byte_pairs(framed):
    """Byte-level pairs over a to z, space, line feed and six signs; whatever else is written is <unk>."""
    pieces = SPECIAL + list("Ġ" + string.ascii_lowercase + ".,'-!?Ċ") + ["".join(merge) for merge in MERGES]
    level = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": True}
    return {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": added(SPECIAL),
        "normalizer": None,
        "pre_tokenizer": level,
        "post_processor": template("<s>", "</s>", SPECIAL) if framed else level,
        "decoder": level,
        "model": {
            "type": "BPE",
            "dropout": None,
            "unk_token": "<unk>",
            "continuing_subword_prefix": "",
            "end_of_word_suffix": "",
            "fuse_unk": False,
            "byte_fallback": False,
            "vocab": {piece: id for id, piece in enumerate(pieces)},
            "merges": [" ".join(merge) for merge in MERGES],
        },
    }


def word_pieces():
    """Letters at the beginning of a word and inside it, and four signs."""
    letters = string.ascii_lowercase
    pieces = WORD_PIECE_SPECIAL + list(letters) + ["##" + letter for letter in letters] + list(".,!?")
    return {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": added(WORD_PIECE_SPECIAL),
        "normalizer": {
            "type": "BertNormalizer",
            "clean_text": True,
            "handle_chinese_chars": True,
            "strip_accents": None,
            "lowercase": True,
        },
        "pre_tokenizer": {"type": "BertPreTokenizer"},
        "post_processor": template("[CLS]", "[SEP]", WORD_PIECE_SPECIAL),
        "decoder": {"type": "WordPiece", "prefix": "##", "cleanup": True},
        "model": {
            "type": "WordPiece",
            "unk_token": "[UNK]",
            "continuing_subword_prefix": "##",
            "max_input_chars_per_word": 100,
            "vocab": {piece: id for id, piece in enumerate(pieces)},
        },
    }


def write_tokenizer(folder, family, context):
    if family == "bert":
        tokenizer = word_pieces()
        names = ["pad_token", "unk_token", "cls_token", "sep_token", "mask_token"]
        config = {"tokenizer_class": "BertTokenizer", "do_lower_case": True, **dict(zip(names, WORD_PIECE_SPECIAL))}
    else:
        tokenizer = byte_pairs(family == "roberta")
        names = ["bos_token", "pad_token", "eos_token", "unk_token", "mask_token"]
        config = {"tokenizer_class": "PreTrainedTokenizerFast", **dict(zip(names, SPECIAL))}
    config["model_max_length"] = context
    for name, content in (("tokenizer.json", tokenizer), ("tokenizer_config.json", config)):
        with open(os.path.join(folder, name), "w", encoding="utf-8") as file:
            json.dump(content, file, separators=(",", ":"), ensure_ascii=False)
            file.write("\n")
