"""What the places of a study have in common: a validator and a JSON schema of their own."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler, ValidationInfo
from pydantic_core import CoreSchema, core_schema

from tuner.study.problems import noting

__all__ = ["Place"]


class Place(ABC):
    """Annotates a field: ``Annotated[Space, Tunable(...)]``; pydantic then asks this object."""

    @abstractmethod
    def validate(self, raw: Any) -> Any:
        """The checked value, or all problems at once through `raise_problems`."""

    @abstractmethod
    def schema(self) -> dict[str, Any]:
        """The JSON schema for editors."""

    def _checked(self, raw: Any, info: ValidationInfo) -> Any:
        with noting(str(info.field_name or "")):
            return self.validate(raw)

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        return core_schema.with_info_plain_validator_function(self._checked)

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        return self.schema()
