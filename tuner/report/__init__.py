"""Results for people and programs: console, JSON, tables, the exported model."""
