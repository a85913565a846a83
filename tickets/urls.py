"""Addresses of the staff pages, and of the demo company's page."""

from django.urls import path

from tickets.views import approvals, demo, gaps, inbox, learned, procedures, ticket

app_name = "tickets"

urlpatterns = [
    path("", inbox.inbox, name="inbox"),
    path("inbox/rows/", inbox.rows, name="rows"),
    path("inbox/rows/<uuid:public_id>/", inbox.row, name="row"),
    path("inbox/views/", inbox.views, name="views"),
    path("inbox/counts/", inbox.counts, name="counts"),
    path("tickets/<uuid:public_id>/", ticket.ticket, name="ticket"),
    path("tickets/<uuid:public_id>/pane/", ticket.pane, name="pane"),
    path("tickets/<uuid:public_id>/pane/head/", ticket.pane_head, name="pane-head"),
    path("tickets/<uuid:public_id>/head/", ticket.head, name="head"),
    path("tickets/<uuid:public_id>/messages/", ticket.conversation, name="conversation"),
    path("tickets/<uuid:public_id>/story/", ticket.story, name="story"),
    path("tickets/<uuid:public_id>/packet/", ticket.packet, name="packet"),
    path("tickets/<uuid:public_id>/draft/", ticket.draft, name="draft"),
    path("tickets/<uuid:public_id>/say/", ticket.say, name="say"),
    path("tickets/<uuid:public_id>/take-over/", ticket.take_over, name="take-over"),
    path("tickets/<uuid:public_id>/return/", ticket.return_to_ai, name="return"),
    path("tickets/<uuid:public_id>/resolve/", ticket.resolve, name="resolve"),
    path("tickets/<uuid:public_id>/reopen/", ticket.reopen, name="reopen"),
    path("tickets/<uuid:public_id>/assign/", ticket.assign, name="assign"),
    path("approvals/", approvals.index, name="approvals"),
    path("approvals/<uuid:public_id>/approve/", approvals.approve, name="approve"),
    path("approvals/<uuid:public_id>/deny/", approvals.deny, name="deny"),
    path("learned/", learned.index, name="learned"),
    path("learned/<uuid:public_id>/approve/", learned.approve, name="approve-suggestion"),
    path("learned/<uuid:public_id>/reject/", learned.reject, name="reject-suggestion"),
    path("learned/<uuid:public_id>/take-back/", learned.take_back, name="take-back-suggestion"),
    path("gaps/", gaps.index, name="gaps"),
    path("gaps/<uuid:public_id>/write/", gaps.write, name="write-for-gap"),
    path("gaps/<uuid:public_id>/plan/", gaps.plan, name="plan-gap"),
    path("gaps/<uuid:public_id>/dismiss/", gaps.dismiss, name="dismiss-gap"),
    path("gaps/<uuid:public_id>/reopen/", gaps.reopen, name="reopen-gap"),
    path("procedures/", procedures.index, name="procedures"),
    path("demo/", demo.billing, name="demo"),
]
