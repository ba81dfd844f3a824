"""A client of the language server that editors ask about YAML files."""
