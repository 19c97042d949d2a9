"""Layers, by PyTorch's names, written in ordinary operations."""

from . import decoding, functional, init
from .attention import AdditiveAttention, Attention, AttentionPooling, DotAttention, GeneralAttention, Memory
from .cells import GRUCell, LSTMCell, MGUCell, RNNCell
from .conventions import Convention, Conventions, convention
from .ctc import CTCLoss
from .decoders import BahdanauDecoder, Decoder, DecoderState, LuongDecoder
from .formula import Recurrent
from .layers import Dropout, Embedding, Linear
from .module import Module, ModuleDict, ModuleList, Parameter, Sequential
from .recurrent import GRU, IRNN, LSTM, MGU, RNN
from .seq2seq import Encoder, Seq2Seq

__all__ = [
    "GRU",
    "IRNN",
    "LSTM",
    "MGU",
    "RNN",
    "AdditiveAttention",
    "Attention",
    "AttentionPooling",
    "BahdanauDecoder",
    "CTCLoss",
    "Convention",
    "Conventions",
    "Decoder",
    "DecoderState",
    "DotAttention",
    "Dropout",
    "Embedding",
    "Encoder",
    "GRUCell",
    "GeneralAttention",
    "LSTMCell",
    "Linear",
    "LuongDecoder",
    "MGUCell",
    "Memory",
    "Module",
    "ModuleDict",
    "ModuleList",
    "Parameter",
    "RNNCell",
    "Recurrent",
    "Seq2Seq",
    "Sequential",
    "convention",
    "decoding",
    "functional",
    "init",
]
