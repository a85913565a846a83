"""Admin pages of tickets."""

from tickets.admin.agent import AgentConfigurationAdmin, StageAdmin
from tickets.admin.procedures import IntentAdmin, ProcedureAdmin
from tickets.admin.runs import AgentRunAdmin
from tickets.admin.tickets import CsatAdmin, HandoffAdmin, TicketAdmin

__all__ = [
    "AgentConfigurationAdmin",
    "AgentRunAdmin",
    "CsatAdmin",
    "HandoffAdmin",
    "IntentAdmin",
    "ProcedureAdmin",
    "StageAdmin",
    "TicketAdmin",
]
