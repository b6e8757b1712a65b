"""`--model CONFIG`: from a word to a transformers configuration and its model class. Nothing is ever downloaded.

llama                           a model type, with transformers' defaults
llama,num_hidden_layers=2       the same, some of it changed
path/to/config.json             a configuration file
path/to/folder                  a checkpoint folder: its configuration, and its weights if it has any
"""

from __future__ import annotations

import ast
import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from inspector.errors import UsageError
from inspector.regular import read_regular
from inspector.targets.nearest import did_you_mean

if TYPE_CHECKING:
    from transformers import PretrainedConfig, PreTrainedModel

_WEIGHTS = ("*.safetensors", "pytorch_model*.bin")


@dataclass(frozen=True)
class ModelChoice:
    """What `--model` stands for."""

    config: PretrainedConfig
    cls: type[PreTrainedModel]
    folder: Path | None
    """Where the weights are; None where they are random."""


def choose_model(text: str) -> ModelChoice:
    """Reads `--model`.

    Raises:
        UsageError: no such type, file, folder or setting, or transformers has no model for it.
    """
    os.environ["HF_HUB_OFFLINE"] = "1"  # read when huggingface_hub is imported, which happens below
    name, changes = split_settings(text)
    config = _load(name)
    _change(config, changes, name)
    folder = Path(name) if Path(name).is_dir() and any(any(Path(name).glob(item)) for item in _WEIGHTS) else None
    return ModelChoice(config, _class_for(config), folder)


def split_settings(text: str) -> tuple[str, dict[str, Any]]:
    """The name, and the settings behind its first comma."""
    if Path(text).exists():
        return text, {}
    name, *settings = text.split(",")
    changes: dict[str, Any] = {}
    for setting in settings:
        key, equals, value = setting.partition("=")
        if not equals:
            raise UsageError(
                f"--model {text!r}: {setting!r} is not KEY=VALUE.", "For example: --model llama,num_hidden_layers=2"
            )
        try:
            changes[key.strip()] = ast.literal_eval(value)
        except (ValueError, SyntaxError):
            changes[key.strip()] = {"true": True, "false": False}.get(value.lower(), value)
    return name, changes


def _load(name: str) -> PretrainedConfig:
    from transformers import AutoConfig
    from transformers.models.auto.configuration_auto import CONFIG_MAPPING_NAMES

    path = Path(name)
    if path.is_dir():
        if not (path / "config.json").is_file():
            raise UsageError(f"{name} has no config.json.", "A checkpoint folder holds one beside its weights.")
        path = path / "config.json"
    if path.is_file():
        return _from_file(path)
    if name in CONFIG_MAPPING_NAMES:
        return AutoConfig.for_model(name)
    problem = (
        f"There is no file or folder {name!r}."
        if "/" in name or path.suffix == ".json"
        else f"transformers knows no model type {name!r}.{did_you_mean(name, CONFIG_MAPPING_NAMES)}"
    )
    raise UsageError(
        problem,
        "--model takes a model type (llama, gpt2, bert, vit…), a config.json or a local checkpoint folder; "
        "nothing is downloaded.",
    )


def _from_file(path: Path) -> PretrainedConfig:
    from transformers import AutoConfig
    from transformers.models.auto.configuration_auto import CONFIG_MAPPING_NAMES

    try:
        settings = json.loads(read_regular(path))
    except (OSError, ValueError) as error:
        raise UsageError(f"{path} cannot be read as JSON: {error}") from error
    kind = settings.pop("model_type", None) if isinstance(settings, dict) else None
    if kind is None:
        raise UsageError(f'{path} has no "model_type".', 'It says which architecture it is for: "model_type": "llama".')
    if kind not in CONFIG_MAPPING_NAMES:
        raise UsageError(
            f"{path}: transformers knows no model type {kind!r}.{did_you_mean(kind, CONFIG_MAPPING_NAMES)}"
        )
    try:
        return AutoConfig.for_model(kind, **settings)
    except (TypeError, ValueError, KeyError, AttributeError) as error:
        raise UsageError(f"{path} is no configuration of {kind}: {error}") from error


def _change(config: PretrainedConfig, changes: dict[str, Any], name: str) -> None:
    known = config.to_dict()
    for key in changes:
        if key not in known and not hasattr(config, key):
            raise UsageError(f"The configuration of {name} has no {key!r}.{did_you_mean(key, known)}")
    if not changes:
        return
    try:
        # made anew, as a constructor derives values (head_dim, layer_types) from the others
        fresh = type(config)(**changes) if not Path(name).exists() else type(config).from_dict(known | changes)
    except Exception as error:  # a validator's own kind of exception, or whatever a constructor trips over
        given = ", ".join(f"{key}={value}" for key, value in changes.items())
        usual = ", ".join(f"{key}={known[key]!r}" for key in changes if key in known)
        reason = " ".join(str(error).split()) or type(error).__name__
        raise UsageError(
            f"--model {name} cannot have {given}: {reason}", f"What it has by default: {usual}." if usual else ""
        ) from error
    config.__dict__.clear()
    config.__dict__.update(fresh.__dict__)


def _class_for(config: PretrainedConfig) -> type[PreTrainedModel]:
    """The class named in the configuration; else the language model, for those that write text; else the bare model."""
    import transformers
    from transformers.models.auto import modeling_auto as auto

    for name in config.architectures or ():
        named: type[PreTrainedModel] | None = getattr(transformers, name, None)
        if named is not None:
            return named
    mapping = auto.MODEL_FOR_CAUSAL_LM_MAPPING if _writes_text(config) else auto.MODEL_MAPPING
    if type(config) not in mapping:
        raise UsageError(f"transformers has no model for the configuration {config.model_type!r} alone.")
    mapped = mapping[type(config)]
    cls: type[PreTrainedModel] = mapped[0] if isinstance(mapped, tuple) else mapped
    return cls


def _writes_text(config: PretrainedConfig) -> bool:
    """Whether the type is a decoder of text first of all: BERT and Whisper can be one on the side."""
    from transformers.models.auto import modeling_auto as auto

    kind = config.model_type
    return (
        type(config) in auto.MODEL_FOR_CAUSAL_LM_MAPPING
        and kind not in auto.MODEL_FOR_MASKED_LM_MAPPING_NAMES
        and not config.is_encoder_decoder
    )
