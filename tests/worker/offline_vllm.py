"""A tiny Llama of random weights, answered by an offline vLLM: python offline_vllm.py FOLDER."""

from __future__ import annotations

import json
import sys
from pathlib import Path

CONFIG = {
    "architectures": ["LlamaForCausalLM"],
    "model_type": "llama",
    "vocab_size": 2048,
    "hidden_size": 256,
    "intermediate_size": 1024,
    "num_hidden_layers": 3,
    "num_attention_heads": 8,
    "num_key_value_heads": 2,
    "head_dim": 32,
    "max_position_embeddings": 2048,
    "rms_norm_eps": 1e-5,
    "hidden_act": "silu",
    "tie_word_embeddings": True,
    "bos_token_id": 0,
    "eos_token_id": 1,
    "torch_dtype": "float32",
}


def make_model(folder: Path) -> None:
    """Its configuration and a tokenizer of bytes; vLLM makes the weights."""
    from tokenizers import Tokenizer, models, pre_tokenizers

    letters = pre_tokenizers.ByteLevel.alphabet()
    vocabulary = {word: number for number, word in enumerate(["<s>", "</s>", *sorted(letters)])}
    tokenizer = Tokenizer(models.BPE(vocab=vocabulary, merges=[]))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    folder.mkdir(parents=True, exist_ok=True)
    tokenizer.save(str(folder / "tokenizer.json"))
    (folder / "config.json").write_text(json.dumps(CONFIG))
    said = {"tokenizer_class": "PreTrainedTokenizerFast", "bos_token": "<s>", "eos_token": "</s>"}
    (folder / "tokenizer_config.json").write_text(json.dumps(said))


def main(folder: Path) -> None:
    """Prints what a fixed prompt is answered with."""
    make_model(folder)
    from vllm import LLM, SamplingParams
    from vllm.inputs import TokensPrompt

    llm = LLM(model=str(folder), load_format="dummy", dtype="float32", max_model_len=256)
    asked = SamplingParams(max_tokens=4, temperature=0, ignore_eos=True, detokenize=False)
    answer = llm.generate([TokensPrompt(prompt_token_ids=[5, 6, 7])], asked, use_tqdm=False)
    print("ANSWER", list(answer[0].outputs[0].token_ids), flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
