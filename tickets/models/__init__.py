"""Tickets, their messages, and how the AI agent works on them."""

from tickets.models.agent_run import AgentRun, AgentStep
from tickets.models.csat import Csat
from tickets.models.handoff import Handoff
from tickets.models.message import Attachment, Citation, Message
from tickets.models.procedure import Intent, Procedure, ProcedureStep
from tickets.models.settings import AgentConfiguration, Stage
from tickets.models.ticket import Channel, Priority, Ticket

__all__ = [
    "AgentConfiguration",
    "AgentRun",
    "AgentStep",
    "Attachment",
    "Channel",
    "Citation",
    "Csat",
    "Handoff",
    "Intent",
    "Message",
    "Priority",
    "Procedure",
    "ProcedureStep",
    "Stage",
    "Ticket",
]
