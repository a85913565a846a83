"""Admin pages of integrations."""

from integrations.admin.executions import ActionExecutionAdmin, ApprovalAdmin
from integrations.admin.installations import ActionPolicyAdmin, BindingAdmin, InstallationAdmin
from integrations.admin.providers import ModelProviderAdmin
from integrations.admin.sandbox import SandboxAdmin

__all__ = [
    "ActionExecutionAdmin",
    "ActionPolicyAdmin",
    "ApprovalAdmin",
    "BindingAdmin",
    "InstallationAdmin",
    "ModelProviderAdmin",
    "SandboxAdmin",
]
