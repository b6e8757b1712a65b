"""Inputs for a whole transformers model, from its configuration. Imports torch."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from inspector.errors import UsageError
from inspector.targets.base import TargetOptions, parameters_of

if TYPE_CHECKING:
    from transformers import PretrainedConfig, PreTrainedModel

SECOND_OF_AUDIO = 16_000
"""Samples; what a model of raw audio is given."""


def model_inputs(model: PreTrainedModel, batch: int, seq: int, options: TargetOptions) -> dict[str, Tensor]:
    """Keyword arguments for one call of a model.

    Args:
        model: its configuration says how large a vocabulary, an image or a spectrogram is.
        batch: size of the first dimension of everything.
        seq: number of tokens, where there are any.
        options: dtype and device.

    Raises:
        UsageError: the model takes something that its configuration does not describe.
    """
    config = model.config
    accepted = {item.name for item in parameters_of(model) or ()}
    name = model.main_input_name
    if name not in _MAKERS:
        raise UsageError(
            f"What {type(model).__name__} takes ({name}) cannot be worked out from its configuration.",
            f"Add --input '{name}=f32[…]' with the real shape.",
        )
    values = {name: _MAKERS[name](config, batch, seq, options)}
    if "pixel_values" in accepted and getattr(config, "vision_config", None) is not None and _is_pair(config):
        values["pixel_values"] = _pixels(config.vision_config, batch, seq, options)
    if config.is_encoder_decoder and "decoder_input_ids" in accepted:
        values["decoder_input_ids"] = _tokens(config, batch, seq, options)
    return values


def _is_pair(config: PretrainedConfig) -> bool:
    """Whether text and image are both needed, as in CLIP; a language model that may also look (LLaVA) runs on text."""
    return getattr(config, "projection_dim", None) is not None


def _tokens(config: PretrainedConfig, batch: int, seq: int, options: TargetOptions) -> Tensor:
    text = config.get_text_config()
    return options.tokens(batch, seq, text.vocab_size)


def _pixels(config: PretrainedConfig, batch: int, _seq: int, options: TargetOptions) -> Tensor:
    vision = getattr(config, "vision_config", None) or config
    size = getattr(vision, "image_size", None) or 224
    height, width = size if isinstance(size, (list, tuple)) else (size, size)
    return torch.randn(
        batch, getattr(vision, "num_channels", 3), height, width, dtype=options.dtype, device=options.device
    )


def _spectrogram(config: PretrainedConfig, batch: int, _seq: int, options: TargetOptions) -> Tensor:
    # the encoder's convolutions halve the frames
    frames = 2 * config.max_source_positions
    return torch.randn(batch, config.num_mel_bins, frames, dtype=options.dtype, device=options.device)


def _audio(_config: PretrainedConfig, batch: int, _seq: int, options: TargetOptions) -> Tensor:
    return torch.randn(batch, SECOND_OF_AUDIO, dtype=options.dtype, device=options.device)


_MAKERS: dict[str, Callable[[Any, int, int, TargetOptions], Tensor]] = {
    "input_ids": _tokens,
    "pixel_values": _pixels,
    "input_features": _spectrogram,
    "input_values": _audio,
}
"""`main_input_name` → what to make."""
