"""`--model CONFIG --submodule PATH`."""

import json
from pathlib import Path

import pytest
import torch

from inspector.errors import InspectorError, TargetFailed, UsageError
from inspector.model.request import CaptureRequest
from inspector.targets import memory
from inspector.targets.base import Built
from inspector.worker.resolve import parse_device, resolve

LLAMA = (
    "llama,num_hidden_layers=2,hidden_size=64,intermediate_size=96,num_attention_heads=4,num_key_value_heads=2,"
    "vocab_size=100"
)
GPT2 = "gpt2,n_layer=2,n_embd=48,n_head=4,vocab_size=100"
VIT = "vit,num_hidden_layers=1,hidden_size=48,num_attention_heads=4,intermediate_size=64,image_size=32"
BERT = "bert,num_hidden_layers=1,hidden_size=48,num_attention_heads=4,intermediate_size=64,vocab_size=100"
WHISPER = (
    "whisper,encoder_layers=1,decoder_layers=1,d_model=48,encoder_attention_heads=4,decoder_attention_heads=4,"
    "encoder_ffn_dim=64,decoder_ffn_dim=64,vocab_size=100,max_source_positions=20,pad_token_id=0"
)
MIXTRAL = (
    "mixtral,num_hidden_layers=1,hidden_size=64,intermediate_size=64,num_attention_heads=4,num_key_value_heads=4,"
    "vocab_size=100"
)
ALBERT = (
    "albert,num_hidden_layers=3,hidden_size=48,embedding_size=32,num_attention_heads=4,intermediate_size=64,"
    "vocab_size=100"
)


def build(model: str, submodule: str | None = None, **options: object) -> Built:
    return resolve(CaptureRequest(model=model, submodule=submodule, **options))  # type: ignore[arg-type]


def refused(model: str, submodule: str | None = None, **options: object) -> InspectorError:
    with pytest.raises(InspectorError) as caught:
        build(model, submodule, **options)
    assert "\n" not in caught.value.message
    return caught.value


@pytest.mark.parametrize(
    ("model", "submodule", "cls", "inputs"),
    [
        (LLAMA, None, "LlamaForCausalLM", "input_ids=i64[2,6]"),
        (LLAMA, "model.layers.0.mlp", "LlamaMLP", "x=f32[2,6,64]"),
        (LLAMA, "layers.1.post_attention_layernorm", "LlamaRMSNorm", "hidden_states=f32[2,6,64]"),
        (GPT2, "transformer.h.1.mlp.act", "NewGELUActivation", "input=f32[2,6,192]"),
        (BERT, "encoder.layer.0.output", "BertOutput", "hidden_states=f32[2,6,64], input_tensor=f32[2,6,48]"),
        (MIXTRAL, "model.layers.0.mlp", "MixtralSparseMoeBlock", "hidden_states=f32[2,6,64]"),
        (WHISPER, "model.decoder.layers.0.fc1", "Linear", "input=f32[2,6,48]"),
    ],
)
def test_a_module_receives_what_it_really_receives(model: str, submodule: str | None, cls: str, inputs: str) -> None:
    built = build(model, submodule, batch=2, seq=6)
    assert type(built.call).__name__ == cls
    assert built.describe_inputs() == inputs
    assert built.tokens == 12
    assert built.reshape is not None
    again = built.reshape(2, 6)
    assert torch.equal((*again.args, *again.kwargs.values())[0], (*built.args, *built.kwargs.values())[0])
    longer = built.reshape(1, 9)
    with torch.no_grad():
        built.call(*longer.args, **longer.kwargs)
    assert 9 in (*longer.args, *longer.kwargs.values())[0].shape


def test_keyword_arguments_and_tuples_come_along() -> None:
    built = build(LLAMA, "model.layers.0.self_attn", seq=6)
    names = [name for name, _ in built.tensors()]
    assert {"hidden_states", "position_embeddings[0]", "position_embeddings[1]"} <= set(names)
    assert built.kwargs["past_key_values"] is None
    with torch.no_grad():
        built.call(*built.args, **built.kwargs)


@pytest.mark.parametrize(("model", "submodule"), [(VIT, None), (VIT, "layers.0.mlp"), (WHISPER, "encoder.layers.0")])
def test_what_has_no_tokens_has_no_sequence_length(model: str, submodule: str | None) -> None:
    built = build(model, submodule, batch=2)
    assert (built.batch, built.seq, built.tokens) == (2, None, None)
    assert built.reshape is not None
    built.reshape(3, None)
    with pytest.raises(UsageError, match="Another seq changes nothing"):
        built.reshape(None, 5)


def test_a_module_called_several_times_shows_the_first_call_and_says_so() -> None:
    built = build(ALBERT, "encoder.albert_layer_groups.0.albert_layers.0")
    assert "called 3 times" in built.notes[0] and "first call" in built.notes[0]


def test_training_keeps_gradients_where_they_were_and_names_dropout() -> None:
    built = build(GPT2, "transformer.h.1.mlp", train=True)
    assert built.args[0].requires_grad and built.args[0].is_leaf
    assert isinstance(built.call, torch.nn.Module) and built.call.training
    assert any("Dropout" in note for note in built.notes)


def test_inputs_of_ones_own_go_to_the_model() -> None:
    built = build(GPT2, "transformer.h.0.mlp", inputs=("input_ids=i64[3,5]<50",))
    assert built.describe_inputs() == "hidden_states=f32[3,5,48]"
    assert built.reshape is None
    assert "--batch does nothing" in refused(GPT2, inputs=("input_ids=i64[3,5]<50",), batch=2).message


def test_a_config_file_and_its_dtype(tmp_path: Path) -> None:
    path = tmp_path / "config.json"
    settings = {"model_type": "gpt2", "n_layer": 1, "n_embd": 48, "n_head": 4, "vocab_size": 100}
    path.write_text(json.dumps(settings | {"dtype": "bfloat16", "architectures": ["GPT2Model"]}))
    built = build(str(path))
    assert type(built.call).__name__ == "GPT2Model"
    assert {p.dtype for p in built.call.parameters()} == {torch.bfloat16}
    assert {p.dtype for p in build(str(path), dtype="f32").call.parameters()} == {torch.float32}
    assert len(build(f"{path},n_layer=2").call.h) == 2


def test_a_checkpoint_folder_gives_its_weights(tmp_path: Path) -> None:
    original = build(GPT2).call
    original.save_pretrained(tmp_path)
    loaded = build(str(tmp_path), seed=7)
    assert loaded.notes == ()
    assert torch.equal(loaded.call.transformer.h[0].mlp.c_fc.weight, original.transformer.h[0].mlp.c_fc.weight)

    weights = tmp_path / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:1000])
    assert "cannot be loaded" in refused(str(tmp_path)).message


def test_weights_missing_from_a_checkpoint_are_said(tmp_path: Path) -> None:
    body = build(GPT2).call
    state = {name: value for name, value in body.state_dict().items() if "ln_f" not in name and "lm_head" not in name}
    body.save_pretrained(tmp_path, state_dict=state)
    assert "2 parameters are not in the checkpoint" in build(str(tmp_path)).notes[0]


@pytest.mark.parametrize(
    ("model", "submodule", "words", "hint"),
    [
        ("lama", None, "no model type 'lama'. Did you mean llama", "nothing is downloaded"),
        ("meta-llama/Llama-3.2-1B", None, "no file or folder 'meta-llama/Llama-3.2-1B'", "nothing is downloaded"),
        ("llama,num_hiden_layers=2", None, "no 'num_hiden_layers'. Did you mean num_hidden_layers", ""),
        ("llama,two", None, "'two' is not KEY=VALUE", "num_hidden_layers=2"),
        (LLAMA, "model.layers.0.mpl", "model.layers.0 has no 'mpl'. Did you mean mlp", "self_attn, mlp"),
        (LLAMA, "model.layers.5.mlp", "model.layers has no '5'", "model.layers has 0 and 1"),
        ("gpt2", "h.99.mlp", "transformer.h has no '99'", "transformer.h has 0 … 11."),
        ("llama,num_hidden_layers=two", None, "num_hidden_layers=two: ", "num_hidden_layers=32"),
        (LLAMA, "nothing", "LlamaForCausalLM has no 'nothing'", "model and lm_head"),
        (LLAMA, "model.norm.x", "model.norm has no 'x'", "no submodules"),
        (LLAMA, "model.layers", "a list of modules", "model.layers.0 and model.layers.1"),
    ],
)
def test_what_does_not_exist_says_what_does(model: str, submodule: str | None, words: str, hint: str) -> None:
    error = refused(model, submodule)
    assert words in error.message and hint in error.hint
    assert error.exit_code == 2


def test_files_that_are_no_configuration(tmp_path: Path) -> None:
    path = tmp_path / "config.json"
    assert "no file or folder" in refused(str(path)).message
    assert "no config.json" in refused(str(tmp_path)).message
    for text, words in [("{", "cannot be read"), ("{}", 'no "model_type"'), ('{"model_type": "gtp2"}', "mean gpt2")]:
        path.write_text(text)
        assert words in refused(str(path)).message


def test_a_model_too_large_is_refused_before_it_is_built(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "available_memory", lambda device: 8 * 2**30)
    error = refused("llama", "model.layers.0.mlp")
    assert "needs about 31.4 GiB (weights 25.1 GiB) and 8 GiB" in error.message
    assert "llama,num_hidden_layers=1" in error.hint
    assert "has no 'mpl'" in refused("llama", "model.layers.0.mpl").message


def test_what_the_model_says_to_a_shape_that_does_not_fit() -> None:
    error = refused("gpt2,n_layer=1,n_embd=48,n_head=4,n_positions=16,vocab_size=100", "transformer.h.0", seq=40)
    assert isinstance(error, UsageError)
    assert "index out of range" in error.message and "input_ids=i64[1,40]" in error.hint


def test_a_model_that_fails_by_itself_is_the_targets_failure() -> None:
    error = refused(f"{MIXTRAL},num_local_experts=1", "model.norm")
    assert isinstance(error, TargetFailed)
    assert "index k out of range" in error.message


def test_requests_that_contradict_themselves() -> None:
    with pytest.raises(UsageError, match="which one"):
        resolve(CaptureRequest(target="softmax", model="gpt2"))
    with pytest.raises(UsageError, match="--submodule needs --model"):
        resolve(CaptureRequest(target="softmax", submodule="x"))
    with pytest.raises(UsageError, match="nothing to compile"):
        resolve(CaptureRequest())
    with pytest.raises(UsageError, match="makes its own inputs"):
        resolve(CaptureRequest(target="softmax", inputs=("f32[1]",)))
    with pytest.raises(UsageError, match="--batch is 0"):
        resolve(CaptureRequest(target="softmax", batch=0))


def test_devices() -> None:
    assert parse_device("cpu").type == "cpu"
    with pytest.raises(UsageError, match="no device named 'gpu'"):
        parse_device("gpu")
    with pytest.raises(UsageError, match="not a device that inspector captures on"):
        parse_device("meta")
    with pytest.raises(UsageError, match="There is no cuda:99"):
        parse_device("cuda:99")
