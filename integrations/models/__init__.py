"""Everything outside: installations, bindings, policies, executions, approvals, model providers, the sandbox's tables."""

from integrations.models.action_execution import ActionExecution
from integrations.models.action_policy import ActionPolicy
from integrations.models.approval import Approval
from integrations.models.binding import Binding
from integrations.models.installation import Installation
from integrations.models.model_provider import ModelProvider
from integrations.models.sandbox import (
    SandboxAccount,
    SandboxCall,
    SandboxCharge,
    SandboxContact,
    SandboxCredit,
    SandboxFault,
    SandboxIntegration,
    SandboxInvoice,
    SandboxIssue,
    SandboxOrder,
    SandboxOrganization,
    SandboxRefund,
    SandboxSubscription,
)

__all__ = [
    "ActionExecution",
    "ActionPolicy",
    "Approval",
    "Binding",
    "Installation",
    "ModelProvider",
    "SandboxAccount",
    "SandboxCall",
    "SandboxCharge",
    "SandboxContact",
    "SandboxCredit",
    "SandboxFault",
    "SandboxIntegration",
    "SandboxInvoice",
    "SandboxIssue",
    "SandboxOrder",
    "SandboxOrganization",
    "SandboxRefund",
    "SandboxSubscription",
]
