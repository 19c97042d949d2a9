"""Layers, by PyTorch's names, written in ordinary operations."""

from typing import NoReturn

from ..pytorch import absent
from . import decoding, functional, init
from .activations import (
    CELU,
    ELU,
    GELU,
    SELU,
    Hardsigmoid,
    Hardswish,
    Hardtanh,
    LeakyReLU,
    LogSigmoid,
    LogSoftmax,
    Mish,
    PReLU,
    ReLU,
    ReLU6,
    Sigmoid,
    SiLU,
    Softmax,
    Softplus,
    Softsign,
    Tanh,
    Tanhshrink,
)
from .attention import AdditiveAttention, Attention, AttentionPooling, DotAttention, GeneralAttention, Memory
from .cells import GRUCell, LSTMCell, MGUCell, RNNCell
from .containers import ModuleDict, ModuleList, Sequential
from .conventions import Convention, Conventions, convention
from .ctc import CTCLoss
from .decoders import BahdanauDecoder, Decoder, DecoderState, LuongDecoder
from .formula import Recurrent
from .layers import Dropout, Embedding, Flatten, Identity, Linear
from .losses import (
    BCELoss,
    BCEWithLogitsLoss,
    CosineEmbeddingLoss,
    CrossEntropyLoss,
    HingeEmbeddingLoss,
    HuberLoss,
    KLDivLoss,
    L1Loss,
    MarginRankingLoss,
    MSELoss,
    MultiMarginLoss,
    NLLLoss,
    SmoothL1Loss,
    SoftMarginLoss,
    TripletMarginLoss,
)
from .module import Module, Parameter
from .normalization import BatchNorm1d, BatchNormPerStep, LayerNorm
from .recurrent import GRU, IRNN, LSTM, MGU, RNN
from .seq2seq import Encoder, Seq2Seq
from .truncation import Truncation, Window, tbptt

__all__ = [
    "CELU",
    "ELU",
    "GELU",
    "GRU",
    "IRNN",
    "LSTM",
    "MGU",
    "RNN",
    "SELU",
    "AdditiveAttention",
    "Attention",
    "AttentionPooling",
    "BCELoss",
    "BCEWithLogitsLoss",
    "BahdanauDecoder",
    "BatchNorm1d",
    "BatchNormPerStep",
    "CTCLoss",
    "Convention",
    "Conventions",
    "CosineEmbeddingLoss",
    "CrossEntropyLoss",
    "Decoder",
    "DecoderState",
    "DotAttention",
    "Dropout",
    "Embedding",
    "Encoder",
    "Flatten",
    "GRUCell",
    "GeneralAttention",
    "Hardsigmoid",
    "Hardswish",
    "Hardtanh",
    "HingeEmbeddingLoss",
    "HuberLoss",
    "Identity",
    "KLDivLoss",
    "L1Loss",
    "LSTMCell",
    "LayerNorm",
    "LeakyReLU",
    "Linear",
    "LogSigmoid",
    "LogSoftmax",
    "LuongDecoder",
    "MGUCell",
    "MSELoss",
    "MarginRankingLoss",
    "Memory",
    "Mish",
    "Module",
    "ModuleDict",
    "ModuleList",
    "MultiMarginLoss",
    "NLLLoss",
    "PReLU",
    "Parameter",
    "RNNCell",
    "ReLU",
    "ReLU6",
    "Recurrent",
    "Seq2Seq",
    "Sequential",
    "SiLU",
    "Sigmoid",
    "SmoothL1Loss",
    "SoftMarginLoss",
    "Softmax",
    "Softplus",
    "Softsign",
    "Tanh",
    "Tanhshrink",
    "TripletMarginLoss",
    "Truncation",
    "Window",
    "convention",
    "decoding",
    "functional",
    "init",
    "tbptt",
]


def __getattr__(name: str) -> NoReturn:
    """Say what to write for a layer or function that PyTorch has."""
    raise absent(__name__, name, f"module {__name__!r}")
