"""What the verbs print with `--json`: each a document of the model's own types, named and versioned.

A document is a dataclass of this folder, or a type of the model, that `register` lists. Its JSON, its schema
(docs/json.schema.json) and the list of its fields (docs/json.md) are all made from the type.
"""
