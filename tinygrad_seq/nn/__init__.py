"""Layers, by PyTorch's names, written in ordinary operations."""

from . import functional, init
from .attention import AdditiveAttention, Attention, AttentionPooling, DotAttention, GeneralAttention, Memory
from .cells import GRUCell, LSTMCell, RNNCell
from .layers import Dropout, Embedding, Linear
from .module import Module, ModuleDict, ModuleList, Parameter, Sequential
from .recurrent import GRU, LSTM, RNN

__all__ = [
    "GRU",
    "LSTM",
    "RNN",
    "AdditiveAttention",
    "Attention",
    "AttentionPooling",
    "DotAttention",
    "Dropout",
    "Embedding",
    "GRUCell",
    "GeneralAttention",
    "LSTMCell",
    "Linear",
    "Memory",
    "Module",
    "ModuleDict",
    "ModuleList",
    "Parameter",
    "RNNCell",
    "Sequential",
    "functional",
    "init",
]
