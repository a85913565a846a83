"""Keep how the tickets ended that were resolved before insights existed; earlier episodes are not known any more."""

import uuid

from django.db import migrations
from django.db.models import Exists, OuterRef

BATCH = 1000


def keep_known_endings(apps, schema_editor):
    Ticket = apps.get_model("tickets", "Ticket")
    Message = apps.get_model("tickets", "Message")
    Outcome = apps.get_model("insights", "Outcome")
    wrote = Message.objects.filter(ticket=OuterRef("pk"), author="agent", kind="public")
    resolved = Ticket.objects.filter(status="resolved").annotate(is_by_person=Exists(wrote)).order_by("pk")
    batch = []
    for ticket in resolved.iterator(chunk_size=BATCH):
        is_by_person = ticket.is_by_person or ticket.resolved_by == "staff" or not ticket.ledger
        ending = "abandoned" if ticket.ledger == "abandoned" else "people" if is_by_person else ticket.ledger
        batch.append(
            Outcome(
                public_id=uuid.uuid4(),
                ticket=ticket,
                episode=ticket.episode,
                ending=ending,
                ended_at=ticket.resolved_at,
            )
        )
        if len(batch) == BATCH:
            Outcome.objects.bulk_create(batch, ignore_conflicts=True)
            batch = []
    Outcome.objects.bulk_create(batch, ignore_conflicts=True)


class Migration(migrations.Migration):
    dependencies = [("insights", "0001_initial")]

    operations = [migrations.RunPython(keep_known_endings, migrations.RunPython.noop)]
