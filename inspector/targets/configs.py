"""The configurations the gallery's models are made of. Imports transformers."""

from __future__ import annotations

from typing import Any

from transformers import GPT2Config, LlamaConfig, MixtralConfig


def llama_3_2_1b(**changes: Any) -> LlamaConfig:
    """The shape of Llama-3.2-1B, whose weights nobody needs: random ones of the same shape cost the same."""
    shape: dict[str, Any] = {
        "vocab_size": 128256,
        "hidden_size": 2048,
        "intermediate_size": 8192,
        "num_hidden_layers": 16,
        "num_attention_heads": 32,
        "num_key_value_heads": 8,
        "head_dim": 64,
        "rms_norm_eps": 1e-5,
        "max_position_embeddings": 131072,
        "tie_word_embeddings": True,
        "rope_parameters": {
            "rope_type": "llama3",
            "rope_theta": 500000.0,
            "factor": 32.0,
            "high_freq_factor": 4.0,
            "low_freq_factor": 1.0,
            "original_max_position_embeddings": 8192,
        },
        "use_cache": False,
        "attn_implementation": "sdpa",
    }
    return LlamaConfig(**shape | changes)


def llama_tiny(**changes: Any) -> LlamaConfig:
    """Llama in small: 4 layers, 256 wide, a vocabulary of 4096."""
    shape: dict[str, Any] = {
        "vocab_size": 4096,
        "hidden_size": 256,
        "intermediate_size": 1024,
        "num_hidden_layers": 4,
        "num_attention_heads": 8,
        "num_key_value_heads": 4,
        "head_dim": 32,
    }
    return llama_3_2_1b(**shape | changes)


def llama_small(**changes: Any) -> LlamaConfig:
    """Llama between tiny and 1B: 4 layers, 1024 wide, a vocabulary of 32000."""
    shape: dict[str, Any] = {
        "vocab_size": 32000,
        "hidden_size": 1024,
        "intermediate_size": 4096,
        "num_hidden_layers": 4,
        "num_attention_heads": 16,
        "num_key_value_heads": 4,
    }
    return llama_3_2_1b(**shape | changes)


def gpt2(**changes: Any) -> GPT2Config:
    """GPT-2 small without dropout, so that a training step of eager and compiled can be compared."""
    shape: dict[str, Any] = {
        "resid_pdrop": 0.0,
        "embd_pdrop": 0.0,
        "attn_pdrop": 0.0,
        "use_cache": False,
        "attn_implementation": "sdpa",
    }
    return GPT2Config(**shape | changes)


def small_mixtral(**changes: Any) -> MixtralConfig:
    """Mixtral's routing at a fraction of its size: 8 experts, 2 of them for each token."""
    shape: dict[str, Any] = {
        "hidden_size": 256,
        "intermediate_size": 512,
        "num_local_experts": 8,
        "num_experts_per_tok": 2,
        "experts_implementation": "batched_mm",
    }
    return MixtralConfig(**shape | changes)
