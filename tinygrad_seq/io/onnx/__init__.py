"""Modules as ONNX models."""

from .export import to_onnx

__all__ = ["to_onnx"]
