"""Registers of works, asked through one interface."""

from claimbook.citations.registers.asking import REGISTERS, Asking, Lookup, look_up, merged
from claimbook.citations.registers.settings import RegisterAnswer, Settings

__all__ = ["REGISTERS", "RegisterAnswer", "Asking", "Lookup", "Settings", "look_up", "merged"]
