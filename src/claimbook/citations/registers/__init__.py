"""Registers of works, asked through one interface."""

from claimbook.citations.registers.asking import REGISTERS, Asking, Lookup, look_up, merged
from claimbook.citations.registers.settings import Answer, Settings

__all__ = ["REGISTERS", "Answer", "Asking", "Lookup", "Settings", "look_up", "merged"]
