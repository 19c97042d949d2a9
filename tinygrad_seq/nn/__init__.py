"""Layers, by PyTorch's names, written in ordinary operations."""

from . import decoding, functional, init
from .attention import AdditiveAttention, Attention, AttentionPooling, DotAttention, GeneralAttention, Memory
from .cells import GRUCell, LSTMCell, MGUCell, RNNCell
from .ctc import CTCLoss
from .formula import Recurrent
from .layers import Dropout, Embedding, Linear
from .module import Module, ModuleDict, ModuleList, Parameter, Sequential
from .recurrent import GRU, IRNN, LSTM, MGU, RNN

__all__ = [
    "GRU",
    "IRNN",
    "LSTM",
    "MGU",
    "RNN",
    "AdditiveAttention",
    "Attention",
    "AttentionPooling",
    "CTCLoss",
    "DotAttention",
    "Dropout",
    "Embedding",
    "GRUCell",
    "GeneralAttention",
    "LSTMCell",
    "Linear",
    "MGUCell",
    "Memory",
    "Module",
    "ModuleDict",
    "ModuleList",
    "Parameter",
    "RNNCell",
    "Recurrent",
    "Sequential",
    "decoding",
    "functional",
    "init",
]
