"""Categories: the help center's shelves."""

from django.db import models
from django.urls import reverse

from supportai.core.models import BaseModel


class Category(BaseModel):
    """A shelf of the help center; an article stands on one at most."""

    class Icon(models.TextChoices):
        """Drawn in templates/knowledge/partials/_category_icon.html."""

        BOOK = "book", "Book"
        CARD = "card", "Card"
        CLOCK = "clock", "Clock"
        CODE = "code", "Code"
        DATA = "data", "Data"
        DEVICE = "device", "Device"
        FOLDER = "folder", "Folder"
        LINK = "link", "Link"
        LOCK = "lock", "Lock"
        PAGE = "page", "Page"
        PEOPLE = "people", "People"
        PERSON = "person", "Person"

    name = models.CharField(max_length=80, unique=True)
    slug = models.SlugField(max_length=90, unique=True, help_text="The last part of its address in the help center.")
    description = models.CharField(max_length=200, blank=True, help_text="One line: what readers find here.")
    icon = models.CharField(max_length=10, choices=Icon, default=Icon.BOOK)
    position = models.PositiveIntegerField(
        default=100, help_text="Lower comes first; of equal ones the alphabet decides."
    )

    class Meta:
        ordering = ("position", "name")
        verbose_name_plural = "categories"

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        """Give its page in the help center."""
        return reverse("knowledge:category", args=[self.slug])
